"""The registry: what a property is, how it is declared, and the words that ask for it.

A property's questions are written once, with slots, and serve four ways of asking:

    "What {would_be} the third character of {your} response?"

    second person, supposed    What would be the third character of your response?
    second person, past        What was the third character of your response?
    third person, supposed     What would be the third character of its response?
    third person, past         What was the third character of its response?

and a fifth, of a response in plain sight: What is the third character of this response?

Other slots are {you} (you, it); {would} and {Would} before a verb (would, did), which must not be
"be"; and {Would_your_response_be} (Was its response). How to answer is not part of a question: it
follows from the form of the answer.

A value that no rule gives is judged by a model. Then the function returns what the judge is shown,
and `judged` is the question put to it; the judge's answer is read as any other of that form.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from string import Formatter
from typing import Literal

from inward.forms import FORMS
from inward.normalization import normalize
from inward.properties.response import Response, Unreadable, received
from inward.reading import Reading, read_answer, read_value, unreadable
from inward.requests import Token

Person = Literal["second", "third"]

PRONOUNS = {
    "second": {"you": "you", "your": "your"},
    "third": {"you": "it", "your": "its"},
}
SUPPOSED = {
    "would": "would",
    "Would": "Would",
    "would_be": "would be",
    "Would_your_response_be": "Would {your} response be",
}
PAST = {
    "would": "did",
    "Would": "Did",
    "would_be": "was",
    "Would_your_response_be": "Was {your} response",
}
SHOWN = {
    "you": "it",
    "your": "this",
    "would": "does",
    "Would": "Does",
    "would_be": "is",
    "Would_your_response_be": "Is this response",
}
SLOTS = {*PRONOUNS["second"], *SUPPOSED}

ANSWERS = ("word", "number", "letter", "items", "text", "option")
# A cut response lacks its end: what reads that has no value then.
LISTED = ("bin", "category")  # forms whose values are listed in a domain
READS = ("text", "end", "tokens", "log-probabilities", "options", "target")


@dataclass(frozen=True)
class Property:
    """A named function of a response, with the questions that ask for it."""

    name: str
    version: int
    form: str  # of a compliant answer: a key of FORMS
    answers: frozenset[str]  # kinds of answers for which it makes sense, of ANSWERS
    questions: tuple[str, ...]  # wordings with slots, as asked of who understands language
    example: str  # that makes the questions clear, or nothing
    terse: str  # as asked of a model of the embedded study
    domain: tuple[str, ...]  # all values, where they can be listed
    reads: frozenset[str]  # what it needs of a response, of READS
    judged: str  # what a judge is asked of what `value` returns; nothing where that is the value
    value: Callable[[Response], str]

    def of(self, response: Response) -> str:
        """Return the value as it stands in a response, or what of it a judge is shown.

        Raises Unreadable where there is none.
        """
        if response.cut and "end" in self.reads:
            raise Unreadable("cut")
        return self.value(response)

    @property
    def of_tokens(self) -> bool:
        """Whether it is read off tokens, or how likely they were, and not off their text."""
        return bool(self.reads & {"tokens", "log-probabilities"})

    def read(
        self,
        text: str,
        finish_reason: str,
        *,
        tokens: Sequence[Token] = (),
        options: Sequence[str] = (),
        target: str | None = None,
    ) -> Reading:
        """Return the label that a response with this raw text has."""
        try:
            response = received(text, finish_reason, tokens=tokens, options=options, target=target)
        except Unreadable as problem:
            return unreadable(str(problem))
        return self.label(response)

    def label(self, response: Response, verdict: Reading | None = None) -> Reading:
        """Return the label that a response has; of a judged property, it is the judge's verdict."""
        try:
            raw = self.of(response)
        except Unreadable as problem:
            return unreadable(str(problem))
        if self.judged:
            return verdict or unreadable("not judged")
        label = read_value(raw, self.form, domain=self.domain, options=response.options)
        if label.value is None or self._answerable(raw, label.value):
            return label
        return unreadable("no answer could match it", raw)

    def read_answer(self, text: str, finish_reason: str, *, options: Sequence[str] = ()) -> Reading:
        """Return the reading of an answer to one of the property's questions."""
        return read_answer(text, finish_reason, self.form, domain=self.domain, options=options)

    def verdict(self, text: str, finish_reason: str) -> Reading:
        """Return the label that a judge's answer gives."""
        reading = self.read_answer(text, finish_reason)
        return reading if reading.compliant else unreadable(f"judge: {reading.reason}", text)

    def _answerable(self, raw: str, value: str) -> bool:
        # A piece of a response may look like a reasoning tag or, read backwards, like a refusal.
        # Values of other forms cannot.
        return self.form not in ("word", "text") or all(
            self.read_answer(answer, "stop").value == value for answer in (raw, value)
        )


Value = Callable[[Response], str]
PROPERTIES: dict[str, Property] = {}


def declare(
    *,
    version: int,
    form: str,
    answers: set[str],
    questions: tuple[str, ...],
    terse: str,
    example: str = "",
    domain: tuple[str, ...] = (),
    reads: frozenset[str] | set[str] = frozenset({"text"}),
    judged: str = "",
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
            example=example,
            terse=terse,
            domain=("true", "false") if form == "truth" else domain,
            reads=frozenset(reads),
            judged=judged,
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
    pronouns = PRONOUNS[person]
    verbs = {
        slot: words.format_map(pronouns) for slot, words in (PAST if past else SUPPOSED).items()
    }
    return _filled_in(asked, wording, {**pronouns, **verbs})


def ask_of_shown(asked: Property, wording: int) -> str:
    """Return what asks for a property of a response in plain sight, and how to answer.

    Raises IndexError where the property has no wording of that number.
    """
    return _filled_in(asked, wording, SHOWN)


def _filled_in(asked: Property, wording: int, words: dict[str, str]) -> str:
    example = f" ({asked.example})" if asked.example else ""
    return f"{asked.questions[wording].format_map(words)}{example} {instruction(asked)}"


def instruction(asked: Property) -> str:
    """Return how to answer the questions for a property, the judge's among them."""
    return FORMS[asked.form].instruction.format(domain=", ".join(asked.domain))


def truth(value: bool) -> str:  # noqa: FBT001 - there is nothing else to say
    """Return the value of a property that is true or false."""
    return "true" if value else "false"


def _check(declared: Property) -> None:
    where = f"property {declared.name}"
    if declared.name in PROPERTIES:
        raise ValueError(f"{where}: is declared twice; rename one of them")
    for found, known in (
        ({declared.form}, FORMS),
        (declared.answers, ANSWERS),
        (declared.reads, READS),
    ):
        if odd := sorted(found - set(known)):
            raise ValueError(f"{where}: there is no {odd[0]!r}; there are {', '.join(known)}")
    if len(declared.questions) < 2:
        raise ValueError(f"{where}: has fewer than two questions; write it in other words, too")
    if declared.form in LISTED and not declared.domain:
        raise ValueError(f"{where}: is a {declared.form}, but states no domain; list its values")
    if odd := [value for value in declared.domain if value != normalize(value)]:
        raise ValueError(f"{where}: no answer is {odd[0]!r}; write {normalize(odd[0])!r}")
    slots = {
        slot for text in declared.questions for _, slot, _, _ in Formatter().parse(text) if slot
    }
    if odd := sorted(slots - SLOTS):
        raise ValueError(f"{where}: no slot {{{odd[0]}}}; there are {', '.join(sorted(SLOTS))}")
