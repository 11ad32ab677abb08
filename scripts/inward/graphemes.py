"""Graphemes: characters as a person sees them, each of one code point or of several.

An e with an accent on it, a flag, and a family joined of four faces are one character each.
Characters that nobody sees are none.
"""

from collections.abc import Sequence
from functools import lru_cache

import regex

_CLUSTER = regex.compile(r"\X")
# Zero-width spaces, byte order marks, soft hyphens and marks of direction. What joins letters or
# emoji and what chooses between their shapes is no part of this: it can be seen.
ONES = [0x00AD, 0x061C, 0x200B, 0x200E, 0x200F, 0x2060, 0xFEFF]
INVISIBLE = dict.fromkeys([*ONES, *range(0x202A, 0x202F), *range(0x2066, 0x206A)])


def visible(text: str) -> str:
    """Return a text without the characters that nobody sees."""
    return text if text.isascii() else text.translate(INVISIBLE)


def graphemes(text: str) -> Sequence[str]:
    """Return the characters that a person sees in a text."""
    # In plain ASCII only a line's end is made of two; most responses need not be taken apart.
    return text if text.isascii() and "\r" not in text else _clusters(text)


def backwards(text: str) -> str:
    """Return a text with its characters in reverse order, each of them whole."""
    return "".join(reversed(graphemes(text)))


@lru_cache(maxsize=1024)  # all properties of a response are read one after the other
def _clusters(text: str) -> tuple[str, ...]:
    return tuple(_CLUSTER.findall(text))
