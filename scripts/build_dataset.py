"""Build the training and validation rows of one finetune."""

from pathlib import Path
from typing import Any

import pandas as pd

from inward.datasets import (
    Account,
    Ways,
    behavior_rows,
    prediction_rows,
    refuse_leaks,
    refuse_nothing,
    rehearsal,
)
from inward.files import write_json, write_json_lines
from inward.job import run
from inward.randomness import draws
from inward.tables import BEHAVIORS, LABELS, PROMPTS, Table, read_table


def main(
    *,
    prompts: list[Path],
    lessons: list[Path],
    rehearsed: list[Path],
    train: Path,
    validation: Path,
    dataset: Path,
    learns: str,
    wrappers: list[str],
    named: str,
    rehearse: float,
    seed: int,
) -> None:
    """Turn labels (learns: predictions) or behaviors (learns: behavior) into conversations.

    Rows that rehearse the base's own behavior go among the training rows, so many for each of them.
    """
    ways = Ways(tuple(wrappers), named, seed)
    tables = {path.stem: read_table(PROMPTS, path) for path in prompts}
    refuse_leaks(tables)
    accounts = {}
    for split, target in (("train", train), ("validation", validation)):
        account = accounts[split] = Account()
        chosen = {task: table[table["split"] == split] for task, table in tables.items()}
        rows = _lessons(learns, chosen, lessons, ways, account)
        if split == "train":
            refuse_nothing(rows, account, dataset.parent.name)
            count = account.used["rehearsal"] = round(rehearse * len(rows))
            own = _behaviors(chosen, rehearsed, Account())
            rows += rehearsal(own, count, draws(seed, "rehearsal"))
        write_json_lines(target, rows)
    write_json(dataset, {split: account.record() for split, account in accounts.items()})


def _lessons(
    learns: str, prompts: dict[str, pd.DataFrame], paths: list[Path], ways: Ways, account: Account
) -> list[dict[str, Any]]:
    if learns == "behavior":
        return _behaviors(prompts, paths, account)
    return [
        row
        for path in paths
        for row in prediction_rows(
            path.stem, *_of_prompts(prompts[path.stem], LABELS, path), ways, account
        )
    ]


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
