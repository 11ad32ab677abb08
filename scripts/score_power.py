"""Score how many prompts would show an advantage of a given size, and what there are can show."""

from pathlib import Path
from typing import Any

from inward.cells import Comparison
from inward.job import run
from inward.power import Aim, power
from inward.tables import POWER, read_items, write_table


def main(
    *,
    items_table: Path,
    table: Path,
    comparisons: list[dict[str, str]],
    aim: dict[str, Any],
    note: str | None,
) -> None:
    """Take how much prompts differ from the study's own items."""
    pairs = [Comparison(**pair) for pair in comparisons]
    write_table(POWER, power(read_items(items_table), pairs, Aim(**aim)), table, note)


if __name__ == "__main__":
    run(main)
