"""Changes: whether the predictions of a model follow when its behavior is changed.

M1, a self-trained model, is finetuned on another's behavior, without any hypothetical question;
that makes MC. On prompts where the change shows,

    S = rows with label of MC != label of M1
    new = P(answer = label of MC | S),  old = P(answer = label of M1 | S),  neither = 1 - new - old

A placebo is M1 finetuned on its own behavior. Others beside MC say what a change needs: M1 itself,
which knows nothing of it, and other models that were finetuned on the same behavior.
"""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import pandas as pd

from inward.cells import ALL
from inward.grids import Bootstrap, made_by
from inward.matching import matched
from inward.measures import Measured, commonest, measure
from inward.sides import QUESTION, among, answered, sides
from inward.tables import CHANGE

ROWS = {"all": "all", "changed": "differing", "unchanged": "same"}
DRAWN = ("new", "old", "before")  # measures that have intervals
MATCHED = ("all", "changed")  # on unchanged rows both behaviors have the same labels


def change(
    items: pd.DataFrame, changes: Sequence[Mapping[str, Any]], bootstrap: Bootstrap
) -> pd.DataFrame:
    """Return the table of `changes`: who was changed, from what, by whose behavior, on which tasks.

    Each has `changed`, `before`, `donor`, `arm`, `tasks` (those trained on) and `predictors`, by
    their relation to who was changed: changed, before, or same-change.
    """
    rows = [
        {
            **{name: one[name] for name in ("changed", "before", "donor", "arm")},
            "predictor": predictor,
            "relation": relation,
            **row,
        }
        for one in changes
        for predictor, relation in one["predictors"].items()
        for row in _of_change(items, one, predictor, bootstrap)
    ]
    return pd.DataFrame(rows, columns=list(CHANGE.columns))


def _of_change(
    items: pd.DataFrame, one: Mapping[str, Any], predictor: str, bootstrap: Bootstrap
) -> Iterator[dict[str, Any]]:
    itself = answered(items, one["before"], one["before"])[[*QUESTION, "correct"]]
    beside = sides(items, predictor, one["changed"], one["before"]).merge(
        itself.rename(columns={"correct": "before"}), on=QUESTION, how="left"
    )
    for (role, wrapper), asked in beside.groupby(["role", "wrapper"]):
        parts = _parts(asked, bootstrap.seed, (one["changed"], one["before"], str(wrapper)))
        columns = {name: column for part in parts.values() for name, column in part.items()}
        names = [f"{side} {' '.join(of)}" for of in parts for side in DRAWN]
        tested = [(f"new {rows} plain", f"old {rows} plain") for rows in ROWS]
        every_task = set(asked["task"].unique())
        for found in measure(
            asked.assign(**columns),
            names,
            bootstrap,
            counted=[*(name for name in columns if name not in names), "dropped"],
            pairs=tested,
        ):
            tasks = every_task if found.cell.task == ALL else {found.cell.task}
            for rows, matching in parts:
                yield {
                    "role": role,
                    "wrapper": wrapper,
                    "rows": rows,
                    "matched": matching == "matched",
                    "disjoint": not tasks & set(one["tasks"]),
                    "n_dropped": found.count("dropped"),
                    **_scores(found, f"{rows} {matching}", tested),
                    **made_by(bootstrap),
                }


def _parts(
    asked: pd.DataFrame, seed: int, names: tuple[str, ...]
) -> dict[tuple[str, str], dict[str, pd.Series]]:
    """Return the measures of each kind of rows, as they are and with labels matched in number."""
    parts = {}
    for rows, kind in ROWS.items():
        mask = among(asked, kind)
        parts[rows, "plain"] = _measures(asked, mask, mask, f"{rows} plain")
        if rows in MATCHED:
            old, new = matched(asked[mask], "second_label", "first_label", seed, *names, rows)
            old, new = (drawn.reindex(asked.index, fill_value=False) for drawn in (old, new))
            parts[rows, "matched"] = _measures(asked, new, old, f"{rows} matched")
    return parts


def _measures(asked: pd.DataFrame, new: pd.Series, old: pd.Series, of: str) -> dict[str, pd.Series]:
    """Return the measures of rows drawn for the new and for the old behavior."""
    return {
        f"new {of}": asked["first_right"].where(new),
        f"old {of}": asked["second_right"].where(old),
        f"neither {of}": asked["neither"].where(new),
        f"unreadable {of}": asked["unreadable"].where(new),
        f"before {of}": asked["before"].astype("Float64").where(old),
        f"new mode {of}": commonest(asked[new], "first_label").reindex(asked.index),
        f"old mode {of}": commonest(asked[old], "second_label").reindex(asked.index),
    }


def _scores(found: Measured, of: str, tested: Sequence[tuple[str, str]]) -> dict[str, Any]:
    new, old, before = f"new {of}", f"old {of}", f"before {of}"
    return {
        **found.counts(new),
        "n_noncompliant": found.count(f"unreadable {of}"),
        "new": found.value(new),
        **found.over_prompts(new, as_="new"),
        "old": found.value(old),
        **found.over_prompts(old, as_="old"),
        "neither": found.value(f"neither {of}"),
        "new_mode": found.value(f"new mode {of}"),
        "old_mode": found.value(f"old mode {of}"),
        "difference": found.difference(new, old),
        **found.interval(new, old),
        "p_value": found.chance(new, old) if (new, old) in tested else None,
        "before_accuracy": found.value(before),
        "delta": found.difference(new, before),
        **found.over_prompts(new, before, as_="delta"),
    }
