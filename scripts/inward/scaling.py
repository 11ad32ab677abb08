"""Scaling: what a share of the training rows is worth, beside all of them.

A finetune with a share is put beside the one that differs from it in nothing else: how well each
predicts its own behavior, and that of whom it learnt from.
"""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import pandas as pd

from inward.grids import Bootstrap, made_by
from inward.measures import commonest, measure
from inward.sides import QUESTION, answered
from inward.tables import SCALING


def scaling(
    items: pd.DataFrame,
    shares: Sequence[Mapping[str, Any]],
    training_rows: Mapping[str, int],
    bootstrap: Bootstrap,
) -> pd.DataFrame:
    """Return the table of `shares`: a `finetune`, its `full` one, its `share`, `kind` and `of`.

    `training_rows` are the rows that each finetune learnt from, without what it rehearsed.
    """
    rows = [
        {
            "finetune": one["finetune"],
            "full": one["full"],
            "kind": one["kind"],
            "share": float(one["share"]),
            "n_training_rows": training_rows[one["finetune"]],
            "behavior": behavior,
            "target": target,
            **row,
        }
        for one in shares
        for behavior, target, full_target in (
            ("own", one["finetune"], one["full"]),
            ("taught", one["of"], one["of"]),
        )
        for row in _of_pair(items, (one["finetune"], target), (one["full"], full_target), bootstrap)
    ]
    return pd.DataFrame(rows, columns=list(SCALING.columns))


def training_rows(dataset: Mapping[str, Any]) -> int:
    """Return how many rows a finetune's dataset teaches, without what is rehearsed."""
    used = dataset["train"]["used"]
    return int(sum(used.values()) - used.get("rehearsal", 0))


def _of_pair(
    items: pd.DataFrame, part: tuple[str, str], full: tuple[str, str], bootstrap: Bootstrap
) -> Iterator[dict[str, Any]]:
    """Yield the cells of a predictor and target with a share, beside the full ones."""
    kept = [*QUESTION, "label", "correct", "noncompliant"]
    both = answered(items, *part)[kept].merge(
        answered(items, *full)[[*QUESTION, "correct"]],
        on=QUESTION,
        suffixes=("", "_full"),
        validate="one_to_one",
    )
    there = both["correct"].notna() & both["correct_full"].notna()
    both = both.assign(
        accuracy=both["correct"].astype("Float64").where(there),
        full_accuracy=both["correct_full"].astype("Float64").where(there),
        unreadable=both["noncompliant"].notna().astype("Float64").where(there),
        mode=commonest(both[there], "label").reindex(both.index),
        dropped=(~there).astype(float),
    )
    pair = ("accuracy", "full_accuracy")
    counted = ["unreadable", "mode", "dropped"]
    for (role, wrapper), asked in both.groupby(["role", "wrapper"]):
        for found in measure(asked, pair, bootstrap, counted=counted, pairs=[pair]):
            yield {
                "role": role,
                "wrapper": wrapper,
                **found.counts("accuracy"),
                "n_dropped": found.count("dropped"),
                "n_noncompliant": found.count("unreadable"),
                "accuracy": found.value("accuracy"),
                **found.interval("accuracy"),
                "mode_baseline": found.value("mode"),
                "full_accuracy": found.value("full_accuracy"),
                "difference": found.difference(*pair),
                **found.over_prompts(*pair, as_="difference"),
                "p_value": found.chance(*pair),
                **made_by(bootstrap),
            }
