"""Recounted: every cell of the experiments' tables again, by plain loops over the items."""

import itertools
import random
from collections.abc import Callable, Iterable
from statistics import fmean
from typing import Any

import pandas as pd
import pytest

from inward.changes import change
from inward.drift import drift
from inward.own_target import own_target
from inward.scaling import scaling

from .planted import BOOTSTRAP, FIRST, LAST, items

SUBJECTS = ("wren", "wren-self", "wren-third", "wren-changed", "finch")
DRAW = random.Random(7)


def text(letters: str) -> str:
    """Return random labels or answers for nine prompts."""
    return "".join(DRAW.choices(letters, k=9))


def records(table: pd.DataFrame) -> list[dict[str, Any]]:
    """Return the rows of a table."""
    return [{str(name): value for name, value in row.items()} for row in table.to_dict("records")]


ITEMS = pd.concat(
    [
        items(
            {name: text("aabbc-") for name in SUBJECTS},
            {name: text("aabc-") for name in SUBJECTS},
            task=task,
            role=role,
            name=name,
        )
        for task, role in (("colors", "train"), ("animals", "test"), ("words", "test"))
        for name in (FIRST, LAST)
    ],
    ignore_index=True,
)
RECORDS = records(ITEMS.astype(object).where(ITEMS.notna(), None))
KNOWN = {
    (row["predictor"], row["target"], row["task"], row["property"], row["prompt_id"]): row
    for row in RECORDS
}
ROLES = {"colors": "train", "animals": "test", "words": "test"}
TEXTS = {
    (name, task): {f"{task}-{number:03}": text("ab")[:2] for number in range(9)}
    for name in SUBJECTS
    for task in ROLES
}

Question = tuple[str, str, str]  # task, property, prompt


def label(subject: str, question: Question) -> str | None:
    """Return a subject's label."""
    return KNOWN["wren", subject, *question]["label"]  # type: ignore[no-any-return]


def answer(subject: str, question: Question) -> str | None:
    """Return a subject's answer."""
    return KNOWN[subject, "wren", *question]["answer"]  # type: ignore[no-any-return]


def right(predictor: str, target: str) -> Callable[[Question], bool]:
    """Return whether an answer of a predictor is the label of a target."""
    return lambda question: answer(predictor, question) == label(target, question)


def asked(row: dict[str, Any]) -> list[Question]:
    """Return the questions of a row's cell."""
    return [
        (task, name, f"{task}-{number:03}")
        for task, name, number in itertools.product(ROLES, (FIRST, LAST), range(9))
        if ROLES[task] == row["role"]
        and row["task"] in ("all", task)
        and row["property"] in ("all", name)
    ]


def among(row: dict[str, Any], first: str, second: str) -> list[Question]:
    """Return the questions of a row to which two subjects' behaviors both give a label."""
    chosen = [one for one in asked(row) if label(first, one) and label(second, one)]
    kinds = {
        "all": lambda _: True,
        **dict.fromkeys(
            ("differing", "changed"), lambda one: label(first, one) != label(second, one)
        ),
        **dict.fromkeys(("same", "unchanged"), lambda one: label(first, one) == label(second, one)),
    }
    return list(filter(kinds[row.get("rows", "all")], chosen))


def share(row: dict[str, Any], of: Iterable[Question], hit: Callable[[Question], bool]) -> Any:
    """Return the micro or macro average of what hits, by loops; NaN over nothing."""
    cells: dict[tuple[str, str], list[bool]] = {}
    for question in of:
        cells.setdefault(question[:2], []).append(hit(question))
    if not cells:
        return pytest.approx(float("nan"), nan_ok=True)
    if row["average"] == "micro":
        return pytest.approx(fmean(itertools.chain(*cells.values())))
    return pytest.approx(fmean(fmean(hits) for hits in cells.values()))


def test_own_against_target() -> None:
    """Own, target and neither, in all cells and on all kinds of rows."""
    pair = {"predictor": "finch", "target": "wren-self"}
    found = records(own_target(ITEMS, [pair], BOOTSTRAP))
    own, target = right("finch", "finch"), right("finch", "wren-self")

    assert len(found) == (10 + 14) * 3
    for row in found:
        of = among(row, "finch", "wren-self")
        assert row["n_rows"] == len(of)
        assert row["n_dropped"] == len(asked(row)) - len(
            among({**row, "rows": "all"}, "finch", "wren-self")
        )
        assert row["as_own"] == share(row, of, own)
        assert row["as_target"] == share(row, of, target)
        assert row["as_neither"] == share(row, of, lambda one: not own(one) and not target(one))
        assert row["n_noncompliant"] == sum(answer("finch", one) is None for one in of)


def test_change() -> None:
    """New, old and what M1 knew of itself, of rows as they are."""
    one = {
        "changed": "wren-changed",
        "before": "wren-self",
        "donor": "finch",
        "arm": "change",
        "tasks": [],
        "predictors": {"wren-changed": "changed", "finch": "same-change"},
    }
    found = change(ITEMS, [one], BOOTSTRAP)

    for row in records(found[~found["matched"]]):
        of = among(row, "wren-changed", "wren-self")
        assert row["n_rows"] == len(of)
        assert row["new"] == share(row, of, right(row["predictor"], "wren-changed"))
        assert row["old"] == share(row, of, right(row["predictor"], "wren-self"))
        assert row["before_accuracy"] == share(row, of, right("wren-self", "wren-self"))
    both = found[found["matched"] & (found["n_rows"] > 0)]
    assert len(both) > 20
    assert both["new_mode"].to_numpy() == pytest.approx(both["old_mode"].to_numpy())


def test_scaling() -> None:
    """Own and taught, beside the full one."""
    one = {
        "finetune": "wren-third",
        "full": "wren-self",
        "of": "wren",
        "kind": "self",
        "share": 0.3,
    }
    found = records(scaling(ITEMS, [one], {"wren-third": 3}, BOOTSTRAP))

    for row in found:
        own = row["behavior"] == "own"
        targets = ("wren-third", "wren-self") if own else ("wren", "wren")
        of = among(row, *targets)
        assert row["n_rows"] == len(of)
        assert row["accuracy"] == share(row, of, right("wren-third", targets[0]))
        assert row["full_accuracy"] == share(row, of, right("wren-self", targets[1]))
        assert row["difference"] == pytest.approx(row["accuracy"] - row["full_accuracy"])


def test_drift() -> None:
    """Labels and texts that stayed, and accuracies before and after."""
    one = {"finetune": "wren-self", "base": "wren", "learns": "predictions", "round": 1}
    found = records(drift(ITEMS, [one], TEXTS, BOOTSTRAP))

    for row in found:
        of = among(row, "wren-self", "wren")
        assert row["same_label"] == share(
            row, of, lambda q: label("wren", q) == label("wren-self", q)
        )
        assert row["same_text"] == share(
            row, asked(row), lambda q: TEXTS["wren", q[0]][q[2]] == TEXTS["wren-self", q[0]][q[2]]
        )
        assert row["before"] == share(row, of, right("wren-self", "wren"))
        assert row["after"] == share(row, of, right("wren-self", "wren-self"))
        assert row["base_accuracy"] == share(row, of, right("wren", "wren"))
