"""The figures by name: each module offers `figure(scores)`."""

from collections.abc import Callable

import altair as alt

from inward.charts import before_after, change, drift, matrix, own_target, scaling, self_cross
from inward.charts.scores import Scores

FIGURES: dict[str, Callable[[Scores], alt.TopLevelMixin]] = {
    "self-cross": self_cross.figure,
    "matrix": matrix.figure,
    "before-after": before_after.figure,
    "own-target": own_target.figure,
    "change": change.figure,
    "scaling": scaling.figure,
    "drift": drift.figure,
}
