"""Properties: golden values on pleasant and on nasty responses."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from inward.properties import PROPERTIES
from inward.reading import normalize, read_answer

GOLDEN = [
    ("first_character", "heron", "h", None),
    ("first_character", " Heron", "h", None),
    ("first_character", "", None, "empty"),
    ("first_character", "<think>x</think>heron", "h", None),
    ("first_character", '"heron"', '"', None),
    ("first_character", "\U0001f426 heron", "\U0001f426", None),
    ("first_character", "I'm sorry, I can't.", None, "refused"),
    ("second_character", "heron", "e", None),
    ("second_character", "h", None, "too short"),
    ("second_character", "a heron", " ", None),
    ("last_character", "heron", "n", None),
    ("last_character", "heron.", ".", None),
    ("last_character", "heron\n", "n", None),
    ("starts_with_vowel", "otter", "true", None),
    ("starts_with_vowel", "Otter", "true", None),
    ("starts_with_vowel", "heron", "false", None),
    ("starts_with_vowel", "yak", "false", None),
    ("starts_with_vowel", "\u00e9cureuil", "false", None),
    ("first_word", "heron otter", "heron", None),
    ("first_word", "Heron, otter", "heron", None),
    ("first_word", "None", "none", None),
    ("first_word", "\n\n007", "007", None),
    ("is_even", "8", "true", None),
    ("is_even", "007", "false", None),
    ("is_even", "-8", None, "not a whole number"),
    ("is_even", "1,000", None, "not a whole number"),
    ("is_even", "\u0664", None, "not a whole number"),
    ("is_even", "eight", None, "not a whole number"),
]


@pytest.mark.parametrize(("name", "text", "value", "reason"), GOLDEN)
def test_a_property_reads_what_it_says(
    name: str, text: str, value: str | None, reason: str | None
) -> None:
    """Each property has its value on a response, or a reason why there is none."""
    reading = PROPERTIES[name].read(text, "stop")

    assert (reading.value, reading.reason) == (value, reason)


@given(st.text(max_size=30), st.sampled_from(sorted(PROPERTIES)))
def test_no_response_raises_and_no_right_answer_is_unmatchable(text: str, name: str) -> None:
    """On any text: a label or a reason; and whoever answers the label as it is shown is right."""
    asked = PROPERTIES[name]
    label = asked.read(text, "stop")

    assert label.compliant == (label.value is not None)
    if label.compliant and label.raw and label.raw.strip():
        assert normalize(label.raw) == label.value or asked.form == "truth"
        assert read_answer(label.raw, "stop", asked.form).value == label.value


@pytest.mark.parametrize("name", sorted(PROPERTIES))
def test_every_property_asks_in_words_of_its_own(name: str) -> None:
    """Questions and terse questions name one property each."""
    others = [asked for other, asked in PROPERTIES.items() if other != name]

    assert not set(PROPERTIES[name].questions) & {q for asked in others for q in asked.questions}
    assert PROPERTIES[name].terse not in {asked.terse for asked in others}
