"""Score advantages over training seeds."""

from pathlib import Path
from typing import Any

from inward.cells import Comparison
from inward.grids import Bootstrap
from inward.job import run
from inward.seeds import seeds
from inward.tables import SEEDS, read_items, write_table


def main(
    *,
    items_table: Path,
    table: Path,
    comparisons: list[dict[str, str]],
    families: dict[str, str],
    bootstrap: dict[str, Any],
    note: str | None,
) -> None:
    """Pool the advantages of finetunes that differ in their training seed alone."""
    compared = [Comparison(**one) for one in comparisons]
    rows = seeds(read_items(items_table), compared, families, Bootstrap(**bootstrap))
    write_table(SEEDS, rows, table, note)


if __name__ == "__main__":
    run(main)
