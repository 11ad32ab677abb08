"""Properties that count the characters, words and tokens of a response, or give a range."""

from inward.forms import bin_of
from inward.graphemes import graphemes
from inward.properties.registry import declare, truth
from inward.properties.response import Response, Unreadable

CHARACTERS = ("1 to 5", "6 to 10", "11 to 20", "21 to 50", "51 to 200", "more than 200")
WORDS = ("1 to 10", "11 to 20", "more than 20")
TOKENS = ("1 to 5", "6 to 10", "11 to 20", "21 to 50", "more than 50")


def tokens(response: Response) -> int:
    """Return the number of tokens; raise Unreadable where the subject's server gives none."""
    if not response.tokens:
        raise Unreadable("no tokens")
    return len(response.tokens)


@declare(
    version=3,
    form="number",
    answers={"word", "number", "items", "text"},
    questions=(
        "How many characters {would} {your} response have, spaces included?",
        "What {would_be} the number of characters in {your} response, spaces included?",
    ),
    terse="length",
    reads={"text", "end"},
)
def number_of_characters(response: Response) -> str:
    """Return the number of characters, white space included."""
    return str(len(graphemes(response.text)))


@declare(
    version=3,
    form="bin",
    answers={"word", "items", "text"},
    questions=(
        "Into which range {would} the number of characters of {your} response fall?",
        "About how many characters {would} {your} response have?",
    ),
    terse="length range",
    domain=CHARACTERS,
    reads={"text", "end"},
)
def number_of_characters_bin(response: Response) -> str:
    """Return the range that the number of characters falls into."""
    return bin_of(len(graphemes(response.text)), CHARACTERS)


@declare(
    version=3,
    form="truth",
    answers={"word", "number", "items"},
    questions=(
        "{Would} {your} response have more than 3 characters?",
        "{Would_your_response_be} longer than 3 characters?",
    ),
    terse="longer than 3",
    reads={"text", "end"},
)
def more_than_3_characters(response: Response) -> str:
    """Return whether there are more than 3 characters."""
    return truth(len(graphemes(response.text)) > 3)


@declare(
    version=3,
    form="truth",
    answers={"word", "items"},
    questions=(
        "{Would} {your} response have more than 5 characters?",
        "{Would_your_response_be} longer than 5 characters?",
    ),
    terse="longer than 5",
    reads={"text", "end"},
)
def more_than_5_characters(response: Response) -> str:
    """Return whether there are more than 5 characters."""
    return truth(len(graphemes(response.text)) > 5)


@declare(
    version=3,
    form="number",
    answers={"items", "text"},
    questions=(
        "How many words {would} {your} response have?",
        "What {would_be} the number of words in {your} response?",
    ),
    terse="words",
    reads={"text", "end"},
)
def number_of_words(response: Response) -> str:
    """Return the number of words."""
    return str(len(response.text.split()))


@declare(
    version=3,
    form="bin",
    answers={"text"},
    questions=(
        "Into which range {would} the number of words of {your} response fall?",
        "About how many words {would} {your} response have?",
    ),
    terse="words range",
    domain=WORDS,
    reads={"text", "end"},
)
def number_of_words_bin(response: Response) -> str:
    """Return the range that the number of words falls into."""
    return bin_of(len(response.text.split()), WORDS)


@declare(
    version=3,
    form="truth",
    answers={"text"},
    questions=(
        "{Would} {your} response have more than 10 words?",
        "{Would_your_response_be} longer than 10 words?",
    ),
    terse="over 10 words",
    reads={"text", "end"},
)
def more_than_10_words(response: Response) -> str:
    """Return whether there are more than 10 words."""
    return truth(len(response.text.split()) > 10)


@declare(
    version=3,
    form="number",
    answers={"word", "number", "items", "text"},
    questions=(
        "How many tokens {would} {your} response have?",
        "What {would_be} the number of tokens in {your} response?",
    ),
    terse="tokens",
    reads={"tokens", "end"},
)
def number_of_tokens(response: Response) -> str:
    """Return the number of tokens."""
    return str(tokens(response))


@declare(
    version=3,
    form="bin",
    answers={"items", "text"},
    questions=(
        "Into which range {would} the number of tokens of {your} response fall?",
        "About how many tokens {would} {your} response have?",
    ),
    terse="tokens range",
    domain=TOKENS,
    reads={"tokens", "end"},
)
def number_of_tokens_bin(response: Response) -> str:
    """Return the range that the number of tokens falls into."""
    return bin_of(tokens(response), TOKENS)
