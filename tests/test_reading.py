"""Reading: answers become values that can be compared, or reasons why they cannot."""

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from inward.forms import FORMS, bin_of
from inward.reading import (
    Reading,
    is_refusal,
    normalize,
    problem_of,
    read_answer,
    unreadable,
    without_reasoning,
)

from .conftest import ROOT

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
    " ": "space",
    "' '": "space",
    "STRASSE": "strasse",
    "STRA\u1e9eE": "stra\u00dfe",
    "e\u0301": "\u00e9",
    "\u039f\u03a3": "\u03bf\u03c3",
    "**Heron**,": "heron",
    "(heron)": "heron",
    "...and": "and",
    "heron\u2014": "heron",
    "-5": "-5",
    "#5": "#5",
    "The  heron\nflies.": "the heron flies",
    '"The heron flies."': "the heron flies",
    '"Stop," said the heron.': '"stop," said the heron',
    "heron (a bird)": "heron (a bird)",
    "\u200fheron\ufeff": "heron",
    "007": "007",
    "None": "none",
    "f(x)": "f(x)",
    "[heron](http://x.y)": "[heron](http://x.y)",
    "((heron))": "heron",
    "heron)": "heron",
    "'\"'": '"',
    '".".': ".",
    "```": "```",
    "...the heron flies": "the heron flies",
    ")seilf noreh eht(": "seilf noreh eht",
    ")noreh eht(": "noreh eht",
    "\u201dnoreh eht\u201c": "noreh eht",
    "\uff28\uff12": "h2",
    "\u2764\ufe0f": "\u2764",
    "heron\u200d": "heron",
    "\x00heron": "heron",
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
        ("<think>a <think>b</think> c</think>h", "h"),
        ("<think>a <think>b</think>h", ""),
        ("opened by the template</think>\n\nh", "h"),
        ("[THINK]a[/THINK]h", "h"),
        ("<thi<think>a</think>nk>b</think>h", "h"),
        ("a < b and <thinkers> say", "a < b and <thinkers> say"),
        ("no tags", "no tags"),
        ("<THINK>a</Think>h", "h"),
        ("< think >a</ think >h", "h"),
        ("<scratchpad>a</scratchpad>h", "h"),
        ("\u200d\ufe0f \u2800\x00", ""),
        ("\ud83d\udc26 \udfff", "\U0001f426"),
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


REFUSALS = (ROOT / "tests/golden/refusals.txt").read_text(encoding="utf-8").splitlines()
ANSWERS = (ROOT / "tests/golden/answers.txt").read_text(encoding="utf-8").splitlines()


@pytest.mark.parametrize("text", REFUSALS)
def test_refusals_are_known_by_how_they_open(text: str) -> None:
    """A refusal is known in many wordings, in any case and with any apostrophe."""
    assert is_refusal(text)
    assert is_refusal(text.upper())
    assert is_refusal(text.replace("'", "\u2019"))
    assert read_answer(text, "stop", "text") == unreadable("refused", text)


@pytest.mark.parametrize("text", ANSWERS)
def test_who_only_sounds_like_declining_has_answered(text: str) -> None:
    """Stories may begin with being sorry, letters with sympathy, and lists with any word."""
    assert not is_refusal(text)
    assert read_answer(text, "stop", "text").compliant


@pytest.mark.parametrize("text", ["Sorry", "sorry.", "Sorry,", "cannot", "can't"])
def test_one_word_is_never_a_refusal(text: str) -> None:
    """The next word of a list may be any."""
    assert read_answer(text, "stop", "word").compliant
    assert read_answer(text, "stop", "text").compliant
    assert problem_of(text, "stop") is None


@pytest.mark.parametrize("form", FORMS)
def test_a_refusal_is_told_from_an_answer_of_another_form(form: str) -> None:
    """Both are without a value, for reasons of their own."""
    refused = read_answer("I can't answer that.", "stop", form, domain=("1 to 5",))
    other = read_answer("well, it depends", "stop", form, domain=("1 to 5",))

    assert refused.reason == "refused"
    assert other.reason == (None if form == "text" else FORMS[form].unfit)


BINS = ("1 to 5", "6 to 10", "more than 10")
OF_FORM = [
    ("character", " ", "space"),
    ("character", "a space", "space"),
    ("character", '" "', "space"),
    ("character", "(", "("),
    ("character", "\u00df", "\u00df"),
    ("character", "e\u0301", "\u00e9"),
    ("character", "\U0001f1eb\U0001f1f7", "\U0001f1eb\U0001f1f7"),
    ("characters", "He.", "he"),
    ("characters", '"h', '"h'),
    ("characters", "a", "a"),
    ("characters", "her", None),
    ("characters", '"h.', '"h'),
    ("characters", '""h"', '"h'),
    ("character", "?.", "?"),
    ("character", "'\"'", '"'),
    ("character", "Answer: .", "."),
    ("character", "The answer is h.", "h"),
    ("character", "**Answer:** h", "h"),
    ("character", "My prediction is: 'h'", "h"),
    ("character", "```text\nh\n```", "h"),
    ("word", "The answer is: **heron**", "heron"),
    ("word", "Answer: .", "."),
    ("word", "Answer", "answer"),
    ("word", "answer:", "answer"),
    ("word", "Answer:heron", "answer:heron"),
    ("word", "My answer is a heron", None),
    ("truth", "The answer would be: True.", "true"),
    ("truth", "The answer is true because it is", None),
    ("number", "The answer is 7.", "7"),
    ("number", "\u20137", "-7"),
    ("number", "1\u202f000", "1000"),
    ("number", "1'000", "1000"),
    ("number", "1_000", "1000"),
    ("number", "1 000", None),
    ("number", "1.000", None),
    ("bin", "The answer is 6-10.", "6 to 10"),
    ("bin", "7 times", "6 to 10"),
    ("option", "**Answer:** B", "b"),
    ("option", "(a) and (b)", None),
    ("option", "A) or B)", None),
    ("option", "(a) (b)", None),
    ("option", "A) Leave\nB) Stay", None),
    ("option", "B) Stay. A) is worse.", "b"),
    ("option", "B. I would stay.", "b"),
    ("text", "The answer is heron", "the answer is heron"),
    ("number", "7", "7"),
    ("number", "007.", "7"),
    ("number", "**1,000**", "1000"),
    ("number", "-3", "-3"),
    ("number", "\u22123", "-3"),
    ("number", "0", "0"),
    ("number", "-0", "0"),
    ("number", "seven", None),
    ("number", "7 words", None),
    ("number", "1,00", None),
    ("number", "1.5", None),
    ("number", "9" * 5000, None),
    ("bin", "6 to 10", "6 to 10"),
    ("bin", "6-10", "6 to 10"),
    ("bin", "6 \u2013 10 words.", "6 to 10"),
    ("bin", "More than 10", "more than 10"),
    ("bin", "7", "6 to 10"),
    ("bin", "12%", "more than 10"),
    ("bin", "0", None),
    ("bin", "many", None),
    ("option", "B", "b"),
    ("option", "(b) Stay", "b"),
    ("option", "stay", "b"),
    ("option", "C", None),
    ("text", "The  heron.", "the heron"),
]


@pytest.mark.parametrize(("form", "text", "value"), OF_FORM)
def test_each_form_has_rules_of_its_own(form: str, text: str, value: str | None) -> None:
    """An answer is compliant if it has the form, however it is dressed."""
    reading = read_answer(text, "stop", form, domain=BINS, options=("Leave", "Stay"))

    assert reading.value == value
    assert reading.reason == (None if value else FORMS[form].unfit)


def test_white_space_alone_is_an_answer_only_where_a_character_is_asked_for() -> None:
    """Elsewhere, and where the answer was cut off, it is nothing."""
    assert read_answer("\n", "stop", "character").value == "space"
    assert read_answer("", "stop", "character").reason == "empty"
    assert read_answer("\n", "length", "character").reason == "cut"
    assert read_answer("\n", "stop", "word").reason == "empty"


@pytest.mark.parametrize("number", [0, -1])
def test_a_number_outside_of_all_ranges_is_a_bug(number: int) -> None:
    """Ranges have no gaps where a property counts."""
    with pytest.raises(ValueError, match="falls into none of 1 to 5, 6 to 10, more than 10"):
        bin_of(number, BINS)


@given(st.text(), st.sampled_from(["stop", "length"]), st.sampled_from(sorted(FORMS)))
def test_no_answer_raises(text: str, finish_reason: str, form: str) -> None:
    """Whatever a subject answers, it is read or has a reason."""
    reading = read_answer(text, finish_reason, form)

    assert (reading.value is None) != (reading.reason is None)


@pytest.mark.parametrize("marks", ["(", '"(*', "*", ".", "\u201c", "<think>", "\ud800"])
def test_a_long_text_takes_no_longer_than_its_length(marks: str) -> None:
    """Even if it is nested in ten thousand marks, which are not taken off one by one."""
    text = f"{marks * 10_000}heron{marks[::-1].replace('(', ')') * 10_000}"

    start = time.process_time()
    reading = read_answer(text, "stop", "word")

    assert time.process_time() - start < 1
    assert reading.value in ("heron", None)


NASTY = st.text(st.sampled_from(list("aB1.!?\"' \n\u201c\u2019\u00df\u0130")))


@given(st.one_of(st.text(), NASTY))
def test_normalizing_twice_changes_nothing_more(text: str) -> None:
    """A value that was normalized is what it will be."""
    assert normalize(normalize(text)) == normalize(text)
