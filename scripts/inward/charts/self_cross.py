"""Self against cross: who predicts a target better, itself or another taught the same facts."""

import altair as alt
import pandas as pd

from inward.cells import ALL
from inward.charts.bars import bars
from inward.charts.scores import Scores
from inward.charts.theme import titled

SERIES = ["self-prediction", "cross-prediction"]


def figure(scores: Scores) -> alt.TopLevelMixin:
    """Return accuracies of self and cross for each target, role and property, and over all."""
    accuracy = scores.cells(scores.accuracy)
    pairs = scores.advantage[["target", "self_predictor", "cross_predictor"]].drop_duplicates()
    own = accuracy.merge(
        pairs[["target", "self_predictor"]].drop_duplicates(),
        left_on=["target", "predictor"],
        right_on=["target", "self_predictor"],
    ).assign(series=SERIES[0])
    other = accuracy.merge(
        pairs[["target", "cross_predictor"]],
        left_on=["target", "predictor"],
        right_on=["target", "cross_predictor"],
    ).assign(series=SERIES[1])
    rows = pd.concat([own, other], ignore_index=True)
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
