"""Lessons: shares that are nested, labels that change places, and labels that are drawn."""

import pandas as pd
import pytest

from inward.lessons import Change, drawn, exchanged, share_of

PROMPTS = pd.DataFrame({"prompt_id": [f"{number:02}" for number in range(40)]})
NAMES = ["first_character", "last_character"]
LABELS = pd.DataFrame(
    [
        {
            "prompt_id": prompt,
            "sample": sample,
            "property": name,
            "value": None if number == 7 else f"{name[0]}{number}",
            "compliant": number != 7,
        }
        for number, prompt in enumerate(PROMPTS["prompt_id"])
        for sample in (0, 1)
        for name in NAMES
    ]
)


def moved(noise: float) -> pd.Series:
    """Return how many labels of each property are others after an exchange."""
    changed = exchanged(LABELS, noise, 1, "birds")
    other = changed["value"].fillna("-") != LABELS["value"].fillna("-")
    return other.groupby(LABELS["property"]).sum()


def test_a_smaller_share_is_part_of_a_larger() -> None:
    """Shares of the same prompts are nested, and as large as they say."""
    shares = [set(share_of(PROMPTS, share, 1)["prompt_id"]) for share in (0.01, 0.1, 0.5, 1)]

    assert [len(share) for share in shares] == [1, 4, 20, 40]
    assert shares[0] < shares[1] < shares[2] < shares[3]
    assert shares[2] != set(share_of(PROMPTS, 0.5, 2)["prompt_id"])


def test_a_share_does_not_depend_on_the_order_of_prompts() -> None:
    """A prompt is in a share by its own digest; what is left stays in its order."""
    turned = share_of(PROMPTS.iloc[::-1], 0.3, 1)

    assert list(turned["prompt_id"])[::-1] == list(share_of(PROMPTS, 0.3, 1)["prompt_id"])


@pytest.mark.parametrize(("noise", "count"), [(0, 0), (0.01, 0), (0.03, 2), (0.3, 12), (1, 39)])
def test_so_many_labels_change_places(noise: float, count: int) -> None:
    """The share is of the readable labels of each property; one alone has no place to go to."""
    assert list(moved(noise)) == [count, count]


@pytest.mark.parametrize("noise", [0.3, 1])
def test_no_label_is_lost_or_new(noise: float) -> None:
    """Each property keeps its labels, as often as before; unreadable and other samples stay."""
    changed = exchanged(LABELS, noise, 1, "birds")

    for name in NAMES:
        of = LABELS["property"] == name
        assert sorted(changed.loc[of, "value"].dropna()) == sorted(LABELS.loc[of, "value"].dropna())
    aside = (LABELS["sample"] == 1) | ~LABELS["compliant"]
    pd.testing.assert_frame_equal(changed[aside], LABELS[aside])


def test_a_drawn_label_is_one_of_its_property() -> None:
    """Only the property's own values occur, whatever they were labels of; all are drawn."""
    few = LABELS.assign(value=LABELS["value"].str[:2]).dropna()
    changed = drawn(few, 1, "birds")

    for name in NAMES:
        of = few["property"] == name
        assert set(changed.loc[of, "value"]) == set(few.loc[of, "value"])
    assert (changed["value"] != few["value"]).any()


def test_no_held_out_property_is_taught() -> None:
    """Labels of other properties than those named are not in the lessons."""
    taught = Change("predictions", ("last_character",), 0.5, 1).of(LABELS, "birds")

    assert set(taught["property"]) == {"last_character"}
    assert len(taught) == len(LABELS) / 2


def test_plain_lessons_are_the_labels() -> None:
    """Where nothing is other, nothing is changed."""
    pd.testing.assert_frame_equal(Change("predictions", (), 0, 1).of(LABELS, "birds"), LABELS)
