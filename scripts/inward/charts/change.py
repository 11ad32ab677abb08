"""Change: whether predictions follow a changed behavior, as they are and with labels matched."""

import altair as alt
import pandas as pd

from inward.cells import ALL
from inward.charts.bars import in_order
from inward.charts.scores import Scores, over_tasks, readable
from inward.charts.theme import COLORS, HEIGHT, PERCENT, STEP, titled

SERIES = {
    ("new", False): ("new behavior", "#1f5fa8"),
    ("old", False): ("old behavior", "#8a94a0"),
    ("new", True): ("new, labels matched", "#7fa8d8"),
    ("old", True): ("old, labels matched", "#c3c9d0"),
}


def figure(scores: Scores) -> alt.TopLevelMixin:
    """Return how often changed models predict their new and their old behavior."""
    table = scores.experiment
    pooled = over_tasks(table[(table["relation"] == "changed") & (table["rows"] == "changed")])
    rows = pd.concat(_of_side(pooled[pooled["matched"] == m], side, m) for side, m in SERIES)
    rows = rows[rows["accuracy"].notna()]
    names, colors = zip(*SERIES.values(), strict=True)
    x = alt.X("property:N", title=None, sort=in_order(rows), axis=alt.Axis(labelAngle=-35))
    offset = alt.XOffset("series:N", sort=names)
    base = alt.Chart(rows).encode(x=x)
    bar = base.mark_bar().encode(
        y=alt.Y(
            "accuracy:Q", title="answers that fit", axis=PERCENT, scale=alt.Scale(domain=[0, 1])
        ),
        color=alt.Color(
            "series:N",
            title=None,
            sort=names,
            scale=alt.Scale(domain=names, range=colors),
            legend=alt.Legend(orient="top"),
        ),
        xOffset=offset,
        tooltip=[
            *("changed:N", "before:N", "donor:N", "arm:N", "property:N", "series:N"),
            *("n_prompts:Q", "n_rows:Q", "disjoint:N"),
            *(alt.Tooltip(f"{n}:Q", format=".3f") for n in ("accuracy", "from", "to", "mode")),
        ],
    )
    whisker = base.mark_rule(color="#222222").encode(y="from:Q", y2="to:Q", xOffset=offset)
    mode = base.mark_tick(color=COLORS["mode baseline"], thickness=2, size=STEP).encode(
        y="mode:Q", xOffset=offset
    )
    panels = (
        alt.layer(bar, whisker, mode)
        .properties(width=alt.Step(STEP, **{"for": "offset"}), height=HEIGHT)
        .facet(column=alt.Column("tasks:N", title=None), row=alt.Row("who:N", title=None))
    )
    return titled(
        panels,
        _finding(pooled),
        f"Study {scores.study}. Rows whose label changed. Macro average over tasks; whiskers:"
        " intervals by bootstrap over prompts; black lines: always giving the commonest label.",
    )


def _of_side(rows: pd.DataFrame, side: str, matched: bool) -> pd.DataFrame:  # noqa: FBT001 - a key
    return rows.assign(
        series=SERIES[side, matched][0],
        accuracy=rows[side],
        **{"from": rows[f"{side}_low"], "to": rows[f"{side}_high"], "mode": rows[f"{side}_mode"]},
        who=rows["changed"] + " (" + rows["arm"] + ": learnt of " + rows["donor"] + ")",
    )


def _finding(pooled: pd.DataFrame) -> str:
    every = pooled[(pooled["property"] == readable(ALL)) & (pooled["role"] == "test")]
    every = every[(every["arm"] == "change") & (every["n_rows"] > 0)]
    plain, matched = (_followers(every[every["matched"] == known]) for known in (False, True))
    return (
        f"On held-out tasks, predictions of {plain} changed models follow the new behavior;"
        f" with labels matched, of {matched}"
    )


def _followers(rows: pd.DataFrame) -> str:
    return f"{int((rows['low'] > 0).sum())} of {len(rows)}"
