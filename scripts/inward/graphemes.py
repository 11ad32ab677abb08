"""Graphemes: characters as a person sees them, each of one code point or of several.

An e with an accent on it, a flag, and a family joined of four faces are one character each.
Characters that nobody sees are none.
"""

from collections.abc import Sequence
from functools import lru_cache

import regex

_CLUSTER = regex.compile(r"\X")
# Zero-width spaces, byte order marks, soft hyphens, marks of direction, fillers, control characters
# and halves of characters. What joins letters or emoji, what chooses between their shapes and what
# spells a flag is no part of this: it can be seen. White space can be told by its place.
_SEEN = r"\u200c\u200d\ufe00-\ufe0f\U000e0020-\U000e007f\U000e0100-\U000e01ef"
_WHITE = r"\p{White_Space}\x1c-\x1f"
_UNSEEN = regex.compile(
    rf"[[\p{{Default_Ignorable_Code_Point}}\p{{Cc}}]--[{_SEEN}{_WHITE}]]+", regex.V1
)
_HALF = regex.compile(r"[\ud800-\udfff]")
BLANK = "\u2800"  # of Braille
# These join nothing, and choose between no shapes.
_LOOSE = regex.compile(r"^[\u200c\u200d\ufe00-\ufe0f\s]+|[\u200c\u200d\s]+$")


def visible(text: str) -> str:
    """Return a text without the characters that nobody sees."""
    if text.isprintable() and text.isascii():
        return text
    return _UNSEEN.sub("", _whole(text).replace(BLANK, " "))


def _whole(text: str) -> str:
    """Return a text with halves of characters joined, and without those that are left alone."""
    if not _HALF.search(text):
        return text
    return text.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "ignore")


def trimmed(text: str) -> str:
    """Return a text without what is white space, or joins nothing, at either end."""
    return text.strip() if text.isascii() else _LOOSE.sub("", text).strip()


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
