"""A row: a question as a source has it, before a template makes a prompt of it."""

import string
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

from inward.errors import InputError
from inward.progress import log
from inward.tasks.prompt import Prompt, Question

LETTERS = string.ascii_uppercase
FEWEST, MOST = 2, 6  # options of a choice
Placed = tuple[str, Prompt]  # where a prompt comes from, for people, and the prompt


@dataclass(frozen=True)
class Row:
    """A question or text of a source, and where it stands there."""

    where: str
    text: str
    item: str
    options: tuple[str, ...] = ()
    target: str | None = None  # the letter of an option


def check_choice(row: Row) -> None:
    """Raise InputError for a row with too few or too many options, or a target among none."""
    if not FEWEST <= len(row.options) <= MOST:
        raise InputError(f"{row.where}: has {len(row.options)} options; give {FEWEST} to {MOST}")
    if row.target is not None and row.target not in LETTERS[: len(row.options)]:
        raise InputError(
            f"{row.where}: the target {row.target[:20]!r} is none of"
            f" {', '.join(LETTERS[: len(row.options)])}; give one of these letters"
        )


def all_different(prompts: Iterable[Placed]) -> list[Prompt]:
    """Return the prompts; raise InputError with both places where one occurs twice."""
    seen: dict[str, str] = {}
    found = []
    for where, prompt in prompts:
        if prompt.text in seen:
            raise InputError(f"{where}: makes the same prompt as {seen[prompt.text]}; delete one")
        seen[prompt.text] = where
        found.append(prompt)
    return found


def as_one(prompts: Iterable[Placed]) -> list[Prompt]:
    """Return the prompts of files that are not ours to mend: what occurs again is one prompt.

    It has the questions of all its rows, and the item of the first. Rows that say nothing new are
    counted in the log, and so are prompts whose rows give other items, or other targets, of which
    they then have none. Raises InputError where two
    rows ask for the same property in other words.
    """
    found: dict[str, Prompt] = {}
    first: dict[str, str] = {}
    repeats: list[str] = []
    torn: dict[str, str] = {}
    renamed: dict[str, str] = {}
    for where, prompt in prompts:
        if prompt.text not in found:
            found[prompt.text], first[prompt.text] = prompt, where
            continue
        before = found[prompt.text]
        questions = _together(before.questions, prompt.questions, where, first[prompt.text])
        if questions == before.questions:
            repeats.append(f"{where} repeats {first[prompt.text]}")
        if prompt.item != before.item:
            renamed.setdefault(prompt.text, f"{where} and {first[prompt.text]}")
        targets = {before.target_option, prompt.target_option} - {None}
        if len(targets) > 1:
            torn.setdefault(prompt.text, f"{where} and {first[prompt.text]}")
        target = None if prompt.text in torn else next(iter(targets), None)
        found[prompt.text] = replace(before, questions=questions, target_option=target)
    tell("rows that say nothing new, left out", repeats)
    tell("prompts with more than one item, which have the first", list(renamed.values()))
    tell("prompts with more than one target, which are left without", list(torn.values()))
    return list(found.values())


def _together(
    before: Sequence[Question], more: Sequence[Question], where: str, first: str
) -> tuple[Question, ...]:
    known = {question.property: question for question in before}
    for question in more:
        if known.setdefault(question.property, question) != question:
            raise InputError(
                f"{where}: asks for {question.property} of the same prompt as {first} in other"
                " words; delete one"
            )
    return tuple(known.values())


def tell(what: str, places: Sequence[str]) -> None:
    """Log how many places there are of which `what` is to be said, and the first of them."""
    if places:
        log.warning("%d %s, such as: %s", len(places), what, "; ".join(places[:3]))
