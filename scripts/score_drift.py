"""Score how far training moved behaviors."""

from pathlib import Path
from typing import Any

from inward.drift import drift, first_texts
from inward.grids import Bootstrap
from inward.job import run
from inward.tables import BEHAVIORS, DRIFT, read_items, read_table, write_table


def main(
    *,
    items_table: Path,
    behaviors: list[Path],
    table: Path,
    finetunes: list[dict[str, Any]],
    bootstrap: dict[str, Any],
    note: str | None,
) -> None:
    """Put each finetune beside its base."""
    texts = {
        (path.parent.name, path.stem): first_texts(read_table(BEHAVIORS, path))
        for path in behaviors
    }
    rows = drift(read_items(items_table), finetunes, texts, Bootstrap(**bootstrap))
    write_table(DRIFT, rows, table, note)


if __name__ == "__main__":
    run(main)
