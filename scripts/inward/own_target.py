"""Own against target: whether predictors say what they were taught, or what they do themselves.

A predictor p that learnt another's labels t is asked as ever:

    O(p) = acc(p -> p) - acc(p -> t)

on rows where both behaviors give a label. Where the labels differ, an answer fits what p does, what
t does, or neither; p is as able on one side as on the other.
"""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import pandas as pd

from inward.grids import Bootstrap, made_by
from inward.measures import commonest, measure
from inward.sides import ROWS, among, sides
from inward.tables import OWN_TARGET


def own_target(
    items: pd.DataFrame, pairs: Sequence[Mapping[str, str]], bootstrap: Bootstrap
) -> pd.DataFrame:
    """Return the table of what each of `pairs`, a predictor and whom it learnt from, answers."""
    rows = [
        {"predictor": pair["predictor"], "target": pair["target"], **row}
        for pair in pairs
        for row in _of_pair(
            sides(items, pair["predictor"], pair["predictor"], pair["target"]), bootstrap
        )
    ]
    return pd.DataFrame(rows, columns=list(OWN_TARGET.columns))


def _of_pair(table: pd.DataFrame, bootstrap: Bootstrap) -> Iterator[dict[str, Any]]:
    for (role, wrapper), asked in table.groupby(["role", "wrapper"]):
        columns = {
            f"{name} {rows}": column
            for rows in ROWS
            for name, column in _measures(asked, among(asked, rows)).items()
        }
        tested = [(f"own {rows}", f"target {rows}") for rows in ROWS]
        compared = [name for pair in tested for name in pair]
        for found in measure(
            asked.assign(**columns),
            compared,
            bootstrap,
            counted=[*(name for name in columns if name not in compared), "dropped"],
            pairs=tested,
        ):
            for rows, pair in zip(ROWS, tested, strict=True):
                own, target = pair
                yield {
                    "role": role,
                    "wrapper": wrapper,
                    "rows": rows,
                    **found.counts(own),
                    "n_dropped": found.count("dropped"),
                    "n_noncompliant": found.count(f"unreadable {rows}"),
                    "as_own": found.value(own),
                    "as_target": found.value(target),
                    "as_neither": found.value(f"neither {rows}"),
                    "own_mode": found.value(f"own mode {rows}"),
                    "target_mode": found.value(f"target mode {rows}"),
                    "difference": found.difference(*pair),
                    **found.interval(*pair),
                    "p_value": found.chance(*pair),
                    **made_by(bootstrap),
                }


def _measures(asked: pd.DataFrame, rows: pd.Series) -> dict[str, pd.Series]:
    """Return the measures of some of the rows."""
    return {
        "own": asked["first_right"].where(rows),
        "target": asked["second_right"].where(rows),
        "neither": asked["neither"].where(rows),
        "unreadable": asked["unreadable"].where(rows),
        "own mode": commonest(asked[rows], "first_label").reindex(asked.index),
        "target mode": commonest(asked[rows], "second_label").reindex(asked.index),
    }
