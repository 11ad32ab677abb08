"""Scaling: accuracy against the number of training rows."""

from itertools import cycle

import altair as alt
import pandas as pd

from inward.cells import ALL
from inward.charts.scores import Scores, over_tasks, readable
from inward.charts.theme import PERCENT, SHADES, titled

SIZE = 260
BEHAVIORS = {"own": "its own behavior", "taught": "the behavior it was taught"}


def figure(scores: Scores) -> alt.TopLevelMixin:
    """Return curves of self- and cross-prediction over shares of the training prompts."""
    pooled = over_tasks(scores.experiment)
    rows = pooled[pooled["property"] == readable(ALL)]
    rows = rows.assign(
        who=rows["full"] + " (" + rows["kind"] + ")", predicts=rows["behavior"].map(BEHAVIORS)
    )
    base = alt.Chart(rows).encode(
        x=alt.X(
            "n_training_rows:Q",
            title="training rows",
            scale=alt.Scale(type="log", nice=False, padding=12),
            axis=alt.Axis(values=sorted(rows["n_training_rows"].unique()), labelOverlap=True),
        ),
        color=alt.Color(
            "who:N", title=None, scale=_colors(rows), legend=alt.Legend(orient="top", columns=2)
        ),
    )
    dash = alt.StrokeDash(
        "predicts:N",
        title=None,
        sort=list(BEHAVIORS.values()),
        legend=alt.Legend(orient="top", columns=2),
    )
    line = base.mark_line().encode(
        y=alt.Y("accuracy:Q", title="accuracy", axis=PERCENT, scale=alt.Scale(domainMin=0)),
        strokeDash=dash,
    )
    whisker = base.mark_rule().encode(
        y=alt.Y("low:Q", title="accuracy"), y2="high:Q", detail="predicts:N"
    )
    point = base.mark_point(filled=True, size=45, opacity=1).encode(
        y=alt.Y("accuracy:Q", title="accuracy"),
        detail="predicts:N",
        tooltip=[
            *("finetune:N", "predicts:N", "target:N", "share:Q", "n_training_rows:Q"),
            *("n_prompts:Q", "n_rows:Q"),
            *(
                alt.Tooltip(f"{name}:Q", format=".3f")
                for name in ("accuracy", "low", "high", "mode_baseline", "difference")
            ),
        ],
    )
    panels = (
        alt.layer(line, whisker, point)
        .properties(width=SIZE, height=SIZE)
        .facet(column=alt.Column("tasks:N", title=None))
    )
    return titled(
        panels,
        "What more training rows are worth",
        f"Study {scores.study}. Macro average over tasks and properties; whiskers: intervals by"
        " bootstrap over prompts.",
    )


def _colors(rows: pd.DataFrame) -> alt.Scale:
    """Return a shade for each curve, of the color that self or cross has in every figure."""
    of_kind = {kind: sorted(rows["who"][rows["kind"] == kind].unique()) for kind in SHADES}
    shades = [
        shade
        for kind, names in of_kind.items()
        for _, shade in zip(names, cycle(SHADES[kind]), strict=False)
    ]
    return alt.Scale(domain=[name for names in of_kind.values() for name in names], range=shades)
