"""Build the training and validation rows of one finetune."""

from itertools import zip_longest
from pathlib import Path
from typing import Any

import pandas as pd

from inward.datasets import (
    Account,
    Ways,
    behavior_rows,
    prediction_rows,
    property_rows,
    readable_responses,
    refuse_leaks,
    refuse_nothing,
    rehearsal,
)
from inward.files import write_json, write_json_lines
from inward.job import run
from inward.lessons import Change, share_of
from inward.randomness import draws
from inward.tables import BEHAVIORS, LABELS, PROMPTS, Table, read_table


def main(
    *,
    prompts: list[Path],
    lessons: list[Path],
    shown: list[Path],
    rehearsed: list[Path],
    train: Path,
    validation: Path,
    dataset: Path,
    learns: str,
    wrappers: list[str],
    named: str,
    rehearse: float,
    properties: list[str],
    share: float,
    noise: float,
    order: int,
    seed: int,
) -> None:
    """Turn labels, or behaviors (learns: behavior), into conversations.

    Rows that rehearse the base's own behavior go among the training rows, so many for each of them.
    What is validated with is neither a share nor noisy, and always in the same order.
    """
    ways = Ways(tuple(wrappers), named, seed)
    tables = {path.stem: read_table(PROMPTS, path) for path in prompts}
    refuse_leaks(tables)
    taught = list(zip_longest(lessons, shown))  # of the same tasks, if any behaviors are shown
    accounts = {}
    for split, target in (("train", train), ("validation", validation)):
        account = accounts[split] = Account()
        chosen = {task: table[table["split"] == split] for task, table in tables.items()}
        change = Change(learns, tuple(properties), noise if split == "train" else 0, seed)
        if split == "train":
            chosen = {task: share_of(table, share, seed) for task, table in chosen.items()}
        rows = _lessons(change, chosen, taught, ways, account)
        if split == "train":
            refuse_nothing(rows, account, dataset.parent.name)
            count = account.used["rehearsal"] = round(rehearse * len(rows))
            own = _behaviors(chosen, rehearsed, Account())
            rows += rehearsal(own, count, draws(seed, "rehearsal"))
            if order:
                draws(seed, "order", order).shuffle(rows)
        write_json_lines(target, rows)
    write_json(dataset, {split: account.record() for split, account in accounts.items()})


def _lessons(
    change: Change,
    prompts: dict[str, pd.DataFrame],
    paths: list[tuple[Path, Path | None]],
    ways: Ways,
    account: Account,
) -> list[dict[str, Any]]:
    """Return the rows of what is taught: of each task a table, and perhaps the behaviors shown."""
    if change.learns == "behavior":
        return _behaviors(prompts, [path for path, _ in paths], account)
    rows: list[dict[str, Any]] = []
    for path, shown in paths:
        task = path.stem
        asked, labels = _of_prompts(prompts[task], LABELS, path)
        taught = change.of(labels, task)
        if shown:
            responses = readable_responses(*_of_prompts(asked, BEHAVIORS, shown))
            rows += property_rows(task, taught, responses, ways, account)
        else:
            rows += prediction_rows(task, asked, taught, ways, account)
    return rows


def _behaviors(
    prompts: dict[str, pd.DataFrame], paths: list[Path], account: Account
) -> list[dict[str, Any]]:
    return [
        row
        for path in paths
        for row in behavior_rows(
            path.stem, *_of_prompts(prompts[path.stem], BEHAVIORS, path), account
        )
    ]


def _of_prompts(
    prompts: pd.DataFrame, table: Table, path: Path
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Return the prompts, and the rows of the table at `path` that are about them."""
    rows = read_table(table, path)
    return prompts, rows[rows["prompt_id"].isin(prompts["prompt_id"])]


if __name__ == "__main__":
    run(main)
