"""Generalization: self, cross and advantage by what was taught and what was held out.

Tasks, properties and wrappers may each have been taught to both predictors, to one, or to neither.
Each combination is pooled by itself, so that one table shows where prediction fails.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import pandas as pd

from inward.accuracies import skill
from inward.advantages import advantage
from inward.cells import Comparison
from inward.grids import Bootstrap
from inward.tables import GENERALIZATION

KINDS = ["task_taught", "property_taught", "wrapper_taught"]


@dataclass(frozen=True)
class Lessons:
    """What a finetune was taught: properties by task, and the wrappers that asked for them."""

    properties: Mapping[str, Sequence[str]]
    wrappers: Sequence[str]

    def columns(self, items: pd.DataFrame) -> dict[str, pd.Series]:
        """Return whether the task, the property and the wrapper of each item was taught."""
        asked = {name for names in self.properties.values() for name in names}
        return {
            "task_taught": items["task"].isin(list(self.properties)),
            "property_taught": items["property"].isin(list(asked)),
            "wrapper_taught": items["wrapper"].isin(list(self.wrappers)),
        }


def generalization(
    items: pd.DataFrame,
    comparisons: Sequence[Comparison],
    lessons: Mapping[str, Lessons],
    bootstrap: Bootstrap,
) -> pd.DataFrame:
    """Return the table of comparisons, each split by what its two predictors were taught."""
    parts = [
        part
        for comparison in comparisons
        for part in _of_comparison(items, comparison, lessons, bootstrap)
    ]
    if not parts:
        return pd.DataFrame(columns=list(GENERALIZATION.columns))
    table = pd.concat(parts, ignore_index=True)
    return table.assign(
        **{
            f"{side}_skill": skill(
                table[f"{side}_accuracy"].to_numpy(dtype=float),
                table["mode_baseline"].to_numpy(dtype=float),
            )
            for side in ("self", "cross")
        }
    )[list(GENERALIZATION.columns)]


def _of_comparison(
    items: pd.DataFrame,
    comparison: Comparison,
    lessons: Mapping[str, Lessons],
    bootstrap: Bootstrap,
) -> Iterator[pd.DataFrame]:
    pair = (comparison.self_predictor, comparison.cross_predictor)
    chosen = items[(items["target"] == comparison.target) & items["predictor"].isin(pair)]
    own, other = (lessons[predictor].columns(chosen) for predictor in pair)
    for kind in KINDS:
        chosen = chosen.assign(**{kind: _taught(own[kind], other[kind])})
    for kinds, rows in chosen.groupby(KINDS):
        found = advantage(rows, [comparison], bootstrap)
        known: dict[str, Any] = dict(zip(KINDS, kinds, strict=True))
        yield found.assign(**known)


def _taught(own: pd.Series, other: pd.Series) -> pd.Series:
    """Return to whom something was taught, of the two who predict."""
    taught = pd.Series("neither", index=own.index, dtype="string")
    return taught.mask(own, "self").mask(other, "cross").mask(own & other, "both")
