"""Score how well the judge agrees with the labels by hand."""

from pathlib import Path

from inward.agreement import agreement
from inward.job import run
from inward.tables import AGREEMENT, EXAMPLES, read_table, write_table


def main(*, examples: Path, table: Path, confidence: float, note: str | None) -> None:
    """Count where verdicts and labels are the same, for each judged property."""
    write_table(AGREEMENT, agreement(read_table(EXAMPLES, examples), confidence), table, note)


if __name__ == "__main__":
    run(main)
