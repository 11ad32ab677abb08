"""Ask one subject all hypothetical questions."""

from pathlib import Path
from typing import Any

from inward.asking import ask, with_answers
from inward.baselines import predict
from inward.few_shot import with_examples
from inward.files import read_json
from inward.job import run
from inward.money import read_prices
from inward.questions import prediction_questions
from inward.requests import Sampling
from inward.tables import LABELS, PREDICTIONS, PROMPTS, read_table, write_table


def main(
    *,
    model: Path,
    prompts: list[Path],
    predictions: list[Path],
    properties: dict[str, list[str]],
    labels: list[Path],
    wrappers: list[str],
    named: str,
    examples: int,
    seed: int,
    sampling: dict[str, Any],
    samples: int,
    store: str,
    prices: str,
    budget: float | None,
) -> None:
    """Ask for each property of the answer to each prompt that nobody was trained on."""
    record = read_json(model)
    tables = {path.stem: read_table(PROMPTS, path) for path in prompts}
    questions = with_examples(
        prediction_questions(tables, properties, wrappers, samples, named),
        {(path.parent.name, path.stem): read_table(LABELS, path) for path in labels},
        subject=model.stem,
        count=examples,
        seed=seed,
    )
    if record["provider"] == "baseline":
        answered = with_answers(
            questions, predict(record["rule"], questions["prompt"], questions["property"])
        )
    else:
        answered = ask(
            record,
            questions,
            Sampling(**sampling),
            Path(store),
            model.stem,
            prices=read_prices(Path(prices)),
            budget=budget,
        )
    for path in predictions:
        of_task = answered[answered["task"] == path.stem]
        write_table(PREDICTIONS, of_task[list(PREDICTIONS.columns)], path)


if __name__ == "__main__":
    run(main)
