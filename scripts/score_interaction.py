"""Score what models have over others in predicting themselves, whoever predicts well."""

from pathlib import Path
from typing import Any

from inward.cells import Comparison
from inward.grids import Bootstrap
from inward.interactions import interaction
from inward.job import run
from inward.tables import INTERACTION, read_items, write_table


def main(
    *,
    items_table: Path,
    table: Path,
    comparisons: list[dict[str, str]],
    roots: dict[str, str],
    bootstrap: dict[str, Any],
    note: str | None,
) -> None:
    """Read the items, and set the matrix of models and targets against itself."""
    pairs = [Comparison(**pair) for pair in comparisons]
    found = interaction(read_items(items_table), pairs, roots, Bootstrap(**bootstrap))
    write_table(INTERACTION, found, table, note)


if __name__ == "__main__":
    run(main)
