"""Examples: responses that were labelled by hand, by which a judge is measured.

They lie in prompts/judged/<property>.jsonl, and the judge is asked about them as about any other.
"""

from pathlib import Path

import pandas as pd

from inward.errors import InputError
from inward.judging import judge_question
from inward.lines import json_records, text
from inward.properties import PROPERTIES, Property, Unreadable, received


def read_examples(path: Path) -> pd.DataFrame:
    """Return the responses that a file has labels for, with the question about each.

    The file is named after the property. Raises InputError, with the line, for what is no example
    of it.
    """
    asked = PROPERTIES[path.stem]
    rows = []
    for number, record in enumerate(json_records(path), start=1):
        response, label = text(record, "response"), text(record, "label")
        _check_label(asked, label, record[0])
        question = _question(asked, response, record[0])
        rows.append((asked.name, number, response, label, question))
    return pd.DataFrame(rows, columns=["property", "number", "response", "label", "question"])


def with_verdicts(examples: pd.DataFrame) -> pd.DataFrame:
    """Return judged examples with the label that each of the judge's answers gives."""
    answers = examples[["property", "text", "finish_reason"]].itertuples(index=False)
    readings = [PROPERTIES[name].verdict(answer, reason) for name, answer, reason in answers]
    return examples.assign(
        value=pd.array([reading.value for reading in readings], dtype="string"),
        reason=pd.array([reading.reason for reading in readings], dtype="string"),
    )


def _check_label(asked: Property, label: str, where: str) -> None:
    if asked.verdict(label, "stop").value != label:
        known = f"one of {', '.join(asked.domain)}" if asked.domain else "it as it is normalized"
        raise InputError(f"{where}: {label!r} is no label of {asked.name}; give {known}")


def _question(asked: Property, response: str, where: str) -> str:
    try:
        return judge_question(asked, asked.of(received(response, "stop")))
    except Unreadable as problem:
        raise InputError(
            f"{where}: the response has no {asked.name} ({problem}); write another"
        ) from None
