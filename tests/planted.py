"""Planted items: what subjects do and say is written down, so that every score can be counted."""

from collections.abc import Mapping

import pandas as pd

from inward.cells import item_ids
from inward.grids import Bootstrap

BOOTSTRAP = Bootstrap(resamples=200, confidence=0.95, seed=1)
FIRST, LAST = "first_character", "last_character"

# By prompt, one letter for each: labels, or answers; "-" stands for none.
Letters = Mapping[str, str]


def items(
    labels: Letters,
    answers: Letters,
    *,
    task: str = "animals",
    role: str = "test",
    name: str = FIRST,
    wrapper: str = "terse",
) -> pd.DataFrame:
    """Return the items of one task and property: every predictor beside every target."""
    rows = [
        {
            "target": target,
            "predictor": predictor,
            "role": role,
            "task": task,
            "property": name,
            "wrapper": wrapper,
            "prompt_id": f"{task}-{number:03}",
            "label": None if label == "-" else label,
            "dropped": "empty" if label == "-" else None,
            "answer": None if answer == "-" else answer,
            "noncompliant": "refused" if answer == "-" else None,
            "correct": None if label == "-" else answer == label,
            "repeated": None,
        }
        for target, behavior in labels.items()
        for predictor, said in answers.items()
        for number, (label, answer) in enumerate(zip(behavior, said, strict=True))
    ]
    table = pd.DataFrame(rows).astype(
        {
            **dict.fromkeys(("label", "dropped", "answer", "noncompliant"), "string"),
            **dict.fromkeys(("correct", "repeated"), "boolean"),
        }
    )
    return table.assign(item_id=item_ids(table))


def only(table: pd.DataFrame, **keys: object) -> dict[str, object]:
    """Return the one row with these values; the task and property are all where nobody says."""
    wanted = {"task": "all", "property": "all", "average": "micro", **keys}
    rows = table
    for key, value in wanted.items():
        rows = rows[rows[key] == value]
    assert len(rows) == 1, f"{len(rows)} rows for {wanted}"
    return {str(key): value for key, value in rows.iloc[0].to_dict().items()}
