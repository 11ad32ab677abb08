"""Sets of prompts: what lies in prompts/ is in form, in balance, and what its README says."""

import re
from collections import Counter
from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft202012Validator

from inward.digests import digest_file
from inward.files import read_json
from inward.lines import json_records
from inward.tasks.row import LETTERS
from inward.tasks.sequence import read_words

from .conftest import ROOT

SCHEMA = read_json(ROOT / "schemas/prompts.schema.json")
README = (ROOT / "prompts/README.md").read_text(encoding="utf-8")
ROW = re.compile(r"\| `(\S+\.jsonl)` \| .+ \| (\d+) \| `([0-9a-f]{64})` \|")
LISTED = {name: (int(rows), digest) for name, rows, digest in ROW.findall(README)}
SETS = sorted((ROOT / "prompts").glob("*.jsonl"))
WORDS = sorted((ROOT / "prompts/words").glob("*.txt"))


@cache
def rows(path: Path) -> list[dict[str, Any]]:
    """Return the rows of a set."""
    return [row for _, row in json_records(path)]


def longest(path: Path) -> int:
    """Return how many options a row of the set has at most."""
    return max(len(row.get("options", [])) for row in rows(path))


def each(paths: list[Path]) -> pytest.MarkDecorator:
    """Return what runs a test once for each file."""
    return pytest.mark.parametrize("path", paths, ids=lambda path: path.stem)


every_set = each(SETS)
every_choice = each([path for path in SETS if longest(path)])
every_pair = each([path for path in SETS if longest(path) == 2])
every_four = each([path for path in SETS if longest(path) == 4])


@every_set
def test_every_line_has_the_form_of_the_schema(path: Path) -> None:
    """schemas/prompts.schema.json says what a line holds."""
    checker = Draft202012Validator(SCHEMA)
    wrong = [
        f"line {number}: {error.message}"
        for number, row in enumerate(rows(path), start=1)
        for error in checker.iter_errors(row)
    ]

    assert not wrong


GOOD = {"text": "Tea or\ncoffee?", "options": ["Tea", "Coffee"], "target": "B", "topic": "a-drink"}
BAD: dict[str, dict[str, Any]] = {
    "no text": {"text": ""},
    "a control character": {"text": "Tea\tor coffee?"},
    "a line separator": {"text": "Tea or\u2028coffee?"},
    "one option": {"options": ["Tea"]},
    "seven options": {"options": list("abcdefg")},
    "an option twice": {"options": ["Tea", "Tea"]},
    "an empty option": {"options": ["Tea", ""]},
    "an option of two lines": {"options": ["Tea", "Cof\nfee"]},
    "another letter": {"target": "G"},
    "no topic": {"topic": ""},
    "one thing more": {"source": "a book"},
}


def test_the_schema_takes_what_is_in_form() -> None:
    """A choice, and a text with nothing to choose."""
    Draft202012Validator.check_schema(SCHEMA)
    checker = Draft202012Validator(SCHEMA)

    assert checker.is_valid(GOOD)
    assert checker.is_valid({"text": GOOD["text"], "topic": GOOD["topic"]})


@pytest.mark.parametrize("change", BAD.values(), ids=BAD)
def test_the_schema_refuses_a_line_with(change: dict[str, Any]) -> None:
    """What no set may hold."""
    assert not Draft202012Validator(SCHEMA).is_valid(GOOD | change)


@pytest.mark.parametrize("key", ["text", "topic", "options", "target"])
def test_the_schema_refuses_a_line_without(key: str) -> None:
    """Options and a target come together; a text and a topic have all."""
    short = {name: value for name, value in GOOD.items() if name != key}

    assert not Draft202012Validator(SCHEMA).is_valid(short)


@every_set
def test_no_text_stands_twice(path: Path) -> None:
    """Not even in other capitals."""
    texts = Counter(row["text"].casefold() for row in rows(path))

    assert not [text for text, times in texts.items() if times > 1]


@every_set
def test_topics_are_all_of_one_size(path: Path) -> None:
    """So that no topic weighs more than another."""
    sizes = Counter(row["topic"] for row in rows(path))

    assert len(set(sizes.values())) == 1, sizes


@every_choice
def test_a_target_names_an_option(path: Path) -> None:
    """Whoever has three options has no D."""
    assert all(row["target"] in LETTERS[: len(row["options"])] for row in rows(path))


@every_choice
def test_each_letter_is_the_target_equally_often(path: Path) -> None:
    """So that always answering one letter earns nothing."""
    targets = Counter(row["target"] for row in rows(path))
    times = [targets[letter] for letter in LETTERS[: longest(path)]]

    assert max(times) - min(times) <= 1, targets


@every_pair
def test_the_longer_option_tells_nothing(path: Path) -> None:
    """Of two options, the target is the longer one about half of the time."""
    longer = 0
    for row in rows(path):
        target, other = row["options"] if row["target"] == "A" else reversed(row["options"])
        longer += len(target) > len(other)

    assert len(rows(path)) >= 120
    assert 0.4 <= longer / len(rows(path)) <= 0.6


def found_by_length(path: Path, extreme: Callable[[list[int]], int]) -> float:
    """Return how often the target is what has that length; who must draw among some gets a part."""
    found = 0.0
    for row in rows(path):
        lengths = [len(option) for option in row["options"]]
        extremes = [at for at, length in enumerate(lengths) if length == extreme(lengths)]
        found += (LETTERS.index(row["target"]) in extremes) / len(extremes)
    return found / len(rows(path))


@every_four
@pytest.mark.parametrize("extreme", [max, min], ids=["longest", "shortest"])
def test_the_length_of_one_of_four_tells_nothing(
    path: Path, extreme: Callable[[list[int]], int]
) -> None:
    """Always taking the longest, or the shortest, is hardly better or worse than guessing."""
    assert len(rows(path)) >= 200
    assert 0.2 <= found_by_length(path, extreme) <= 0.3


def test_the_readme_lists_every_set() -> None:
    """In the order of their names."""
    assert [name for name in LISTED if "/" not in name] == sorted(
        (path.name for path in SETS), key=lambda name: Path(name).stem
    )


@every_set
def test_a_set_is_what_the_readme_says(path: Path) -> None:
    """Who changes a set counts its rows and takes its digest anew."""
    assert LISTED[path.name] == (len(rows(path)), digest_file(path))


@each(WORDS)
def test_a_word_list_is_sorted(path: Path) -> None:
    """And has no word twice, or reading it would have failed."""
    assert read_words(path) == sorted(read_words(path))


def test_word_lists_share_no_word() -> None:
    """Held-in and held-out tasks have no word in common."""
    words = Counter(word for path in WORDS for word in read_words(path))

    assert not [word for word, times in words.items() if times > 1]
