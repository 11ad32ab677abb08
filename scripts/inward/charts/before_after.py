"""Before and after: what self-prediction training adds to a model's knowledge of itself."""

import altair as alt
import pandas as pd

from inward.charts.bars import bars
from inward.charts.scores import Scores
from inward.charts.theme import titled

SERIES = ["its base", "self-prediction"]


def figure(scores: Scores) -> alt.TopLevelMixin:
    """Return how well each base predicts itself, beside its self-trained version."""
    cells = scores.cells(scores.accuracy)
    on_itself = cells[cells["predictor"] == cells["target"]]
    after = on_itself[on_itself["target"].isin(scores.self_trained)].assign(series=SERIES[1])
    before = pd.concat(
        on_itself[on_itself["target"] == base].assign(target=name, series=SERIES[0])
        for name, base in scores.self_trained.items()
    )
    rows = pd.concat([before, after], ignore_index=True)
    return titled(
        bars(rows.assign(panel="target: " + rows["target"]), SERIES),
        "Each model predicting its own behavior, before and after self-prediction training",
        f"Study {scores.study}. Before: the base predicts the base; after: the self-trained model"
        " predicts itself; black lines: mode baseline.",
    )
