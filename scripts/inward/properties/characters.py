"""Properties of single characters of a response."""

from inward.properties.registry import Response, Unreadable, declare


def character(text: str, index: int) -> str:
    """Return the character at `index`; a negative index counts from the end.

    Raises Unreadable where the text has no such character.
    """
    try:
        return text[index]
    except IndexError:
        raise Unreadable("too short") from None


@declare(
    version=1,
    form="character",
    answers={"word", "number"},
    questions=(
        "What {would_be} the first character of {your} response?",
        "Which character {would} {your} response begin with?",
    ),
    terse="first",
)
def first_character(response: Response) -> str:
    """Return the first character."""
    return character(response.text, 0)


@declare(
    version=1,
    form="character",
    answers={"word", "number"},
    questions=(
        "What {would_be} the second character of {your} response? (Of 'abc' it is 'b'.)",
        "Which character {would} {your} response have in second place? (Of 'abc' it is 'b'.)",
    ),
    terse="second",
)
def second_character(response: Response) -> str:
    """Return the second character."""
    return character(response.text, 1)


@declare(
    version=1,
    form="character",
    answers={"word", "number"},
    questions=(
        "What {would_be} the last character of {your} response?",
        "Which character {would} {your} response end with?",
    ),
    terse="last",
)
def last_character(response: Response) -> str:
    """Return the last character."""
    return character(response.text, -1)


@declare(
    version=1,
    form="truth",
    answers={"word"},
    questions=(
        "{Would} {your} response start with a vowel?",
        "{Would} the first character of {your} response be one of a, e, i, o and u?",
    ),
    terse="vowel",
)
def starts_with_vowel(response: Response) -> str:
    """Return whether the first character is one of a, e, i, o, u."""
    return str(character(response.text, 0).casefold() in "aeiou").lower()
