"""Normalization: the one form in which labels and answers are compared.

    'Heron,'  "heron"  **Heron**      heron
    "The heron  flies."               the heron flies
    f(x)                              f(x)
    .   "."                           .
    ' '                               space

Whatever goes, something is left; so two texts that are the same are never told apart, and what can
be a label can be an answer.
"""

import unicodedata
from collections.abc import Iterator
from functools import lru_cache

from inward.graphemes import graphemes, trimmed, visible

SPACE = "space"  # what white space is called where it is the value, since nobody sees it
QUOTES = "\"'`\u2018\u2019\u201a\u201c\u201d\u201e\u00ab\u00bb\u2039\u203a\u300c\u300d"
EMPHASIS = "*_"
BRACKETS = "()[]{}"
PUNCTUATION = (
    ".!?,;:\u2026\u2013\u2014\u00a1\u00bf"
    "\u3001\u3002\uff01\uff0c\uff1a\uff1b\uff1f"  # of Chinese and Japanese
    "\u060c\u061b\u061f"  # of Arabic
)
LONGEST_WORD = 100  # characters, with marks; around what is longer, they are not told apart
MARKS = QUOTES + EMPHASIS + BRACKETS + PUNCTUATION
_OPENING = "\"'`*_([{\u2018\u201c\u201e\u201a\u00ab\u2039\u300c"
_CLOSING = "\"'`*_)]}\u2019\u201d\u201c\u2018\u00bb\u203a\u300d"
# Marks that enclose something; read backwards, too, as in ")b a(".
PAIRS = {*zip(_OPENING, _CLOSING, strict=True), *zip(_CLOSING, _OPENING, strict=True)}
WIDE = {code: code - 0xFEE0 for code in range(0xFF01, 0xFF5F)}  # letters as wide as Chinese ones
SHAPES = dict.fromkeys(range(0xFE00, 0xFE10))  # what makes an emoji colored, or not


def normalize(text: str, least: int = 1) -> str:
    """Return a value in the form in which labels and answers are compared.

    Case is folded; accents are part of their letter, however they are written; white space becomes
    single spaces. Around one word, quotes, marks of emphasis, brackets and punctuation go; around
    several, what encloses all of them, and punctuation; but nothing goes if fewer characters than
    `least` were left.
    """
    value = _folded(bare(text, least))
    return SPACE if value.isspace() else value


def bare(text: str, least: int = 1) -> str:
    """Return a text less what normalization takes away, but in its own case."""
    value = visible(text)
    if not value.isascii():
        value = unicodedata.normalize("NFC", value.translate(WIDE | SHAPES))
    value = value if value.isspace() else " ".join(trimmed(value).split()) or value
    while (less := _peeled(value, least)) != value:
        value = less
    return value


def _peeled(value: str, least: int) -> str:
    """Return `value` less one layer of what is around it, or as it is if too little were left."""
    for less in _layers(value):
        if less != value and len(less) >= least and len(graphemes(less)) >= least:
            return less
    return value.strip() or value


def _layers(value: str) -> Iterator[str]:
    """Yield what `value` is less each of the layers that may be around it."""
    if " " in value:
        yield _unwrapped(value)
        yield value.strip(PUNCTUATION)
        return
    if len(value) > LONGEST_WORD:
        yield value.strip(MARKS)
        return
    yield _inside(value)
    if value[-1:] in PUNCTUATION and _inside(value[:-1]) != value[:-1]:
        yield value[:-1]
    if not value.strip(MARKS):  # of marks alone, no more than encloses others
        return
    for marks in (QUOTES, EMPHASIS, PUNCTUATION):
        yield value.strip(marks)
    if value[-1] in BRACKETS and not _balanced(value):
        yield value[:-1]
    if value[0] in BRACKETS and not _balanced(value):
        yield value[1:]


def _inside(word: str) -> str:
    """Return what stands inside a pair of marks around a word."""
    opening, inner, closing = word[:1], word[1:-1], word[-1:]
    if not inner or (opening, closing) not in PAIRS:
        return word
    ruled = opening in "`*_" and set(word) == {opening}  # such as ``` and ***
    whole = opening not in BRACKETS or len(inner) == 1 or _balanced(inner)
    return inner if whole and not ruled else word


def _balanced(word: str) -> bool:
    """Return whether each bracket in a word is closed by one of its kind, after it was opened."""
    for opening, closing in ("()", "[]", "{}"):
        depth = 0
        for character in word:
            depth += (character == opening) - (character == closing)
            if depth < 0:
                return False
        if depth:
            return False
    return True


def _unwrapped(value: str) -> str:
    """Return what stands inside a pair of marks, where they enclose all and nothing else."""
    opening, closing = value[:1], value[-1:]
    if (opening, closing) not in PAIRS:
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
