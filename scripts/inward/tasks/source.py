"""Sources: where the questions of a task come from, and in which form they stand there."""

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from inward.errors import ConfigError, InputError
from inward.randomness import seed_of
from inward.tasks.columns import READERS, column_rows
from inward.tasks.forms import FORMS
from inward.tasks.prompt import Prompt
from inward.tasks.row import Placed, Row, all_different, as_one

PLACES = ("file", "url", "hub")
SUFFIXES = {
    "model-written": [".jsonl"],
    "mmlu": [*READERS],
    "arc": [".jsonl", ".parquet"],
    "rows": [*READERS],
}
# What each place needs besides, and may not have without it.
BESIDES: dict[str, set[str]] = {
    "file": set(),
    "url": {"sha256"},
    "hub": {"sha256", "revision", "path"},
}

FILE_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]*")  # as the rule that fetches it has it
NAME = {"type": "string", "minLength": 1}
COLUMNS = {
    "type": "object",
    "additionalProperties": False,
    "properties": {
        "text": {**NAME, "description": "the column of the question or text"},
        "item": {**NAME, "description": "the column that names what rows have in common"},
        "options": {
            "type": ["string", "array"],
            "items": {**NAME, "description": "the column of an option"},
            "minItems": 2,
            "minLength": 1,
            "description": "the column with a list of options, or a list of columns",
        },
        "target": {**NAME, "description": "the column with the letter of the target option"},
    },
    "description": "the file's names for text, item, options and target",
}
PATHS = {
    "type": ["string", "array"],
    "items": {**NAME, "description": "a path"},
    "minItems": 1,
    "minLength": 1,
    "uniqueItems": True,
    "description": "a path, or a list of paths",
}
SCHEMA = {
    "type": "object",
    "additionalProperties": False,
    "properties": {
        "file": PATHS,
        "url": {
            "type": "string",
            "pattern": r"^https?://[^/\s]+/\S+$",
            "description": "an address that begins with https://",
        },
        "hub": {
            "type": "string",
            "pattern": r"^[A-Za-z0-9._-]+/[A-Za-z0-9._-]+$",
            "description": "a data set of the Hugging Face hub, as owner/name",
        },
        "revision": {
            "type": "string",
            "pattern": r"^[0-9a-f]{40}$",
            "description": "the data set's commit, 40 hexadecimal digits",
        },
        "path": {
            "type": "string",
            "pattern": r"^[A-Za-z0-9._/-]+$",
            "description": "the file's path in the data set",
        },
        "sha256": {
            "type": "string",
            "pattern": r"^[0-9a-f]{64}$",
            "description": "the file's SHA-256, 64 hexadecimal digits",
        },
        "form": {"enum": list(SUFFIXES), "description": f"one of {', '.join(SUFFIXES)}"},
        "columns": COLUMNS,
    },
    "description": "a source: file, url or hub, and form or columns",
}


def check_source(where: str, source: dict[str, Any]) -> None:
    """Raise ConfigError for a source that names no file, or one that cannot be read."""
    given = [place for place in PLACES if place in source]
    if len(given) != 1:
        raise ConfigError(f"{where}: give one of {', '.join(PLACES)}")
    if "@" in urlsplit(source.get("url", "")).netloc:
        raise ConfigError(f"{where}.url: holds a name or a password; take them out")
    lost = sorted(BESIDES[given[0]] - set(source))
    if lost:
        said = SCHEMA["properties"][lost[0]]["description"]  # type: ignore[index]
        raise ConfigError(f"{where}.{lost[0]}: is missing; give {said}")
    odd = sorted({"sha256", "revision", "path"} & set(source) - BESIDES[given[0]])
    if odd:
        raise ConfigError(f"{where}.{odd[0]}: means nothing beside {given[0]}; take it out")
    form = source.get("form", "rows")
    if form != "rows" and "columns" in source:
        raise ConfigError(f"{where}.columns: the form {form} has its own columns; take it out")
    if given[0] != "file" and not FILE_NAME.fullmatch(file_name(source)):
        raise ConfigError(
            f"{where}: {file_name(source)!r} is no name for a file; choose another address"
        )
    for path in paths(source):
        if Path(path).suffix not in SUFFIXES[form]:
            raise ConfigError(
                f"{where}: {path!r} does not end with {' or '.join(SUFFIXES[form])}, as the form"
                f" {form} does; convert it, or rename it"
            )
        if given[0] == "file" and not Path(path).is_file():
            raise ConfigError(f"{where}.file: there is no file {path!r}")


def paths(source: dict[str, Any]) -> list[str]:
    """Return where the files of a source lie, or will lie once they are fetched."""
    if "kept" in source:
        return [source["kept"]]
    given = source.get("file") or file_name(source)
    return [given] if isinstance(given, str) else list(given)


def is_fetched(settings: dict[str, Any]) -> bool:
    """Return whether a task with these settings has a source that is fetched."""
    return bool({"url", "hub"} & set(settings.get("source", {})))


def kept_path(source: dict[str, Any], results: str) -> str:
    """Return where a fetched file lies for the study whose results are below `results`."""
    return f"{results}/sources/{source['sha256']}/{file_name(source)}"


def file_name(source: dict[str, Any]) -> str:
    """Return the name of a file that is to be fetched."""
    path = urlsplit(source["url"]).path if "url" in source else source["path"]
    return str(path).rsplit("/", maxsplit=1)[-1]


def rows(source: dict[str, Any]) -> Iterator[Row]:
    """Yield the rows of a source; raise InputError, with the line, for what is not in order."""
    form = source.get("form", "rows")
    for path in map(Path, paths(source)):
        found = 0
        read = column_rows(path, source.get("columns", {})) if form == "rows" else FORMS[form](path)
        for row in read:
            found += 1
            yield row
        if not found:
            raise InputError(f"{path}: holds no rows; give another file")


def different(source: dict[str, Any], prompts: Iterator[Placed]) -> list[Prompt]:
    """Return the prompts of a source, each once: twice is an error in a form of our own."""
    return all_different(prompts) if source.get("form", "rows") == "rows" else as_one(prompts)


def some(prompts: list[Prompt], wanted: int | None, seed: int) -> list[Prompt]:
    """Return `wanted` of the prompts, or all; each prompt's own draw decides, so more move none.

    Raises InputError where there are fewer.
    """
    if wanted is None:
        return prompts
    if wanted > len(prompts):
        raise InputError(
            f"{wanted} prompts are asked for, but the source has {len(prompts)}; lower `prompts`"
        )
    return sorted(prompts, key=lambda prompt: seed_of(seed, "some", prompt.text))[:wanted]
