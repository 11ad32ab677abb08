"""Score the whole predictor x target matrix."""

from pathlib import Path
from typing import Any

import pandas as pd

from inward.accuracies import accuracy
from inward.advantages import advantage
from inward.cells import Comparison, item_ids
from inward.grids import Bootstrap
from inward.job import run
from inward.labels import options_of
from inward.scoring import beside, read_answers, with_second
from inward.tables import (
    ACCURACY,
    ADVANTAGE,
    ITEMS,
    LABELS,
    PREDICTIONS,
    PROMPTS,
    read_table,
    write_table,
)

OF_LABELS = ["prompt_id", "sample", "property", "value", "reason"]
OF_PREDICTIONS = ["prompt_id", "property", "wrapper", "sample", "text", "finish_reason"]


def main(
    *,
    labels: list[Path],
    prompts: list[Path],
    predictions: list[Path],
    items_table: Path,
    accuracy_table: Path,
    advantage_table: Path,
    roles: dict[str, str],
    comparisons: list[dict[str, str]],
    bootstrap: dict[str, Any],
    note: str | None,
) -> None:
    """Put each prediction beside each target's label, and pool what fits."""
    targets = {
        (path.parent.name, path.stem): with_second(read_table(LABELS, path, OF_LABELS))
        for path in labels
    }
    options = {path.stem: options_of(read_table(PROMPTS, path)) for path in prompts}
    answers = {
        (path.parent.name, path.stem): read_answers(
            read_table(PREDICTIONS, path, OF_PREDICTIONS), options[path.stem]
        )
        for path in predictions
    }
    table = pd.concat(
        beside(answered, targets[target, task]).assign(
            target=target, predictor=predictor, task=task, role=roles[task]
        )
        for (predictor, task), answered in answers.items()
        for target in sorted({target for target, _ in targets})
    )
    table["item_id"] = item_ids(table)
    drawn = Bootstrap(**bootstrap)
    write_table(ITEMS, table, items_table, note)
    write_table(ACCURACY, accuracy(table, drawn), accuracy_table, note)
    pairs = [Comparison(**pair) for pair in comparisons]
    write_table(ADVANTAGE, advantage(table, pairs, drawn), advantage_table, note)


if __name__ == "__main__":
    run(main)
