"""Ask one subject all hypothetical questions."""

from pathlib import Path
from typing import Any

import pandas as pd

from inward.asking import ask, repeated, with_answers
from inward.baselines import predict
from inward.files import read_json
from inward.hypotheticals import hypothetical_question
from inward.job import run
from inward.properties import PROPERTIES
from inward.requests import Sampling
from inward.tables import PREDICTIONS, PROMPTS, read_table, write_table


def main(
    *,
    model: Path,
    prompts: list[Path],
    predictions: list[Path],
    properties: dict[str, list[str]],
    wrapper: str,
    sampling: dict[str, Any],
    samples: int,
    store: str,
) -> None:
    """Ask for each property of the answer to each prompt that nobody was trained on."""
    record = read_json(model)
    asked = pd.concat(
        _questions(read_table(PROMPTS, path), properties[path.stem], wrapper).assign(task=path.stem)
        for path in prompts
    )
    questions = repeated(asked, samples)
    if record["provider"] == "baseline":
        answered = with_answers(
            questions, predict(record["rule"], questions["prompt"], questions["property"])
        )
    else:
        answered = ask(record, questions, Sampling(**sampling), Path(store), model.stem)
    for path in predictions:
        of_task = answered[answered["task"] == path.stem]
        write_table(PREDICTIONS, of_task[list(PREDICTIONS.columns)], path)


def _questions(prompts: pd.DataFrame, properties: list[str], wrapper: str) -> pd.DataFrame:
    test = prompts[prompts["split"] == "test"].rename(columns={"text": "prompt"})
    every = test.merge(pd.DataFrame({"property": properties}), how="cross")
    questions = [
        hypothetical_question(wrapper, prompt, PROPERTIES[name])
        for prompt, name in zip(every["prompt"], every["property"], strict=True)
    ]
    return every.assign(wrapper=wrapper, question=questions)


if __name__ == "__main__":
    run(main)
