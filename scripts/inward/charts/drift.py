"""Drift: how much of a behavior outlived training, and which behavior predictions fit."""

import altair as alt
import pandas as pd

from inward.cells import ALL
from inward.charts.scores import Scores, over_tasks, readable
from inward.charts.theme import titled

WIDTH = 300
SERIES = {
    "before": ("predictions that fit the behavior before", "#8a94a0", "circle"),
    "after": ("predictions that fit the behavior after", "#1f5fa8", "circle"),
    "same_label": ("labels that stayed", "#222222", "diamond"),
}


def figure(scores: Scores) -> alt.TopLevelMixin:
    """Return, for each finetune, what stayed of its base's behavior, and accuracies on both."""
    pooled = over_tasks(scores.experiment)
    pooled = pooled[pooled["property"] == readable(ALL)]
    pooled = pooled.assign(who=pooled["finetune"] + ", from " + pooled["base"])
    rows = pd.concat(
        pooled.assign(series=said, value=pooled[name]) for name, (said, _, _) in SERIES.items()
    )
    names, colors, shapes = zip(*SERIES.values(), strict=True)
    y = alt.Y("who:N", title=None, axis=alt.Axis(labelLimit=240))
    moved = (
        alt.Chart(rows).encode(y=y).mark_rule(color="#b5bcc4").encode(x="before:Q", x2="after:Q")
    )
    point = (
        alt.Chart(rows)
        .encode(y=y)
        .mark_point(filled=True, size=90, opacity=1)
        .encode(
            x=alt.X(
                "value:Q",
                title="share of rows",
                scale=alt.Scale(domain=[0, 1]),
                axis=alt.Axis(format="%", tickCount=5),
            ),
            color=alt.Color("series:N", title=None, scale=alt.Scale(domain=names, range=colors)),
            shape=alt.Shape(
                "series:N",
                title=None,
                scale=alt.Scale(domain=names, range=shapes),
                legend=alt.Legend(orient="top", columns=1, labelLimit=300),
            ),
            tooltip=[
                *("finetune:N", "base:N", "learns:N", "round:Q", "n_prompts:Q", "n_rows:Q"),
                *(
                    alt.Tooltip(f"{name}:Q", format=".3f")
                    for name in ("same_label", "same_text", "before", "after", "base_accuracy")
                ),
            ],
        )
    )
    panels = alt.layer(moved, point).properties(width=WIDTH, height=alt.Step(24))
    return titled(
        panels.facet(column=alt.Column("tasks:N", title=None)),
        "How far training moved behaviors, and which of them predictions fit",
        f"Study {scores.study}. Macro average over tasks and properties. Before: its base's"
        " behavior; after: its own.",
    )
