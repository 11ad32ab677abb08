"""Grids: the items of one target as arrays, and what is summed over their prompts.

A grid holds all predictors of one target, in one role and by one wrapper. Prompts are what is drawn
anew; sums over them, of what was right and of what there was, are all that averages are made of.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from inward.cells import ALL, Cell
from inward.randomness import arrays
from inward.stats import Floats, bounds, drawn_sums, drawn_tasks, ratio, warning


@dataclass(frozen=True)
class Bootstrap:
    """How intervals are made."""

    resamples: int
    confidence: float
    seed: int  # the study's


@dataclass(frozen=True)
class Frame:
    """The prompts of tasks, and the rows that there are of them, one array for each task."""

    tasks: list[str]
    properties: list[str]
    rows: list[Floats]  # [prompts, properties], 1 or 0: a row that counts

    @property
    def sizes(self) -> list[int]:
        """How many prompts each task has."""
        return [len(rows) for rows in self.rows]

    def chosen(self, cell: Cell) -> tuple[list[int], list[int]]:
        """Return the places of a cell's tasks, and of its properties."""
        return (
            [place for place, task in enumerate(self.tasks) if cell.task in (ALL, task)],
            [place for place, name in enumerate(self.properties) if cell.property in (ALL, name)],
        )

    def of_cell(self, values: Sequence[Floats], cell: Cell) -> list[Floats]:
        """Return the arrays [prompts, ..., properties] of a cell's tasks and properties."""
        tasks, names = self.chosen(cell)
        return [values[task][..., names] for task in tasks]


@dataclass(frozen=True)
class Grid(Frame):
    """The items of one target in one role by one wrapper.

    A row counts where it was asked, and the target's behavior gives a label. Arrays are one for
    each task, and 1 or 0.
    """

    predictors: list[str]
    prompts: list[list[str]]  # the IDs of each task's
    repeated: list[Floats]  # [prompts, properties]: the target's second sample has the same label
    twice: list[Floats]  # [prompts, properties]: a row, and there is a label of a second sample
    commonest: list[Floats]  # [prompts, properties]: a row with the commonest label of all prompts
    hits: list[Floats]  # [prompts, predictors, properties]: the prediction is right
    readable: list[Floats]  # [prompts, predictors, properties]: a row, and the prediction is read

    def place(self, predictor: str) -> int:
        """Return the place of a predictor in the arrays."""
        return self.predictors.index(predictor)


@dataclass(frozen=True)
class Sums:
    """Sums over prompts: [tasks, resamples, ..., properties]."""

    right: Floats
    of: Floats

    def average(self, frame: Frame, cell: Cell) -> Floats:
        """Return the micro or macro average of one cell [resamples, ...]."""
        # All of them or one, so no copy is needed.
        tasks, names = (slice(places[0], places[-1] + 1) for places in frame.chosen(cell))
        right, of = self.right[tasks, ..., names], self.of[tasks, ..., names]
        if cell.average == "micro":
            return ratio(right.sum(axis=(0, -1)), of.sum(axis=(0, -1)))
        shares = ratio(right, of)
        defined = (~np.isnan(shares)).astype(float)
        return ratio(np.nan_to_num(shares).sum(axis=(0, -1)), defined.sum(axis=(0, -1)))


def grid(table: pd.DataFrame) -> Grid:
    """Return the grid of the items of one target, role and wrapper.

    Raises ValueError where its predictors were asked about other prompts.
    """
    tasks = sorted(table["task"].unique())
    properties = sorted(table["property"].unique())
    predictors = sorted(table["predictor"].unique())
    prompt, prompts = pd.factorize(table["prompt_id"], sort=True)
    columns = _columns(table, predictors, properties)
    of_task = pd.Index(tasks).get_indexer(pd.Index(table["task"]))
    parts = []
    for place in range(len(tasks)):
        there, within = np.unique(prompt[of_task == place], return_inverse=True)
        chosen = {name: column[of_task == place] for name, column in columns.items()}
        shape = (len(there), len(predictors), len(properties))
        rows, *others = _of_task(within, chosen, shape, predictors)
        parts.append((rows, list(prompts[there]), *others))
    every_row, *each = map(list, zip(*parts, strict=True))
    return Grid(tasks, properties, every_row, predictors, *each)


def cells(grid: Frame) -> list[Cell]:
    """Return the cells of a grid: each (task, property), then what they are pooled to."""
    single = [
        Cell(task, name, "micro")
        for place, task in enumerate(grid.tasks)
        for column, name in enumerate(grid.properties)
        if grid.rows[place][:, column].any()
    ]
    pooled = [
        *((task, ALL) for task in grid.tasks),
        *((ALL, name) for name in grid.properties),
        (ALL, ALL),
    ]
    return single + [Cell(t, p, average) for t, p in pooled for average in ("micro", "macro")]


def sums(arrays: Sequence[Floats]) -> Floats:
    """Return sums over the prompts of each task [tasks, 1, ...], each prompt once."""
    return np.stack([values.sum(axis=0)[None] for values in arrays])


def drawn(grid: Frame, columns: Sequence[Sequence[Floats]], bootstrap: Bootstrap) -> list[Floats]:
    """Return, for each of `columns`, its sums [tasks, resamples, ...] over prompts drawn anew.

    A column is an array [prompts, ...] for each task. All share their draws, and so do all targets,
    whose prompts of a task are the same.
    """
    of_tasks = []
    for place, task in enumerate(grid.tasks):
        flat = [column[place].reshape(grid.sizes[place], -1) for column in columns]
        generator = arrays(bootstrap.seed, "bootstrap", task)
        both = drawn_sums(np.concatenate(flat, axis=1), bootstrap.resamples, generator)
        of_tasks.append(np.split(both, np.cumsum([part.shape[1] for part in flat])[:-1], axis=1))
    return [
        np.stack(
            [
                found[number].reshape(bootstrap.resamples, *column[place].shape[1:])
                for place, found in enumerate(of_tasks)
            ]
        )
        for number, column in enumerate(columns)
    ]


def modes(grid: Grid) -> Floats:
    """Return how many rows have the commonest label of their property [tasks, properties]."""
    return sums(grid.commonest)[:, 0]


def counts(grid: Grid, cell: Cell) -> dict[str, Any]:
    """Return what the row of a cell says of how much it is about, and what to be wary of."""
    of_tasks = grid.of_cell(grid.rows, cell)
    n_prompts = sum(int(rows.any(axis=1).sum()) for rows in of_tasks)
    n_tasks = sum(bool(rows.any()) for rows in of_tasks)
    return {
        **vars(cell),
        "n_tasks": n_tasks,
        "n_prompts": n_prompts,
        "n_rows": sum(int(rows.sum()) for rows in of_tasks),
        "warning": warning(n_prompts, n_tasks),
    }


def over_tasks(of_prompts: Sums, bootstrap: Bootstrap) -> Sums:
    """Return sums over prompts drawn anew of tasks that are drawn anew themselves."""
    generator = arrays(bootstrap.seed, "bootstrap", "tasks")
    both = np.stack(np.broadcast_arrays(of_prompts.right, of_prompts.of), axis=2)
    right, of = np.moveaxis(drawn_tasks(both, generator), 2, 0)
    return Sums(right, of)


def intervals(
    estimates: Floats, of_tasks: Floats | None, bootstrap: Bootstrap
) -> dict[str, Floats]:
    """Return the bounds over prompts, and those over tasks, too, where these are drawn anew."""
    low, high = bounds(estimates, bootstrap.confidence)
    none = np.full(np.shape(low), np.nan)
    wide = (none, none) if of_tasks is None else bounds(of_tasks, bootstrap.confidence)
    return {"low": low, "high": high, "tasks_low": wide[0], "tasks_high": wide[1]}


def made_by(bootstrap: Bootstrap) -> dict[str, Any]:
    """Return what a row says of how its interval was made."""
    return {
        "confidence": bootstrap.confidence,
        "resamples": bootstrap.resamples,
        "seed": bootstrap.seed,
    }


@dataclass(frozen=True)
class Reasons:
    """How often each reason was given, by predictor, task and property."""

    names: list[str]
    counts: NDArray[np.int64]  # [reasons, predictors, tasks, properties]

    def in_cell(self, grid: Grid, cell: Cell) -> list[dict[str, int]]:
        """Return, for each predictor, the reasons in a cell with their counts."""
        tasks, names = grid.chosen(cell)
        totals = self.counts[:, :, tasks][..., names].sum(axis=(2, 3)).T
        return [
            {name: int(n) for name, n in zip(self.names, of, strict=True) if n} for of in totals
        ]


def reasons(table: pd.DataFrame, column: str, grid: Grid) -> Reasons:
    """Return the reasons in a column of the items of a grid."""
    given = table[table[column].notna()]
    names = sorted(given[column].unique())
    counts = np.zeros(
        (len(names), len(grid.predictors), len(grid.tasks), len(grid.properties)), dtype=np.int64
    )
    places = [
        pd.Index(order).get_indexer(pd.Index(given[what]))
        for order, what in (
            (names, column),
            (grid.predictors, "predictor"),
            (grid.tasks, "task"),
            (grid.properties, "property"),
        )
    ]
    np.add.at(counts, tuple(places), 1)
    return Reasons(names, counts)


def said(counts: dict[str, int]) -> str:
    """Return reasons with their counts as a table shows them."""
    return ", ".join(f"{reason}: {count}" for reason, count in counts.items())


def _columns(
    table: pd.DataFrame, predictors: list[str], properties: list[str]
) -> dict[str, NDArray[Any]]:
    """Return what a grid is made of, as arrays [items]."""
    right, again = table["correct"], table["repeated"]
    row = right.notna().to_numpy()
    return {
        "who": pd.Index(predictors).get_indexer(pd.Index(table["predictor"])),
        "what": pd.Index(properties).get_indexer(pd.Index(table["property"])),
        "row": row,
        "hit": right.fillna(value=False).to_numpy(dtype=float),
        "readable": row & table["noncompliant"].isna().to_numpy(),
        "repeated": row & again.fillna(value=False).to_numpy(dtype=bool),
        "twice": row & again.notna().to_numpy(),
        "label": np.where(row, pd.factorize(table["label"], sort=True)[0], -1),
    }


def _of_task(
    prompt: NDArray[np.int64],
    columns: dict[str, NDArray[Any]],
    shape: tuple[int, int, int],
    predictors: list[str],
) -> tuple[Floats, Floats, Floats, Floats, Floats, Floats]:
    place = (prompt, columns["who"], columns["what"])
    asked = _put(place, 1.0, shape)
    if (asked != asked[:, :1]).any():
        other = predictors[int((asked != asked[:, :1]).any(axis=(0, 2)).argmax())]
        raise ValueError(f"{predictors[0]} and {other} were asked about other prompts")
    labels = _put(place, columns["label"] + 1, shape)[:, 0].astype(int) - 1
    return (
        _put(place, columns["row"], shape)[:, 0],
        _put(place, columns["repeated"], shape)[:, 0],
        _put(place, columns["twice"], shape)[:, 0],
        np.stack([_commonest(of_property) for of_property in labels.T], axis=1),
        _put(place, columns["hit"], shape),
        _put(place, columns["readable"], shape),
    )


def _put(place: tuple[NDArray[Any], ...], values: Any, shape: tuple[int, ...]) -> Floats:
    """Return zeros with `values` put in their places."""
    found = np.zeros(shape)
    found[place] = values
    return found


def _commonest(labels: NDArray[np.int64]) -> Floats:
    """Return 1 where a label is the commonest, or the first of several such; -1 is no label."""
    counts = np.bincount(labels[labels >= 0], minlength=1)
    there: Floats = ((labels == counts.argmax()) & (labels >= 0)).astype(float)
    return there
