"""Judging: what a judge is asked about responses, where no rule can read a property.

A judge is a subject of the study. It is shown a response between fences, or what a property takes
of it, and asked the property's own question; whatever it answers is read as answers of that form
are. Two responses that are the same are one question.
"""

from collections.abc import Sequence

import pandas as pd

from inward.fences import fenced
from inward.labels import responses_of
from inward.properties import PROPERTIES, Property, Response, Unreadable, instruction

BEHAVIOR = ["prompt_id", "sample"]


def judge_question(asked: Property, shown: str) -> str:
    """Return what a judge is asked about a response, or about what a property takes of it."""
    return f"{fenced(shown)}\n\n{asked.judged} {instruction(asked)}"


def questions_about(
    behaviors: pd.DataFrame, prompts: pd.DataFrame, properties: Sequence[str]
) -> pd.DataFrame:
    """Return a question for each judged property of each behavior that can be judged.

    What has no label whatever the judge may say (empty, cut or refused) is not asked about.
    """
    asked = [PROPERTIES[name] for name in properties if PROPERTIES[name].judged]
    answered = behaviors[BEHAVIOR].itertuples(index=False, name=None)
    responses = responses_of(behaviors, prompts, asked)
    rows = [
        (*behavior, each.name, question)
        for behavior, response in zip(answered, responses, strict=True)
        for each in asked
        if (question := _question(each, response))
    ]
    return pd.DataFrame(rows, columns=[*BEHAVIOR, "property", "question"])


def once(questions: pd.DataFrame) -> pd.DataFrame:
    """Return each different question once, to be asked as a first sample."""
    return questions[["question"]].drop_duplicates().assign(sample=0)


def judged(questions: pd.DataFrame, answered: pd.DataFrame, judge: str) -> pd.DataFrame:
    """Return the questions with what the judge has answered to each."""
    answers = answered[["question", "text", "finish_reason", "request_key"]]
    joined = questions.merge(answers, on="question", how="left", validate="many_to_one")
    return joined.assign(judge=judge)


def _question(asked: Property, response: Response | str) -> str | None:
    """Return the question about a response, None where there is nothing to be judged."""
    if isinstance(response, str):
        return None
    try:
        return judge_question(asked, asked.of(response))
    except Unreadable:
        return None
