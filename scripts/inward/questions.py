"""Questions: all hypothetical questions that a subject is asked."""

from collections.abc import Mapping, Sequence

import pandas as pd

from inward.asking import repeated
from inward.given import RELEASED, given_question
from inward.hypotheticals import hypothetical_question
from inward.properties import PROPERTIES


def prediction_questions(
    prompts: Mapping[str, pd.DataFrame],
    properties: Mapping[str, Sequence[str]],
    wrapper: str,
    samples: int,
) -> pd.DataFrame:
    """Return a hypothetical question for each property of the answer to each test prompt."""
    asked = pd.concat(
        _hypotheticals(table, properties[task], wrapper).assign(task=task)
        for task, table in prompts.items()
    )
    return repeated(asked, samples)


def _hypotheticals(prompts: pd.DataFrame, properties: Sequence[str], wrapper: str) -> pd.DataFrame:
    test = prompts[prompts["split"] == "test"].rename(columns={"text": "prompt"})
    every = test.merge(pd.DataFrame({"property": properties}), how="cross")
    questions = [
        given_question(row, row["property"])
        if wrapper == RELEASED
        else hypothetical_question(wrapper, row["prompt"], PROPERTIES[row["property"]])
        for row in every.to_dict("records")
    ]
    return every.assign(wrapper=wrapper, question=questions)
