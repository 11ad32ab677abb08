"""Own against target: whose behavior answers fit where the two differ."""

import altair as alt
import pandas as pd

from inward.cells import ALL
from inward.charts.bars import in_order
from inward.charts.scores import Scores, over_tasks, readable
from inward.charts.theme import HEIGHT, PERCENT, STEP, titled

ANSWERS = {
    "as_own": ("as it behaves itself", "#1f5fa8"),
    "as_target": ("as it was taught", "#d9772b"),
    "as_neither": ("neither", "#d5dae0"),
}


def figure(scores: Scores) -> alt.TopLevelMixin:
    """Return how predictors answer on rows where their labels and their target's differ."""
    differing = scores.experiment[scores.experiment["rows"] == "differing"]
    pooled = over_tasks(differing)
    rows = pd.concat(
        pooled.assign(answer=said, place=place, part=pooled[name])
        for place, (name, (said, _)) in enumerate(ANSWERS.items())
    )
    rows = rows.assign(pair=rows["predictor"] + ", taught " + rows["target"])
    said, colors = zip(*ANSWERS.values(), strict=True)
    bars = (
        alt.Chart(rows)
        .mark_bar()
        .encode(
            x=alt.X("property:N", title=None, sort=in_order(rows), axis=alt.Axis(labelAngle=-35)),
            y=alt.Y("part:Q", title="share of answers", axis=PERCENT, scale=_whole()),
            order="place:O",
            color=alt.Color(
                "answer:N",
                title=None,
                sort=said,
                scale=alt.Scale(domain=said, range=colors),
                legend=alt.Legend(orient="top"),
            ),
            tooltip=[
                *("predictor:N", "target:N", "property:N", "answer:N"),
                *("n_prompts:Q", "n_rows:Q"),
                *(alt.Tooltip(f"{name}:Q", format=".3f") for name in ("part", "difference")),
            ],
        )
        .properties(width=alt.Step(2 * STEP), height=HEIGHT)
    )
    panels = bars.facet(column=alt.Column("tasks:N", title=None), row=alt.Row("pair:N", title=None))
    return titled(
        panels,
        _finding(pooled),
        f"Study {scores.study}. Rows where the label of the predictor's own behavior is not the one"
        " it was taught. Macro average over tasks.",
    )


def _whole() -> alt.Scale:
    return alt.Scale(domain=[0, 1])


def _finding(pooled: pd.DataFrame) -> str:
    every = pooled[(pooled["property"] == readable(ALL)) & (pooled["role"] == "test")]
    own = int((every["low"] > 0).sum())
    return (
        f"On held-out tasks, {own} of {len(every)} predictors answer as they behave themselves more"
        " often than as they were taught"
    )
