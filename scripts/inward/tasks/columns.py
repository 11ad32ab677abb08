"""Rows by column: JSONL, CSV and Parquet files whose columns are named in the configuration."""

import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from inward.errors import InputError
from inward.lines import (
    Record,
    check_plain,
    check_text,
    csv_records,
    json_records,
    lacking,
    parquet_records,
    text,
)
from inward.tasks.row import LETTERS, Row, check_choice

READERS: dict[str, Callable[[Path], Iterator[Record]]] = {
    ".jsonl": json_records,
    ".csv": csv_records,
    ".parquet": parquet_records,
}
COUNTED = re.compile("0|[1-9][0-9]?")  # a number that counts options, in CSV


def column_rows(path: Path, columns: dict[str, Any]) -> Iterator[Row]:
    """Yield the rows of a file; `columns` says under which names text, options, ... stand there.

    Raises InputError, with the line and the mend, for a row that is not in order.
    """
    targets: set[type] = set()
    for record in READERS[path.suffix](path):
        where = record[0]
        asked = _plain(record, columns.get("text", "text"))
        item = _plain(record, columns["item"]) if "item" in columns else asked
        row = Row(where, asked, item, _options(record, columns.get("options", "options")))
        name = columns.get("target", "target")
        given = record[1].get(name)
        if path.suffix == ".csv" and given and COUNTED.fullmatch(given):
            given = int(given)
        if "target" in columns and name not in record[1]:
            raise InputError(f"{where}: {name} is missing; add it, or null")
        if given is not None and given != "":
            targets.add(type(given))
            if len(targets) > 1:
                raise InputError(
                    f"{where}: {name} is of another kind than above it; give letters, or numbers"
                )
            row = Row(where, asked, item, row.options, letter_of(where, name, given))
        if row.options:
            check_choice(row)
        yield row


def _plain(record: Record, name: str) -> str:
    value = text(record, name)
    check_plain(record[0], name, value)
    return value


def _options(record: Record, names: str | list[str]) -> tuple[str, ...]:
    """Return the options of a row: the list in one column, or what stands in several."""
    where, values = record
    if isinstance(names, str):
        given = values.get(names, [])
        if given is None:
            return ()
        if not isinstance(given, list):
            raise InputError(f"{where}: {names} is no list; give the options in brackets")
    else:
        lost = [name for name in names if name not in values]
        if lost:
            raise InputError(lacking(record, lost[0]))
        given = [values[name] for name in names]
        while given and given[-1] in ("", None):  # of a question with fewer options than others
            given.pop()
    for letter, option in zip(LETTERS, given, strict=False):
        if not isinstance(option, str):
            raise InputError(f"{where}: option {letter} is no text; put it in quotes")
        check_text(where, f"option {letter}", option)
        check_plain(where, f"option {letter}", option)
        if option in given[: LETTERS.index(letter)]:
            raise InputError(f"{where}: option {letter} stands there twice; change one")
    return tuple(given)


def letter_of(where: str, name: str, given: object) -> str:
    """Return a target as a letter; a whole number counts options from 0."""
    if isinstance(given, str):
        check_text(where, name, given)
        check_plain(where, name, given)
        return given
    if isinstance(given, int) and not isinstance(given, bool) and 0 <= given < len(LETTERS):
        return LETTERS[given]
    raise InputError(
        f"{where}: {name} is neither a letter nor a number that counts options from 0; give one"
    )
