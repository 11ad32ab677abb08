"""Advantages: self-prediction minus what stands against it, on the same prompts.

    A(t; p) = acc(t -> t) - acc(p -> t)

for a self-trained target t and another predictor p of it. Predictions that cannot be read are
wrong; or dropped, each predictor's own; or only prompts count where both can be read. The test asks
how often a difference as large would come about if it did not matter which of the two predictors is
which: all rows of a prompt change sides together. Holm's correction is over the properties of a
comparison.
"""

from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np
import pandas as pd
from statsmodels.stats.multitest import multipletests

from inward.cells import ALL, Cell, Comparison
from inward.grids import (
    Bootstrap,
    Grid,
    Sums,
    cells,
    counts,
    drawn,
    grid,
    in_cell,
    intervals,
    made_by,
    modes,
    over_tasks,
    reasons,
    said,
    sums,
)
from inward.randomness import arrays
from inward.stats import Floats, chance_of, flipped_sums, ratio
from inward.tables import ADVANTAGE

VIEWS = ("wrong", "dropped", "compliant")
FAMILY = ["target", "cross_predictor", "role", "wrapper", "compliance", "average"]


def advantage(
    table: pd.DataFrame, comparisons: Sequence[Comparison], bootstrap: Bootstrap
) -> pd.DataFrame:
    """Return the advantage table: every cell of every comparison, paired on the same prompts."""
    rows: list[dict[str, Any]] = []
    for comparison in comparisons:
        pair = [comparison.self_predictor, comparison.cross_predictor]
        chosen = table[(table["target"] == comparison.target) & table["predictor"].isin(pair)]
        for (role, wrapper), asked in chosen.groupby(["role", "wrapper"]):
            rows += _rows(comparison, {"role": role, "wrapper": wrapper}, asked, bootstrap)
    found = pd.DataFrame(rows, columns=[name for name in ADVANTAGE.columns if name != "p_holm"])
    return found.assign(p_holm=_holm(found))


def _rows(
    comparison: Comparison, key: dict[str, Any], table: pd.DataFrame, bootstrap: Bootstrap
) -> Iterator[dict[str, Any]]:
    found = grid(table)
    own = found.place(comparison.self_predictor)
    other = found.place(comparison.cross_predictor)
    dropped = reasons(table, "dropped")
    columns = _columns(found, own, other)
    names = list(columns)
    observed = _views(dict(zip(names, map(sums, columns.values()), strict=True)))
    draws = dict(zip(names, drawn(found, list(columns.values()), bootstrap), strict=True))
    resampled = _views(draws)
    of_tasks = {view: over_tasks(of_view, bootstrap) for view, of_view in resampled.items()}
    chance = {
        view: _chances(found, columns, view, observed[view], bootstrap)
        for view in VIEWS
        if view != "dropped"
    }
    commonest = Sums(modes(table, found)[:, None], sums(found.rows))
    for cell in cells(found):
        counted = counts(found, cell)
        lost = in_cell(dropped, comparison.self_predictor, cell)
        [mode] = commonest.average(found, cell)
        for view in VIEWS:
            [[self_accuracy, cross_accuracy]] = observed[view].average(found, cell)
            between = intervals(
                _difference(resampled[view], found, cell),
                _difference(of_tasks[view], found, cell) if counted["n_tasks"] > 1 else None,
                bootstrap,
            )
            yield {
                **vars(comparison),
                **key,
                "compliance": view,
                **counted,
                "n_dropped": lost.total(),
                "dropped": said(lost),
                "n_compared": _compared(columns, view, found, cell),
                "self_accuracy": self_accuracy,
                "cross_accuracy": cross_accuracy,
                "mode_baseline": mode,
                "advantage": self_accuracy - cross_accuracy,
                **between,
                "effect": _effect(columns, view, found, cell),
                "p_value": chance[view][cell] if view in chance else np.nan,
                **made_by(bootstrap),
            }


def _columns(found: Grid, own: int, other: int) -> dict[str, list[Floats]]:
    """Return what is summed over prompts: arrays [prompts, 2 or 1, properties] for each task."""
    pair = [own, other]
    both = [readable[:, pair].prod(axis=1, keepdims=True) for readable in found.readable]
    return {
        "hits": [hits[:, pair] for hits in found.hits],
        "rows": [rows[:, None] for rows in found.rows],
        "readable": [readable[:, pair] for readable in found.readable],
        "both": both,
        "hits of both": [
            hits[:, pair] * known for hits, known in zip(found.hits, both, strict=True)
        ],
    }


NAMES = {  # of the columns that a view is made of
    "wrong": ("hits", "rows"),
    "dropped": ("hits", "readable"),
    "compliant": ("hits of both", "both"),
}


def _views(of: dict[str, Floats]) -> dict[str, Sums]:
    return {view: Sums(of[right], of[rows]) for view, (right, rows) in NAMES.items()}


def _difference(of_view: Sums, found: Grid, cell: Cell) -> Floats:
    averages = of_view.average(found, cell)
    return averages[:, 0] - averages[:, 1]


def _compared(columns: dict[str, list[Floats]], view: str, found: Grid, cell: Cell) -> int:
    """Return how many rows of the self-predictor a view compares."""
    return sum(int(rows[:, 0].sum()) for rows in found.of_cell(columns[NAMES[view][1]], cell))


def _chances(
    found: Grid,
    columns: dict[str, list[Floats]],
    view: str,
    observed: Sums,
    bootstrap: Bootstrap,
) -> dict[Cell, float]:
    """Return the p-value of each cell: how often chance alone makes a difference as large."""
    flipped = []
    for place, task in enumerate(found.tasks):
        hits = columns[NAMES[view][0]][place]
        generator = arrays(bootstrap.seed, "permutation", task)
        flipped.append(flipped_sums(hits[:, 0] - hits[:, 1], bootstrap.resamples, generator))
    shuffled = Sums(np.stack(flipped), observed.of[:, :, 0])
    return {
        cell: float(chance_of(_difference(observed, found, cell)[0], shuffled.average(found, cell)))
        for cell in cells(found)
    }


def _effect(columns: dict[str, list[Floats]], view: str, found: Grid, cell: Cell) -> float:
    """Return the mean difference of a prompt's shares in standard deviations over prompts."""
    hits, rows = (found.of_cell(columns[name], cell) for name in NAMES[view])
    shares = np.concatenate(
        [ratio(right.sum(axis=-1), of.sum(axis=-1)) for right, of in zip(hits, rows, strict=True)]
    )
    differences = shares[:, 0] - shares[:, 1]
    differences = differences[~np.isnan(differences)]
    spread = differences.std(ddof=1) if len(differences) > 1 else 0.0
    return float(differences.mean() / spread) if spread > 0 else np.nan


def _holm(table: pd.DataFrame) -> pd.Series:
    """Return p-values corrected over the properties that a comparison pools over tasks."""
    corrected = pd.Series(np.nan, index=table.index)
    single = table[(table["task"] == ALL) & (table["property"] != ALL) & table["p_value"].notna()]
    for _, family in single.groupby(FAMILY):
        corrected[family.index] = multipletests(family["p_value"], method="holm")[1]
    return corrected
