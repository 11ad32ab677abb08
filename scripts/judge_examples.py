"""Ask the judge about the responses that are labelled by hand."""

from pathlib import Path
from typing import Any

import pandas as pd

from inward.asking import ask
from inward.examples import read_examples, with_verdicts
from inward.files import read_json
from inward.job import run
from inward.judging import judged, once
from inward.money import read_prices
from inward.requests import Sampling
from inward.tables import EXAMPLES, write_table


def main(
    *,
    model: Path,
    by_hand: list[Path],
    examples: Path,
    sampling: dict[str, Any],
    store: str,
    prices: str,
    budget: float | None,
    note: str | None,
) -> None:
    """Put the judge's verdicts beside the labels in `by_hand`; `model` is the judge's."""
    questions = pd.concat(read_examples(path) for path in by_hand)
    answered = ask(
        read_json(model),
        once(questions),
        Sampling(**sampling),
        Path(store),
        f"examples, judged by {model.stem}",
        prices=read_prices(Path(prices)),
        budget=budget,
    )
    write_table(EXAMPLES, with_verdicts(judged(questions, answered, model.stem)), examples, note)


if __name__ == "__main__":
    run(main)
