"""Calibration: whether predictions give to values the shares that behavior gives them.

Each value that behavior had on a prompt is a point, x its share among behaviors, y its share among
predictions, as in paper sections 3.6 and 11. Points are put in ten bins of equal frequency by x:

    MAD = 100 * mean over bins | mean x - mean y |
    ECE = mean over points of the same, so that bins count by their points

Bins are made once, from all points; for intervals, prompts are drawn anew within their task, and of
a prompt nothing is needed but how much it adds to each bin.
"""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from inward.cells import ALL
from inward.distributions import CONFIDENCE, PAIR, Evidence
from inward.grids import Bootstrap
from inward.randomness import arrays
from inward.stats import Floats, bounds, drawn_sums, ratio

Indices = NDArray[np.int64]

BINS = 10
AT_ONCE = 500  # draws of prompts held in memory at once
RANKS = 3
NOTHING = "no behavior can be read"
KEY = ["task", *PAIR]
NUMBERS = (
    "n_draws",
    "noncompliant",
    "unknown_behaviors",
    "unknown_predictions",
    "mad",
    "mad_low",
    "mad_high",
    "ece",
    "ece_low",
    "ece_high",
    "brier",
    "total_variation",
    "left_out",
)


@dataclass(frozen=True)
class Cell:
    """What one row of numbers is about, the rows that it is made from, and its points' bins."""

    task: str
    property: str
    rank: str
    chosen: NDArray[np.bool_]  # of all rows
    points: Indices  # the places of rows
    bins: Indices  # of the points


def calibration(
    source: str,
    evidence: Mapping[str, Evidence] | str,
    prompts: Mapping[str, Sequence[str]],
    bootstrap: Bootstrap,
) -> tuple[list[dict[str, Any]], list[dict[str, Any]]]:
    """Return rows of the calibration table and of its bins, of one target and predictor.

    `evidence` and the IDs of all test `prompts` are by task, the tasks of one role; in place of
    evidence there may be the reason why there is none.
    """
    if isinstance(evidence, str):
        return [_left_out(ALL, ALL, source, evidence, bootstrap)], []
    rows = _joined({task: each.rows for task, each in evidence.items()})
    pairs = _joined({task: each.pairs for task, each in evidence.items()})
    left_out = [
        _left_out(task, name, source, reason, bootstrap)
        for task, each in evidence.items()
        for name, reason in each.left_out.items()
    ] + [
        {**_left_out(str(task), str(name), source, NOTHING, bootstrap), **_dropped(of_cell)}
        for (task, name), of_cell in pairs.groupby(["task", "property"])
        if of_cell["dropped"].notna().all()
    ]
    if rows.empty:
        return left_out, []
    rows = rows.assign(
        rank=ranks(rows) if source != CONFIDENCE else 0,
        prompt=rows.groupby(["task", "prompt_id"]).ngroup(),
        pair=rows.groupby(KEY).ngroup(),
    )
    cells = list(_cells(rows, source))
    asked = {(cell.task, cell.property): cell for cell in cells}
    counts = {about: _counts(_in_cell(pairs, cell)) for about, cell in asked.items()}
    numbers = rows[["prompt", "pair", "x", "y"]]
    sums = _Sums(rows, cells, prompts)
    mads, eces = sums.deviations([matrix.sum(axis=0) for _, matrix in sums.tasks])
    low, high = bounds(sums.drawn(bootstrap), bootstrap.confidence)
    found, bins = [], []
    for place, cell in enumerate(cells):
        about = {"task": cell.task, "property": cell.property, "source": source, "rank": cell.rank}
        between = [float(b[k, place]) for k in (0, 1) for b in (low, high)]
        found.append(
            {
                **about,
                "n_prompts": numbers["prompt"].iloc[cell.points].nunique(),
                "n_points": len(cell.points),
                **counts[cell.task, cell.property],
                **dict(zip(("mad_low", "mad_high", "ece_low", "ece_high"), between, strict=True)),
                "mad": float(mads[place]),
                "ece": float(eces[place]),
                **_distances(numbers[cell.chosen], source),
                "left_out": None,
                **_drawn(bootstrap),
            }
        )
        bins += [about | of_bin for of_bin in _bin_rows(numbers, cell)]
    return found + left_out, bins


def bins_of(values: Floats) -> Indices:
    """Return the bin of each value, from 0: ten bins of equal frequency.

    They are those of pandas.qcut(duplicates="drop"): bins between equal edges are one. Where all
    values are the same, so is their bin.
    """
    if values.min() == values.max():
        return np.zeros(len(values), dtype=np.int64)
    codes = pd.qcut(values, BINS, labels=False, duplicates="drop")
    return np.asarray(codes, dtype=np.int64)


def ranks(rows: pd.DataFrame) -> pd.Series:
    """Return the place of each value by its share of behavior, from 1; of equals, by the alphabet.

    What behavior has never been is no point, and has the place 0.
    """
    ordered = rows.sort_values([*KEY, "x", "value"], ascending=[True] * len(KEY) + [False, True])
    place = ordered.groupby(KEY).cumcount() + 1
    return place.reindex(rows.index).where(rows["x"] > 0, 0)


class _Sums:
    """How much each prompt adds to each bin of each cell."""

    def __init__(
        self, rows: pd.DataFrame, cells: Sequence[Cell], prompts: Mapping[str, Sequence[str]]
    ) -> None:
        sizes = [int(cell.bins.max()) + 1 for cell in cells]
        self.starts = np.cumsum([0, *sizes[:-1]])
        self.width = sum(sizes)
        self.names = list(prompts)
        self.tasks: list[tuple[Indices, Floats]] = []
        gaps = (rows["x"] - rows["y"]).to_numpy(float)
        for task, ids in prompts.items():
            of_task = (rows["task"] == task).to_numpy()
            place = pd.Index(ids).get_indexer(pd.Index(rows["prompt_id"]))
            columns, blocks = [], []
            for cell, start, size in zip(cells, self.starts, sizes, strict=True):
                chosen = of_task[cell.points]
                if not chosen.any():
                    continue
                points = cell.points[chosen]
                spots = place[points] * size + cell.bins[chosen]
                blocks.append(
                    [
                        np.bincount(spots, weights, len(ids) * size).reshape(len(ids), size)
                        for weights in (gaps[points], np.ones(len(points)))
                    ]
                )
                columns.append(np.arange(start, start + size))
            if columns:
                both = [np.hstack([block[k] for block in blocks]) for k in (0, 1)]
                self.tasks.append((np.concatenate(columns), np.hstack(both)))
            else:
                self.tasks.append((np.empty(0, dtype=np.int64), np.zeros((len(ids), 0))))

    def drawn(self, bootstrap: Bootstrap) -> Floats:
        """Return MAD and ECE [resamples, 2, cells] of prompts that are drawn anew."""
        generators = [arrays(bootstrap.seed, "bootstrap", task) for task in self.names]
        found = []
        for start in range(0, bootstrap.resamples, AT_ONCE):
            size = min(AT_ONCE, bootstrap.resamples - start)
            added = [
                drawn_sums(matrix, size, generator)
                for (_, matrix), generator in zip(self.tasks, generators, strict=True)
            ]
            found.append(np.stack(self.deviations(added), axis=1))
        return np.concatenate(found)

    def deviations(self, added: Sequence[Floats]) -> tuple[Floats, Floats]:
        """Return MAD and ECE [..., cells] of what the prompts of each task add up to."""
        gaps, points = np.zeros((2, *added[0].shape[:-1], self.width))
        for (columns, _), of_task in zip(self.tasks, added, strict=True):
            gaps[..., columns] += of_task[..., : len(columns)]
            points[..., columns] += of_task[..., len(columns) :]
        gaps = np.abs(gaps)
        means = np.divide(gaps, points, out=np.zeros_like(gaps), where=points > 0)
        by_cell = [
            np.add.reduceat(each, self.starts, axis=-1)
            for each in (means, (points > 0).astype(float), gaps, points)
        ]
        return 100 * ratio(by_cell[0], by_cell[1]), ratio(by_cell[2], by_cell[3])


def _joined(tables: Mapping[str, pd.DataFrame]) -> pd.DataFrame:
    return pd.concat([table.assign(task=task) for task, table in tables.items()], ignore_index=True)


def _cells(rows: pd.DataFrame, source: str) -> Iterator[Cell]:
    """Yield the cells that have points: each (task, property), then what they are pooled to."""
    keys = rows[["task", "property"]].drop_duplicates().sort_values(["task", "property"])
    tasks, names = keys["task"].unique(), sorted(keys["property"].unique())
    pooled = [*((task, ALL) for task in tasks), *((ALL, name) for name in names), (ALL, ALL)]
    of_task = {task: (rows["task"] == task).to_numpy() for task in tasks}
    of_name = {name: (rows["property"] == name).to_numpy() for name in names}
    every = np.ones(len(rows), dtype=bool)
    rank = rows["rank"].to_numpy(int)
    sorted_by = rows["y" if source == CONFIDENCE else "x"].to_numpy(float)
    # Whoever was right or wrong is a point; of distributions, what behavior has been is.
    point = every if source == CONFIDENCE else rank > 0
    for task, name in [*keys.itertuples(index=False, name=None), *pooled]:
        inside = of_task.get(task, every) & of_name.get(name, every)
        for wanted in range(1 if source == CONFIDENCE else RANKS + 1):
            values = inside & (rank == wanted) if wanted else inside
            points = np.flatnonzero(values & point)
            if len(points):
                label = str(wanted) if wanted else ALL
                yield Cell(task, name, label, values, points, bins_of(sorted_by[points]))


def _in_cell(pairs: pd.DataFrame, cell: Cell) -> pd.DataFrame:
    if cell.task != ALL:
        pairs = pairs[pairs["task"] == cell.task]
    return pairs if cell.property == ALL else pairs[pairs["property"] == cell.property]


def _counts(pairs: pd.DataFrame) -> dict[str, Any]:
    kept = pairs[pairs["dropped"].isna()]
    found: dict[str, Any] = {
        **_dropped(pairs),
        "n_draws": None,
        "noncompliant": None,
    }
    if "n_draws" in kept:
        found["n_draws"] = int(kept["n_draws"].sum())
        found["noncompliant"] = float(kept["n_unread"].sum() / kept["n_draws"].sum())
    for name in ("unknown_behaviors", "unknown_predictions"):
        found[name] = float(kept[name].mean()) if name in kept else None
    return found


def _dropped(pairs: pd.DataFrame) -> dict[str, Any]:
    reasons = Counter(pairs["dropped"].dropna())
    return {
        "n_dropped": sum(reasons.values()),
        "dropped": ", ".join(f"{reason}: {reasons[reason]}" for reason in sorted(reasons)),
    }


def _distances(values: pd.DataFrame, source: str) -> dict[str, Any]:
    """Return the Brier score and the total variation of the distributions of values, per pair.

    A single draw of behavior is v in x of all cases, so that the squared distance of y to what
    happens is (y - x)^2 + x (1 - x) on average.
    """
    x, y = values["x"].to_numpy(float), values["y"].to_numpy(float)
    n = values["pair"].nunique()
    squares = float(((y - x) ** 2 + x * (1 - x)).sum() / n)
    variation = None if source == CONFIDENCE else float(np.abs(x - y).sum() / 2 / n)
    return {"brier": squares, "total_variation": variation}


def _bin_rows(rows: pd.DataFrame, cell: Cell) -> Iterator[dict[str, Any]]:
    n = np.bincount(cell.bins)
    sums = [
        np.bincount(cell.bins, rows[column].to_numpy(float)[cell.points]) for column in ("x", "y")
    ]
    filled = [int(place) for place in np.flatnonzero(n)]
    for number, place in enumerate(filled, start=1):
        mean_x, mean_y = (float(each[place] / n[place]) for each in sums)
        yield {"bin": number, "mean_x": mean_x, "mean_y": mean_y, "n": int(n[place])}


def _left_out(
    task: str, name: str, source: str, reason: str, bootstrap: Bootstrap
) -> dict[str, Any]:
    return {
        "task": task,
        "property": name,
        "source": source,
        "rank": ALL,
        "n_prompts": 0,
        "n_points": 0,
        "n_dropped": 0,
        "dropped": "",
        **dict.fromkeys(NUMBERS),
        "left_out": reason,
        **_drawn(bootstrap),
    }


def _drawn(bootstrap: Bootstrap) -> dict[str, Any]:
    return {
        "confidence": bootstrap.confidence,
        "resamples": bootstrap.resamples,
        "seed": bootstrap.seed,
    }
