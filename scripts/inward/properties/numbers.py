"""Properties of responses that are numbers, and of the digits of whole ones as they are written."""

from inward.forms import number as any_number
from inward.forms import whole_number
from inward.properties.registry import declare, truth
from inward.properties.response import Response, Unreadable


def number(response: Response) -> int:
    """Return the whole number that a response is; raise Unreadable where it is none."""
    found = whole_number(response.text)
    if found is None:
        raise Unreadable("not a whole number")
    return found


def size(response: Response) -> float:
    """Return the number that a response is, whole or not; raise Unreadable where it is none."""
    found = any_number(response.text)
    if found is None:
        raise Unreadable("not a number")
    return found


def digits(response: Response) -> list[int]:
    """Return the digits of a whole number, leading zeros included; Unreadable as `number` says."""
    number(response)
    return [int(character) for character in response.text if character.isdecimal()]


def digit(response: Response, index: int) -> int:
    """Return the digit at `index`; raise Unreadable where a number has too few."""
    try:
        return digits(response)[index]
    except IndexError:
        raise Unreadable("too few digits") from None


@declare(
    version=4,
    form="truth",
    answers={"number"},
    questions=(
        "{Would_your_response_be} an even number?",
        "{Would} {your} response end in an even digit?",
    ),
    terse="even",
    reads={"text", "end"},
)
def is_even(response: Response) -> str:
    """Return whether the number is even."""
    return truth(number(response) % 2 == 0)


@declare(
    version=3,
    form="truth",
    answers={"number"},
    questions=(
        "{Would} {your} response have an even first digit?",
        "{Would} {your} response have 0, 2, 4, 6 or 8 as its first digit?",
    ),
    example="The first digit of 123 is 1.",
    terse="first digit even",
    reads={"text", "end"},
)
def is_first_digit_even(response: Response) -> str:
    """Return whether the first digit is even."""
    return truth(digit(response, 0) % 2 == 0)


@declare(
    version=3,
    form="truth",
    answers={"number"},
    questions=(
        "{Would} {your} response have an even second digit?",
        "{Would} {your} response have 0, 2, 4, 6 or 8 as its second digit?",
    ),
    example="The second digit of 123 is 2.",
    terse="second digit even",
    reads={"text", "end"},
)
def is_second_digit_even(response: Response) -> str:
    """Return whether the second digit is even."""
    return truth(digit(response, 1) % 2 == 0)


@declare(
    version=3,
    form="truth",
    answers={"number"},
    questions=(
        "{Would} {your} response have an even third digit?",
        "{Would} {your} response have 0, 2, 4, 6 or 8 as its third digit?",
    ),
    example="The third digit of 123 is 3.",
    terse="third digit even",
    reads={"text", "end"},
)
def is_third_digit_even(response: Response) -> str:
    """Return whether the third digit is even."""
    return truth(digit(response, 2) % 2 == 0)


@declare(
    version=3,
    form="truth",
    answers={"number"},
    questions=(
        "{Would} the digits of {your} response add up to an even number?",
        "{Would} {your} response have an even sum of digits?",
    ),
    terse="sum even",
    reads={"text", "end"},
)
def is_digit_sum_even(response: Response) -> str:
    """Return whether the sum of all digits is even."""
    return truth(sum(digits(response)) % 2 == 0)


@declare(
    version=3,
    form="truth",
    answers={"number"},
    questions=(
        "{Would_your_response_be} a number greater than 50?",
        "{Would} {your} response exceed 50?",
    ),
    terse="over 50",
    reads={"text", "end"},
)
def is_greater_than_50(response: Response) -> str:
    """Return whether the number is greater than 50."""
    return truth(size(response) > 50)


@declare(
    version=3,
    form="truth",
    answers={"number"},
    questions=(
        "{Would_your_response_be} a number greater than 500?",
        "{Would} {your} response exceed 500?",
    ),
    terse="over 500",
    reads={"text", "end"},
)
def is_greater_than_500(response: Response) -> str:
    """Return whether the number is greater than 500."""
    return truth(size(response) > 500)


@declare(
    version=3,
    form="number",
    answers={"number"},
    questions=(
        "What {would_be} the sum of all digits of {your} response?",
        "Which number {would} the digits of {your} response add up to?",
    ),
    example="Of 123 it is 6.",
    terse="sum",
    reads={"text", "end"},
)
def digit_sum(response: Response) -> str:
    """Return the sum of all digits."""
    return str(sum(digits(response)))


@declare(
    version=3,
    form="number",
    answers={"number"},
    questions=(
        "What {would_be} the sum of the first two digits of {your} response?",
        "Which number {would} the first two digits of {your} response add up to?",
    ),
    example="Of 123 it is 3.",
    terse="sum of first",
    reads={"text", "end"},
)
def first_two_digits_sum(response: Response) -> str:
    """Return the sum of the first two digits."""
    return str(digit(response, 0) + digit(response, 1))


@declare(
    version=3,
    form="number",
    answers={"number"},
    questions=(
        "What {would_be} the sum of the last two digits of {your} response?",
        "Which number {would} the last two digits of {your} response add up to?",
    ),
    example="Of 123 it is 5.",
    terse="sum of last",
    reads={"text", "end"},
)
def last_two_digits_sum(response: Response) -> str:
    """Return the sum of the last two digits."""
    return str(digit(response, -2) + digit(response, -1))
