"""Draw how well subjects predict each other, against how alike they are."""

from pathlib import Path

from inward.charts.saving import save
from inward.charts.similarity import figure
from inward.job import run
from inward.tables import PAIRS, SIMILARITY, read_table


def main(
    *, pairs: Path, similarity: Path, page: Path, picture: Path, study: str, wrapper: str
) -> None:
    """Read the score tables and draw what one wrapper found."""
    found, fitted = read_table(PAIRS, pairs), read_table(SIMILARITY, similarity)
    chart = figure(found[found["wrapper"] == wrapper], fitted[fitted["wrapper"] == wrapper], study)
    save(chart, page, picture)


if __name__ == "__main__":
    run(main)
