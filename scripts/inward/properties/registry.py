"""The registry: what a property is, how it is declared, and the words that ask for it.

A property's questions are written once, with slots, and serve four ways of asking:

    "What {would_be} the third character of {your} response?"

    second person, supposed    What would be the third character of your response?
    second person, past        What was the third character of your response?
    third person, supposed     What would be the third character of its response?
    third person, past         What was the third character of its response?

Other slots are {you} (you, it), and {would} or {Would} before a verb (would, did). How to answer
is not part of a question: it follows from the form of the answer.
"""

from collections.abc import Callable
from dataclasses import dataclass
from string import Formatter
from typing import Literal

from inward.reading import (
    Reading,
    problem_of,
    read_value,
    unreadable,
    without_reasoning,
)

Person = Literal["second", "third"]

PRONOUNS = {
    "second": {"you": "you", "your": "your"},
    "third": {"you": "it", "your": "its"},
}
SUPPOSED = {"would": "would", "Would": "Would", "would_be": "would be"}
PAST = {"would": "did", "Would": "Did", "would_be": "was"}
SLOTS = {*PRONOUNS["second"], *SUPPOSED}

# What is said after every question whose answer has this form.
INSTRUCTIONS = {
    "character": "Answer with that character only.",
    "characters": "Answer with these characters only.",
    "word": "Answer with that word only.",
    "truth": "Answer with true or false only.",
    "number": "Answer with a number in digits only.",
    "option": "Answer with the letter of one option only.",
    "text": "Answer with that text only.",
    "bin": "Answer with one of these ranges only: {domain}.",
}


class Unreadable(Exception):  # noqa: N818 - no error: responses are like that
    """This response does not have the property; the text says why."""


@dataclass(frozen=True)
class Token:
    """A token of a response, its log-probability, and the likeliest tokens in its place."""

    token: str
    logprob: float  # natural logarithm
    top: tuple[tuple[str, float], ...]


@dataclass(frozen=True)
class Response:
    """All that a property may read."""

    text: str  # without reasoning and outer white space
    tokens: tuple[Token, ...] = ()  # of the text; none where the subject's server gives none
    options: tuple[str, ...] = ()  # of the prompt, in the order of their letters: A, B, ...
    target: str | None = None  # the letter of one of them


@dataclass(frozen=True)
class Property:
    """A named function of a response, with the questions that ask for it."""

    name: str
    version: int
    form: str  # of a compliant answer: a key of INSTRUCTIONS
    answers: frozenset[str]  # kinds of answers for which it makes sense
    questions: tuple[str, ...]  # wordings with slots, as asked of who understands language
    terse: str  # as asked of a model of the embedded study
    domain: tuple[str, ...]  # all values, where they can be listed
    reads: frozenset[str]  # text, tokens, log-probabilities, options, target
    value: Callable[[Response], str]

    def read(self, text: str, finish_reason: str) -> Reading:
        """Return the label that a response with this raw text has."""
        problem = problem_of(text, finish_reason)
        if problem:
            return unreadable(problem)
        try:
            return read_value(self.value(Response(without_reasoning(text))), self.form)
        except Unreadable as error:
            return unreadable(str(error))


Value = Callable[[Response], str]
PROPERTIES: dict[str, Property] = {}


def declare(
    *,
    version: int,
    form: str,
    answers: set[str],
    questions: tuple[str, ...],
    terse: str,
    domain: tuple[str, ...] = (),
    reads: frozenset[str] | set[str] = frozenset({"text"}),
) -> Callable[[Value], Value]:
    """Enter the decorated function into PROPERTIES under its own name.

    Raises ValueError for a declaration that cannot be asked or is there already.
    """

    def enter(value: Value) -> Value:
        declared = Property(
            name=value.__name__,
            version=version,
            form=form,
            answers=frozenset(answers),
            questions=questions,
            terse=terse,
            domain=("true", "false") if form == "truth" else domain,
            reads=frozenset(reads),
            value=value,
        )
        _check(declared)
        PROPERTIES[declared.name] = declared
        return value

    return enter


def ask(asked: Property, wording: int, person: Person, *, past: bool) -> str:
    """Return what asks for a property: one of its questions, filled in, and how to answer.

    Raises IndexError where the property has no wording of that number.
    """
    slots = {**PRONOUNS[person], **(PAST if past else SUPPOSED)}
    question = asked.questions[wording].format_map(slots)
    return f"{question} {INSTRUCTIONS[asked.form].format(domain=', '.join(asked.domain))}"


def _check(declared: Property) -> None:
    where = f"property {declared.name}"
    if declared.name in PROPERTIES:
        raise ValueError(f"{where}: is declared twice; rename one of them")
    if declared.form not in INSTRUCTIONS:
        raise ValueError(f"{where}: no form {declared.form!r}; choose of {', '.join(INSTRUCTIONS)}")
    if len(declared.questions) < 2:
        raise ValueError(f"{where}: has fewer than two questions; write it in other words, too")
    if declared.form == "bin" and not declared.domain:
        raise ValueError(f"{where}: is a bin, but states no domain; list its bins")
    slots = {
        slot for text in declared.questions for _, slot, _, _ in Formatter().parse(text) if slot
    }
    if odd := sorted(slots - SLOTS):
        raise ValueError(f"{where}: no slot {{{odd[0]}}}; there are {', '.join(sorted(SLOTS))}")
