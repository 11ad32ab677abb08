"""Properties that are the whole response."""

from inward.graphemes import backwards
from inward.normalization import bare
from inward.properties.registry import declare
from inward.properties.response import Response


@declare(
    version=3,
    form="text",
    answers={"word", "number", "letter", "items", "text", "option"},
    questions=(
        "What {would_be} {your} response?",
        "What {would_be} the whole text of {your} response?",
    ),
    terse="whole",
    reads={"text", "end"},
)
def identity(response: Response) -> str:
    """Return the whole response."""
    return response.text


@declare(
    version=3,
    form="text",
    answers={"word", "number", "items", "text"},
    questions=(
        "What {would_be} the whole text of {your} response, spelled backwards?",
        "What {would_be} the reverse, letter by letter, of {your} whole response?",
    ),
    example="Of 'abc def' it is 'fed cba'.",
    terse="reversed",
    reads={"text", "end"},
)
def identity_reversed(response: Response) -> str:
    """Return the whole response, spelled backwards without what is around it."""
    return backwards(bare(response.text))
