"""Properties of single words of a response: what stands between white space."""

from inward.graphemes import backwards
from inward.normalization import bare
from inward.properties.registry import declare
from inward.properties.response import Response, Unreadable


def word(response: Response, index: int) -> str:
    """Return the word at `index`, with what is attached to it; -1 is the last.

    Raises Unreadable where the response has no such word, or may have been cut within it.
    """
    words = response.text.split(maxsplit=index + 1 if index >= 0 else -1)
    if response.cut and len(words) <= index + 1:
        raise Unreadable("cut")
    try:
        return words[index]
    except IndexError:
        raise Unreadable("too few words") from None


@declare(
    version=3,
    form="word",
    answers={"word", "number", "items", "text"},
    questions=(
        "What {would_be} the first word of {your} response?",
        "Which word {would} {your} response begin with?",
    ),
    terse="word",
)
def first_word(response: Response) -> str:
    """Return the first word."""
    return word(response, 0)


@declare(
    version=3,
    form="word",
    answers={"items", "text"},
    questions=(
        "What {would_be} the second word of {your} response?",
        "Which word {would} {your} response have in second place?",
    ),
    example="Of 'one two three four' it is 'two'.",
    terse="second word",
)
def second_word(response: Response) -> str:
    """Return the second word."""
    return word(response, 1)


@declare(
    version=3,
    form="word",
    answers={"items", "text"},
    questions=(
        "What {would_be} the third word of {your} response?",
        "Which word {would} {your} response have in third place?",
    ),
    example="Of 'one two three four' it is 'three'.",
    terse="third word",
)
def third_word(response: Response) -> str:
    """Return the third word."""
    return word(response, 2)


@declare(
    version=3,
    form="word",
    answers={"items", "text"},
    questions=(
        "What {would_be} the last word of {your} response?",
        "Which word {would} {your} response end with?",
    ),
    terse="last word",
    reads={"text", "end"},
)
def last_word(response: Response) -> str:
    """Return the last word."""
    return word(response, -1)


@declare(
    version=3,
    form="word",
    answers={"word", "number", "items", "text"},
    questions=(
        "What {would_be} the first word of {your} response, spelled backwards?",
        "What {would_be} the reverse, letter by letter, of the first word of {your} response?",
    ),
    example="Of 'abc def' it is 'cba'.",
    terse="reversed word",
)
def first_word_reversed(response: Response) -> str:
    """Return the first word, spelled backwards without what is attached to it."""
    return backwards(bare(word(response, 0)))
