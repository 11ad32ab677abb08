"""Forms: what an answer to the question for a property may look like, and how it is read.

A form is a sentence that says how to answer, and a function that takes what was answered and
returns the value, normalized, or nothing where the answer is not of this form.
"""

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from inward.graphemes import graphemes
from inward.normalization import SPACE, normalize

TRUTH = {"true": "true", "yes": "true", "false": "false", "no": "false"}
WHITE = {SPACE, "a space", "the space", "whitespace", "white space", "newline", "a newline"}
MOST_DIGITS = 1000  # of a number that is read as one; Python itself refuses more than 4300
# Digits, or groups of three with the same separator between them; an ordinary space is none, as it
# may stand between two numbers, nor is a point, which may be that of a decimal fraction.
SEPARATORS = re.compile(r"(?<=\d)[,'_\u2019\u00a0\u2009\u202f\u066c](?=\d{3})")
WHOLE = re.compile(r"([+-]?)(\d+|\d{1,3}(?:([,'_\u2019\u066c])\d{3})(?:\3\d{3})*)")
NUMBER = re.compile(rf"{WHOLE.pattern}(?:\.\d+)?(?:e[+-]?\d+)?")
NARROW = re.compile(r"(?<=\d)[\u00a0\u2009\u202f](?=\d{3})")
MINUS = re.compile(r"(?<!\w)[\u2212\u2013\u2014\ufe63\uff0d](?=\d)")  # or a dash that stands for it
BIN = re.compile(r"(?:(\d+)(?: to (\d+))?|more than (\d+))")
UNIT = re.compile(r"\s*(?:characters?|words?|tokens?|times|percent|%)$")
DASH = re.compile(r"(?<=\d)\s*(?:-|\u2013|\u2014)\s*(?=\d)")
LETTERS = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
# "B", "(b)", "B) Stay on", "Option B", "The answer is B."; not "B flat" or "a heron".
LETTER = re.compile(
    r"(?:(?:the |my )?(?:correct |best )?(?:answer|option|choice)(?: is)?:?\s*"
    r"|i (?:would |will |'d )?(?:choose|pick|select|prefer):?\s*)?(?:option )?"
    r"[(\[*]*([a-z])(?:[)\].:*]+(?:\s.*)?|\s[-\u2013\u2014]\s.*)?",
    re.DOTALL,
)
# Another letter after the first chooses both, or lists them: "(a) and (b)", "A. Go\nB. Stay".
ANOTHER = re.compile(
    r"[(\[*]*([a-z])[)\].:*]*,?\s+"
    r"(?:(?:and|or|&)\s+[(\[*]*([a-z])(?:[)\].:*]|$)|[(\[*]*([a-z])[)\].:*]+(?:\s|$))"
)
LISTED = re.compile(r"^[\s(\[*]*([a-z])[)\].:]", re.MULTILINE | re.IGNORECASE)
# What people and models say before an answer: "The answer is h", "**Answer:** h".
INTRODUCTION = re.compile(
    r"[*_\s]*(?:the |my )?(?:final |correct )?(?:answer|response|prediction)"
    r"(?:[*_]*:[*_]*|\s+(?:is|was|would be):?)\s+(?=\S)",
    re.IGNORECASE,
)
FENCE = re.compile(r"```\w*\n(.*?)\n?```", re.DOTALL)


@dataclass(frozen=True)
class Form:
    """A form of answers: what is said of it, and how it is read."""

    instruction: str  # ends a question whose answer has this form; {domain} lists the values
    unfit: str  # the reason why an answer of another form has no value
    read: Callable[[str, Sequence[str], Sequence[str]], str | None]  # text, domain, options
    white: bool = False  # whether white space alone is an answer


def whole_number(text: str) -> int | None:
    """Return the whole number that a text is, with its sign, or nothing where it is none."""
    value = _numeral(text)
    return int(SEPARATORS.sub("", value)) if WHOLE.fullmatch(value) else None


def number(text: str) -> float | None:
    """Return the number that a text is, whole or not, or nothing where it is none."""
    value = _numeral(text)
    return float(SEPARATORS.sub("", value)) if NUMBER.fullmatch(value) else None


def _numeral(text: str) -> str:
    """Return a text normalized, with what may stand for a sign or a comma made one; no endless."""
    value = normalize(MINUS.sub("-", NARROW.sub(",", text)))
    return value if len(value) <= MOST_DIGITS else ""


def bin_of(count: int, bins: Sequence[str]) -> str:
    """Return the first of some bins ("3", "1 to 10", "more than 10") that a count falls into.

    Raises ValueError where none does.
    """
    for name in bins:
        found = BIN.fullmatch(name)
        if not found:
            continue
        low, high, above = (int(part) if part else None for part in found.groups())
        if above is not None:
            fits = count > above
        else:
            fits = low is not None and low <= count <= (low if high is None else high)
        if fits:
            return name
    raise ValueError(f"{count} falls into none of {', '.join(bins)}")


def chosen(text: str, options: Sequence[str]) -> str | None:
    """Return the letter, as a capital, of the option that a text chooses, or nothing.

    It may give the letter or the option's own text. Where the options are not known, any letter is
    taken as the letter of one.
    """
    value = normalize(text)
    texts = [normalize(option) for option in options]
    if texts.count(value) == 1:
        return LETTERS[texts.index(value)]
    known = LETTERS[: len(options)] if options else LETTERS
    found = LETTER.fullmatch(value) or LETTER.fullmatch(normalize(plain(text)))
    letter = found[1].upper() if found else ""
    return letter if letter and letter in known and not _others(text, value, known) else None


def plain(text: str) -> str:
    """Return an answer without an introduction, or a fence, that may be around it."""
    inner = INTRODUCTION.sub("", text, count=1) if INTRODUCTION.match(text) else text
    fence = FENCE.fullmatch(inner.strip())
    return fence[1] if fence else inner


def _others(text: str, value: str, known: str) -> bool:
    """Return whether a text that begins with an option's letter gives that of another as well."""
    another = ANOTHER.match(value)
    second = (another[2] or another[3]).upper() if another else ""
    if another and second in known and second != another[1].upper():
        return True
    return len({letter.upper() for letter in LISTED.findall(text)} & set(known)) > 1


def _character(text: str, *_: Sequence[str]) -> str | None:
    value = normalize(text)
    if value in WHITE:
        return SPACE
    characters = graphemes(value)
    if len(characters) == 2 and characters[1] == ".":  # such as "?.", which has lost nothing yet
        return characters[0]
    return value if len(characters) == 1 else None


def _characters(text: str, *_: Sequence[str]) -> str | None:
    # One is enough where the other is white space: "a " cannot be told from "a".
    if len(graphemes(text.strip())) == 3 and text.rstrip().endswith("."):
        text = text.rstrip()[:-1]
    value = normalize(text, least=2)
    value = value if len(graphemes(value)) < 3 else normalize(text)
    return value if value == SPACE or len(graphemes(value)) in (1, 2) else None


def _word(text: str, *_: Sequence[str]) -> str | None:
    value = normalize(text)
    return value if len(value.split()) == 1 else None


def _truth(text: str, *_: Sequence[str]) -> str | None:
    return TRUTH.get(normalize(text))


def _number(text: str, *_: Sequence[str]) -> str | None:
    found = whole_number(text)
    return None if found is None else str(found)


def _option(text: str, _: Sequence[str], options: Sequence[str]) -> str | None:
    letter = chosen(text, options)
    return None if letter is None else letter.lower()


def _text(text: str, *_: Sequence[str]) -> str | None:
    return normalize(text)


def _category(text: str, domain: Sequence[str], _: Sequence[str]) -> str | None:
    value = normalize(text)
    return value if value in domain else None


def _bin(text: str, domain: Sequence[str], _: Sequence[str]) -> str | None:
    value = DASH.sub(" to ", UNIT.sub("", normalize(text)))
    if value in domain:
        return value
    found = whole_number(value)
    try:
        return None if found is None else bin_of(found, domain)
    except ValueError:
        return None


FORMS = {
    "character": Form(
        "Answer with that character only.", "not one character", _character, white=True
    ),
    "characters": Form(
        "Answer with these two characters only.", "not two characters", _characters, white=True
    ),
    "word": Form("Answer with that word only.", "not one word", _word),
    "truth": Form("Answer with true or false only.", "not true or false", _truth),
    "number": Form("Answer with a number in digits only.", "not a whole number", _number),
    "option": Form("Answer with the letter of one option only.", "not an option", _option),
    "text": Form("Answer with that text only.", "not a text", _text),
    "category": Form(
        "Answer with one of these only: {domain}.", "not one of the categories", _category
    ),
    "bin": Form("Answer with one of these only: {domain}.", "not one of the ranges", _bin),
}
