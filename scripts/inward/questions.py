"""Questions: all hypothetical questions that a subject is asked."""

from collections.abc import Mapping, Sequence

import pandas as pd

from inward.asking import repeated
from inward.given import question_about


def prediction_questions(
    prompts: Mapping[str, pd.DataFrame],
    properties: Mapping[str, Sequence[str]],
    wrappers: Sequence[str],
    samples: int,
    named: str = "",
) -> pd.DataFrame:
    """Return each wrapper's question for each property of the answer to each test prompt.

    `prompts` and `properties` are by task; `named` is the model that third-person is about.
    """
    asked = pd.concat(
        _hypotheticals(table, properties[task], wrappers, named).assign(task=task)
        for task, table in prompts.items()
    )
    return repeated(asked, samples)


def _hypotheticals(
    prompts: pd.DataFrame, properties: Sequence[str], wrappers: Sequence[str], named: str
) -> pd.DataFrame:
    test = prompts[prompts["split"] == "test"]
    every = test.merge(pd.DataFrame({"property": properties}), how="cross")
    every = every.merge(pd.DataFrame({"wrapper": wrappers}), how="cross")
    questions = [
        question_about(row, row["property"], row["wrapper"], named)
        for row in every.to_dict("records")
    ]
    return every.rename(columns={"text": "prompt"}).assign(question=questions)
