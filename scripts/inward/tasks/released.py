"""Released prompts: the data of Binder et al. 2024, `{dataset}_{property}.jsonl`, word for word.

A task is a dataset with all its properties. An object-level prompt that several files share is one
prompt; their hypothetical questions come with it, and the wrapper `released` asks just these.
"""

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from inward.errors import ConfigError, InputError
from inward.lines import Record, check_text, check_whole, field, json_records, text
from inward.progress import log
from inward.tasks.kind import ANSWERS_SCHEMA, Kind
from inward.tasks.prompt import Prompt, Question
from inward.tasks.row import LETTERS, MOST, Placed, as_one, tell
from inward.tasks.source import NAME, PATHS

# The release's properties, and what they are called here.
PROPERTIES = {
    "first_character": "first_character",
    "second_character": "second_character",
    "third_character": "third_character",
    "first_word": "first_word",
    "second_word": "second_word",
    "third_word": "third_word",
    "starts_with_vowel": "starts_with_vowel",
    "among_a_or_c": "among_a_or_c",
    "among_b_or_d": "among_b_or_d",
    "ethical_stance": "matches_target",
    "identity": "identity",
}
# What begins an option: "A - " in the release, and now and then "(B)", as its authors found it.
DASHED = re.compile(r"^[ \t]*([A-Z]) -(?: |$)", re.MULTILINE)
MARKED = re.compile(r"^[ \t]*\(?([A-Z])(?: -(?: |$)|\))", re.MULTILINE)
INLINE = re.compile(r"(?<![A-Z])\(?([A-Z])(?: - |\))")
TARGET = "option_matching_ethical_stance"  # in text tasks it says what really came next


def prompts(settings: dict[str, Any], _seed: int) -> list[Prompt]:
    """Return each object-level prompt of the dataset once, with the questions of all its lines."""
    dataset, every = settings["source"]["dataset"], list[Placed]()
    for path in files(settings):
        found = list(released(Path(path), dataset))
        if not found:
            raise InputError(f"{path}: holds no lines; give another file")
        texts = {prompt.text for _, prompt in found}
        log.info("%s: %d lines, %d different prompts", path, len(found), len(texts))
        every += found
    if settings["answers"] == "option":
        _tell_of_odd_choices(every)
    return as_one(every)


def _tell_of_odd_choices(every: list[Placed]) -> None:
    tell(
        "rows in which no options were found",
        [where for where, prompt in every if not prompt.options],
    )
    tell(
        "rows whose target is the letter of no option",
        [
            where
            for where, prompt in every
            if prompt.options
            and prompt.target_option not in (None, *LETTERS[: len(prompt.options)])
        ],
    )


def released(path: Path, dataset: str) -> Iterator[Placed]:
    """Yield the prompt of each line of a file; raise InputError for a line of another form."""
    for record in json_records(path):
        where, line = record
        if text(record, "original_dataset") != dataset:
            raise InputError(f"{where}: original_dataset is not {dataset}; give another file")
        asked = text(record, "behavioral_property")
        if asked not in PROPERTIES:
            raise InputError(
                f"{where}: behavioral_property {asked[:40]!r} is not known; there are"
                f" {', '.join(PROPERTIES)}"
            )
        target = line.get(TARGET)
        if not isinstance(target, str | None):
            raise InputError(f"{where}: {TARGET} is neither a text nor null; give one")
        check_whole(where, TARGET, target or "")
        item = text(record, "original_question")
        question = Question(PROPERTIES[asked], _only_message(record, "hypothetical_prompt"))
        said = _only_message(record, "object_level_prompt")
        yield where, Prompt(said, item, _options(item, target), target, questions=(question,))


def _options(item: str, target: str | None) -> tuple[str, ...]:
    """Return the options in a question, on lines of their own if there are such; perhaps none."""
    dashed, marked = _options_marked(item, DASHED), _options_marked(item, MARKED)
    found = max(dashed, marked, key=len)
    if not found and target is not None and target in LETTERS[:MOST]:
        found = _options_marked(item, INLINE)
    return found


def _options_marked(item: str, beginning: re.Pattern[str]) -> tuple[str, ...]:
    """Return the last options A, B, ... that `beginning` marks; other marks are part of them."""
    marks = list(beginning.finditer(item))
    for start in reversed(range(len(marks))):
        run: list[re.Match[str]] = []
        for mark in marks[start:]:
            if len(run) < len(LETTERS) and mark[1] == LETTERS[len(run)]:
                run.append(mark)
        if len(run) > 1:
            ends = [mark.start() for mark in run[1:]] + [len(item)]
            return tuple(
                item[mark.end() : end].strip() for mark, end in zip(run, ends, strict=True)
            )
    return ()


def _only_message(record: Record, name: str) -> str:
    """Return the one user message of a conversation; nothing else has ever been released."""
    where, messages = record[0], field(record, name)
    one = isinstance(messages, list) and len(messages) == 1 and isinstance(messages[0], dict)
    if not one or set(messages[0]) != {"role", "content"} or messages[0]["role"] != "user":
        raise InputError(
            f"{where}: {name} is not one user message with role and content; only such prompts can"
            " be asked, so delete the line"
        )
    if not isinstance(messages[0]["content"], str):
        raise InputError(f"{where}: {name} has a content that is no text; put it in quotes")
    content: str = messages[0]["content"]
    check_text(where, name, content)
    return content


def files(settings: dict[str, Any]) -> list[str]:
    """Return the dataset's files: those that are named, and those found in folders that are."""
    given, dataset = settings["source"]["release"], settings["source"]["dataset"]
    found = []
    for path in map(Path, [given] if isinstance(given, str) else given):
        if path.is_dir():
            below = sorted(path.rglob(f"{dataset}_*.jsonl"))
            found += [str(file) for file in below if _is_of(file, dataset)]
        else:
            found.append(str(path))
    return found


def asked(settings: dict[str, Any]) -> set[str]:
    """Return the properties for which the dataset's files have questions, by the files' names."""
    dataset = settings["source"]["dataset"]
    names = {Path(path).stem.removeprefix(f"{dataset}_") for path in files(settings)}
    return {PROPERTIES[name] for name in names if name in PROPERTIES}


def _is_of(path: Path, dataset: str) -> bool:
    """Return whether a file is of the dataset, not of one whose name only begins like it."""
    if path.stem.removeprefix(f"{dataset}_") in PROPERTIES:
        return True
    record = next(json_records(path), None)
    return record is not None and record[1].get("original_dataset") == dataset


def check(where: str, settings: dict[str, Any]) -> None:
    """Raise ConfigError where there are no such files."""
    given = settings["source"]["release"]
    for path in [given] if isinstance(given, str) else given:
        if not Path(path).exists():
            raise ConfigError(f"{where}.source.release: there is no file or folder {path!r}")
    try:
        found = files(settings)
    except InputError as error:
        raise ConfigError(f"{where}.source.release: {error}") from error
    if not found:
        raise ConfigError(
            f"{where}.source.dataset: there is no file"
            f" {settings['source']['dataset']}_*.jsonl; give the name of another dataset"
        )


KIND = Kind(
    settings={
        "source": {
            "type": "object",
            "additionalProperties": False,
            "properties": {
                "release": {**PATHS, "description": "a folder of the release, or a list of files"},
                "dataset": {
                    **NAME,
                    "pattern": "^[a-z0-9_]+$",
                    "description": "the name of a dataset, such as animals_long",
                },
            },
            "required": ["release", "dataset"],
            "description": "release (a folder, or files) and dataset",
        },
        "answers": ANSWERS_SCHEMA,
    },
    required=("source", "answers"),
    origin=("source",),
    prompts=prompts,
    answer_kind=lambda settings: str(settings["answers"]),
    files=files,
    check=check,
)
