"""Read the labels off one subject's behaviors."""

from pathlib import Path

import pandas as pd

from inward.job import run
from inward.labels import labels_of
from inward.tables import BEHAVIORS, LABELS, read_table, write_table


def main(*, behaviors: list[Path], labels: list[Path], properties: dict[str, list[str]]) -> None:
    """Read every property of a task off every behavior."""
    for source, target in zip(behaviors, labels, strict=True):
        read = labels_of(read_table(BEHAVIORS, source), properties[source.stem])
        write_table(LABELS, pd.DataFrame(read, columns=list(LABELS.columns)), target)


if __name__ == "__main__":
    run(main)
