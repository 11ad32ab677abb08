"""Properties: named functions of a response, each with the question that asks for it.

A new property is one function with a decorator:

    @declare(
        version=1,
        form="character",
        answers={"word"},
        question="What would be the third character of your response? Answer with it only.",
        terse="third",
    )
    def third_character(response: str) -> str:
        return character(response, 2)

The function gets the response without reasoning and outer white space, and returns the value as
text, or raises Unreadable with the reason why there is none. Whoever changes what a property
returns raises its version.
"""

from collections.abc import Callable
from dataclasses import dataclass

from inward.reading import (
    Reading,
    problem_of,
    read_value,
    unreadable,
    without_reasoning,
)


class Unreadable(Exception):  # noqa: N818 - no error: responses are like that
    """This response does not have the property; the text says why."""


@dataclass(frozen=True)
class Property:
    """A named function of a response, with the question that asks for it."""

    name: str
    version: int
    form: str  # of a compliant answer: character, word or truth
    answers: frozenset[str]  # kinds of answers that have it: word, number
    question: str  # as asked of a model that understands language
    terse: str  # as asked of a model of the embedded study
    value: Callable[[str], str]

    def read(self, text: str, finish_reason: str) -> Reading:
        """Return the label that a response with this raw text has."""
        problem = problem_of(text, finish_reason)
        if problem:
            return unreadable(problem)
        try:
            return read_value(self.value(without_reasoning(text)), self.form)
        except Unreadable as error:
            return unreadable(str(error))


PROPERTIES: dict[str, Property] = {}


def declare(
    *, version: int, form: str, answers: set[str], question: str, terse: str
) -> Callable[[Callable[[str], str]], Callable[[str], str]]:
    """Enter the decorated function into PROPERTIES under its own name."""

    def enter(value: Callable[[str], str]) -> Callable[[str], str]:
        name = value.__name__
        PROPERTIES[name] = Property(
            name=name,
            version=version,
            form=form,
            answers=frozenset(answers),
            question=question,
            terse=terse,
            value=value,
        )
        return value

    return enter


def character(response: str, index: int) -> str:
    """Return the character at `index`; a negative index counts from the end."""
    try:
        return response[index]
    except IndexError:
        raise Unreadable("too short") from None


@declare(
    version=1,
    form="character",
    answers={"word", "number"},
    question="What would be the first character of your response? Answer with that character only.",
    terse="first",
)
def first_character(response: str) -> str:
    """Return the first character."""
    return character(response, 0)


@declare(
    version=1,
    form="character",
    answers={"word", "number"},
    question=(
        "What would be the second character of your response? (Of 'abc' it is 'b'.)"
        " Answer with that character only."
    ),
    terse="second",
)
def second_character(response: str) -> str:
    """Return the second character."""
    return character(response, 1)


@declare(
    version=1,
    form="character",
    answers={"word", "number"},
    question="What would be the last character of your response? Answer with that character only.",
    terse="last",
)
def last_character(response: str) -> str:
    """Return the last character."""
    return character(response, -1)


@declare(
    version=1,
    form="truth",
    answers={"word"},
    question="Would your response start with a vowel? Answer with true or false only.",
    terse="vowel",
)
def starts_with_vowel(response: str) -> str:
    """Return whether the first character is one of a, e, i, o, u."""
    return str(character(response, 0).casefold() in "aeiou").lower()


@declare(
    version=1,
    form="word",
    answers={"word", "number"},
    question="What would be the first word of your response? Answer with that word only.",
    terse="word",
)
def first_word(response: str) -> str:
    """Return what stands before the first white space."""
    return response.split(maxsplit=1)[0]


@declare(
    version=1,
    form="truth",
    answers={"number"},
    question="Would your response be an even number? Answer with true or false only.",
    terse="even",
)
def is_even(response: str) -> str:
    """Return whether the response, a whole number, is even."""
    if not (response.isascii() and response.isdigit()):
        raise Unreadable("not a whole number")
    return str(int(response) % 2 == 0).lower()
