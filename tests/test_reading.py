"""Reading: answers become values that can be compared, or reasons why they cannot."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from inward.reading import (
    Reading,
    is_refusal,
    normalize,
    read_answer,
    unreadable,
    without_reasoning,
)

NORMAL = {
    "h": "h",
    "H": "h",
    " h\n": "h",
    '"h"': "h",
    "'H'.": "h",
    "\u201ch.\u201d": "h",
    "h!": "h",
    ".": ".",
    '"."': ".",
    "'": "'",
    "...": "...",
    " ": " ",
    "STRASSE": "strasse",
    "stra\u00dfe": "strasse",
    "007": "007",
    "None": "none",
}


@pytest.mark.parametrize(("text", "value"), NORMAL.items())
def test_case_space_quotes_and_final_punctuation_do_not_count(text: str, value: str) -> None:
    """A value is compared without what people put around it, and never becomes nothing."""
    assert normalize(text) == value


@pytest.mark.parametrize(
    ("text", "left"),
    [
        ("<think>heron?</think>h", "h"),
        ("<thinking>a\nb</thinking>\n h ", "h"),
        ("<reasoning>one</reasoning>two<think>three</think>", "two"),
        ("<think>never closes: h", ""),
        ("h<think>second thoughts", "h"),
        ("<think>a <think>b</think> c</think>h", "c</think>h"),
        ("no tags", "no tags"),
    ],
)
def test_reasoning_is_taken_out(text: str, left: str) -> None:
    """What stands between reasoning tags, or after one that never closes, is not the answer."""
    assert without_reasoning(text) == left


@pytest.mark.parametrize(
    ("text", "finish_reason", "form", "reading"),
    [
        ("h", "stop", "character", Reading("h", "h")),
        ("H.", "stop", "character", Reading("H.", "h")),
        ("heron", "stop", "character", unreadable("not one character", "heron")),
        ("heron", "stop", "word", Reading("heron", "heron")),
        ("a heron", "stop", "word", unreadable("not one word", "a heron")),
        ("True", "stop", "truth", Reading("True", "true")),
        ("yes.", "stop", "truth", Reading("yes.", "true")),
        ("No", "stop", "truth", Reading("No", "false")),
        ("maybe", "stop", "truth", unreadable("not true or false", "maybe")),
        ("", "stop", "word", unreadable("empty", "")),
        (" \n", "stop", "word", unreadable("empty", " \n")),
        ("<think>so", "length", "word", unreadable("cut", "<think>so")),
        ("I'm sorry, no.", "stop", "word", unreadable("refused", "I'm sorry, no.")),
        ("\U0001f426", "stop", "character", Reading("\U0001f426", "\U0001f426")),
        (
            "\u05e9\u05dc\u05d5\u05dd",
            "stop",
            "word",
            Reading("\u05e9\u05dc\u05d5\u05dd", "\u05e9\u05dc\u05d5\u05dd"),
        ),
    ],
)
def test_an_answer_is_read_by_its_form(
    text: str, finish_reason: str, form: str, reading: Reading
) -> None:
    """An answer is a value of the form that was asked for, or it has a reason."""
    assert read_answer(text, finish_reason, form) == reading


@pytest.mark.parametrize(
    ("text", "refusal"),
    [
        ("I'm sorry, but I can't help with that.", True),
        ("I cannot answer this.", True),
        ("As an AI, I have no answer.", True),
        ("I will not say.", True),
        ("icicle", False),
        ("The heron said: I'm sorry.", False),
        ("sorry", False),
    ],
)
def test_refusals_are_known_by_how_they_open(text: str, refusal: bool) -> None:  # noqa: FBT001
    """A refusal is what opens like one, not what merely mentions one."""
    assert is_refusal(text) == refusal


@given(
    st.text(), st.sampled_from(["stop", "length"]), st.sampled_from(["word", "character", "truth"])
)
def test_no_answer_raises(text: str, finish_reason: str, form: str) -> None:
    """Whatever a subject answers, it is read or has a reason."""
    reading = read_answer(text, finish_reason, form)

    assert (reading.value is None) != (reading.reason is None)


NASTY = st.text(st.sampled_from(list("aB1.!?\"' \n\u201c\u2019\u00df\u0130")))


@given(st.one_of(st.text(), NASTY))
def test_normalizing_twice_changes_nothing_more(text: str) -> None:
    """A value that was normalized is what it will be."""
    assert normalize(normalize(text)) == normalize(text)
