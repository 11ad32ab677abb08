"""Measures: several averages over the same questions, and their differences.

A row is one question: (task, property, prompt). A measure is a column of ones and zeros, with
nothing where the row is not part of it; its average is over the rows that have it. So one subject's
labels can stand beside another's, or some of the rows beside all. Measures of one table share their
draws of prompts, and any two may be subtracted.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from inward.cells import Cell
from inward.grids import Bootstrap, Frame, Sums, cells, drawn, intervals, over_tasks, sums
from inward.randomness import arrays
from inward.stats import Floats, chance_of, flipped_sums, warning

ROW = ["task", "property", "prompt_id"]
Pairs = Sequence[tuple[str, str]]


@dataclass(frozen=True)
class Measured:
    """What the measures are in one cell."""

    cell: Cell
    names: list[str]
    observed: Floats  # [measures]
    resampled: Floats  # [resamples, measures], of the first ones, which have intervals
    of_tasks: Floats | None  # the same with tasks drawn anew, too; none for one task
    shuffled: dict[tuple[str, str], Floats]  # differences [resamples] by chance
    ones: Floats  # [measures]: how many rows are one
    rows: Floats  # [measures]: how many have the measure
    prompts: Floats  # [measures, tasks]: how many prompts have a row of the measure
    bootstrap: Bootstrap

    def value(self, name: str) -> float:
        """Return the average of a measure."""
        return float(self.observed[self.names.index(name)])

    def count(self, name: str) -> int:
        """Return how many rows of a measure are one."""
        return int(self.ones[self.names.index(name)])

    def counts(self, name: str) -> dict[str, Any]:
        """Return how much a measure is about, and what to be wary of."""
        of_tasks = self.prompts[self.names.index(name)]
        n_prompts, n_tasks = int(of_tasks.sum()), int((of_tasks > 0).sum())
        return {
            **vars(self.cell),
            "n_tasks": n_tasks,
            "n_prompts": n_prompts,
            "n_rows": int(self.rows[self.names.index(name)]),
            "warning": warning(n_prompts, n_tasks),
        }

    def interval(self, name: str, minus: str | None = None) -> dict[str, float]:
        """Return the bounds of a measure, or of its difference from another."""
        bounds = intervals(
            self._drawn(self.resampled, name, minus),
            None if self.of_tasks is None else self._drawn(self.of_tasks, name, minus),
            self.bootstrap,
        )
        return {bound: float(value) for bound, value in bounds.items()}

    def over_prompts(self, name: str, minus: str | None = None, *, as_: str) -> dict[str, float]:
        """Return the bounds over prompts alone, named after what they are bounds of."""
        bounds = self.interval(name, minus)
        return {f"{as_}_low": bounds["low"], f"{as_}_high": bounds["high"]}

    def difference(self, name: str, minus: str) -> float:
        """Return how far a measure is above another."""
        return self.value(name) - self.value(minus)

    def chance(self, name: str, minus: str) -> float:
        """Return how often chance alone makes a difference as large, of two on the same rows."""
        observed = np.array(self.difference(name, minus))
        return float(chance_of(observed, self.shuffled[name, minus]))

    def _drawn(self, values: Floats, name: str, minus: str | None) -> Floats:
        average = values[:, self.names.index(name)]
        return average if minus is None else average - values[:, self.names.index(minus)]


def measure(
    table: pd.DataFrame,
    measures: Sequence[str],
    bootstrap: Bootstrap,
    *,
    counted: Sequence[str] = (),
    pairs: Pairs = (),
) -> list[Measured]:
    """Return what columns of a table of rows are, in every cell.

    Those in `measures` have intervals, those in `counted` have none. All prompts of its tasks are
    drawn from, whatever rows have a measure. `pairs` are those whose difference is put to the test.
    """
    names = [*measures, *counted]
    frame, ones, there = _arrays(table, names)
    observed = Sums(sums(ones), sums(there))
    first = [[part[:, : len(measures)] for part in parts] for parts in (ones, there)]
    resampled = Sums(*drawn(frame, first, bootstrap))
    of_tasks = over_tasks(resampled, bootstrap)
    shuffled = _shuffled(frame, ones, there, [_places(names, pair) for pair in pairs], bootstrap)
    found = []
    for cell in cells(frame):
        tasks, _ = frame.chosen(cell)
        of_cell = [frame.of_cell(part, cell) for part in (ones, there)]
        found.append(
            Measured(
                cell=cell,
                names=names,
                observed=observed.average(frame, cell)[0],
                resampled=resampled.average(frame, cell),
                of_tasks=of_tasks.average(frame, cell) if len(tasks) > 1 else None,
                shuffled={
                    pair: chances.average(frame, cell)
                    for pair, chances in zip(pairs, shuffled, strict=True)
                },
                ones=sum((part.sum(axis=(0, 2)) for part in of_cell[0]), np.zeros(len(names))),
                rows=sum((part.sum(axis=(0, 2)) for part in of_cell[1]), np.zeros(len(names))),
                prompts=np.stack([part.any(axis=2).sum(axis=0) for part in of_cell[1]], axis=1),
                bootstrap=bootstrap,
            )
        )
    return found


def commonest(table: pd.DataFrame, label: str) -> pd.Series:
    """Return whether each row has the commonest label of its (task, property).

    The average is the mode baseline of those rows. Rows without a label do not count.
    """
    labelled = table[table[label].notna()]
    counts = labelled.groupby(["task", "property", label]).size().rename("n").reset_index()
    first = counts.sort_values(["n", label], ascending=[False, True])
    modes = first.drop_duplicates(["task", "property"])
    keys = pd.MultiIndex.from_frame(labelled[["task", "property", label]])
    common = keys.isin(pd.MultiIndex.from_frame(modes[["task", "property", label]]))
    return pd.Series(common.astype(float), index=labelled.index).reindex(table.index)


def _places(names: Sequence[str], pair: tuple[str, str]) -> tuple[int, int]:
    first, second = pair
    return list(names).index(first), list(names).index(second)


def _arrays(table: pd.DataFrame, names: Sequence[str]) -> tuple[Frame, list[Floats], list[Floats]]:
    """Return the frame, and [prompts, measures, properties]: what is one, and what is there.

    Raises ValueError where a row occurs twice.
    """
    if table.duplicated(ROW).any():
        twice = table[table.duplicated(ROW)].iloc[0]
        raise ValueError(f"two rows for {twice['property']} of prompt {twice['prompt_id']}")
    properties = sorted(table["property"].unique())
    tasks = sorted(table["task"].unique())
    rows, ones, there = [], [], []
    for task in tasks:
        of_task = table[table["task"] == task]
        prompt, prompts = pd.factorize(of_task["prompt_id"], sort=True)
        what = pd.Index(properties).get_indexer(pd.Index(of_task["property"]))
        values = np.full((len(prompts), len(properties), len(names)), np.nan)
        values[prompt, what] = of_task[list(names)].to_numpy(dtype=float, na_value=np.nan)
        values = np.moveaxis(values, 2, 1)
        there.append((~np.isnan(values)).astype(float))
        ones.append(np.nan_to_num(values))
        rows.append(there[-1].any(axis=1).astype(float))
    return Frame(tasks, properties, rows), ones, there


def _shuffled(
    frame: Frame,
    ones: list[Floats],
    there: list[Floats],
    pairs: Sequence[tuple[int, int]],
    bootstrap: Bootstrap,
) -> list[Sums]:
    """Return, for each pair, sums of differences whose prompts change sides by chance."""
    if not pairs:
        return []
    flipped = [
        flipped_sums(
            np.concatenate([ones[place][:, a] - ones[place][:, b] for a, b in pairs], axis=1),
            bootstrap.resamples,
            arrays(bootstrap.seed, "permutation", task),
        )
        for place, task in enumerate(frame.tasks)
    ]
    differences = np.split(np.stack(flipped), len(pairs), axis=-1)
    return [
        Sums(difference, sums(there)[:, :, first])
        for difference, (first, _) in zip(differences, pairs, strict=True)
    ]
