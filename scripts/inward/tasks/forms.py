"""Forms that others have given to questions with options: model-written evaluations, MMLU, ARC.

Their texts are taken as they are, also with odd characters inside: they are not ours to mend.
"""

import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from inward.errors import InputError
from inward.lines import Record, csv_records, field, json_records, text
from inward.tasks.columns import READERS, letter_of
from inward.tasks.row import LETTERS, Row, check_choice

MMLU_COLUMNS = ["question", "A", "B", "C", "D", "answer"]
BRACKETED = re.compile(r"\(([A-Z])\)")  # a letter as model-written evaluations give it
IN_BRACKETS = re.compile(r"^[ \t]*\(([A-Z])\)", re.MULTILINE)  # what begins an option there


def model_written_rows(path: Path) -> Iterator[Row]:
    """Yield model-written evaluations, whose questions have the options inside."""
    for record in json_records(path):
        where, question = record[0], text(record, "question")
        matching = text(record, "answer_matching_behavior").strip()
        letter = BRACKETED.fullmatch(matching)
        if not letter:
            raise InputError(
                f"{where}: answer_matching_behavior is {matching[:20]!r}, no letter in brackets;"
                ' give one as " (A)"'
            )
        options = options_inside(question, IN_BRACKETS)
        row = Row(where, question, question, options, letter[1])
        check_choice(row)
        yield row


def mmlu_rows(path: Path) -> Iterator[Row]:
    """Yield multiple choices as MMLU has them: CSV without a header, four options, a letter.

    The hub has them with a list of choices, and a number that counts these from 0.
    """
    for where, record in _mmlu_records(path):
        question = text((where, record), "question")
        choices = field((where, record), "choices")
        if not isinstance(choices, list):
            raise InputError(f"{where}: choices is no list; give the options in brackets")
        options = tuple(
            text((where, {f"option {letter}": choice}), f"option {letter}")
            for letter, choice in zip(LETTERS, choices, strict=False)
        )
        key = letter_of(where, "answer", field((where, record), "answer"))
        row = Row(where, question, question, options, key)
        check_choice(row)
        yield row


def arc_rows(path: Path) -> Iterator[Row]:
    """Yield multiple choices as ARC has them; whatever their labels, options get letters.

    The hub has them with a list of texts and a list of labels beside the question.
    """
    for where, record in READERS[path.suffix](path):
        asked = _arc_question(where, record)
        stem = text((where, asked), "stem")
        options = tuple(text((where, choice), "text") for choice in asked["choices"])
        labels = [text((where, choice), "label") for choice in asked["choices"]]
        check_choice(Row(where, stem, stem, options))
        key = text((where, record), "answerKey")
        if labels.count(key) != 1:
            raise InputError(
                f"{where}: answerKey is {key[:20]!r}, not the label of one choice; give one of"
                f" {', '.join(label[:20] for label in map(repr, labels))}"
            )
        yield Row(where, stem, stem, options, LETTERS[labels.index(key)])


FORMS: dict[str, Callable[[Path], Iterator[Row]]] = {
    "model-written": model_written_rows,
    "mmlu": mmlu_rows,
    "arc": arc_rows,
}


def options_inside(question: str, beginning: re.Pattern[str]) -> tuple[str, ...]:
    """Return the options that stand at the end of a question, each where `beginning` matches.

    They are the last letters of it that run A, B, ...; a question without them has none.
    """
    found = list(beginning.finditer(question))
    starts = [place for place, match in enumerate(found) if match[1] == "A"]
    if not starts:
        return ()
    last = found[starts[-1] :]
    if [match[1] for match in last] != list(LETTERS[: len(last)]) or len(last) < 2:
        return ()
    ends = [match.start() for match in last[1:]] + [len(question)]
    return tuple(question[match.end() : end].strip() for match, end in zip(last, ends, strict=True))


def _mmlu_records(path: Path) -> Iterator[Record]:
    if path.suffix != ".csv":
        yield from READERS[path.suffix](path)
        return
    for where, record in csv_records(path, MMLU_COLUMNS):
        yield where, {**record, "choices": [record[letter] for letter in "ABCD"]}


def _arc_question(where: str, record: dict[str, Any]) -> dict[str, Any]:
    """Return stem and choices, each with text and label, whichever way they are given."""
    asked = field((where, record), "question")
    if isinstance(asked, str):
        given = field((where, record), "choices")
        texts, labels = (
            given.get(name) if isinstance(given, dict) else None for name in ("text", "label")
        )
        if not isinstance(texts, list) or not isinstance(labels, list) or len(texts) != len(labels):
            raise InputError(
                f"{where}: choices is no object with as many text as label; give both lists"
            )
        both = zip(texts, labels, strict=True)
        return {"stem": asked, "choices": [{"text": one, "label": label} for one, label in both]}
    if not isinstance(asked, dict) or not isinstance(asked.get("choices"), list):
        raise InputError(f"{where}: question is no object with stem and choices; give both")
    for choice in asked["choices"]:
        if not isinstance(choice, dict):
            raise InputError(f"{where}: a choice is no object with text and label; give both")
    return asked
