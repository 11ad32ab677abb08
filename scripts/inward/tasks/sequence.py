"""What comes next: a few items of one kind in a row; the subject continues with one more.

    animal otter lynx  ->  heron

The vocabulary is drawn from a word list or a range of numbers; every item ends as many prompts as
any other, since what comes next may depend on the last item most of all.
"""

import re
from pathlib import Path
from typing import Any

from inward.errors import InputError
from inward.randomness import draws
from inward.tasks.prompt import Prompt


def answer_kind(settings: dict[str, Any]) -> str:
    """Return what a compliant answer is made of."""
    return "number" if "range" in settings["items"] else "word"


def vocabulary(settings: dict[str, Any], seed: int) -> list[str]:
    """Return the task's items: `vocabulary` of them, drawn from its word list or range, sorted."""
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
    """Return `prompts` different prompts, built from the vocabulary."""
    items = vocabulary(settings, seed)
    draw = draws(seed, "prompts", settings["template"])
    made: dict[str, Prompt] = {}
    while len(made) < settings["prompts"]:
        for last in draw.sample(items, len(items))[: settings["prompts"] - len(made)]:
            text = None
            while text is None or text in made:
                shown = [*draw.choices(items, k=settings["shown"] - 1), last]
                text = render(settings, shown)
            made[text] = Prompt(text=text, item=last)
    return list(made.values())


def possible(settings: dict[str, Any]) -> int:
    """Return how many different prompts there can be."""
    return int(settings["vocabulary"] ** settings["shown"])


def _items(source: dict[str, Any]) -> tuple[list[str], str]:
    if "range" in source:
        first, last = source["range"]
        return [str(number) for number in range(first, last + 1)], f"range {first} to {last}"
    words = read_words(Path(source["words"]))
    fitting = [word for word in words if len(word) <= source.get("longest", len(word))]
    return fitting, source["words"]


def read_words(path: Path) -> list[str]:
    """Return the words of a list, one a line; raise InputError for what is not one new word."""
    try:
        text = path.read_bytes().decode()
    except UnicodeDecodeError as error:
        raise InputError(f"{path}: not UTF-8 ({error.reason}); save it as plain UTF-8") from error
    if text.startswith("\ufeff"):
        raise InputError(f"{path}: starts with a byte order mark; save it as plain UTF-8")
    words: dict[str, None] = {}
    for number, line in enumerate(text.split("\n"), start=1):
        if not line:
            continue
        if not re.fullmatch(r"\S+", line):
            raise InputError(f"{path}, line {number}: {line!r} is not one word; one word a line")
        if line in words:
            raise InputError(f"{path}, line {number}: {line!r} stands there twice; delete one")
        words[line] = None
    return list(words)
