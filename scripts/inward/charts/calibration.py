"""Calibration: the share that is predicted for a value, against the share that it really has."""

import altair as alt
import pandas as pd

from inward.cells import ALL
from inward.charts.scores import readable
from inward.charts.theme import PERCENT, SCALE, titled
from inward.distributions import SAMPLES

SERIES = {
    "self": "self-prediction",
    "cross": "cross-prediction",
    "untrained": "its base",
    "earlier": "its base",
}
TASKS = {"train": "held-in tasks", "test": "held-out tasks"}
SIZE = 140
SHARES = alt.Scale(domain=[0, 1])
CELL = ["target", "predictor", "relation", "role", "property"]


def figure(scores: pd.DataFrame, bins: pd.DataFrame, study: str, draws: int) -> alt.TopLevelMixin:
    """Return a line through the bins of each predictor, one panel for each property.

    `scores` and `bins` are the calibration tables of a study with so many draws.
    """
    points = _shown(bins).merge(_shown(scores)[[*CELL, "mad", "mad_low", "mad_high"]], on=CELL)
    points = points.assign(
        series=points["relation"].map(SERIES),
        panel=points["target"] + ", " + points["role"].map(TASKS),
        property=points["property"].map(readable),
    )
    base = alt.Chart(points).encode(
        x=alt.X("mean_x:Q", title="share of behavior", axis=PERCENT, scale=SHARES),
        y=alt.Y("mean_y:Q", title="share predicted", axis=PERCENT, scale=SHARES),
        color=alt.Color(
            "series:N",
            title=None,
            scale=SCALE,
            legend=alt.Legend(values=list(dict.fromkeys(SERIES.values())), orient="top"),
        ),
        detail="predictor:N",
    )
    ends = {"x": alt.datum(0), "y": alt.datum(0), "x2": alt.datum(1), "y2": alt.datum(1)}
    diagonal = (
        alt.Chart(points)
        .transform_aggregate(bins="count()", groupby=["panel", "property"])
        .mark_rule(color="#999999", strokeDash=[3, 3])
        .encode(**ends)
    )
    line = base.mark_line(point=alt.OverlayMarkDef(size=22), strokeWidth=1.5).encode(
        order="bin:Q",
        tooltip=[
            "target:N",
            "predictor:N",
            "property:N",
            "n:Q",
            *(
                alt.Tooltip(f"{share}:Q", format=".3f")
                for share in ("mean_x", "mean_y", "mad", "mad_low", "mad_high")
            ),
        ],
    )
    names = [name for name in sorted(points["property"].unique()) if name != readable(ALL)]
    panels = alt.layer(diagonal, line).properties(width=SIZE, height=SIZE)
    return titled(
        panels.facet(
            column=alt.Column("property:N", title=None, sort=[*names, readable(ALL)]),
            row=alt.Row("panel:N", title=None, header=alt.Header(labelLimit=300)),
        ),
        "How often each answer is predicted, against how often it is given",
        f"Study {study}. {draws} draws each of behavior and prediction; up to ten bins of equal"
        " frequency; on the dashed line predictions are calibrated.",
    )


def _shown(table: pd.DataFrame) -> pd.DataFrame:
    """Return the rows of draws over all tasks of a role and all ranks."""
    return table[(table["source"] == SAMPLES) & (table["task"] == ALL) & (table["rank"] == ALL)]
