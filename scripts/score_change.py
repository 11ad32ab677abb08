"""Score whether predictions follow a changed behavior."""

from pathlib import Path
from typing import Any

from inward.changes import change
from inward.grids import Bootstrap
from inward.job import run
from inward.tables import CHANGE, read_items, write_table


def main(
    *,
    items_table: Path,
    table: Path,
    changes: list[dict[str, Any]],
    bootstrap: dict[str, Any],
    note: str | None,
) -> None:
    """Put the labels after and before the change beside each answer."""
    rows = change(read_items(items_table), changes, Bootstrap(**bootstrap))
    write_table(CHANGE, rows, table, note)


if __name__ == "__main__":
    run(main)
