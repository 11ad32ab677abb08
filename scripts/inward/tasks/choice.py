r"""Choices: a question with two to six options, of which one may be marked as the target.

Which would you rather have?\n(A) Two points today\n(B) Nine points in May  ->  B
"""

from collections.abc import Iterator
from typing import Any

from inward.errors import ConfigError
from inward.tasks.kind import PROMPTS_SCHEMA, Kind, template_schema
from inward.tasks.prompt import Prompt
from inward.tasks.row import LETTERS, Row, check_choice
from inward.tasks.source import SCHEMA, check_source, different, paths, rows, some
from inward.tasks.templates import check_template, filled


def prompts(settings: dict[str, Any], seed: int) -> list[Prompt]:
    """Return a prompt for each question of the source, or for `prompts` of them."""
    source = settings["source"]
    made = different(
        source,
        (
            (row.where, Prompt(render(settings, row), row.item, row.options, row.target))
            for row in choices(source)
        ),
    )
    return some(made, settings.get("prompts"), seed)


def choices(source: dict[str, Any]) -> Iterator[Row]:
    """Yield the rows of a source; raise InputError for one that is no choice."""
    for row in rows(source):
        check_choice(row)
        yield row


def render(settings: dict[str, Any], row: Row) -> str:
    """Return the prompt of a row: its question and its options, a line each, in the template."""
    shown = "\n".join(
        f"({letter}) {option}" for letter, option in zip(LETTERS, row.options, strict=False)
    )
    return filled(settings["template"], question=row.text, options=shown)


def check(where: str, settings: dict[str, Any]) -> None:
    """Raise ConfigError for a source that cannot be read, or a template without its places."""
    source, template = settings["source"], settings["template"]
    check_source(f"{where}.source", source)
    if source.get("form") != "model-written":
        check_template(f"{where}.template", template, "question", "options")
        return
    if "{options}" in template:
        raise ConfigError(
            f"{where}.template: has {{options}}, but model-written questions have them inside; take"
            " it out"
        )
    check_template(f"{where}.template", template, "question")


def answer_kind(_: dict[str, Any]) -> str:
    """Return what a compliant answer is: the letter of an option."""
    return "option"


KIND = Kind(
    settings={
        "source": SCHEMA,
        "template": template_schema("{question} and {options}"),
        "prompts": PROMPTS_SCHEMA,
    },
    required=("source", "template"),
    origin=("source", "template"),
    prompts=prompts,
    answer_kind=answer_kind,
    files=lambda settings: paths(settings["source"]),
    check=check,
)
