"""Advantages: self-prediction minus what stands against it, on the same prompts.

    A(t; p) = acc(t -> t) - acc(p -> t)

for a self-trained target t and another predictor p of it. Predictions that cannot be read are
wrong; or dropped, each predictor's own; or only prompts count where both can be read. The test asks
how often a difference as large would come about if it did not matter which of the two predictors is
which: all rows of a prompt change sides together. Holm's correction is over the properties of a
comparison.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from inward.cells import ALL, Cell, Comparison
from inward.grids import (
    Bootstrap,
    Grid,
    Sums,
    cells,
    counts,
    drawn,
    grid,
    intervals,
    made_by,
    modes,
    over_tasks,
    reasons,
    said,
    sums,
)
from inward.randomness import arrays
from inward.stats import Floats, chance_of, flipped_sums, holm, ratio
from inward.tables import ADVANTAGE

VIEWS = ("wrong", "dropped", "compliant")
FAMILY = ["target", "cross_predictor", "role", "wrapper", "compliance", "average"]


@dataclass(frozen=True)
class Pair:
    """Two predictors of a target in one view: arrays [prompts, 2, properties] for each task."""

    hits: list[Floats]
    rows: list[Floats]

    def sums(self) -> Sums:
        """Return sums over all prompts."""
        return Sums(sums(self.hits), sums(self.rows))


def advantage(
    table: pd.DataFrame,
    comparisons: Sequence[Comparison],
    bootstrap: Bootstrap,
    cells_of: Callable[[Grid], list[Cell]] = cells,
) -> pd.DataFrame:
    """Return the advantage table: every cell of every comparison, paired on the same prompts."""
    rows: list[dict[str, Any]] = []
    for target in sorted({comparison.target for comparison in comparisons}):
        compared = [comparison for comparison in comparisons if comparison.target == target]
        names = {name for each in compared for name in (each.self_predictor, each.cross_predictor)}
        chosen = table[(table["target"] == target) & table["predictor"].isin(names)]
        for (role, wrapper), asked in chosen.groupby(["role", "wrapper"]):
            rows += _rows(compared, {"role": role, "wrapper": wrapper}, asked, bootstrap, cells_of)
    found = pd.DataFrame(rows, columns=[name for name in ADVANTAGE.columns if name != "p_holm"])
    return found.assign(p_holm=_holm(found))


def _rows(
    compared: Sequence[Comparison],
    key: dict[str, Any],
    table: pd.DataFrame,
    bootstrap: Bootstrap,
    cells_of: Callable[[Grid], list[Cell]],
) -> Iterator[dict[str, Any]]:
    """Yield the rows of comparisons of one target, all of them on the same draws."""
    found = grid(table)
    dropped = reasons(table, "dropped", found)
    commonest = Sums(modes(found)[:, None], sums(found.rows))
    pairs = [(comparison, view) for comparison in compared for view in VIEWS]
    of_pairs = [paired(found, comparison, view) for comparison, view in pairs]
    columns = [part for pair in of_pairs for part in (pair.hits, pair.rows)]
    draws = drawn(found, columns, bootstrap)
    shuffled = _shuffled(found, of_pairs, bootstrap)
    for place, (comparison, view) in enumerate(pairs):
        pair = of_pairs[place]
        observed, resampled = pair.sums(), Sums(*draws[2 * place : 2 * place + 2])
        of_tasks = over_tasks(resampled, bootstrap)
        for cell in cells_of(found):
            counted = counts(found, cell)
            lost = dropped.in_cell(found, cell)[0]
            [mode] = commonest.average(found, cell)
            [[self_accuracy, cross_accuracy]] = observed.average(found, cell)
            between = intervals(
                _difference(resampled, found, cell),
                _difference(of_tasks, found, cell) if counted["n_tasks"] > 1 else None,
                bootstrap,
            )
            yield {
                **vars(comparison),
                **key,
                "compliance": view,
                **counted,
                "n_dropped": sum(lost.values()),
                "dropped": said(lost),
                "n_compared": sum(int(of[:, 0].sum()) for of in found.of_cell(pair.rows, cell)),
                "self_accuracy": self_accuracy,
                "cross_accuracy": cross_accuracy,
                "mode_baseline": mode,
                "advantage": self_accuracy - cross_accuracy,
                **{name: float(bound) for name, bound in between.items()},
                "effect": _effect(pair, found, cell),
                "p_value": np.nan
                if view == "dropped"
                else _chance(observed, shuffled[place], found, cell),
                **made_by(bootstrap),
            }


def paired(found: Grid, comparison: Comparison, view: str) -> Pair:
    """Return the two predictors of a comparison as one view has them."""
    own, other = map(found.place, (comparison.self_predictor, comparison.cross_predictor))
    hits = [of_task[:, [own, other]] for of_task in found.hits]
    readable = [of_task[:, [own, other]] for of_task in found.readable]
    if view == "wrong":
        return Pair(hits, [np.stack([rows, rows], axis=1) for rows in found.rows])
    if view == "dropped":
        return Pair(hits, readable)
    both = [np.repeat(each.prod(axis=1, keepdims=True), 2, axis=1) for each in readable]
    return Pair([right * known for right, known in zip(hits, both, strict=True)], both)


def _difference(of_view: Sums, found: Grid, cell: Cell) -> Floats:
    averages = of_view.average(found, cell)
    return averages[:, 0] - averages[:, 1]


def _shuffled(found: Grid, pairs: Sequence[Pair], bootstrap: Bootstrap) -> list[Sums]:
    """Return, for each pair, the sums of differences whose prompts change sides by chance."""
    flipped = [
        flipped_sums(
            np.concatenate([pair.hits[place][:, 0] - pair.hits[place][:, 1] for pair in pairs], 1),
            bootstrap.resamples,
            arrays(bootstrap.seed, "permutation", task),
        )
        for place, task in enumerate(found.tasks)
    ]
    of_pairs = np.split(np.stack(flipped), len(pairs), axis=-1)
    return [
        Sums(differences, sums(pair.rows)[:, :, 0])
        for differences, pair in zip(of_pairs, pairs, strict=True)
    ]


def _chance(observed: Sums, shuffled: Sums, found: Grid, cell: Cell) -> float:
    """Return how often chance alone makes a difference as large."""
    [difference] = _difference(observed, found, cell)
    return float(chance_of(difference, shuffled.average(found, cell)))


def _effect(pair: Pair, found: Grid, cell: Cell) -> float:
    """Return the mean difference of a prompt's shares in standard deviations over prompts."""
    apart = differences(pair, found, cell)
    spread = apart.std(ddof=1) if len(apart) > 1 else 0.0
    return float(apart.mean() / spread) if spread > 0 else np.nan


def differences(pair: Pair, found: Grid, cell: Cell) -> Floats:
    """Return, for each prompt of a cell, the share of rows that self has right less the other's."""
    of_cell = zip(found.of_cell(pair.hits, cell), found.of_cell(pair.rows, cell), strict=True)
    shares = np.concatenate([ratio(hits.sum(axis=-1), of.sum(axis=-1)) for hits, of in of_cell])
    apart: Floats = shares[:, 0] - shares[:, 1]
    return apart[~np.isnan(apart)]


def _holm(table: pd.DataFrame) -> pd.Series:
    """Return p-values corrected over the properties that a comparison pools over tasks."""
    corrected = pd.Series(np.nan, index=table.index)
    single = table[(table["task"] == ALL) & (table["property"] != ALL) & table["p_value"].notna()]
    for _, family in single.groupby(FAMILY):
        corrected[family.index] = holm(family["p_value"].to_numpy(dtype=float))
    return corrected
