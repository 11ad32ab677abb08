"""Matching: each label as often on one side as on the other."""

from collections import Counter

import pandas as pd
from hypothesis import given, settings
from hypothesis import strategies as st

from inward.matching import MOST_LABELS, matched

from .planted import FIRST, LAST

SIDES = st.lists(
    st.tuples(st.sampled_from("abc") | st.none(), st.sampled_from("abcd"), st.booleans()),
    min_size=1,
    max_size=40,
)


def table(rows: list[tuple[str | None, str, bool]]) -> pd.DataFrame:
    """Return rows of two properties with an old and a new label, of which the old may be missing."""
    return pd.DataFrame(
        {
            "task": "animals",
            "property": [FIRST if first else LAST for _, _, first in rows],
            "prompt_id": [f"{number:02}" for number in range(len(rows))],
            "old": pd.array([old for old, _, _ in rows], dtype="string"),
            "new": pd.array([new for _, new, _ in rows], dtype="string"),
        }
    )


@settings(max_examples=40, deadline=None)
@given(SIDES)
def test_of_each_label_as_many_are_drawn_as_both_sides_have(
    rows: list[tuple[str | None, str, bool]],
) -> None:
    """The smaller of the two counts, within task and property, of rows where both have a label."""
    asked = table(rows)
    old, new = matched(asked, "old", "new", 1, "test")
    there = asked[asked["old"].notna()]

    for _, of_cell in there.groupby("property"):
        counts = Counter(of_cell["old"]) & Counter(of_cell["new"])
        for side, drawn in (("old", old), ("new", new)):
            assert Counter(of_cell[side][drawn[of_cell.index]]) == counts
    assert not (old | new)[asked["old"].isna()].any()


@settings(max_examples=40, deadline=None)
@given(SIDES)
def test_the_draw_does_not_depend_on_the_order_of_rows(
    rows: list[tuple[str | None, str, bool]],
) -> None:
    """What comes last may as well come first."""
    asked = table(rows)
    turned = asked.iloc[::-1]

    for one, other in zip(
        matched(asked, "old", "new", 1, "test"),
        matched(turned, "old", "new", 1, "test"),
        strict=True,
    ):
        assert one.equals(other.reindex(one.index))


def test_another_seed_draws_other_rows() -> None:
    """Of thirty rows on one side and ten on the other, ten are drawn."""
    asked = table([("a", "a" if number < 10 else "b", True) for number in range(30)])
    drawn = [matched(asked, "old", "new", seed, "test") for seed in (1, 2)]

    assert [int(old.sum()) for old, _ in drawn] == [10, 10]
    assert not drawn[0][0].equals(drawn[1][0])
    assert drawn[0][1].equals(drawn[1][1])


def test_only_the_commonest_labels_of_the_old_behavior_are_drawn() -> None:
    """A hundred of them, as in the paper; of those as common the first in order."""
    labels = [f"{number:03}" for number in range(MOST_LABELS + 20)]
    asked = table([(label, label, True) for label in [*labels, labels[-1]]])
    old, new = matched(asked, "old", "new", 1, "test")

    assert sorted(set(asked["old"][old])) == [*labels[: MOST_LABELS - 1], labels[-1]]
    assert old.equals(new)
