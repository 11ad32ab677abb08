"""Read the labels off one subject's behaviors."""

from pathlib import Path

from inward.job import run
from inward.labels import NOTHING_JUDGED, labels_of
from inward.tables import BEHAVIORS, JUDGMENTS, LABELS, PROMPTS, read_table, write_table


def main(
    *,
    behaviors: list[Path],
    prompts: list[Path],
    judgments: list[Path],
    labels: list[Path],
    properties: dict[str, list[str]],
) -> None:
    """Read every property of a task off every behavior, and off `judgments` where there are any."""
    judged = {path.stem: read_table(JUDGMENTS, path) for path in judgments}
    for source, asked, target in zip(behaviors, prompts, labels, strict=True):
        read = labels_of(
            read_table(BEHAVIORS, source),
            read_table(PROMPTS, asked),
            properties[source.stem],
            judged.get(source.stem, NOTHING_JUDGED),
        )
        write_table(LABELS, read, target)


if __name__ == "__main__":
    run(main)
