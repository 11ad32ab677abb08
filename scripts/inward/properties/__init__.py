"""Properties: named functions of a response, each with the questions that ask for it.

A new property is one function with a decorator, in the module of this package that it fits:

    @declare(
        version=1,
        form="character",
        answers={"word", "items", "text"},
        questions=(
            "What {would_be} the seventh character of {your} response?",
            "Which character {would} {your} response have in seventh place?",
        ),
        terse="seventh",
    )
    def seventh_character(response: Response) -> str:
        return character(response.text, 6)

It returns the value as text, or raises Unreadable with the reason why there is none. Whoever
changes what a property returns raises its version. Properties that no function can read are judged
by a model: `judged.py`.
"""

from inward.properties import (
    characters,
    choices,
    judged,
    lengths,
    likelihoods,
    numbers,
    texts,
    words,
)
from inward.properties.registry import (
    ANSWERS,
    PROPERTIES,
    Person,
    Property,
    ask,
    ask_of_shown,
    instruction,
)
from inward.properties.response import Response, Unreadable, received

MODULES = (characters, words, texts, numbers, lengths, choices, likelihoods, judged)

__all__ = [
    "ANSWERS",
    "MODULES",
    "PROPERTIES",
    "Person",
    "Property",
    "Response",
    "Unreadable",
    "ask",
    "ask_of_shown",
    "instruction",
    "received",
]
