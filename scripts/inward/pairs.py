"""Pairs: how well each predictor that behaves predicts each target, and how alike the two are.

    agreement(p, t) = P(label of p = label of t)
    r_prediction    = r(margin of p's prediction, margin of t's behavior)
    r_behavior      = r(margin of p's behavior, margin of t's behavior)

after Song, Hu and Mahowald 2025: a model may predict another well for no other reason than that the
two are alike. Over several tasks or properties, every number is the mean of those of its
(task, property) that there are.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from inward.cells import ALL
from inward.grids import Grid, cells, counts, grid
from inward.stats import Floats, ratio
from inward.tables import PAIRS

NUMBERS = ("accuracy", "agreement", "kappa", "r_prediction", "r_behavior")
LEAST = 3  # prompts for a correlation
Codes = NDArray[np.int64]


@dataclass(frozen=True)
class Subject:
    """What a subject did, in one role, asked by one wrapper; arrays are one for each task."""

    grid: Grid  # of those who predict it
    labels: list[Codes]  # [prompts, properties], -1 where there is none
    behaviors: list[Floats]  # [prompts]: margins, NaN where there is none
    predictions: list[Floats]  # [prompts, properties]: margins, likewise


def pairs(
    items: pd.DataFrame,
    behaviors: pd.DataFrame,
    predictions: pd.DataFrame,
    relations: Mapping[str, Mapping[str, str]],
) -> pd.DataFrame:
    """Return the pairs table: every cell of every predictor that behaves, and target.

    `behaviors` and `predictions` have the margins, by subject and task. `relations` are those of
    targets to predictors.
    """
    items = items[items["predictor"].isin(relations)]
    items = items.assign(code=pd.factorize(items["label"])[0])
    rows: list[dict[str, Any]] = []
    for (role, wrapper), asked in items.groupby(["role", "wrapper"]):
        by_wrapper = predictions[predictions["wrapper"] == wrapper]
        subjects = {
            str(name): _subject(
                of_target,
                behaviors[behaviors["subject"] == name],
                by_wrapper[by_wrapper["subject"] == name],
            )
            for name, of_target in asked.groupby("target")
        }
        key = {"role": role, "wrapper": wrapper}
        for target, predictor in ((t, p) for t in subjects for p in subjects):
            pair = {"target": target, "predictor": predictor}
            relation = {"relation": relations[target][predictor]}
            found = _rows(predictor, subjects[predictor], subjects[target])
            rows += [{**pair, **relation, **key, **row} for row in found]
    return pd.DataFrame(rows, columns=list(PAIRS.columns))


def kappa(one: Codes, other: Codes) -> float:
    """Return Cohen's kappa of two series of labels; NaN where chance leaves no room."""
    if not len(one):
        return np.nan
    size = int(max(one.max(), other.max())) + 1
    shares = [np.bincount(codes, minlength=size) / len(one) for codes in (one, other)]
    chance = float(shares[0] @ shares[1])
    return float(((one == other).mean() - chance) / (1 - chance)) if chance < 1 else np.nan


def correlation(one: Floats, other: Floats) -> float:
    """Return Pearson's r where both are known; NaN for too few, or where one does not vary."""
    both = ~np.isnan(one) & ~np.isnan(other)
    known = one[both], other[both]
    if both.sum() < LEAST or any(np.ptp(values) == 0 for values in known):
        return np.nan
    return float(np.corrcoef(*known)[0, 1])


def _subject(table: pd.DataFrame, behaviors: pd.DataFrame, predictions: pd.DataFrame) -> Subject:
    found = grid(table)
    once = table[table["predictor"] == found.predictors[0]]
    labels, acted, predicted = [], [], []
    for task in found.tasks:
        of_task = once[once["task"] == task]
        prompts = pd.Index(np.sort(of_task["prompt_id"].unique()))
        names = pd.Index(found.properties)
        labels.append(_laid_out(of_task, "code", prompts, names, -1).astype(np.int64))
        own = behaviors[behaviors["task"] == task].set_index("prompt_id")["margin"]
        acted.append(own.reindex(prompts).to_numpy(dtype=float))
        of_task = predictions[predictions["task"] == task]
        predicted.append(_laid_out(of_task, "margin", prompts, names, np.nan))
    return Subject(found, labels, acted, predicted)


def _laid_out(
    table: pd.DataFrame, column: str, prompts: pd.Index, names: pd.Index, empty: float
) -> Floats:
    """Return a column as an array [prompts, properties]."""
    values = np.full((len(prompts), len(names)), empty)
    row = prompts.get_indexer(pd.Index(table["prompt_id"]))
    column_of = names.get_indexer(pd.Index(table["property"]))
    there = (row >= 0) & (column_of >= 0)
    values[row[there], column_of[there]] = table[column].to_numpy()[there]
    return values


def _rows(name: str, predictor: Subject, target: Subject) -> Iterator[dict[str, Any]]:
    found = target.grid
    place = found.place(name)
    numbers = {
        number: np.full((len(found.tasks), len(found.properties)), np.nan) for number in NUMBERS
    }
    common, margins = [], []
    for task in range(len(found.tasks)):
        rows, hits = found.rows[task], found.hits[task][:, place]
        own, others = predictor.labels[task], target.labels[task]
        both = (own >= 0) & (others >= 0)
        same = both & (own == others)
        numbers["accuracy"][task] = ratio(hits.sum(axis=0), rows.sum(axis=0))
        numbers["agreement"][task] = ratio(same.sum(axis=0), both.sum(axis=0))
        acted, predicted = target.behaviors[task], predictor.predictions[task]
        likeness = correlation(predictor.behaviors[task], acted)
        for column in range(len(found.properties)):
            chosen = both[:, column]
            numbers["kappa"][task, column] = kappa(own[chosen, column], others[chosen, column])
            numbers["r_prediction"][task, column] = correlation(predicted[:, column], acted)
            if rows[:, column].any():
                numbers["r_behavior"][task, column] = likeness
        common.append(both)
        margins.append(~np.isnan(predicted) & ~np.isnan(acted)[:, None])
    for cell in cells(found):
        if cell.average == ("micro" if ALL in {cell.task, cell.property} else "macro"):
            continue
        tasks, names = found.chosen(cell)
        counted = counts(found, cell)
        yield {
            "task": cell.task,
            "property": cell.property,
            "n_prompts": counted["n_prompts"],
            "n_rows": counted["n_rows"],
            "n_common": sum(int(common[task][:, names].sum()) for task in tasks),
            "n_margins": sum(int(margins[task][:, names].sum()) for task in tasks),
            **{number: _mean(of[tasks][:, names]) for number, of in numbers.items()},
        }


def _mean(values: Floats) -> float:
    known = values[~np.isnan(values)]
    return float(known.mean()) if len(known) else np.nan
