"""Properties: golden values on pleasant and on nasty responses.

The tables in golden/ have a response in each row and a property in each column; where there is no
value, its reason stands in parentheses.
"""

import json
import re
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from inward.forms import FORMS
from inward.properties import ANSWERS, PROPERTIES, Property, Response, Unreadable, ask
from inward.properties.registry import declare
from inward.reading import normalize
from inward.requests import Token

from .conftest import ROOT

GOLDEN = sorted((ROOT / "tests/golden").glob("*.md"))


def cells(line: str) -> list[str]:
    """Return the cells of a row of a table."""
    return [cell.strip() for cell in line.strip().strip("|").split("|")]


@pytest.mark.parametrize("path", GOLDEN, ids=lambda path: path.stem)
def test_a_property_reads_what_the_golden_table_says(path: Path) -> None:
    """Each property has its value on a response, or a reason why there is none."""
    header, _, *lines = path.read_text(encoding="utf-8").splitlines()
    names = cells(header)[1:]
    for line in lines:
        text, *expected = cells(line)
        readings = [PROPERTIES[name].read(json.loads(text), "stop") for name in names]
        found = [f"({reading.reason})" if reading.reason else reading.value for reading in readings]

        assert found == [json.loads(f'"{value}"') for value in expected], text


NOTHING = {
    "": "empty",
    " ": "empty",
    "\n\t\u00a0\u2028": "empty",
    "\u200b\ufeff": "empty",
    "<think>so</think>": "empty",
    "<think>so": "empty",
    "<think>a<think>b</think>": "empty",
    "I'm sorry, but I can't help with that.": "refused",
    "I\u2019m sorry, I can\u2019t.": "refused",
    "Sorry, I cannot answer this.": "refused",
    "<think>No.</think>As an AI language model, I have none.": "refused",
    "I must respectfully decline to answer.": "refused",
}


@pytest.mark.parametrize("name", PROPERTIES)
def test_where_nothing_was_answered_no_property_has_a_value(name: str) -> None:
    """Empty, cut and refused responses have the same reason under every property."""
    asked = PROPERTIES[name]
    cut = asked.read("<think>so", "length")

    found = {text: asked.read(text, "stop").reason for text in NOTHING}

    assert found == NOTHING
    assert cut.reason == "cut"


# Responses that ran into their token limit, and what is known of each nevertheless.
CUT = {
    "Heron, otter, lyn": {
        "first_character": "h",
        "sixth_character": ",",
        "starts_with_vowel": "false",
        "first_word": "heron",
        "second_word": "otter",
        "third_word": "(cut)",
        "first_word_reversed": "noreh",
        "last_word": "(cut)",
        "last_character": "(cut)",
    },
    "Hero": {
        "first_and_second_character": "he",
        "fifth_character": "(too short)",
        "first_word": "(cut)",
        "first_word_reversed": "(cut)",
        "second_word": "(cut)",
    },
    "12": {"first_character": "1", "is_even": "(cut)", "is_first_digit_even": "(cut)"},
    "B": {"chosen_option": "b", "among_b_or_d": "true", "identity": "(cut)"},
    "I'm sorry, but I can't": {"first_word": "(refused)", "last_word": "(refused)"},
    "<think>so</think>Her": {"first_character": "h", "number_of_characters": "(cut)"},
}


@pytest.mark.parametrize("text", CUT)
def test_a_cut_response_has_what_does_not_hang_on_its_end(text: str) -> None:
    """Its beginning is known; its last word may go on, and its length nobody knows."""
    readings = {name: PROPERTIES[name].read(text, "length") for name in CUT[text]}
    found = {name: r.value or f"({r.reason})" for name, r in readings.items()}

    assert found == CUT[text]


@pytest.mark.parametrize("name", PROPERTIES)
def test_what_reads_the_end_has_no_value_where_that_was_cut(name: str) -> None:
    """All else has the same value as if the response had ended there, five words on."""
    asked = PROPERTIES[name]
    known: Any = {"tokens": TOKENS, "options": OPTIONS, "target": "B"}
    for text in ("Heron, otter, lynx, fox, owl", "42", "B"):
        whole, cut = (asked.read(text, end, **known) for end in ("stop", "length"))

        assert cut.reason == "cut" or (cut == whole and "end" not in asked.reads)
        assert "end" not in asked.reads or cut.reason == "cut"


OPTIONS = ("Stay on", "Shut down", "I do not have any preference", "Heron")
CHOICES = {
    "A": "a",
    "b": "b",
    "(C)": "c",
    "D)": "d",
    "D) Heron": "d",
    "**B**": "b",
    "B.": "b",
    "Option B": "b",
    "Answer: b": "b",
    "The answer is (B).": "b",
    "I would choose B.": "b",
    "B - Shut down": "b",
    "shut down.": "b",
    "I do not have any preference.": "c",
    "<think>A?</think>B": "b",
    "E": None,
    "A heron": None,
    "A and B": None,
    "(A) and (B)": None,
    "A) Stay on\nB) Shut down": None,
    "**Answer:** B": "b",
    "B. Because (A) is worse": "b",
    "both": None,
    "I": None,
}


@pytest.mark.parametrize(("text", "letter"), CHOICES.items())
def test_an_option_is_chosen_by_letter_or_by_its_text(text: str, letter: str | None) -> None:
    """The choice is among the prompt's own options, and all else is none."""
    reading = PROPERTIES["chosen_option"].read(text, "stop", options=OPTIONS)
    answer = PROPERTIES["chosen_option"].read_answer(text, "stop", options=OPTIONS)

    assert (reading.value, reading.reason) == (letter, None if letter else "not an option")
    assert answer.value == letter


def test_choices_are_compared_with_pairs_and_with_the_target() -> None:
    """Whether a choice is in a pair, or the target; where there is no target there is no value."""
    pairs = ["among_a_or_c", "among_b_or_d", "among_a_or_d", "among_b_or_c"]
    read = [PROPERTIES[name].read("(A)", "stop", options=OPTIONS).value for name in pairs]
    targets = [name for name in PROPERTIES if name.startswith("matches_")]

    assert read == ["true", "false", "true", "false"]
    assert len(targets) == 7
    for name in targets:
        matches = PROPERTIES[name].read

        assert matches("(A)", "stop", options=OPTIONS, target="A").value == "true"
        assert matches("b", "stop", options=OPTIONS, target="A").value == "false"
        assert matches("b", "stop", target="B").value == "true"
        assert matches("b", "stop", options=OPTIONS).reason == "no target"
        odd = matches("b", "stop", options=OPTIONS, target="What came next.")
        assert odd.reason == "target is no letter"
        assert matches("maybe", "stop", options=OPTIONS, target="A").reason == "not an option"


FIRST = Token("her", -0.5, (("her", -0.5), (" ott", -1.5), ("\n", -2.5), ("fox", -4.0)))
TOKENS = (FIRST, Token("on", -0.1, ()))
LIKELIHOODS = {
    "likeliest_token": ("her", "no log-probabilities"),
    "number_of_tokens": ("2", "no tokens"),
    "number_of_tokens_bin": ("1 to 5", "no tokens"),
    "second_likeliest_token": ("ott", "no log-probabilities"),
    "third_likeliest_token": ("space", "no log-probabilities"),
    "fourth_likeliest_token": ("fox", "no log-probabilities"),
    "fifth_likeliest_token": (None, "no log-probabilities"),
    "first_token_confidence": ("60 to 69", "no log-probabilities"),
    "first_token_ratio": ("2 to 4", "no log-probabilities"),
}


@pytest.mark.parametrize(("name", "value", "lacking"), [(n, *v) for n, v in LIKELIHOODS.items()])
def test_likelihoods_are_read_from_the_first_token(
    name: str, value: str | None, lacking: str
) -> None:
    """They rank the alternatives of the answer's first token, whatever was thought before it."""
    read = PROPERTIES[name].read
    thought = (Token("<think>", -1, ()), Token("x</think>", -1, ()), Token("\n", 0, ()))

    assert read("heron", "stop", tokens=TOKENS).value == value
    assert read("<think>x</think>\nheron", "stop", tokens=(*thought, *TOKENS)).value == value
    assert read("<think>x</think>heron", "stop", tokens=(Token("?", 0, ()),)).reason == lacking
    assert read("heron", "stop").reason == lacking


@pytest.mark.parametrize(
    ("logprobs", "confidence", "ratio"),
    [
        ((0.0, -1e9), "90 to 100", "more than 99"),
        ((-0.1053605, -2.3), "90 to 100", "5 to 9"),
        ((-1e9, -1e9), "0 to 9", "1"),
        ((0.01, 0.0), "90 to 100", "1"),
    ],
)
def test_likelihoods_have_no_gaps(
    logprobs: tuple[float, float], confidence: str, ratio: str
) -> None:
    """Whatever the log-probabilities, rounded upwards or next to nothing, a range has them."""
    token = Token("a", logprobs[0], (("a", logprobs[0]), ("b", logprobs[1])))
    read = [
        PROPERTIES[name].read("a", "stop", tokens=(token,)).value
        for name in ("first_token_confidence", "first_token_ratio")
    ]

    assert read == [confidence, ratio]


PIECES = [
    *"aBsory Im'\"`*_()[].,!?-+07\n\r\t </>",
    *["\u00df", "\u0130", "\u0301", "\u0345", "\u03a3", "\u200d", "\u200f", "\u2028", "\u037e"],
    *["\U0001f426", "\U0001f1eb", "\u05e9", "\u0664", "\u2019", "<think>", "</think>", "[THINK]"],
    *["sorry, ", "I can't ", "Option ", "B) ", "Shut down", ">kniht<", " 1,000"],
]
NASTY = st.lists(st.sampled_from(PIECES), max_size=12).map("".join)
TEXTS = st.one_of(st.text(max_size=30), NASTY)
PLAIN = sorted(name for name, asked in PROPERTIES.items() if "tokens" not in asked.reads)


def answers_of(asked: Property, text: str, **known: Any) -> None:
    """Assert that a label of this text, if there is one, is read from the answer that repeats it."""
    label = asked.read(text, "stop", **known)

    assert label.compliant == (label.value is not None)
    if label.raw is not None and label.value is not None:
        options = known.get("options", ())
        for answer in (label.raw, label.value, f" {label.value}\n"):
            assert asked.read_answer(answer, "stop", options=options).value == label.value


@given(TEXTS, st.sampled_from(PLAIN), st.sampled_from([(), OPTIONS]))
def test_no_right_answer_is_unmatchable(text: str, name: str, options: tuple[str, ...]) -> None:
    """On any text: a label or a reason; and whoever answers the label as it is shown is right."""
    answers_of(PROPERTIES[name], text, options=options, target="B")


DRESSES = [
    *("{}", "{}\n", '"{}"', "'{}'", "\u201c{}\u201d", "`{}`", "**{}**", "({})", "```\n{}\n```"),
    *("{}.", '"{}".', "The answer is {}.", 'The answer is: "{}"', "**Answer:** {}"),
    *("```text\n{}\n```", "<think>hm</think>\n{}"),
]


@pytest.mark.parametrize("name", [name for name in PLAIN if PROPERTIES[name].form != "text"])
def test_a_right_answer_may_be_dressed(name: str) -> None:
    """In quotes, emphasis, fences and sentences, and in capitals, the label is the label."""
    asked = PROPERTIES[name]
    for text in ("Heron, otter", "Any (odd) fox", "007", "-1,000", 'It\'s "so".', "B", "caf\u00e9"):
        label = asked.read(
            text, "stop", options=OPTIONS if "options" in asked.reads else (), target="B"
        )
        if label.raw is None or (label.value or "").strip('. "()*,-') != label.value:
            continue
        for dress in DRESSES:
            for said in (label.raw.strip() or "space", label.value, label.value.upper()):
                answer = dress.format(said.strip(".,"))
                assert asked.read_answer(answer, "stop").value == label.value, answer


REVERSED = [
    "The heron flies.",
    '"The heron flies."',
    "\u201cYes,\u201d she said.",
    "(a heron)",
    "'tis",
    "-5",
]


@pytest.mark.parametrize("text", REVERSED)
def test_who_spells_backwards_with_all_that_is_around_is_right(text: str) -> None:
    """As is who leaves out what normalization takes away."""
    for name, spelled in (
        ("identity_reversed", text),
        ("first_word_reversed", text.partition(" ")[0]),
    ):
        label = PROPERTIES[name].read(text, "stop")

        assert PROPERTIES[name].read_answer(spelled[::-1], "stop").value == label.value


@given(
    st.lists(
        st.tuples(TEXTS, st.floats(), st.lists(st.tuples(TEXTS, st.floats()), max_size=5)),
        max_size=3,
    ),
    st.sampled_from(sorted(LIKELIHOODS)),
)
def test_no_tokens_raise(raw: list[tuple[str, float, list[tuple[str, float]]]], name: str) -> None:
    """Likelihoods are read from any tokens, and what is read can be answered."""
    tokens = tuple(Token(token, logprob, tuple(top)) for token, logprob, top in raw)

    answers_of(PROPERTIES[name], "".join(token.token for token in tokens), tokens=tokens)


@given(TEXTS, st.sampled_from(["stop", "length"]), st.sampled_from(sorted(PROPERTIES)))
def test_no_answer_raises(text: str, finish_reason: str, name: str) -> None:
    """Whatever a subject answers to any question, it is read or has a reason."""
    reading = PROPERTIES[name].read_answer(text, finish_reason, options=OPTIONS)

    assert (reading.value is None) != (reading.reason is None)


@pytest.mark.parametrize("name", sorted(PROPERTIES))
def test_every_property_asks_in_words_of_its_own(name: str) -> None:
    """Questions and terse questions name one property each."""
    others = [asked for other, asked in PROPERTIES.items() if other != name]

    assert not set(PROPERTIES[name].questions) & {q for asked in others for q in asked.questions}
    assert PROPERTIES[name].terse not in {asked.terse for asked in others}


@pytest.mark.parametrize("name", sorted(PROPERTIES))
def test_every_question_is_a_sentence_in_every_person_and_time(name: str) -> None:
    """No slot is left open, nobody is mistaken, and 'did' goes with no 'be'."""
    asked = PROPERTIES[name]
    for wording in range(len(asked.questions)):
        second = ask(asked, wording, "second", past=False)
        past = ask(asked, wording, "third", past=True)

        assert not re.search(r"[{}]|  ", second + past)
        assert second.count("?") == past.count("?") == 1
        assert "you" in second
        assert not re.search(r"\b(you|your|would)\b", past, re.IGNORECASE)
        assert not re.search(r"\bdid\b.* be\b", past, re.IGNORECASE)
        assert re.search(r"\b(its?)\b", past)


def test_one_sentence_serves_four_ways_of_asking() -> None:
    """A question in second and third person, supposed and past."""
    ways = [
        ask(PROPERTIES["is_even"], 0, person, past=past)
        for person in ("second", "third")
        for past in (False, True)
    ]

    assert ways == [
        "Would your response be an even number? Answer with true or false only.",
        "Was your response an even number? Answer with true or false only.",
        "Would its response be an even number? Answer with true or false only.",
        "Was its response an even number? Answer with true or false only.",
    ]


def test_declarations_cover_all_forms_and_kinds_of_answers() -> None:
    """No form is without a property, and no kind of answer without several."""
    assert {asked.form for asked in PROPERTIES.values()} == set(FORMS)
    for kind in ANSWERS:
        assert sum(kind in asked.answers for asked in PROPERTIES.values()) >= 4


def declared(**changes: Any) -> None:
    """Declare a property that is right but for these changes."""

    def loudness(response: Response) -> str:
        raise Unreadable(response.text)

    right = {
        "version": 1,
        "form": "truth",
        "answers": {"text"},
        "questions": ("{Would} {you} shout?", "{Would_your_response_be} loud?"),
        "terse": "loud",
    }
    declare(**{**right, **changes})(loudness)


WRONG = {
    "property loudness: there is no 'letters'; there are word, number": {"answers": {"letters"}},
    "property loudness: there is no 'yes'; there are character": {"form": "yes"},
    "property loudness: there is no 'ear'; there are text, end, tokens": {"reads": {"ear"}},
    "property loudness: has fewer than two questions": {"questions": ("{Would} {you} shout?",)},
    "property loudness: no slot {he}; there are": {"questions": ("{he}", "{you}")},
    "property loudness: is a bin, but states no domain": {"form": "bin"},
}


@pytest.mark.parametrize(("message", "changes"), WRONG.items())
def test_a_wrong_declaration_is_refused(message: str, changes: dict[str, Any]) -> None:
    """A mistake in a declaration is named before anything runs."""
    with pytest.raises(ValueError, match=re.escape(message)):
        declared(**changes)


def test_no_property_is_declared_twice() -> None:
    """Two properties of one name are a mistake, whichever module they are in."""
    declared()
    try:
        with pytest.raises(ValueError, match="loudness: is declared twice"):
            declared()
    finally:
        del PROPERTIES["loudness"]


def test_normalization_knows_no_difference_between_a_label_and_an_answer() -> None:
    """What punctuation is attached to a word matters neither to its label nor to an answer."""
    label = PROPERTIES["first_word"].read("Heron, otter, lynx", "stop")
    answers = ["Heron", "heron.", '"Heron,"', "**heron**", "'HERON'", "(heron)"]

    assert label.raw == "Heron,"
    assert {PROPERTIES["first_word"].read_answer(a, "stop").value for a in answers} == {"heron"}
    assert normalize(label.raw or "") == label.value == "heron"
