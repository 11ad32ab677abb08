"""Reading: from a raw text to a value that can be compared, or to the reason why there is none.

Labels and answers go through the same functions, so a label that a subject repeats exactly is
always matched.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace

from inward.forms import FORMS, plain
from inward.normalization import normalize
from inward.reasoning import after_reasoning, without_reasoning
from inward.refusals import is_refusal

__all__ = [
    "Reading",
    "is_refusal",
    "normalize",
    "problem_of",
    "read_answer",
    "read_value",
    "unreadable",
    "without_reasoning",
]


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


def problem_of(text: str, finish_reason: str) -> str | None:
    """Return why nothing can be read from a response, or None where something can."""
    answer = without_reasoning(text)
    if not answer:
        return _nothing(finish_reason)
    return "refused" if is_refusal(answer) else None


def read_value(
    raw: str, form: str, *, domain: Sequence[str] = (), options: Sequence[str] = ()
) -> Reading:
    """Return `raw` as a value of a form, one of the keys of FORMS.

    `domain` are the values where they can be listed, `options` the texts of a prompt's options.
    """
    value = FORMS[form].read(raw, domain, options)
    return unreadable(FORMS[form].unfit, raw) if value is None else Reading(raw, value)


def read_answer(
    text: str,
    finish_reason: str,
    form: str,
    *,
    domain: Sequence[str] = (),
    options: Sequence[str] = (),
) -> Reading:
    """Return the reading of a subject's answer to a hypothetical question.

    Whatever has the form that was asked for is no refusal; only where any text will do, a refusal
    would do, too, and is kept apart.
    """
    answer = without_reasoning(text)
    if not answer:
        spoken = after_reasoning(text)
        if not (FORMS[form].white and spoken.isspace() and finish_reason != "length"):
            return unreadable(_nothing(finish_reason), text)
        answer = spoken
    # A text or an option may itself be worded like what is said before answers.
    inner = answer if form in ("text", "option") else plain(answer)
    reading = replace(read_value(inner, form, domain=domain, options=options), raw=answer)
    if (form == "text" or not reading.compliant) and is_refusal(answer):
        return unreadable("refused", text)
    return reading


def _nothing(finish_reason: str) -> str:
    return "cut" if finish_reason == "length" else "empty"
