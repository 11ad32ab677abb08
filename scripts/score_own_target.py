"""Score whether predictors answer as they were taught, or as they themselves behave."""

from pathlib import Path
from typing import Any

from inward.grids import Bootstrap
from inward.job import run
from inward.own_target import own_target
from inward.tables import OWN_TARGET, read_items, write_table


def main(
    *,
    items_table: Path,
    table: Path,
    pairs: list[dict[str, str]],
    bootstrap: dict[str, Any],
    note: str | None,
) -> None:
    """Put the labels of predictor and target beside each answer."""
    rows = own_target(read_items(items_table), pairs, Bootstrap(**bootstrap))
    write_table(OWN_TARGET, rows, table, note)


if __name__ == "__main__":
    run(main)
