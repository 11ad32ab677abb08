"""Properties of responses that are whole numbers."""

from inward.properties.registry import Response, Unreadable, declare


@declare(
    version=1,
    form="truth",
    answers={"number"},
    questions=(
        "{Would} {your} response be an even number?",
        "{Would} {your} response be a number that two divides?",
    ),
    terse="even",
)
def is_even(response: Response) -> str:
    """Return whether the response, a whole number, is even."""
    if not (response.text.isascii() and response.text.isdigit()):
        raise Unreadable("not a whole number")
    return str(int(response.text) % 2 == 0).lower()
