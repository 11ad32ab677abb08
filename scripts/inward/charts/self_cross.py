"""Self against cross: who predicts a target better, itself or another taught the same facts."""

import altair as alt
import pandas as pd

from inward.cells import ALL
from inward.charts.bars import bars
from inward.charts.scores import Scores
from inward.charts.theme import titled

SERIES = ["self-prediction", "cross-prediction"]


def figure(scores: Scores) -> alt.TopLevelMixin:
    """Return accuracies of each target and who stands against it, by role and property."""
    accuracy = scores.cells(scores.accuracy)
    pairs = scores.advantage[["target", "self_predictor", "cross_predictor"]].drop_duplicates()
    pairs = pairs.assign(
        panel="target: " + pairs["target"] + " | cross: " + pairs["cross_predictor"]
    )
    sides = [
        accuracy.merge(pairs, left_on=["target", "predictor"], right_on=["target", side]).assign(
            series=series
        )
        for side, series in zip(("self_predictor", "cross_predictor"), SERIES, strict=True)
    ]
    rows = pd.concat(sides, ignore_index=True)
    return titled(bars(rows, SERIES), _finding(scores.advantage), _subtitle(scores, rows))


def _finding(advantage: pd.DataFrame) -> str:
    cells = advantage[(advantage["task"] == ALL) & (advantage["average"] == "macro")]
    single = cells[(cells["property"] != ALL) & (cells["role"] == "test")]
    clear = sorted(
        str(name).replace("_", " ")
        for name, rows in single.groupby("property")
        if (rows["low"] > 0).all()
    )
    if not clear:
        return "On held-out tasks, no property shows a self-prediction advantage for every target"
    return f"On held-out tasks, self beats cross for every target on: {', '.join(clear)}"


def _subtitle(scores: Scores, rows: pd.DataFrame) -> str:
    level = rows["confidence"].iloc[0]
    return (
        f"Study {scores.study}. Macro average over tasks; whiskers: {level:.0%} intervals by"
        " bootstrap over prompts; black lines: always giving the commonest label."
    )
