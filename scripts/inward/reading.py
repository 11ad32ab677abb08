"""Reading: from a raw text to a value that can be compared, or to the reason why there is none.

Labels and answers go through the same `normalize`, so a label that a subject repeats exactly is
always matched.
"""

import re
from dataclasses import dataclass

REASONING = re.compile(r"<(think|thinking|reasoning)>.*?</\1>", re.DOTALL | re.IGNORECASE)
UNCLOSED_REASONING = re.compile(r"<(?:think|thinking|reasoning)>.*", re.DOTALL | re.IGNORECASE)
REFUSAL = re.compile(
    r"(i'?m sorry|i am sorry|sorry,|i apologi[sz]e|i can(?:no|'|\u2019)t|i am unable|i'?m unable"
    r"|as an ai\b|i won'?t\b|i will not\b)",
    re.IGNORECASE,
)
QUOTES = "\"'`\u201c\u201d\u2018\u2019«»"
FINAL_PUNCTUATION = ".!?,;:"
TRUTH = {"true": "true", "yes": "true", "false": "false", "no": "false"}


@dataclass(frozen=True)
class Reading:
    """What was read from a text: a raw and a normalized value, or the reason why there is none."""

    raw: str | None
    value: str | None
    reason: str | None = None

    @property
    def compliant(self) -> bool:
        """Whether there is a value."""
        return self.reason is None


def unreadable(reason: str, raw: str | None = None) -> Reading:
    """Return the reading of a text that has no value."""
    return Reading(raw=raw, value=None, reason=reason)


def without_reasoning(text: str) -> str:
    """Return a response without its reasoning: closed tags, and all after one that never closes."""
    return UNCLOSED_REASONING.sub("", REASONING.sub("", text)).strip()


def is_refusal(text: str) -> bool:
    """Return whether a response opens like a refusal."""
    return REFUSAL.match(text.strip()) is not None


def normalize(text: str) -> str:
    """Return a value in the form in which labels and answers are compared.

    Case is folded; outer white space, quotes around the value and punctuation after it go, unless
    nothing would be left: the full stop is the right answer where a response ends with one.
    """
    value = text.casefold()
    while (inner := _peeled(value)) != value:
        value = inner
    return value


def _peeled(value: str) -> str:
    """Return `value` less one layer of what is around it, or as it is if nothing would be left."""
    for less in (value.strip(), value.strip(QUOTES), value.rstrip(FINAL_PUNCTUATION)):
        if less and less != value:
            return less
    return value


def read_value(raw: str, form: str) -> Reading:
    """Return `raw` as a value of `form`: character, word or truth."""
    value = normalize(raw)
    if form == "truth":
        return (
            Reading(raw, TRUTH[value]) if value in TRUTH else unreadable("not true or false", raw)
        )
    if form == "character":
        return Reading(raw, value) if len(value) == 1 else unreadable("not one character", raw)
    if form == "word":
        one = len(value.split()) == 1
        return Reading(raw, value) if one else unreadable("not one word", raw)
    raise ValueError(f"no such form of answer: {form}")


def read_answer(text: str, finish_reason: str, form: str) -> Reading:
    """Return the reading of a subject's answer to a hypothetical question."""
    problem = problem_of(text, finish_reason)
    return unreadable(problem, text) if problem else read_value(without_reasoning(text), form)


def problem_of(text: str, finish_reason: str) -> str | None:
    """Return why nothing can be read from a response, or None where something can."""
    answer = without_reasoning(text)
    if not answer:
        return "cut" if finish_reason == "length" else "empty"
    return "refused" if is_refusal(answer) else None
