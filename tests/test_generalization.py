"""Generalization: the same comparison, split by what was taught."""

import itertools
from functools import cache
from typing import Any

import pandas as pd
import pytest

from inward.cells import Comparison
from inward.generalization import Lessons, generalization
from inward.grids import Bootstrap

from .planted import FIRST, LAST, items, only

BOOTSTRAP = Bootstrap(resamples=20, confidence=0.95, seed=1)
PAIR = Comparison("wren-self", "wren-self", "finch-on-wren")
TAUGHT = {
    "wren-self": Lessons({"colors": [FIRST], "cities": [FIRST]}, ["terse"]),
    "finch-on-wren": Lessons({"colors": [FIRST]}, ["terse"]),
}
LABELS = {"wren-self": "aaab"}
ANSWERS = {"wren-self": "aaac", "finch-on-wren": "abbb"}


@cache
def scores() -> pd.DataFrame:
    """Return the table of three tasks, two properties and two wrappers."""
    table = pd.concat(
        [
            items(LABELS, ANSWERS, task=task, role=role, name=name, wrapper=wrapper)
            for task, role in (("colors", "train"), ("cities", "train"), ("animals", "test"))
            for name in (FIRST, LAST)
            for wrapper in ("terse", "supposed")
        ],
        ignore_index=True,
    )
    return generalization(table, [PAIR], TAUGHT, BOOTSTRAP)


def row(task: str, name: str, wrapper: str) -> dict[str, Any]:
    """Return one (task, property) by one wrapper."""
    return only(scores(), task=task, property=name, wrapper=wrapper, compliance="wrong")


def test_each_row_says_to_whom_it_was_taught() -> None:
    """To both, to one of the two, or to neither: of the task, the property and the wrapper."""
    kinds = ("task_taught", "property_taught", "wrapper_taught")
    said = {
        (task, name, wrapper): tuple(row(task, name, wrapper)[kind] for kind in kinds)
        for task, name, wrapper in (
            ("colors", FIRST, "terse"),
            ("cities", LAST, "terse"),
            ("animals", FIRST, "supposed"),
        )
    }

    assert list(said.values()) == [
        ("both", "both", "both"),
        ("self", "neither", "both"),
        ("neither", "both", "neither"),
    ]


def test_scores_are_those_of_the_comparison() -> None:
    """Three of four against two; the mode has three, so self has no skill and cross less."""
    found = row("animals", LAST, "supposed")

    assert (found["self_accuracy"], found["cross_accuracy"]) == (3 / 4, 2 / 4)
    assert (found["mode_baseline"], found["advantage"]) == (3 / 4, 1 / 4)
    assert (found["self_skill"], found["cross_skill"]) == (0, -1)


def test_each_combination_is_pooled_by_itself() -> None:
    """Three kinds of tasks, two of properties and two of wrappers: twelve pools of four rows."""
    found = scores()
    pooled = found[(found["task"] == "all") & (found["property"] == "all")]
    pooled = pooled[(pooled["average"] == "micro") & (pooled["compliance"] == "wrong")]
    kinds = pooled[["task_taught", "property_taught", "wrapper_taught"]]

    assert sorted(kinds.itertuples(index=False, name=None)) == sorted(
        itertools.product(("both", "self", "neither"), ("both", "neither"), ("both", "neither"))
    )
    assert set(pooled["n_rows"]) == {4}


def test_a_narrow_lesson_leaves_the_rest_held_out() -> None:
    """Skill is null where the mode baseline is perfect."""
    table = items({"wren-self": "aaaa"}, ANSWERS)
    found = only(
        generalization(table, [PAIR], TAUGHT, BOOTSTRAP),
        task="animals",
        property=FIRST,
        compliance="wrong",
    )

    assert (found["task_taught"], found["mode_baseline"]) == ("neither", 1)
    assert found["self_skill"] == pytest.approx(float("nan"), nan_ok=True)


def test_nothing_compared_is_an_empty_table() -> None:
    """With all its columns."""
    assert "self_skill" in generalization(items(LABELS, ANSWERS), [], TAUGHT, BOOTSTRAP)
