"""Scoring: from labels and predictions to items, and from items to accuracies and advantages.

    acc(p -> t) = mean over (task, property, prompt) of 1[ answer of p = label of t ]

as in paper section 3.1 and design sections 3.7 and 3.8: a row without a label is dropped for every
predictor, a prediction that cannot be read is wrong, and the mode baseline, which always gives the
commonest label of its (task, property), has the same weights as the accuracy beside it.
"""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

import numpy as np
import pandas as pd

from inward.cells import ALL, Cell, Comparison
from inward.properties import PROPERTIES
from inward.randomness import arrays
from inward.stats import Floats, Indices, interval, ratio
from inward.tables import ADVANTAGE


@dataclass(frozen=True)
class Bootstrap:
    """How intervals are made."""

    resamples: int
    confidence: float
    seed: int  # the study's


@dataclass(frozen=True)
class Grid:
    """The items of one predictor and target in one role: a matrix for each task."""

    tasks: list[str]
    properties: list[str]
    prompts: list[list[str]]  # for each task
    hits: list[Floats]  # for each task [prompts, properties]: 1 where the prediction is right
    rows: list[Floats]  # likewise: 1 where there is a scored row

    @property
    def sizes(self) -> list[int]:
        """How many prompts each task has."""
        return [len(ids) for ids in self.prompts]

    def everything(self) -> list[Indices]:
        """Return the indices of all prompts of each task, each once."""
        return [np.arange(size) for size in self.sizes]


def read_answers(
    predictions: pd.DataFrame, options: Mapping[str, Sequence[str]] | None = None
) -> pd.DataFrame:
    """Return the predictions with what was read from each: `answer`, or why not: `noncompliant`.

    `options` are the texts of the options of prompts, by ID, which may be answered with, too.
    """
    of_prompt = options or {}
    columns = predictions[["prompt_id", "text", "finish_reason", "property"]]
    readings = [
        PROPERTIES[name].read_answer(text, finish_reason, options=of_prompt.get(prompt_id, ()))
        for prompt_id, text, finish_reason, name in columns.itertuples(index=False)
    ]
    return predictions.assign(
        answer=pd.array([reading.value for reading in readings], dtype="string"),
        noncompliant=pd.array([reading.reason for reading in readings], dtype="string"),
    )


def items(answers: pd.DataFrame, labels: pd.DataFrame) -> pd.DataFrame:
    """Return one row for each prediction, beside the label of the same prompt and property.

    `answers` are those of one predictor, `labels` those of one target, on one task. Only the first
    sample of either is scored.
    """
    first = labels.loc[labels["sample"] == 0, ["prompt_id", "property", "value", "reason"]]
    joined = answers[answers["sample"] == 0].merge(
        first, on=["prompt_id", "property"], how="left", validate="many_to_one", indicator=True
    )
    if (joined["_merge"] != "both").any():
        lost = joined[joined["_merge"] != "both"].iloc[0]
        raise ValueError(f"no label for {lost['property']} of prompt {lost['prompt_id']}")
    scored = joined["reason"].isna()
    right = (joined["answer"] == joined["value"]).fillna(value=False)
    return pd.DataFrame(
        {
            "property": joined["property"],
            "wrapper": joined["wrapper"],
            "prompt_id": joined["prompt_id"],
            "label": joined["value"],
            "dropped": joined["reason"],
            "answer": joined["answer"],
            "noncompliant": joined["noncompliant"],
            "correct": right.astype("boolean").mask(~scored),
        }
    )


def accuracy(table: pd.DataFrame, bootstrap: Bootstrap) -> pd.DataFrame:
    """Return the accuracy table of an items table: every cell of every predictor and target."""
    return pd.DataFrame(
        row
        for (target, role, wrapper), of_target in table.groupby(["target", "role", "wrapper"])
        for row in _accuracy_rows(str(target), str(role), str(wrapper), of_target, bootstrap)
    )


def advantage(
    table: pd.DataFrame, comparisons: Sequence[Comparison], bootstrap: Bootstrap
) -> pd.DataFrame:
    """Return the advantage table: self minus cross, paired on the same prompts."""
    rows: list[dict[str, Any]] = []
    for comparison in comparisons:
        of_target = table[table["target"] == comparison.target]
        for (role, wrapper), asked in of_target.groupby(["role", "wrapper"]):
            rows += _advantage_rows(comparison, str(role), str(wrapper), asked, bootstrap)
    return pd.DataFrame(rows, columns=list(ADVANTAGE.columns))


def _accuracy_rows(
    target: str, role: str, wrapper: str, table: pd.DataFrame, bootstrap: Bootstrap
) -> Iterator[dict[str, Any]]:
    for predictor, own in table.groupby("predictor"):
        grid = _grid(own)
        cells = _cells(grid)
        low, high = interval(
            grid.sizes,
            partial(_accuracies, grid, cells),
            resamples=bootstrap.resamples,
            confidence=bootstrap.confidence,
            generator=_draws(bootstrap, target, role),
        )
        values = _accuracies(grid, cells, grid.everything())
        modes = _modes(grid, own, cells)
        for place, cell in enumerate(cells):
            chosen = _in_cell(own, cell)
            unreadable = chosen.loc[chosen["correct"].notna(), "noncompliant"]
            yield {
                "target": target,
                "predictor": str(predictor),
                "role": role,
                "wrapper": wrapper,
                **_counts(chosen, cell),
                "n_noncompliant": int(unreadable.count()),
                "noncompliant": _reasons(unreadable),
                "accuracy": values[place],
                "mode_baseline": modes[place],
                **_bounds(low[place], high[place], bootstrap),
            }


def _advantage_rows(
    comparison: Comparison, role: str, wrapper: str, table: pd.DataFrame, bootstrap: Bootstrap
) -> Iterator[dict[str, Any]]:
    own = table[table["predictor"] == comparison.self_predictor]
    self_grid = _grid(own)
    cross_grid = _grid(table[table["predictor"] == comparison.cross_predictor])
    if self_grid.prompts != cross_grid.prompts:
        raise ValueError(f"{comparison}: self and cross were asked about other prompts")
    cells = _cells(self_grid)

    def difference(indices: Sequence[Indices]) -> Floats:
        return _accuracies(self_grid, cells, indices) - _accuracies(cross_grid, cells, indices)

    low, high = interval(
        self_grid.sizes,
        difference,
        resamples=bootstrap.resamples,
        confidence=bootstrap.confidence,
        generator=_draws(bootstrap, comparison.target, role),
    )
    self_values = _accuracies(self_grid, cells, self_grid.everything())
    cross_values = _accuracies(cross_grid, cells, cross_grid.everything())
    modes = _modes(self_grid, own, cells)
    for place, cell in enumerate(cells):
        yield {
            "target": comparison.target,
            "self_predictor": comparison.self_predictor,
            "cross_predictor": comparison.cross_predictor,
            "role": role,
            "wrapper": wrapper,
            **_counts(_in_cell(own, cell), cell),
            "self_accuracy": self_values[place],
            "cross_accuracy": cross_values[place],
            "mode_baseline": modes[place],
            "advantage": self_values[place] - cross_values[place],
            **_bounds(low[place], high[place], bootstrap),
        }


def _draws(bootstrap: Bootstrap, target: str, role: str) -> np.random.Generator:
    # One stream for each target and role: its predictors are compared on the same draws.
    return arrays(bootstrap.seed, "bootstrap", target, role)


def _grid(table: pd.DataFrame) -> Grid:
    properties = sorted(table["property"].unique())
    tasks = sorted(table["task"].unique())
    prompts, hits, rows = [], [], []
    for task in tasks:
        correct = (
            table[table["task"] == task]
            .pivot_table(
                index="prompt_id",
                columns="property",
                values="correct",
                dropna=False,
                aggfunc="first",
            )
            .reindex(columns=properties)
            .astype("Float64")
            .to_numpy(dtype=float, na_value=np.nan)
        )
        prompts.append(sorted(table.loc[table["task"] == task, "prompt_id"].unique()))
        hits.append(np.nan_to_num(correct))
        rows.append(1.0 - np.isnan(correct))
    return Grid(tasks, properties, prompts, hits, rows)


def _cells(grid: Grid) -> list[Cell]:
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


def _accuracies(grid: Grid, cells: Sequence[Cell], indices: Sequence[Indices]) -> Floats:
    """Return the accuracies [cells, ...] of the prompts that `indices` [..., prompts] draw."""
    hits = np.stack([m[drawn].sum(axis=-2) for m, drawn in zip(grid.hits, indices, strict=True)])
    rows = np.stack([m[drawn].sum(axis=-2) for m, drawn in zip(grid.rows, indices, strict=True)])
    return np.stack([_pooled(hits, rows, grid, cell) for cell in cells])


def _pooled(values: Floats, rows: Floats, grid: Grid, cell: Cell) -> Floats:
    """Return the micro or macro average of sums [tasks, ..., properties] over one cell."""
    tasks = [place for place, task in enumerate(grid.tasks) if cell.task in (ALL, task)]
    names = [place for place, name in enumerate(grid.properties) if cell.property in (ALL, name)]
    values, rows = values[tasks][..., names], rows[tasks][..., names]
    if cell.average == "micro":
        return ratio(values.sum(axis=(0, -1)), rows.sum(axis=(0, -1)))
    shares = ratio(values, rows)
    defined = ~np.isnan(shares)
    return ratio(np.nan_to_num(shares).sum(axis=(0, -1)), defined.sum(axis=(0, -1)).astype(float))


def _modes(grid: Grid, table: pd.DataFrame, cells: Sequence[Cell]) -> Floats:
    """Return the mode baseline of each cell, over the scored rows."""
    scored = table[table["correct"].notna()]
    commonest = scored.groupby(["task", "property"])["label"].agg(
        lambda labels: labels.value_counts().iloc[0]
    )
    hits = np.array(
        [[float(commonest.get((t, p), 0)) for p in grid.properties] for t in grid.tasks]
    )
    rows = np.stack([matrix.sum(axis=0) for matrix in grid.rows])
    return np.array([_pooled(hits, rows, grid, cell) for cell in cells])


def _in_cell(table: pd.DataFrame, cell: Cell) -> pd.DataFrame:
    if cell.task != ALL:
        table = table[table["task"] == cell.task]
    return table if cell.property == ALL else table[table["property"] == cell.property]


def _counts(table: pd.DataFrame, cell: Cell) -> dict[str, Any]:
    scored = table[table["correct"].notna()]
    return {
        "task": cell.task,
        "property": cell.property,
        "average": cell.average,
        "n_prompts": len(scored[["task", "prompt_id"]].drop_duplicates()),
        "n_rows": len(scored),
        "n_dropped": len(table) - len(scored),
        "dropped": _reasons(table["dropped"]),
    }


def _reasons(column: pd.Series) -> str:
    counts = Counter(column.dropna())
    return ", ".join(f"{reason}: {counts[reason]}" for reason in sorted(counts))


def _bounds(low: float, high: float, bootstrap: Bootstrap) -> dict[str, Any]:
    return {
        "low": low,
        "high": high,
        "confidence": bootstrap.confidence,
        "resamples": bootstrap.resamples,
        "seed": bootstrap.seed,
    }
