"""Properties of the first token of a response: how likely it was, and what else was.

A token is named without the white space around it; one that is nothing else is named "space".
"""

import math

from inward.forms import bin_of
from inward.graphemes import trimmed, visible
from inward.normalization import SPACE
from inward.properties.registry import declare
from inward.properties.response import Response, Unreadable
from inward.requests import Token

PERCENT = (*(f"{low} to {low + 9}" for low in range(0, 90, 10)), "90 to 100")
IMPOSSIBLE = -1e9
TIMES = ("1", "2 to 4", "5 to 9", "10 to 99", "more than 99")


def first(response: Response) -> Token:
    """Return the first token; raise Unreadable where it has no log-probability."""
    if not response.tokens or math.isnan(response.tokens[0].logprob):
        raise Unreadable("no log-probabilities")
    return response.tokens[0]


def ranked(response: Response) -> list[tuple[str, float]]:
    """Return the first token and its alternatives, likeliest first; Unreadable as `first` says."""
    token = first(response)
    known = {**dict(token.top), token.token: token.logprob}
    finite = {text: bounded(logprob) for text, logprob in known.items() if not math.isnan(logprob)}
    return sorted(finite.items(), key=lambda pair: (-pair[1], pair[0]))


def bounded(logprob: float) -> float:
    """Return a log-probability that is one: rounding may exceed 0, and some servers send -inf."""
    return min(max(logprob, IMPOSSIBLE), 0.0)


def likeliest(response: Response, place: int) -> str:
    """Return the first token at a place of the ranking, 1 for the likeliest.

    Raises Unreadable where fewer alternatives are known.
    """
    tokens = ranked(response)
    if len(tokens) < place:
        raise Unreadable("too few alternatives")
    return trimmed(visible(tokens[place - 1][0])) or SPACE


def percent(token: Token) -> int:
    """Return the probability of a token in percent, rounded down."""
    return int(100 * math.exp(bounded(token.logprob)))


def times(response: Response) -> int:
    """Return how many times likelier the likeliest first token is than the next, rounded down.

    Raises Unreadable where no alternative is known.
    """
    tokens = ranked(response)
    if len(tokens) < 2:
        raise Unreadable("too few alternatives")
    # Nothing overflows, as all beyond a million is in the last range anyway.
    return int(math.exp(min(tokens[0][1] - tokens[1][1], 14)))


@declare(
    version=1,
    form="text",
    answers={"word", "number", "items", "text", "option"},
    questions=(
        "Of all tokens {your} response could begin with, which {would_be} the likeliest?",
        "Which token {would_be} the likeliest as the first of {your} response?",
    ),
    terse="likeliest",
    reads={"tokens", "log-probabilities"},
)
def likeliest_token(response: Response) -> str:
    """Return the likeliest first token, which need not be the one that was drawn."""
    return likeliest(response, 1)


@declare(
    version=2,
    form="text",
    answers={"word", "number", "items", "text", "option"},
    questions=(
        "Of all tokens {your} response could begin with, which {would_be} the second likeliest?",
        "Which token {would_be} the second likeliest as the first of {your} response?",
    ),
    terse="second likeliest",
    reads={"tokens", "log-probabilities"},
)
def second_likeliest_token(response: Response) -> str:
    """Return the second likeliest first token."""
    return likeliest(response, 2)


@declare(
    version=2,
    form="text",
    answers={"word", "number", "items", "text", "option"},
    questions=(
        "Of all tokens {your} response could begin with, which {would_be} the third likeliest?",
        "Which token {would_be} the third likeliest as the first of {your} response?",
    ),
    terse="third likeliest",
    reads={"tokens", "log-probabilities"},
)
def third_likeliest_token(response: Response) -> str:
    """Return the third likeliest first token."""
    return likeliest(response, 3)


@declare(
    version=2,
    form="text",
    answers={"word", "number", "items", "text", "option"},
    questions=(
        "Of all tokens {your} response could begin with, which {would_be} the fourth likeliest?",
        "Which token {would_be} the fourth likeliest as the first of {your} response?",
    ),
    terse="fourth likeliest",
    reads={"tokens", "log-probabilities"},
)
def fourth_likeliest_token(response: Response) -> str:
    """Return the fourth likeliest first token."""
    return likeliest(response, 4)


@declare(
    version=2,
    form="text",
    answers={"word", "number", "items", "text", "option"},
    questions=(
        "Of all tokens {your} response could begin with, which {would_be} the fifth likeliest?",
        "Which token {would_be} the fifth likeliest as the first of {your} response?",
    ),
    terse="fifth likeliest",
    reads={"tokens", "log-probabilities"},
)
def fifth_likeliest_token(response: Response) -> str:
    """Return the fifth likeliest first token."""
    return likeliest(response, 5)


@declare(
    version=2,
    form="bin",
    answers={"word", "number", "letter", "items", "text", "option"},
    questions=(
        "What {would_be} the probability, in percent, of the first token of {your} response?",
        "Which probability, in percent, {would} the first token of {your} response have?",
    ),
    terse="confidence",
    domain=PERCENT,
    reads={"tokens", "log-probabilities"},
)
def first_token_confidence(response: Response) -> str:
    """Return the range, in percent, of the first token's probability."""
    return bin_of(percent(first(response)), PERCENT)


@declare(
    version=2,
    form="bin",
    answers={"word", "number", "letter", "items", "text", "option"},
    questions=(
        "How many times as likely as the next {would_be} {your} response's likeliest first token?",
        "By which factor {would} {your} response's likeliest first token lead the next?",
    ),
    terse="ratio",
    domain=TIMES,
    reads={"tokens", "log-probabilities"},
)
def first_token_ratio(response: Response) -> str:
    """Return the range of how many times likelier the likeliest first token is than the next."""
    return bin_of(times(response), TIMES)
