"""A kind of task: what its module offers, and what it says of its settings."""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from inward.tasks.prompt import Prompt

Settings = dict[str, Any]

# What a compliant answer may be made of: a word, a number, a letter, five items in a row, a text,
# or the letter of an option.
ANSWERS = ("word", "number", "letter", "items", "text", "option")
ANSWERS_SCHEMA = {
    "enum": list(ANSWERS),
    "description": f"what a compliant answer is: {', '.join(ANSWERS)}",
}
PROMPTS_SCHEMA = {
    "type": "integer",
    "minimum": 1,
    "description": "how many prompts are made, a whole number from 1",
}


def template_schema(fields: str) -> dict[str, Any]:
    """Return the schema of a template with these fields."""
    return {
        "type": "string",
        "minLength": 1,
        "description": f"the text of a prompt, with {fields} in it",
    }


def _nothing_more(where: str, settings: Settings) -> None:
    """Check nothing: the schema has said it all."""


def _no_files(_: Settings) -> list[str]:
    return []


@dataclass(frozen=True)
class Kind:
    """What a kind of task must offer: one object of this class, called KIND, in its module."""

    settings: dict[str, Any]  # a JSON Schema for each setting, with a description that is its mend
    required: tuple[str, ...]  # settings without which there is no such task
    origin: tuple[str, ...]  # settings which decide what the prompts are, whatever their number
    prompts: Callable[[Settings, int], list[Prompt]]  # settings, the study's seed
    answer_kind: Callable[[Settings], str]  # one of ANSWERS
    files: Callable[[Settings], list[str]] = field(default=_no_files)  # all that `prompts` reads
    # Raises ConfigError for what no schema can tell; it gets the place of the task, and settings.
    check: Callable[[str, Settings], None] = field(default=_nothing_more)
