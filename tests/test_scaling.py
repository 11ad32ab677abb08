"""Scaling: what fewer training rows cost, beside all of them."""

import pandas as pd
import pytest

from inward.scaling import scaling, training_rows

from .planted import BOOTSTRAP, items, only

SHARES = [
    {"finetune": "wren-self", "full": "wren-self", "of": "wren", "kind": "self", "share": 1},
    {"finetune": "wren-tenth", "full": "wren-self", "of": "wren", "kind": "self", "share": 0.1},
]
ROWS = {"wren-self": 100, "wren-tenth": 10}
LABELS = {"wren": "aaaabbbb", "wren-self": "aaaabbb-", "wren-tenth": "caaabb-b"}
ANSWERS = {"wren-self": "aaaabbcc", "wren-tenth": "aabbbb-c"}


def scores() -> pd.DataFrame:
    """Return the scaling table of one task."""
    return scaling(items(LABELS, ANSWERS), SHARES, ROWS, BOOTSTRAP)


def test_a_share_is_scored_on_what_it_does_and_on_what_it_learnt() -> None:
    """Own: two labels are missing, three of six are right. Taught: four of eight."""
    own, taught = (
        only(scores(), finetune="wren-tenth", behavior=behavior) for behavior in ("own", "taught")
    )

    assert (own["accuracy"], own["n_rows"], own["n_dropped"]) == (3 / 6, 6, 2)
    assert (taught["accuracy"], taught["n_rows"], taught["n_noncompliant"]) == (4 / 8, 8, 1)
    assert (own["mode_baseline"], taught["mode_baseline"]) == (3 / 6, 4 / 8)
    assert (own["share"], own["n_training_rows"], own["target"]) == (0.1, 10, "wren-tenth")


def test_the_difference_to_the_full_one_is_on_the_same_rows() -> None:
    """On the six rows where both give a label the full one has all right; 6 of 8 of the base's."""
    own, taught = (
        only(scores(), finetune="wren-tenth", behavior=behavior) for behavior in ("own", "taught")
    )

    assert (own["full_accuracy"], own["difference"]) == (1, -0.5)
    assert (taught["full_accuracy"], taught["difference"]) == (0.75, -0.25)
    assert own["difference_low"] != own["difference_high"]


def test_the_full_one_stands_beside_itself() -> None:
    """So that all points of a curve are in one table."""
    row = only(scores(), finetune="wren-self", behavior="own")

    assert (row["accuracy"], row["difference"], row["p_value"]) == (pytest.approx(6 / 7), 0, 1)
    assert row["n_training_rows"] == 100


def test_what_is_rehearsed_is_no_training_row() -> None:
    """A dataset's account counts both."""
    used = {"colors: first_word": 30, "numbers: first_word": 12, "rehearsal": 17}

    assert training_rows({"train": {"used": used, "left_out": {}}}) == 42
    assert training_rows({"train": {"used": {"colors: behavior": 5}, "left_out": {}}}) == 5
