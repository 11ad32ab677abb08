"""Interactions: what models have over others in predicting themselves, however well they predict.

    acc(l -> t) = a_l + b_t + gamma * 1[ t is trained from l ]

A learner l is a model from which predictors are trained. Its predictor of a target t is t itself
where t is trained from it, and otherwise its finetune that has learnt the labels of t. For two
learners a and b, gamma is ([acc(a->a) - acc(b->a)] + [acc(b->b) - acc(a->b)]) / 2; for all of them
it is estimated by least squares over all cells that are there.

A learner that knows a share k of the answers and otherwise gives the commonest label has the
accuracy k + (1 - k) mode; so where two learners differ in k and two targets in mode, gamma is
(k_a - k_b) (mode_b - mode_a) / 2 on the scale of accuracy, though nobody knows itself. On the
scale of skill, (acc - mode) / (1 - mode), each such learner has the same k for every target, and
gamma is 0.

Which label is the commonest stays as it is when prompts are drawn anew; its share is drawn with
them. The p-value is the share of draws whose gamma is as far from the estimate as the estimate is
from 0.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from itertools import combinations
from typing import Any

import numpy as np
import pandas as pd

from inward.accuracies import skill
from inward.cells import ALL, Cell, Comparison
from inward.grids import (
    Bootstrap,
    Grid,
    Sums,
    cells,
    drawn,
    grid,
    intervals,
    made_by,
    over_tasks,
    sums,
)
from inward.stats import Floats, chance_of, warning
from inward.tables import INTERACTION

RELATIONS = ("cross", "twin")  # to a target, of those that have learnt just what it has
VIEWS = ("wrong", "dropped", "compliant")
SCALES = ("accuracy", "skill")
DECIMALS = 12  # of gamma; beyond them accuracies that cancel leave a sign, and mean nothing
UNKNOWN = "not identified: too few learners have learnt each other's labels"


@dataclass(frozen=True)
class Entry:
    """A learner's predictor of a target, which is its own where the target is trained from it."""

    learner: str
    target: str
    predictor: str
    of: str  # the learner that the target is trained from

    @property
    def own(self) -> bool:
        """Whether this is a self-prediction."""
        return self.learner == self.of


def entries(comparisons: Sequence[Comparison], roots: Mapping[str, str]) -> tuple[Entry, ...]:
    """Return the entries of the matrix of learners and targets; `roots` are those of subjects."""
    found = set()
    for each in comparisons:
        own, other = roots[each.self_predictor], roots[each.cross_predictor]
        if each.relation in RELATIONS and own != other:
            found.add(Entry(own, each.target, each.self_predictor, own))
            found.add(Entry(other, each.target, each.cross_predictor, own))
    return tuple(sorted(found, key=lambda entry: (entry.target, entry.learner, entry.predictor)))


@cache
def contrast(matrix: tuple[Entry, ...]) -> Floats | None:
    """Return the weights [entries] with which accuracies add up to gamma, by least squares.

    None where gamma cannot be told from how good learners are and how easy targets.
    """
    learners = sorted({entry.learner for entry in matrix})
    targets = sorted({entry.target for entry in matrix})
    design = np.array(
        [
            [
                entry.own,
                *(entry.learner == learner for learner in learners),
                *(entry.target == target for target in targets),
            ]
            for entry in matrix
        ],
        dtype=float,
    ).reshape(len(matrix), 1 + len(learners) + len(targets))
    if np.linalg.matrix_rank(design) == np.linalg.matrix_rank(design[:, 1:]):
        return None
    weights: Floats = np.linalg.pinv(design)[0]
    return weights


def interaction(
    table: pd.DataFrame,
    comparisons: Sequence[Comparison],
    roots: Mapping[str, str],
    bootstrap: Bootstrap,
    cells_of: Callable[[Grid], list[Cell]] = cells,
) -> pd.DataFrame:
    """Return the interaction table of an items table: each pair of learners, and all of them."""
    predictors = table[["target", "predictor"]].drop_duplicates().itertuples(index=False, name=None)
    there = set(predictors)
    matrix = [e for e in entries(comparisons, roots) if (e.target, e.predictor) in there]
    rows: list[dict[str, Any]] = []
    if matrix:
        for (role, wrapper), asked in table.groupby(["role", "wrapper"]):
            rows += _rows(matrix, {"role": role, "wrapper": wrapper}, asked, bootstrap, cells_of)
    return pd.DataFrame(rows, columns=list(INTERACTION.columns))


def scopes(matrix: Sequence[Entry]) -> dict[str, list[int]]:
    """Return the places of the entries of each pair of learners that tell its gamma, and of all."""
    found = {}
    for pair in combinations(sorted({entry.learner for entry in matrix}), 2):
        of_pair = [n for n, e in enumerate(matrix) if e.learner in pair and e.of in pair]
        if len({(matrix[n].learner, matrix[n].of) for n in of_pair}) == 4:
            found["|".join(pair)] = of_pair
    return {**found, ALL: list(range(len(matrix)))}


@dataclass(frozen=True)
class _View:
    """The accuracies of all entries in one view, and the modes of their targets."""

    right: Sums  # of each entry [tasks, resamples, entries, properties]
    mode: Sums  # likewise

    def estimates(self, found: Grid, cell: Cell) -> dict[str, Floats]:
        """Return what gamma is made of [resamples, entries], on each of SCALES."""
        accuracies = self.right.average(found, cell)
        return dict(
            zip(
                SCALES, (accuracies, skill(accuracies, self.mode.average(found, cell))), strict=True
            )
        )

    def over_tasks(self, bootstrap: Bootstrap) -> "_View":
        """Return the same with tasks drawn anew, too."""
        return _View(over_tasks(self.right, bootstrap), over_tasks(self.mode, bootstrap))


def _rows(
    matrix: Sequence[Entry],
    key: dict[str, Any],
    table: pd.DataFrame,
    bootstrap: Bootstrap,
    cells_of: Callable[[Grid], list[Cell]],
) -> Iterator[dict[str, Any]]:
    """Yield the rows of one role and wrapper, all of them on the same draws."""
    grids = _grids(matrix, table)
    [found, *_] = grids.values()
    columns = [column for view in VIEWS for column in _columns(matrix, grids, view)]
    draws = drawn(found, columns, bootstrap)
    size = len(columns) // len(VIEWS)
    for number, view in enumerate(VIEWS):
        part = slice(number * size, (number + 1) * size)
        observed, resampled = _view(*map(sums, columns[part])), _view(*draws[part])
        views = [observed, resampled, resampled.over_tasks(bootstrap)]
        for cell in cells_of(found):
            made_of = [each.estimates(found, cell) for each in views]
            for scope, places in scopes(matrix).items():
                counted = _counts([matrix[place] for place in places], grids, cell)
                used = slice(None) if counted["n_tasks"] > 1 else slice(2)
                for scale in SCALES:
                    of_scale = [estimates[scale] for estimates in made_of[used]]
                    estimated = _gamma(matrix, places, of_scale, bootstrap)
                    warnings = [estimated["warning"], counted["warning"]]
                    yield {
                        **key,
                        "scope": scope,
                        "scale": scale,
                        "compliance": view,
                        **vars(cell),
                        **counted,
                        **estimated,
                        "warning": "; ".join(filter(None, warnings)) or None,
                        **made_by(bootstrap),
                    }


def _gamma(
    matrix: Sequence[Entry], places: list[int], made_of: list[Floats], bootstrap: Bootstrap
) -> dict[str, Any]:
    """Return gamma of some entries with its interval and p-value, from what is there of them."""
    [observed] = made_of[0]
    there = [place for place in places if not np.isnan(observed[place])]
    weights = contrast(tuple(matrix[place] for place in there))
    if weights is None:
        lost = dict.fromkeys(("gamma", "low", "high", "tasks_low", "tasks_high", "p_value"), np.nan)
        return {**lost, "warning": UNKNOWN}
    # Zero is added since rounding leaves zeros that are negative.
    [gamma], *draws = ((values[:, there] @ weights).round(DECIMALS) + 0 for values in made_of)
    between = intervals(draws[0], draws[1] if len(draws) > 1 else None, bootstrap)
    return {
        "gamma": float(gamma),
        **{name: float(bound) for name, bound in between.items()},
        "p_value": float(chance_of(gamma, draws[0] - gamma)),
        "warning": None,
    }


def _grids(matrix: Sequence[Entry], table: pd.DataFrame) -> dict[str, Grid]:
    """Return the grid of each target."""
    grids = {}
    for target in sorted({entry.target for entry in matrix}):
        names = {entry.predictor for entry in matrix if entry.target == target}
        grids[target] = grid(table[(table["target"] == target) & table["predictor"].isin(names)])
    first, *others = grids
    for other in others:
        if grids[other].prompts != grids[first].prompts:
            raise ValueError(
                f"of {first} and of {other}, predictors were asked about other prompts"
            )
    return grids


def _columns(matrix: Sequence[Entry], grids: Mapping[str, Grid], view: str) -> list[list[Floats]]:
    """Return hits, what they are of, commonest labels, what these are of, as they are drawn."""
    parts: list[list[list[Floats]]] = [[], [], [], []]
    for entry in matrix:
        found = grids[entry.target]
        place = found.place(entry.predictor)
        counted = {
            "wrong": found.rows,
            "dropped": [readable[:, place] for readable in found.readable],
            "compliant": [readable.prod(axis=1) for readable in found.readable],
        }[view]
        hits = [right[:, place] * of for right, of in zip(found.hits, counted, strict=True)]
        for part, values in zip(parts, (hits, counted, found.commonest, found.rows), strict=True):
            part.append(values)
    return [[np.stack(of_task, axis=1) for of_task in zip(*part, strict=True)] for part in parts]


def _view(hits: Floats, of: Floats, commonest: Floats, rows: Floats) -> _View:
    return _View(Sums(hits, of), Sums(commonest, rows))


def _counts(chosen: Sequence[Entry], grids: Mapping[str, Grid], cell: Cell) -> dict[str, Any]:
    """Return how many tasks, prompts and pairs of learners a gamma is about."""
    of_targets = [grids[t].of_cell(grids[t].rows, cell) for t in {e.target for e in chosen}]
    scored = [np.any(rows, axis=(0, -1)) for rows in zip(*of_targets, strict=True)]
    n_prompts = sum(int(prompts.sum()) for prompts in scored)
    n_tasks = sum(bool(prompts.any()) for prompts in scored)
    return {
        "n_tasks": n_tasks,
        "n_prompts": n_prompts,
        "n_pairs": len(scopes(chosen)) - 1,
        "warning": warning(n_prompts, n_tasks),
    }
