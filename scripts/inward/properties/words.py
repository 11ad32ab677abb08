"""Properties of single words of a response."""

from inward.properties.registry import Response, declare


@declare(
    version=1,
    form="word",
    answers={"word", "number"},
    questions=(
        "What {would_be} the first word of {your} response?",
        "Which word {would} {your} response begin with?",
    ),
    terse="word",
)
def first_word(response: Response) -> str:
    """Return what stands before the first white space."""
    return response.text.split(maxsplit=1)[0]
