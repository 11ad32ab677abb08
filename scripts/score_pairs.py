"""Score how alike subjects are, and whether they know themselves better than that explains."""

from pathlib import Path

import pandas as pd

from inward.job import run
from inward.labels import options_of
from inward.margins import margins
from inward.pairs import pairs
from inward.similarity import similarity
from inward.tables import (
    BEHAVIORS,
    PAIRS,
    PREDICTIONS,
    PROMPTS,
    SIMILARITY,
    Table,
    read_arrow,
    read_items,
    read_table,
    write_table,
)


def main(
    *,
    items_table: Path,
    prompts: list[Path],
    behaviors: list[Path],
    predictions: list[Path],
    pairs_table: Path,
    similarity_table: Path,
    relations: dict[str, dict[str, str]],
    confidence: float,
    note: str | None,
) -> None:
    """Put the likeness of each predictor and target beside how well one predicts the other."""
    with_options = {
        path.stem: {
            name for name, options in options_of(read_table(PROMPTS, path)).items() if options
        }
        for path in prompts
    }
    table = pairs(
        read_items(items_table),
        _margins(BEHAVIORS, behaviors, with_options),
        _margins(PREDICTIONS, predictions, with_options),
        relations,
    )
    write_table(PAIRS, table, pairs_table, note)
    write_table(SIMILARITY, similarity(table, confidence), similarity_table, note)


def _margins(table: Table, paths: list[Path], with_options: dict[str, set[str]]) -> pd.DataFrame:
    """Return the margins in all files, by subject and task."""
    keys = [name for name in table.key if name != "sample"]
    return pd.concat(
        margins(
            read_arrow(table, path, [*keys, "sample", "tokens"]), with_options[path.stem]
        ).assign(subject=path.parent.name, task=path.stem)
        for path in paths
    )


if __name__ == "__main__":
    run(main)
