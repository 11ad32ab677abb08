"""Score finetunes that learnt from a share of the training prompts."""

from pathlib import Path
from typing import Any

from inward.files import read_json
from inward.grids import Bootstrap
from inward.job import run
from inward.scaling import scaling, training_rows
from inward.tables import SCALING, read_items, write_table


def main(
    *,
    items_table: Path,
    datasets: list[Path],
    table: Path,
    shares: list[dict[str, Any]],
    bootstrap: dict[str, Any],
    note: str | None,
) -> None:
    """Put each beside the one that learnt from all, and count what they learnt from."""
    counts = {path.parent.name: training_rows(read_json(path)) for path in datasets}
    rows = scaling(read_items(items_table), shares, counts, Bootstrap(**bootstrap))
    write_table(SCALING, rows, table, note)


if __name__ == "__main__":
    run(main)
