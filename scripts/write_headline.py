"""Write the study's headline."""

from pathlib import Path

from inward.charts.scores import shown
from inward.files import write_text
from inward.headline import headline
from inward.job import run
from inward.tables import ADVANTAGE, read_table


def main(*, advantage: Path, figures: list[Path], text: Path, study: str, wrapper: str) -> None:
    """Say what came out by one wrapper, and where the figures are."""
    table = read_table(ADVANTAGE, advantage)
    found = shown(table, wrapper)
    found = found[found["relation"] == "cross"]
    pages = [path for path in figures if path.suffix == ".html"]
    write_text(text, headline(study, found, ", ".join(map(str, pages))))


if __name__ == "__main__":
    run(main)
