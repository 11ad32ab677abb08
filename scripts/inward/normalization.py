"""Normalization: the one form in which labels and answers are compared.

    'Heron,'  "heron"  **Heron**      heron
    "The heron  flies."               the heron flies
    .   "."                           .
    ' '                               space

Whatever goes, something is left; so two texts that are the same are never told apart, and what can
be a label can be an answer.
"""

import unicodedata
from functools import lru_cache

from inward.graphemes import graphemes, visible

SPACE = "space"  # what white space is called where it is the value, since nobody sees it
QUOTES = "\"'`\u2018\u2019\u201a\u201c\u201d\u201e\u00ab\u00bb\u2039\u203a\u300c\u300d"
EMPHASIS = "*_"
BRACKETS = "()[]{}"
PUNCTUATION = (
    ".!?,;:\u2026\u2013\u2014\u00a1\u00bf"
    "\u3001\u3002\uff01\uff0c\uff1a\uff1b\uff1f"  # of Chinese and Japanese
    "\u060c\u061b\u061f"  # of Arabic
)
PAIRS = dict(
    zip(
        "\"'`*_([{\u2018\u201c\u201e\u201a\u00ab\u2039\u300c",
        "\"'`*_)]}\u2019\u201d\u201c\u2018\u00bb\u203a\u300d",
        strict=True,
    )
)


def normalize(text: str, least: int = 1) -> str:
    """Return a value in the form in which labels and answers are compared.

    Case is folded; accents are part of their letter, however they are written; white space becomes
    single spaces. Around one word, quotes, marks of emphasis, brackets and punctuation go; around
    several, what encloses all of them, and final punctuation; but nothing goes if fewer characters
    than `least` were left.
    """
    value = _folded(bare(text, least))
    return SPACE if value.isspace() else value


def bare(text: str, least: int = 1) -> str:
    """Return a text less what normalization takes away, but in its own case."""
    value = unicodedata.normalize("NFC", visible(text))
    value = value if value.isspace() else " ".join(value.split())
    while (less := _peeled(value, least)) != value:
        value = less
    return value


def _peeled(value: str, least: int) -> str:
    """Return `value` less one layer of what is around it, or as it is if too little were left."""
    word = " " not in value
    layers = (
        [value.strip(marks) for marks in (QUOTES, EMPHASIS, BRACKETS, PUNCTUATION)]
        if word
        else [_unwrapped(value), value.rstrip(PUNCTUATION)]
    )
    for less in layers:
        if less != value and len(less) >= least and len(graphemes(less)) >= least:
            return less
    return value.strip() or value


def _unwrapped(value: str) -> str:
    """Return what stands inside a pair of marks, where they enclose all and nothing else."""
    opening, closing = value[:1], value[-1:]
    if PAIRS.get(opening) != closing:
        return value
    depth = min(
        len(value) - len(value.lstrip(opening)),
        len(value) - len(value.rstrip(closing)),
    )
    inner = value[depth:-depth]
    return value if opening in inner or closing in inner else inner


def _folded(value: str) -> str:
    if value.isascii():
        return value.lower()
    return unicodedata.normalize("NFC", "".join(map(_folded_character, value)))


@lru_cache(maxsize=4096)
def _folded_character(character: str) -> str:
    """Return a character without case; it stays one, as an answer of one character must."""
    folded = character.casefold()
    single = len(folded) == 1 and not unicodedata.combining(character)
    return folded if single else character.lower()
