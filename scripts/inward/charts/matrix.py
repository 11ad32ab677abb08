"""The matrix: how well every subject predicts every subject."""

import altair as alt

from inward.cells import ALL
from inward.charts.scores import Scores, readable
from inward.charts.theme import TOOLTIP, titled

CELL = 46
BRIGHTEST = 0.6  # a baseline that predicts itself perfectly would pale all others


def figure(scores: Scores) -> alt.TopLevelMixin:
    """Return the predictor x target matrix of macro accuracies, one panel for each role."""
    cells = scores.cells(scores.accuracy)
    rows = cells[cells["property"] == readable(ALL)]
    base = alt.Chart(rows).encode(
        x=alt.X("target:N", title="target", axis=alt.Axis(labelAngle=-35)),
        y=alt.Y("predictor:N", title="predictor"),
    )
    heat = base.mark_rect().encode(
        color=alt.Color(
            "accuracy:Q",
            title="accuracy",
            scale=alt.Scale(scheme="blues", domain=[0, BRIGHTEST], clamp=True),
            legend=alt.Legend(format="%"),
        ),
        tooltip=TOOLTIP,
    )
    text = base.mark_text(fontSize=11).encode(
        text=alt.Text("accuracy:Q", format=".0%"),
        color=alt.condition(
            alt.datum.accuracy > 0.6 * BRIGHTEST, alt.value("white"), alt.value("black")
        ),
    )
    panels = alt.layer(heat, text).properties(width=alt.Step(CELL), height=alt.Step(CELL / 2))
    return titled(
        panels.facet(column=alt.Column("tasks:N", title=None)),
        "Who predicts whom",
        f"Study {scores.study}. Macro average over tasks and properties.",
    )
