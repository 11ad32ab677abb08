"""Questions: all hypothetical questions that a subject is asked."""

from collections import Counter
from collections.abc import Mapping, Sequence
from itertools import compress

import pandas as pd

from inward.asking import repeated
from inward.given import is_there, question_about
from inward.progress import log


def prediction_questions(
    prompts: Mapping[str, pd.DataFrame],
    properties: Mapping[str, Sequence[str]],
    wrappers: Sequence[str],
    samples: int,
    named: str = "",
) -> pd.DataFrame:
    """Return each wrapper's question for each property of the answer to each test prompt.

    `prompts` and `properties` are by task; `named` is the model that a third person is about.
    """
    asked = pd.concat(
        _hypotheticals(task, table, properties[task], wrappers, named).assign(task=task)
        for task, table in prompts.items()
    )
    return repeated(asked, samples)


def _hypotheticals(
    task: str,
    prompts: pd.DataFrame,
    properties: Sequence[str],
    wrappers: Sequence[str],
    named: str,
) -> pd.DataFrame:
    test = prompts[prompts["split"] == "test"]
    every = test.merge(pd.DataFrame({"property": properties}), how="cross")
    every = every.merge(pd.DataFrame({"wrapper": wrappers}), how="cross")
    rows = every.to_dict("records")
    there = [is_there(row, row["property"], row["wrapper"]) for row in rows]
    questions = [
        question_about(row, row["property"], row["wrapper"], named) for row in compress(rows, there)
    ]
    came = pd.Series(there, index=every.index, dtype=bool)
    _tell_of_lost(task, every.loc[~came, "property"])
    return every[came].rename(columns={"text": "prompt"}).assign(question=questions)


def _tell_of_lost(task: str, properties: pd.Series) -> None:
    """Log how many questions did not come with the prompts of a task, by property."""
    if len(properties):
        lost = ", ".join(f"{name} ({count})" for name, count in sorted(Counter(properties).items()))
        log.warning(
            "%s: %d questions that did not come with their prompts, left out: %s",
            task,
            len(properties),
            lost,
        )
