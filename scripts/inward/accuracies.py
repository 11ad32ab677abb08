"""Accuracies: how well each predictor knows each target.

    acc(p -> t) = mean over (task, property, prompt) of 1[ answer of p = label of t ]

as in section 3.1 of Binder et al. 2024. A row without a label is dropped for every predictor. A
prediction that cannot be read is wrong, or, in the other view, dropped. The mode baseline always
gives the commonest label of its (task, property), with the weights of the accuracy beside it; skill
is how far an accuracy goes from there to perfection.
"""

from collections.abc import Iterator
from typing import Any

import numpy as np
import pandas as pd

from inward.grids import (
    Bootstrap,
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
from inward.stats import Floats, ratio
from inward.tables import ACCURACY

VIEWS = ("wrong", "dropped")  # what a prediction is that cannot be read


def accuracy(table: pd.DataFrame, bootstrap: Bootstrap) -> pd.DataFrame:
    """Return the accuracy table of an items table: every cell of every predictor and target."""
    rows = [
        row
        for (target, role, wrapper), of_target in table.groupby(["target", "role", "wrapper"])
        for row in _of_target(
            {"target": target, "role": role, "wrapper": wrapper}, of_target, bootstrap
        )
    ]
    return pd.DataFrame(rows, columns=list(ACCURACY.columns))


def skill(accuracy: Floats, mode: Floats) -> Floats:
    """Return (accuracy - mode) / (1 - mode): 0 for the mode baseline, 1 for perfection."""
    return ratio(np.asarray(accuracy - mode), np.asarray(1 - mode))


def _of_target(
    key: dict[str, Any], table: pd.DataFrame, bootstrap: Bootstrap
) -> Iterator[dict[str, Any]]:
    found = grid(table)
    dropped = reasons(table, "dropped", found)
    unreadable = reasons(table[table["correct"].notna()], "noncompliant", found)
    observed = _views(*(sums(part) for part in (found.hits, found.rows, found.readable)))
    resampled = _views(*drawn(found, [found.hits, found.rows, found.readable], bootstrap))
    of_tasks = {view: over_tasks(of_view, bootstrap) for view, of_view in resampled.items()}
    commonest = Sums(modes(found)[:, None], sums(found.rows))
    second = Sums(sums(found.repeated), sums(found.twice))
    for cell in cells(found):
        counted = counts(found, cell)
        lost, unread = dropped.in_cell(found, cell), unreadable.in_cell(found, cell)
        [mode] = commonest.average(found, cell)
        [ceiling] = second.average(found, cell)
        for view in VIEWS:
            [values] = observed[view].average(found, cell)
            between = intervals(
                resampled[view].average(found, cell),
                of_tasks[view].average(found, cell) if counted["n_tasks"] > 1 else None,
                bootstrap,
            )
            for place, predictor in enumerate(found.predictors):
                yield {
                    **key,
                    "predictor": predictor,
                    "compliance": view,
                    **counted,
                    "n_dropped": sum(lost[place].values()),
                    "dropped": said(lost[place]),
                    "n_noncompliant": sum(unread[place].values()),
                    "noncompliant": said(unread[place]),
                    "accuracy": values[place],
                    "mode_baseline": mode,
                    "skill": float(skill(values[place], mode)),
                    "noise_ceiling": ceiling,
                    **{name: bound[place] for name, bound in between.items()},
                    **made_by(bootstrap),
                }


def _views(hits: Floats, rows: Floats, readable: Floats) -> dict[str, Sums]:
    return {"wrong": Sums(hits, rows[..., None, :]), "dropped": Sums(hits, readable)}
