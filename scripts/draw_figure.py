"""Draw one figure, as a page that needs nothing from the web, and as SVG."""

from pathlib import Path

from inward.charts.registry import FIGURES
from inward.charts.saving import save
from inward.charts.scores import Scores, shown
from inward.job import run
from inward.tables import ACCURACY, ADVANTAGE, read_table


def main(
    *,
    accuracy: Path,
    advantage: Path,
    page: Path,
    picture: Path,
    figure: str,
    study: str,
    wrapper: str,
    self_trained: dict[str, str],
) -> None:
    """Read the score tables and draw what one wrapper found."""
    accuracies, advantages = read_table(ACCURACY, accuracy), read_table(ADVANTAGE, advantage)
    paired = shown(advantages, wrapper)
    scores = Scores(
        study=study,
        accuracy=shown(accuracies, wrapper),
        advantage=paired[paired["relation"] == "cross"],
        self_trained=self_trained,
    )
    save(FIGURES[figure](scores), page, picture)


if __name__ == "__main__":
    run(main)
