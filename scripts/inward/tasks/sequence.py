"""What comes next: a few items of one kind in a row; the subject continues with one more, or five.

    animal otter lynx  ->  heron

The vocabulary is drawn from a word list, a range of numbers or the alphabet; every item ends as
many prompts as any other, since what comes next may depend on the last item most of all.
"""

import re
import string
from pathlib import Path
from typing import Any

from inward.errors import ConfigError, InputError
from inward.lines import lines
from inward.randomness import draws
from inward.tasks.kind import PROMPTS_SCHEMA, Kind, template_schema
from inward.tasks.prompt import Prompt
from inward.tasks.templates import check_template

ALPHABETS = {"small": string.ascii_lowercase, "capital": string.ascii_uppercase}
VOCABULARIES = {"words": "word", "range": "number", "letters": "letter"}  # and what their items are


def answer_kind(settings: dict[str, Any]) -> str:
    """Return what a compliant answer is made of."""
    if settings.get("asks", 1) > 1:
        return "items"
    return next(kind for name, kind in VOCABULARIES.items() if name in settings["items"])


def vocabulary(settings: dict[str, Any], seed: int) -> list[str]:
    """Return the task's items: `vocabulary` of them, drawn from its list or range, sorted."""
    wanted = settings["vocabulary"]
    items, source = _items(settings["items"])
    if len(items) < wanted:
        raise InputError(
            f"{source}: {len(items)} items fit, {wanted} are asked for; lower `vocabulary`, or"
            " raise `longest`"
        )
    return sorted(draws(seed, "vocabulary", source).sample(items, wanted))


def render(settings: dict[str, Any], shown: list[str]) -> str:
    """Return the prompt that shows these items."""
    return str(settings["template"]).format(items=" ".join(shown))


def prompts(settings: dict[str, Any], seed: int) -> list[Prompt]:
    """Return `prompts` different prompts, or as many as items, built from the vocabulary."""
    items = vocabulary(settings, seed)
    wanted = _wanted(settings)
    draw = draws(seed, "prompts", settings["template"])
    made: dict[str, Prompt] = {}
    while len(made) < wanted:
        for last in draw.sample(items, len(items))[: wanted - len(made)]:
            text = None
            while text is None or text in made:
                shown = [*draw.choices(items, k=settings["shown"] - 1), last]
                text = render(settings, shown)
            made[text] = Prompt(text=text, item=last)
    return list(made.values())


def possible(settings: dict[str, Any]) -> int:
    """Return how many different prompts there can be."""
    return int(settings["vocabulary"] ** settings["shown"])


def files(settings: dict[str, Any]) -> list[str]:
    """Return the word list, if the items are words."""
    return [settings["items"]["words"]] if "words" in settings["items"] else []


def check(where: str, settings: dict[str, Any]) -> None:
    """Raise ConfigError for settings of which no prompts, or not enough, can be made."""
    items = settings["items"]
    if sum(name in items for name in VOCABULARIES) != 1:
        raise ConfigError(
            f"{where}.items: give one of words (a file), range (two numbers) and letters (small or"
            " capital)"
        )
    if "words" in items and not Path(items["words"]).is_file():
        raise ConfigError(f"{where}.items.words: there is no file {items['words']!r}")
    check_template(f"{where}.template", settings["template"], "items")
    if _wanted(settings) > possible(settings):
        raise ConfigError(
            f"{where}.prompts: {_wanted(settings)} are asked for, but only {possible(settings)}"
            " different ones can be made; raise vocabulary or shown"
        )


def _wanted(settings: dict[str, Any]) -> int:
    return int(settings.get("prompts", settings["vocabulary"]))


def _items(source: dict[str, Any]) -> tuple[list[str], str]:
    if "letters" in source:
        return list(ALPHABETS[source["letters"]]), f"{source['letters']} letters"
    if "range" in source:
        first, last = source["range"]
        return [str(number) for number in range(first, last + 1)], f"range {first} to {last}"
    words = read_words(Path(source["words"]))
    fitting = [word for word in words if len(word) <= source.get("longest", len(word))]
    return fitting, source["words"]


def read_words(path: Path) -> list[str]:
    """Return the words of a list, one a line; raise InputError for what is not one new word."""
    words: dict[str, None] = {}
    for where, line in lines(path):
        if not line:
            continue
        if not re.fullmatch(r"\S+", line):
            raise InputError(f"{where}: {line!r} is not one word; one word a line")
        if line in words:
            raise InputError(f"{where}: {line!r} stands there twice; delete one")
        words[line] = None
    return list(words)


ITEMS = {
    "type": "object",
    "additionalProperties": False,
    "properties": {
        "words": {"type": "string", "description": "a file with one word a line"},
        "longest": {
            "type": "integer",
            "minimum": 1,
            "description": "the longest word that is used, in characters",
        },
        "range": {
            "type": "array",
            "items": {
                "type": "integer",
                "minimum": 0,
                "maximum": 999_999,
                "description": "a whole number from 0 to 999999",
            },
            "minItems": 2,
            "maxItems": 2,
            "description": "the first and the last number",
        },
        "letters": {"enum": list(ALPHABETS), "description": "small or capital"},
    },
    "description": "words (a file), range (two numbers) or letters (small or capital)",
}

KIND = Kind(
    settings={
        "items": ITEMS,
        "template": template_schema("{items}"),
        "shown": {
            "type": "integer",
            "minimum": 1,
            "maximum": 100,
            "description": "how many items a prompt shows, a whole number from 1 to 100",
        },
        "vocabulary": {
            "type": "integer",
            "minimum": 2,
            "description": "how many items are drawn, a whole number from 2",
        },
        "asks": {"enum": [1, 5], "description": "how many items the template asks for, 1 or 5"},
        "prompts": PROMPTS_SCHEMA,
    },
    required=("items", "template", "shown", "vocabulary"),
    origin=("items", "template"),
    prompts=prompts,
    answer_kind=answer_kind,
    files=files,
    check=check,
)
