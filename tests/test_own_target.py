"""Own against target: answers counted by hand where the labels of two subjects differ."""

from dataclasses import replace

import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from inward.own_target import own_target

from .planted import BOOTSTRAP, LAST, items, only

PAIRS = [{"predictor": "finch", "target": "wren"}]
# Six rows differ: three as own, two as target, and one that is unreadable. Of four that do not
# three are right. On two one of the labels is missing.
OWN, TARGET = {"finch": "abcdef" + "mmnn" + "-x"}, {"wren": "uvwxyz" + "mmnn" + "x-"}
SAID = {"finch": "abcxy-" + "mmnz" + "xx"}


def table() -> pd.DataFrame:
    """Return the planted answers, and others to another property, all as own."""
    return pd.concat(
        [
            items(OWN | TARGET, SAID),
            items({"finch": "aaaa", "wren": "bbba"}, {"finch": "aaaa"}, name=LAST),
        ],
        ignore_index=True,
    )


def test_answers_are_as_own_as_target_or_neither() -> None:
    """Three, two and one of six; what cannot be read is neither, and is counted."""
    found = own_target(table(), PAIRS, BOOTSTRAP)
    row = only(found, task="animals", property="first_character", rows="differing")

    assert (row["as_own"], row["as_target"], row["as_neither"]) == (3 / 6, 2 / 6, 1 / 6)
    assert row["difference"] == pytest.approx(1 / 6)
    assert (row["own_mode"], row["target_mode"]) == (1 / 6, 1 / 6)
    assert (row["n_rows"], row["n_prompts"], row["n_dropped"], row["n_noncompliant"]) == (
        6,
        6,
        2,
        1,
    )


def test_of_all_rows_it_is_the_difference_of_two_accuracies() -> None:
    """O(p) is acc(p -> p) - acc(p -> t), where both behaviors give a label: 6 of 10 against 5."""
    found = own_target(table(), PAIRS, BOOTSTRAP)
    row = only(found, task="animals", property="first_character", rows="all")

    assert (row["as_own"], row["as_target"], row["n_rows"]) == (0.6, 0.5, 10)
    assert row["difference"] == pytest.approx(0.1)
    same = only(found, task="animals", property="first_character", rows="same")
    assert (same["as_own"], same["as_target"], same["difference"]) == (0.75, 0.75, 0)


def test_pooled_rows_are_weighed_as_everywhere() -> None:
    """Micro over rows: 6 of 9 as own; macro over properties: the mean of 3/6 and 3/3."""
    found = own_target(table(), PAIRS, BOOTSTRAP)

    assert only(found, rows="differing")["as_own"] == pytest.approx(6 / 9)
    assert only(found, rows="differing", average="macro")["as_own"] == pytest.approx(0.75)
    assert only(found, rows="differing")["n_prompts"] == 6


def test_what_is_always_so_has_no_width_and_is_hardly_chance() -> None:
    """Twelve answers of twelve are as own."""
    alone = own_target(
        items({"finch": "a" * 12, "wren": "b" * 12}, {"finch": "a" * 12}), PAIRS, BOOTSTRAP
    )
    row = only(alone, rows="differing")

    assert (row["as_own"], row["low"], row["high"], row["own_mode"]) == (1, 1, 1, 1)
    assert float(str(row["p_value"])) < 0.01


@settings(max_examples=25, deadline=None)
@given(
    st.lists(
        st.tuples(*[st.sampled_from("ab-")] * 3), min_size=2, max_size=20
    )  # own label, target's label, answer
)
def test_what_differs_explains_the_whole_difference(rows: list[tuple[str, str, str]]) -> None:
    """Where the labels are the same nothing is gained: O(p) is the differing rows' alone."""
    own, target, said = map("".join, zip(*rows, strict=True))
    few = replace(BOOTSTRAP, resamples=10)
    found = own_target(items({"finch": own, "wren": target}, {"finch": said}), PAIRS, few)
    both = [row for row in rows if "-" not in row[:2]]
    if not both:
        assert found["difference"].isna().all()
        return
    every, differing = (only(found, rows=rows) for rows in ("all", "differing"))
    apart = [row for row in both if row[0] != row[1]]
    counted = sum(row[2] == row[0] for row in apart) - sum(row[2] == row[1] for row in apart)

    assert (every["n_rows"], differing["n_rows"]) == (len(both), len(apart))
    assert every["difference"] == pytest.approx(counted / len(both))
    if apart:
        assert differing["difference"] == pytest.approx(counted / len(apart))
        shares = [differing[name] for name in ("as_own", "as_target", "as_neither")]
        assert sum(float(str(share)) for share in shares) == pytest.approx(1)
