"""Texts: each row of a source, put into a template, to be continued or answered freely.

Continue this text in one sentence: The harbor froze that winter  ->  and no ship left until May.
"""

from typing import Any

from inward.tasks.kind import ANSWERS_SCHEMA, PROMPTS_SCHEMA, Kind, template_schema
from inward.tasks.prompt import Prompt
from inward.tasks.source import SCHEMA, check_source, different, paths, rows, some
from inward.tasks.templates import check_template, filled


def prompts(settings: dict[str, Any], seed: int) -> list[Prompt]:
    """Return a prompt for each text of the source, or for `prompts` of them."""
    source, template = settings["source"], settings.get("template", "{text}")
    made = different(
        source,
        (
            (
                row.where,
                Prompt(filled(template, text=row.text), row.item, row.options, row.target),
            )
            for row in rows(source)
        ),
    )
    return some(made, settings.get("prompts"), seed)


def check(where: str, settings: dict[str, Any]) -> None:
    """Raise ConfigError for a source that cannot be read, or a template without a place."""
    check_source(f"{where}.source", settings["source"])
    check_template(f"{where}.template", settings.get("template", "{text}"), "text")


KIND = Kind(
    settings={
        "source": SCHEMA,
        "template": template_schema("{text}"),
        "answers": ANSWERS_SCHEMA,
        "prompts": PROMPTS_SCHEMA,
    },
    required=("source",),
    origin=("source", "template"),
    prompts=prompts,
    answer_kind=lambda settings: str(settings.get("answers", "text")),
    files=lambda settings: paths(settings["source"]),
    check=check,
)
