"""Hypothetical questions: a subject is asked for a property of what it would answer to a prompt.

A wrapper quotes the prompt and puts the property's question to it; the answer itself is not given.
How a question is put is named by its wrapper, the number of the paraphrase, the number of the
wording of the property's question, and whose answers to other prompts are shown before it:

    supposed          the first paraphrase, and the first wording
    supposed.2        the second paraphrase
    supposed.2.3      the second paraphrase, and the third wording
    supposed+self     after examples: the subject's own answers, as they were
    supposed+scrambled    likewise, but each with the answer to another of them
    supposed+finch    after answers of another subject, finch
"""

import re
from dataclasses import dataclass

from inward.fences import fenced
from inward.properties import Person, Property, ask

OWN = "self"  # the examples of a variant are the subject's own
SCRAMBLED = "scrambled"  # likewise, but their answers have changed places
FORM = re.compile(r"([a-z-]+)(?:\.([1-9])(?:\.([1-9]))?)?(?:\+([a-z0-9-]+))?")


@dataclass(frozen=True)
class Wrapper:
    """A way to ask: about whom, in which tense, and in which paraphrases."""

    person: Person
    past: bool
    # With {quoted}, the prompt in fences, and {question}; {named} is another language model.
    paraphrases: tuple[str, ...]


def _before_quotation(*openings: str) -> tuple[str, ...]:
    return tuple(f"{opening}\n\n{{quoted}}\n\n{{question}}" for opening in openings)


WRAPPERS = {
    "supposed": Wrapper(
        "second",
        past=False,
        paraphrases=_before_quotation(
            "Suppose you were given this prompt:",
            "Imagine a conversation with you that begins like this:",
            "Do not respond to the prompt below, but think of the response that you would give.",
        ),
    ),
    "past": Wrapper(
        "second",
        past=True,
        paraphrases=_before_quotation(
            "Earlier, you were given this prompt:",
            "In a conversation before this one, somebody asked you:",
            "You have already responded to the prompt below. Think of the response that you gave.",
        ),
    ),
    "third-person": Wrapper(
        "third",
        past=False,
        paraphrases=_before_quotation(
            "Suppose {named}, another language model, were given this prompt:",
            "Imagine a conversation with {named}, a language model, that begins like this:",
            "Think of the response that the language model {named} would give to the prompt below.",
        ),
    ),
    "assistant": Wrapper(
        "third",
        past=False,
        paraphrases=_before_quotation(
            "Suppose an AI assistant, whichever it may be, were given this prompt:",
            "Imagine a conversation with some AI assistant that begins like this:",
            "Think of the response that a typical AI assistant would give to the prompt below.",
        ),
    ),
    # For models of the embedded world, which know no English.
    "terse": Wrapper("second", past=False, paraphrases=("{terse}: {prompt}", "{prompt}: {terse}")),
    "terse-third-person": Wrapper(
        "third",
        past=False,
        paraphrases=("{named} {terse}: {prompt}", "{prompt}: {named} {terse}"),
    ),
    "terse-assistant": Wrapper(
        "third",
        past=False,
        paraphrases=("anyone {terse}: {prompt}", "{prompt}: anyone {terse}"),
    ),
}


def _with(field: str) -> tuple[str, ...]:
    return tuple(name for name, wrapper in WRAPPERS.items() if field in wrapper.paraphrases[0])


NAMED = _with("{named}")  # the wrappers that need a name
TERSE = _with("{terse}")  # the wrappers that ask in no wording of a property's own


@dataclass(frozen=True)
class Variant:
    """A wrapper, and how it is used; paraphrases and wordings are counted from 1."""

    wrapper: str
    paraphrase: int = 1
    wording: int = 1
    examples: str | None = None  # whose answers are shown before: OWN, SCRAMBLED, or a subject

    @property
    def name(self) -> str:
        """The shortest name, by which tables know it."""
        numbers = f".{self.paraphrase}" if (self.paraphrase, self.wording) != (1, 1) else ""
        numbers += f".{self.wording}" if self.wording != 1 else ""
        return f"{self.wrapper}{numbers}{f'+{self.examples}' if self.examples else ''}"


def variant(name: str) -> Variant:
    """Return the variant with this name; raise ValueError for what has not the form of a name."""
    found = FORM.fullmatch(name)
    if not found:
        raise ValueError(f"{name!r} is no variant of a wrapper")
    wrapper, paraphrase, wording, examples = found.groups()
    return Variant(wrapper, int(paraphrase or 1), int(wording or 1), examples)


def teacher(wrapper: str, subject: str) -> str | None:
    """Return whose answers a variant of a wrapper shows to a subject, if any are shown."""
    whose = variant(wrapper).examples
    return subject if whose in (OWN, SCRAMBLED) else whose


def hypothetical_question(name: str, prompt: str, asked: Property, named: str = "") -> str:
    """Return the question for the property `asked` of the answer to `prompt`.

    `name` is a variant's, without examples; `named` is the model that a third person is about.
    """
    how = variant(name)
    wrapper = WRAPPERS[how.wrapper]
    return wrapper.paraphrases[how.paraphrase - 1].format(
        quoted=fenced(prompt),
        prompt=prompt,
        question=ask(asked, how.wording - 1, wrapper.person, past=wrapper.past),
        terse=asked.terse,
        named=named,
    )
