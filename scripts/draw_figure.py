"""Draw one figure, as a page that needs nothing from the web, and as SVG."""

from pathlib import Path

import pandas as pd

from inward.charts.registry import FIGURES
from inward.charts.saving import save
from inward.charts.scores import Scores, shown
from inward.job import run
from inward.tables import (
    ACCURACY,
    ADVANTAGE,
    CHANGE,
    DRIFT,
    OWN_TARGET,
    SCALING,
    read_table,
)

EXPERIMENTS = {table.name: table for table in (OWN_TARGET, CHANGE, SCALING, DRIFT)}


def main(
    *,
    accuracy: Path,
    advantage: Path,
    experiment: list[Path],
    page: Path,
    picture: Path,
    figure: str,
    study: str,
    wrapper: str,
    self_trained: dict[str, str],
) -> None:
    """Read the score tables and draw what one wrapper found."""
    accuracies, advantages = read_table(ACCURACY, accuracy), read_table(ADVANTAGE, advantage)
    shown_too = [read_table(EXPERIMENTS[path.stem], path) for path in experiment]
    paired = shown(advantages, wrapper)
    scores = Scores(
        study=study,
        accuracy=shown(accuracies, wrapper),
        advantage=paired[paired["relation"] == "cross"],
        self_trained=self_trained,
        experiment=pd.concat([table[table["wrapper"] == wrapper] for table in shown_too])
        if shown_too
        else pd.DataFrame(),
    )
    save(FIGURES[figure](scores), page, picture)


if __name__ == "__main__":
    run(main)
