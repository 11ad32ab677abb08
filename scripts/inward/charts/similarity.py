"""Similarity: how well subjects predict each other, against how alike they are."""

import altair as alt
import pandas as pd

from inward.cells import ALL
from inward.charts.scores import ROLES
from inward.charts.theme import COLORS, PERCENT, titled

SERIES = {
    "self": "itself",
    "twin": "a twin: other seeds",
    "family": "from the same model",
    "other": "another model",
}
NAMES = list(SERIES.values())
SHAPES = alt.Scale(domain=NAMES, range=["circle", "diamond", "triangle-up", "square"])
TONES = alt.Scale(domain=NAMES, range=list(COLORS.values()))
LEGEND = alt.Legend(orient="top")
TITLE = "the predictor is"
SHARES = alt.Scale(domain=[0, 1])
SIZE = 260


def figure(pairs: pd.DataFrame, similarity: pd.DataFrame, study: str) -> alt.TopLevelMixin:
    """Return a point for each predictor and target, and the regression's line through the others.

    `pairs` and `similarity` are these tables, of one wrapper.
    """
    cells = pairs[(pairs["task"] == ALL) & (pairs["property"] == ALL)]
    points = cells[cells["relation"].isin(SERIES)].assign(
        series=cells["relation"].map(SERIES), tasks=cells["role"].map(ROLES)
    )
    lines = _lines(similarity, points)
    agreement = alt.X("agreement:Q", title="agreement of their labels", axis=PERCENT, scale=SHARES)
    accuracy = alt.Y("accuracy:Q", title="accuracy", axis=PERCENT, scale=SHARES)
    dots = (
        alt.Chart()
        .mark_point(filled=True, size=55, opacity=0.85)
        .encode(
            x=agreement,
            y=accuracy,
            color=alt.Color("series:N", title=TITLE, scale=TONES, legend=LEGEND),
            shape=alt.Shape("series:N", title=TITLE, scale=SHAPES, legend=LEGEND),
            tooltip=[
                *("target:N", "predictor:N", "n_prompts:Q", "n_rows:Q"),
                *(
                    alt.Tooltip(f"{share}:Q", format=".3f")
                    for share in ("accuracy", "agreement", "kappa")
                ),
            ],
        )
        .transform_filter("isValid(datum.series)")
    )
    line = (
        alt.Chart()
        .mark_line(color="#555555", strokeDash=[4, 3], clip=True)
        .encode(x=agreement, y=accuracy)
        .transform_filter("!isValid(datum.series)")
    )
    panels = alt.layer(line, dots, data=pd.concat([points, lines])).properties(
        width=SIZE, height=SIZE
    )
    return titled(
        panels.facet(column=alt.Column("tasks:N", title=None)),
        "Who predicts whom, against how alike the two behave",
        f"Study {study}. Macro averages over tasks and properties; dashed: what likeness alone"
        " explains, by the regression.",
    )


def _lines(similarity: pd.DataFrame, points: pd.DataFrame) -> pd.DataFrame:
    """Return the ends of each role's line, where it is known."""
    pooled = similarity[
        (similarity["measure"] == "accuracy")
        & (similarity["property"] == ALL)
        & (similarity["unit"] == "pair")
    ]
    fitted = pooled.pivot_table(index="role", columns="term", values="coefficient")
    fitted = fitted.reindex(columns=["intercept", "similarity"]).dropna()
    return pd.DataFrame(
        {
            "tasks": ROLES[str(role)],
            "agreement": end,
            "accuracy": line["intercept"] + line["similarity"] * end,
        }
        for role, line in fitted.iterrows()
        for end in (points.loc[points["role"] == role, "agreement"].min(), 1.0)
    )
