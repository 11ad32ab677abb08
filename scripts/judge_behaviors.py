"""Ask the judge about one subject's behaviors."""

from pathlib import Path
from typing import Any

import pandas as pd

from inward.asking import ask
from inward.files import read_json
from inward.job import run
from inward.judging import judged, once, questions_about
from inward.money import read_prices
from inward.requests import Sampling
from inward.tables import BEHAVIORS, JUDGMENTS, PROMPTS, read_table, write_table


def main(
    *,
    model: Path,
    behaviors: list[Path],
    prompts: list[Path],
    judgments: list[Path],
    properties: dict[str, list[str]],
    sampling: dict[str, Any],
    store: str,
    prices: str,
    budget: float | None,
) -> None:
    """Ask each judged property of each task's behaviors; `model` is the judge's."""
    questions = pd.concat(
        questions_about(
            read_table(BEHAVIORS, source), read_table(PROMPTS, asked), properties[source.stem]
        ).assign(task=source.stem)
        for source, asked in zip(behaviors, prompts, strict=True)
    )
    answered = ask(
        read_json(model),
        once(questions),
        Sampling(**sampling),
        Path(store),
        f"{behaviors[0].parent.name}, judged by {model.stem}",
        prices=read_prices(Path(prices)),
        budget=budget,
    )
    table = judged(questions, answered, model.stem)
    for path in judgments:
        of_task = table[table["task"] == path.stem]
        write_table(JUDGMENTS, of_task[list(JUDGMENTS.columns)], path)


if __name__ == "__main__":
    run(main)
