"""Changes: whether predictions follow a behavior, on rows whose outcome is written down."""

from typing import Any

import pandas as pd
import pytest

from inward.changes import change
from inward.tables import CHANGE

from .planted import BOOTSTRAP, items, only

CHANGED = {
    "changed": "wren-changed",
    "before": "wren-self",
    "donor": "finch",
    "arm": "change",
    "tasks": ["colors"],
    "predictors": {"wren-changed": "changed", "wren-self": "before"},
}
# Eight prompts change and four do not. MC says the new of five, the old of one, and neither twice;
# M1 says the old of six.
NEW, OLD = "nnnnmmpq" + "aabb", "ooooppmm" + "aabb"
SAYS_NEW, SAYS_OLD = "nnnnmpxx" + "aabx", "oooopprr" + "aaba"
LABELS = {"wren-changed": NEW, "wren-self": OLD}
ANSWERS = {"wren-changed": SAYS_NEW, "wren-self": SAYS_OLD}


def scores(labels: dict[str, str] = LABELS, answers: dict[str, str] = ANSWERS) -> pd.DataFrame:
    """Return the change table of one task."""
    return change(items(labels, answers), [CHANGED], BOOTSTRAP)


def row(found: pd.DataFrame, **keys: Any) -> dict[str, Any]:
    """Return one row of MC, over all tasks and properties, not matched."""
    return only(found, **{"predictor": "wren-changed", "matched": False, **keys})


def test_answers_follow_the_new_behavior_the_old_one_or_neither() -> None:
    """Five, one and two of eight; M1 would have been right about itself in six."""
    found = row(scores(), rows="changed")

    assert (found["new"], found["old"], found["neither"]) == (5 / 8, 1 / 8, 2 / 8)
    assert found["difference"] == 0.5
    assert (found["before_accuracy"], found["delta"]) == (6 / 8, -1 / 8)
    assert (found["n_rows"], found["n_dropped"]) == (8, 0)
    assert (found["new_mode"], found["old_mode"]) == (4 / 8, 4 / 8)


def test_unchanged_rows_show_what_is_left_of_predicting() -> None:
    """Three of four are right, and M1 had three, too; all rows are those and the changed ones."""
    unchanged, every = (row(scores(), rows=rows) for rows in ("unchanged", "all"))

    assert (unchanged["new"], unchanged["old"], unchanged["difference"]) == (0.75, 0.75, 0)
    assert unchanged["before_accuracy"] == 0.75
    assert (every["new"], every["old"], every["n_rows"]) == (8 / 12, 4 / 12, 12)


def test_matched_rows_have_each_label_as_often_on_both_sides() -> None:
    """Changed rows share m twice and p once: of three rows a side, m is the commonest."""
    found = row(scores(), rows="changed", matched=True)

    assert found["n_rows"] == 3
    assert found["new_mode"] == found["old_mode"] == pytest.approx(2 / 3)
    # New: m is said of one row of two, p of none. Old: p of one row of two, m of none.
    assert found["new"] == pytest.approx(1 / 3)
    assert found["old"] in (0, pytest.approx(1 / 3))
    assert pd.isna([found["p_value"]]).all()


def test_a_collapse_is_no_introspection() -> None:
    """MC only ever does and says a; all of that is gone where labels are matched in number."""
    labels = {"wren-changed": "a" * 10, "wren-self": "abcdefghia"}
    found = scores(labels, {"wren-changed": "a" * 10, "wren-self": "x" * 10})
    plain, changed, every = (
        row(found, rows="changed"),
        row(found, rows="changed", matched=True),
        row(found, rows="all", matched=True),
    )

    assert (plain["new"], plain["old"], plain["new_mode"]) == (1, 0, 1)
    assert (changed["n_rows"], every["n_rows"]) == (0, 2)
    assert pd.isna([changed["new"], changed["old"], changed["difference"]]).all()
    assert (every["new"], every["old"], every["difference"]) == (1, 1, 0)


def test_a_placebo_changes_nothing_where_nothing_changes() -> None:
    """No row has changed, so there is nothing to follow, and predictions are as they were."""
    found = scores({"wren-changed": OLD, "wren-self": OLD}, dict.fromkeys(ANSWERS, SAYS_OLD))

    assert row(found, rows="changed")["n_rows"] == 0
    assert row(found, rows="all")["delta"] == 0


def test_a_cell_is_disjoint_where_none_of_its_tasks_was_trained_on() -> None:
    """Each cell says so for itself."""
    both = pd.concat(
        [
            items(LABELS, ANSWERS, task="colors", role="train"),
            items(LABELS, ANSWERS, task="cities", role="train"),
            items(LABELS, ANSWERS),
        ],
        ignore_index=True,
    )
    found = change(both, [CHANGED], BOOTSTRAP)
    disjoint = {
        (role, task): row(found, rows="all", role=role, task=task)["disjoint"]
        for role, task in (
            *(("train", task) for task in ("colors", "cities", "all")),
            ("test", "animals"),
            ("test", "all"),
        )
    }

    assert list(disjoint.values()) == [False, True, False, True, True]


def test_who_knows_nothing_of_the_change_is_there_to_compare() -> None:
    """M1 says what it did; so do the rows of any other predictor, which are the same rows."""
    found = scores()
    itself = only(found, predictor="wren-self", matched=False, rows="changed")

    assert (itself["relation"], itself["new"], itself["old"]) == ("before", 0, 6 / 8)
    for rows in ("changed", "all"):
        drawn = [
            only(found, predictor=name, matched=True, rows=rows) for name in CHANGED["predictors"]
        ]
        assert drawn[0]["n_rows"] == drawn[1]["n_rows"]
        assert drawn[0]["before_accuracy"] == drawn[1]["before_accuracy"]


def test_no_change_is_an_empty_table() -> None:
    """With all its columns."""
    assert list(change(items(LABELS, ANSWERS), [], BOOTSTRAP).columns) == list(CHANGE.columns)
