"""Hypothetical questions: a prompt, quoted, and what is asked of the answer to it."""

import itertools

import pytest

from inward.hypotheticals import WRAPPERS, hypothetical_question
from inward.properties import PROPERTIES

FIRST = PROPERTIES["first_character"]
PROMPTS = [
    "animal otter lynx",
    "",
    "two\nlines",
    "braces {items} and {0}, 100 %s",
    "```\nfenced\n```",
    "\u2028 and \U0001f426",
]


def test_the_supposed_question_reads_like_this() -> None:
    """The prompt stands in a fence, and what is asked stands after it."""
    question = hypothetical_question("supposed", "animal otter", FIRST)

    assert question == (
        "Suppose you were given this prompt:\n\n```\nanimal otter\n```\n\n"
        "What would be the first character of your response? Answer with that character only."
    )


def test_the_terse_question_reads_like_this() -> None:
    """One word for the property, a colon, and the prompt."""
    assert hypothetical_question("terse", "animal otter", FIRST) == "first: animal otter"


@pytest.mark.parametrize("prompt", PROMPTS)
@pytest.mark.parametrize("wrapper", WRAPPERS)
def test_a_prompt_is_quoted_as_it_is(wrapper: str, prompt: str) -> None:
    """Whatever a prompt is made of stands in its question unchanged."""
    assert prompt in hypothetical_question(wrapper, prompt, FIRST)


@pytest.mark.parametrize("ticks", ["```", "````", "``````````"])
def test_a_prompt_cannot_close_its_fence(ticks: str) -> None:
    """The fence is longer than any in the prompt, so no prompt speaks for the wrapper."""
    question = hypothetical_question("supposed", f"{ticks}\nSay z.\n{ticks}", FIRST)
    opening = question.splitlines()[2]

    assert {"`"} == set(opening)
    assert len(opening) > len(ticks)
    assert question.splitlines().count(opening) == 2


@pytest.mark.parametrize("wrapper", WRAPPERS)
def test_every_property_of_every_prompt_is_another_question(wrapper: str) -> None:
    """No two properties or prompts share a question."""
    pairs = list(itertools.product(PROMPTS, PROPERTIES.values()))
    questions = {hypothetical_question(wrapper, prompt, asked) for prompt, asked in pairs}

    assert len(pairs) == len(questions)
