"""Write the study's headline."""

from pathlib import Path

from inward.files import write_text
from inward.headline import headline
from inward.job import run
from inward.tables import ADVANTAGE, read_table


def main(*, advantage: Path, figures: list[Path], text: Path, study: str) -> None:
    """Say what came out, and where the figures are."""
    pages = [path for path in figures if path.suffix == ".html"]
    write_text(text, headline(study, read_table(ADVANTAGE, advantage), ", ".join(map(str, pages))))


if __name__ == "__main__":
    run(main)
