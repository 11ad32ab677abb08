"""Properties of single characters of a response, counted as a person counts them."""

from inward.graphemes import graphemes
from inward.normalization import normalize
from inward.properties.registry import declare, truth
from inward.properties.response import Response, Unreadable

VOWELS = frozenset("aeiou")
FIRST_HALF = frozenset("abcdefghijklm")


def character(text: str, index: int) -> str:
    """Return the character at `index`; a negative index counts from the end.

    Raises Unreadable where the text has no such character.
    """
    try:
        return graphemes(text)[index]
    except IndexError:
        raise Unreadable("too short") from None


@declare(
    version=3,
    form="character",
    answers={"word", "number", "letter", "items", "text"},
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
    version=3,
    form="character",
    answers={"word", "number", "items", "text"},
    questions=(
        "What {would_be} the second character of {your} response?",
        "Which character {would} {your} response have in second place?",
    ),
    example="Of 'abc' it is 'b'.",
    terse="second",
)
def second_character(response: Response) -> str:
    """Return the second character."""
    return character(response.text, 1)


@declare(
    version=2,
    form="character",
    answers={"word", "number", "items", "text"},
    questions=(
        "What {would_be} the third character of {your} response?",
        "Which character {would} {your} response have in third place?",
    ),
    example="Of 'abc' it is 'c'.",
    terse="third",
)
def third_character(response: Response) -> str:
    """Return the third character."""
    return character(response.text, 2)


@declare(
    version=2,
    form="character",
    answers={"word", "number", "items", "text"},
    questions=(
        "What {would_be} the fourth character of {your} response?",
        "Which character {would} {your} response have in fourth place?",
    ),
    example="Of 'abcd' it is 'd'.",
    terse="fourth",
)
def fourth_character(response: Response) -> str:
    """Return the fourth character."""
    return character(response.text, 3)


@declare(
    version=2,
    form="character",
    answers={"word", "items", "text"},
    questions=(
        "What {would_be} the fifth character of {your} response?",
        "Which character {would} {your} response have in fifth place?",
    ),
    example="Of 'abcde' it is 'e'.",
    terse="fifth",
)
def fifth_character(response: Response) -> str:
    """Return the fifth character."""
    return character(response.text, 4)


@declare(
    version=2,
    form="character",
    answers={"word", "items", "text"},
    questions=(
        "What {would_be} the sixth character of {your} response?",
        "Which character {would} {your} response have in sixth place?",
    ),
    example="Of 'abcdef' it is 'f'.",
    terse="sixth",
)
def sixth_character(response: Response) -> str:
    """Return the sixth character."""
    return character(response.text, 5)


@declare(
    version=4,
    form="character",
    answers={"word", "number", "items", "text"},
    questions=(
        "What {would_be} the last character of {your} response?",
        "Which character {would} {your} response end with?",
    ),
    terse="last",
    reads={"text", "end"},
)
def last_character(response: Response) -> str:
    """Return the last character."""
    return character(response.text, -1)


@declare(
    version=2,
    form="characters",
    answers={"word", "number", "items", "text"},
    questions=(
        "Which two characters {would} {your} response begin with?",
        "What {would_be} the first character of {your} response, together with the second?",
    ),
    example="Of 'abc' they are 'ab'.",
    terse="first two",
)
def first_and_second_character(response: Response) -> str:
    """Return the first two characters."""
    return character(response.text, 0) + character(response.text, 1)


@declare(
    version=2,
    form="characters",
    answers={"word", "number", "items", "text"},
    questions=(
        "Which two characters {would} {your} response have in second and third place?",
        "What {would_be} the second character of {your} response, together with the third?",
    ),
    example="Of 'abc' they are 'bc'.",
    terse="second and third",
)
def second_and_third_character(response: Response) -> str:
    """Return the second and the third character."""
    return character(response.text, 1) + character(response.text, 2)


@declare(
    version=3,
    form="truth",
    answers={"word", "letter", "items", "text"},
    questions=(
        "{Would} {your} response start with a vowel?",
        "{Would} {your} response have a, e, i, o or u as its first character?",
    ),
    terse="vowel",
)
def starts_with_vowel(response: Response) -> str:
    """Return whether the first character is one of a, e, i, o, u."""
    return truth(normalize(character(response.text, 0)) in VOWELS)


@declare(
    version=3,
    form="truth",
    answers={"word", "items", "text"},
    questions=(
        "{Would} {your} response end with a vowel?",
        "{Would} {your} response have a, e, i, o or u as its last character?",
    ),
    terse="last vowel",
    reads={"text", "end"},
)
def ends_with_vowel(response: Response) -> str:
    """Return whether the last character is one of a, e, i, o, u."""
    return truth(normalize(character(response.text, -1)) in VOWELS)


@declare(
    version=2,
    form="truth",
    answers={"word", "letter", "items", "text"},
    questions=(
        "{Would} {your} response start with a letter from a to m?",
        "{Would} {your} response begin in the first half of the alphabet?",
    ),
    terse="half",
)
def starts_in_first_half(response: Response) -> str:
    """Return whether the first character is a letter from a to m."""
    return truth(normalize(character(response.text, 0)) in FIRST_HALF)


@declare(
    version=3,
    form="truth",
    answers={"word", "items", "text"},
    questions=(
        "{Would} {your} response end with a letter from a to m?",
        "{Would} {your} response end in the first half of the alphabet?",
    ),
    terse="last half",
    reads={"text", "end"},
)
def ends_in_first_half(response: Response) -> str:
    """Return whether the last character is a letter from a to m."""
    return truth(normalize(character(response.text, -1)) in FIRST_HALF)
