"""Score self- and cross-prediction by what was taught and what was held out."""

from pathlib import Path
from typing import Any

from inward.cells import Comparison
from inward.generalization import Lessons, generalization
from inward.grids import Bootstrap
from inward.job import run
from inward.tables import GENERALIZATION, read_items, write_table


def main(
    *,
    items_table: Path,
    table: Path,
    comparisons: list[dict[str, str]],
    lessons: dict[str, dict[str, Any]],
    bootstrap: dict[str, Any],
    note: str | None,
) -> None:
    """Split each comparison by the tasks, properties and wrappers that were taught."""
    rows = generalization(
        read_items(items_table),
        [Comparison(**one) for one in comparisons],
        {name: Lessons(**taught) for name, taught in lessons.items()},
        Bootstrap(**bootstrap),
    )
    write_table(GENERALIZATION, rows, table, note)


if __name__ == "__main__":
    run(main)
