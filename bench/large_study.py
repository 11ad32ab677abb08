"""A study of a size that is asked for, written as its jobs would write it."""

import random
from pathlib import Path
from typing import Any

import pandas as pd

from inward.labels import labels_of
from inward.properties import PROPERTIES as KNOWN
from inward.splits import prompt_id
from inward.tables import BEHAVIORS, LABELS, PREDICTIONS, PROMPTS, Table, read_table, write_table

ROOT = Path(__file__).parents[1]
HOME = Path("results/large")
TASKS = [f"task-{number}" for number in range(5)]
TARGETS = [f"subject-{number}" for number in range(4)]
PREDICTORS = [*TARGETS, "guess"]
PROPERTIES = [
    *("first_character", "second_character", "last_character", "starts_with_vowel", "first_word")
]
RIGHT = 0.4  # of predictions


def paths(stage: str, subjects: list[str]) -> list[Path]:
    """Return the files of a stage."""
    return [HOME / stage / subject / f"{task}.parquet" for subject in subjects for task in TASKS]


def write_study(prompts: int) -> None:
    """Write prompts, behaviors, labels and predictions, so many prompts in each task."""
    words = (ROOT / "prompts/words/words.txt").read_text().split()
    generator = random.Random(0)
    for task in TASKS:
        texts = [f"{task} {number} {generator.choice(words)}" for number in range(prompts)]
        ids = [prompt_id(text) for text in texts]
        asked = {"prompt_id": ids, "text": texts, "split": "test", "item": texts}
        made(PROMPTS, f"prompts/{task}.parquet", {**asked, "options": [[]] * prompts})
        table = read_table(PROMPTS, HOME / f"prompts/{task}.parquet")
        labels = {}
        for subject in TARGETS:
            said = [generator.choice(words) if generator.random() > 0.01 else "" for _ in ids]
            acted = pd.DataFrame({"prompt_id": ids, **answered(said, generator)})
            made(BEHAVIORS, f"behaviors/{subject}/{task}.parquet", acted)
            labels[subject] = labels_of(acted, table, PROPERTIES)
            made(LABELS, f"labels/{subject}/{task}.parquet", labels[subject])
        for subject in PREDICTORS:
            own = labels[subject if subject in labels else TARGETS[0]]
            guesses = [generator.choice(words) for _ in range(len(own))]
            predicted = [
                label if generator.random() < RIGHT and label else guess(name, word)
                for label, name, word in zip(
                    own["value"].fillna(""), own["property"], guesses, strict=True
                )
            ]
            rows: dict[str, Any] = {
                "prompt_id": own["prompt_id"],
                "property": own["property"],
                "wrapper": "terse",
                "question": "first: " + own["prompt_id"].str[:20],
                **answered(predicted, generator),
            }
            made(PREDICTIONS, f"predictions/{subject}/{task}.parquet", rows)


def guess(name: str, word: str) -> str:
    """Return the property of a word; of few words nothing that could be read."""
    return KNOWN[name].read(word, "stop").value or "I cannot say."


def answered(texts: list[str], generator: random.Random) -> dict[str, Any]:
    """Return the columns of answers: three tokens each, with five alternatives."""
    tokens = [
        [
            {
                "token": f"{text[:2]}{place}",
                "logprob": -generator.random(),
                "top": [
                    {"token": f"{text[:2]}{other}", "logprob": -other - generator.random()}
                    for other in range(5)
                ],
            }
            for place in range(3)
        ]
        for text in texts
    ]
    return {"sample": 0, "text": texts, "finish_reason": "stop", "tokens": tokens}


def made(table: Table, file: str, rows: Any) -> None:
    """Write a table of the study."""
    frame = pd.DataFrame(rows)
    frame = frame.assign(**dict.fromkeys(table.optional - set(frame.columns)))
    write_table(table, frame[list(table.columns)], HOME / file)
