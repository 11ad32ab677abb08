"""Ask one subject all hypothetical questions."""

from pathlib import Path
from typing import Any

import pandas as pd

from inward.asking import ask, fill, with_answers
from inward.baselines import predict, predict_from
from inward.few_shot import with_examples
from inward.files import read_json, write_json
from inward.job import run
from inward.money import read_prices
from inward.questions import prediction_questions
from inward.requests import Sampling
from inward.rules import COPYING
from inward.tables import LABELS, PREDICTIONS, PROMPTS, read_table, write_table


def main(
    *,
    model: Path,
    prompts: list[Path],
    shards: list[Path],
    properties: dict[str, list[str]],
    labels: list[Path],
    learnt: list[Path],
    wrappers: list[str],
    named: str,
    examples: int,
    seed: int,
    sampling: dict[str, Any],
    samples: int,
    store: str,
    prices: str,
    budget: float | None,
    predictions: list[Path] | None = None,
    shard: Path | None = None,
    share: tuple[int, int] = (1, 1),
) -> None:
    """Ask for each property of the answer to each prompt that nobody was trained on.

    Where `shard` is to be written, fetch that share of the answers alone.
    """
    record = read_json(model)
    tables = {path.stem: read_table(PROMPTS, path) for path in prompts}
    questions = prediction_questions(tables, properties, wrappers, samples, named)
    rule = record.get("rule")
    if rule is None or rule in COPYING:
        questions = with_examples(
            questions, _labels(labels), subject=model.stem, count=examples, seed=seed
        )
    else:
        questions = questions.assign(examples=None)
    if shard:
        asked = Sampling(**sampling)
        filled = fill(
            record, questions, asked, Path(store), model.stem, share=share, stage="predictions"
        )
        write_json(shard, filled)
        return
    if rule in COPYING:
        responses = predict(rule, questions["prompt"], questions["property"])
        answered = with_answers(questions, responses)
    elif rule:
        of = record["of"] if isinstance(record["of"], list) else [record["of"]]
        responses = predict_from(rule, of, questions, _labels(learnt), tables)
        answered = with_answers(questions, responses)
    else:
        answered = ask(
            record,
            questions,
            Sampling(**sampling),
            Path(store),
            model.stem,
            prices=read_prices(Path(prices)),
            budget=budget,
            shards=shards,
            stage="predictions",
        )
    for path in predictions or []:
        of_task = answered[answered["task"] == path.stem]
        write_table(PREDICTIONS, of_task[list(PREDICTIONS.columns)], path)


def _labels(paths: list[Path]) -> dict[tuple[str, str], pd.DataFrame]:
    return {(path.parent.name, path.stem): read_table(LABELS, path) for path in paths}


if __name__ == "__main__":
    run(main)
