"""Accuracies with intervals, side by side, and the mode baseline as a line across each bar."""

import altair as alt
import pandas as pd

from inward.charts.theme import COLORS, HEIGHT, PERCENT, SCALE, STEP, TOOLTIP


def bars(rows: pd.DataFrame, order: list[str]) -> alt.FacetChart:
    """Return bars for the cells in `rows`, one panel for each role and each value of panel.

    `rows` are those of an accuracy table with a column series, whose values stand in `order`, and a
    column panel, whose lines are parted by a bar.
    """
    x = alt.X("property:N", title=None, sort=in_order(rows), axis=alt.Axis(labelAngle=-35))
    offset = alt.XOffset("series:N", sort=order)
    base = alt.Chart(rows).encode(x=x)
    bar = base.mark_bar().encode(
        y=alt.Y("accuracy:Q", title="accuracy", axis=PERCENT, scale=alt.Scale(domain=[0, 1])),
        color=alt.Color(
            "series:N",
            title=None,
            scale=SCALE,
            sort=order,
            legend=alt.Legend(values=[*order, "mode baseline"], orient="top"),
        ),
        xOffset=offset,
        tooltip=TOOLTIP,
    )
    whisker = base.mark_rule(color="#222222").encode(y="low:Q", y2="high:Q", xOffset=offset)
    mode = base.mark_tick(color=COLORS["mode baseline"], thickness=2, size=STEP).encode(
        y="mode_baseline:Q", xOffset=offset
    )
    layers = alt.layer(bar, whisker, mode).properties(
        width=alt.Step(STEP, **{"for": "offset"}), height=HEIGHT
    )
    return layers.facet(
        column=alt.Column("tasks:N", title=None),
        row=alt.Row(
            "panel:N", title=None, header=alt.Header(labelExpr="split(datum.value, ' | ')")
        ),
    )


def in_order(rows: pd.DataFrame) -> list[str]:
    """Return the properties of rows as a figure has them, all of them together last."""
    names = sorted(rows["property"].unique())
    return [name for name in names if name != "all properties"] + ["all properties"]
