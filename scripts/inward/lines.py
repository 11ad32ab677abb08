"""Lines: files that people give to a study, read so that no row is shifted, split or repaired.

Only a newline byte ends a line. U+2028, U+0085, U+001C and their like, which `str.splitlines` takes
for line ends, are characters as any other. What is not in order ends with one line for people that
names the file, the place and the mend.
"""

import codecs
import csv
import json
import re
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from inward.errors import InputError

Record = tuple[str, dict[str, Any]]  # where it stands, for people, and what stands there

LONGEST = 100_000  # characters of a prompt; more is a file that got into a field, not a prompt
# What no text needs: C0 but tab and newline, DEL, and C1 but U+0085, a line end in Unicode.
CONTROLS = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x84\x86-\x9f]")
SURROGATES = re.compile("[\ud800-\udfff]")
# White space, and characters of no width: a text of these alone says nothing.
NOTHING = re.compile("[\\s\u00ad\u200b-\u200f\u2060-\u2064\ufeff]*")


def lines(path: Path) -> Iterator[tuple[str, str]]:
    """Yield each line of a file with its place; raise InputError for what is not plain UTF-8."""
    try:
        data = path.read_bytes()
    except OSError as error:
        raise InputError(f"{path}: cannot be read ({error.strerror}); name a file") from error
    if data.startswith(codecs.BOM_UTF8):
        raise InputError(
            f"{path}, line 1: starts with a byte order mark; save it as plain UTF-8, without one"
        )
    for number, line in enumerate(data.split(b"\n"), start=1):
        where = f"{path}, line {number}"
        if line.endswith(b"\r"):
            raise InputError(f"{where}: ends with \\r\\n; save the file with \\n as its line ends")
        try:
            yield where, line.decode()
        except UnicodeDecodeError as error:
            raise InputError(
                f"{where}: not UTF-8 ({error.reason}, byte {error.start + 1} of the line); save the"
                " file as plain UTF-8"
            ) from error


def json_records(path: Path) -> Iterator[Record]:
    """Yield the objects of a JSONL file; raise InputError for a line that is none."""
    for where, line in lines(path):
        if line:
            yield where, _object(where, line)


def csv_records(path: Path, columns: list[str] | None = None) -> Iterator[Record]:
    """Yield the rows of a CSV file by column; without `columns`, its first row names them.

    Raises InputError for a row with more or fewer fields, and for a quote that never closes.
    """
    for where, fields in _csv_rows(path):
        if columns is None:
            columns = fields
            _refuse_twice(where, fields)
            continue
        if len(fields) != len(columns):
            raise InputError(
                f"{where}: has {len(fields)} fields, not {len(columns)}; mend it, or put a field"
                " with commas in quotes"
            )
        yield where, dict(zip(columns, fields, strict=True))


def parquet_records(path: Path) -> Iterator[Record]:
    """Yield the rows of a Parquet file; raise InputError where it is none."""
    number = 0
    try:
        with pq.ParquetFile(path) as file:
            _refuse_twice(str(path), file.schema_arrow.names)
            for batch in file.iter_batches():
                for place in range(batch.num_rows):
                    number += 1
                    where = f"{path}, row {number}"
                    named = zip(batch.schema.names, batch.columns, strict=True)
                    yield (
                        where,
                        {name: _value(where, name, column[place]) for name, column in named},
                    )
    except (pa.ArrowException, OSError) as error:
        raise InputError(f"{path}: not a Parquet file; give another, or convert it") from error


def field(record: Record, name: str) -> Any:
    """Return what a record has under `name`; raise InputError where it has nothing."""
    if record[1].get(name) is None:
        raise InputError(lacking(record, name))
    return record[1][name]


def lacking(record: Record, name: str) -> str:
    """Return the line for a record that has nothing under a name: what it has instead."""
    where, values = record
    there = ", ".join(map(repr, sorted(values)[:9])) or "nothing"
    return f"{where}: {name} is missing; add it (there is {there})"


def text(record: Record, name: str) -> str:
    """Return a field that has to be a text; raise InputError where it is none, or is empty."""
    where, value = record[0], field(record, name)
    if not isinstance(value, str):
        raise InputError(f"{where}: {name} is {_kind(value)}, not a text; put it in quotes")
    check_text(where, name, value)
    return value


def check_text(where: str, name: str, value: str) -> None:
    """Raise InputError for a text that is empty, too long, or cannot be written in UTF-8."""
    if NOTHING.fullmatch(value):
        raise InputError(f"{where}: {name} is empty; fill it, or delete the line")
    if len(value) > LONGEST:
        raise InputError(
            f"{where}: {name} has {len(value)} characters, more than {LONGEST}; shorten it"
        )
    check_whole(where, name, value)


def check_whole(where: str, name: str, value: str) -> None:
    """Raise InputError for a text that cannot be written in UTF-8."""
    if SURROGATES.search(value):
        raise InputError(f"{where}: {name} has half a surrogate pair; mend or delete the line")


def check_plain(where: str, name: str, value: str) -> None:
    """Raise InputError for control characters, which come from bad conversions."""
    found = CONTROLS.search(value)
    if found:
        raise InputError(
            f"{where}: {name} has the control character U+{ord(found[0]):04X} at character"
            f" {found.start() + 1}; take it out"
        )


def _csv_rows(path: Path) -> Iterator[tuple[str, list[str]]]:
    places: list[str] = []

    def fed() -> Iterator[str]:
        for where, line in lines(path):
            places.append(where)
            yield f"{line}\n"

    rows = csv.reader(fed(), strict=True)
    while True:
        begun = len(places)
        try:
            row = next(rows)
        except StopIteration:
            return
        except csv.Error as error:
            raise InputError(f"{places[begun]}: {_mend_of(error)}") from error
        if row:
            yield places[begun], row


def _mend_of(error: csv.Error) -> str:
    said = str(error)
    if "field limit" in said:
        return (
            f"a field has more than {csv.field_size_limit()} characters; shorten it, or close the"
            " quote that is open"
        )
    if "new-line character" in said:
        return "has \\r outside quotes; put the field in quotes, or take it out"
    return f"not CSV ({said}); mend its quotes"


def _refuse_twice(where: str, names: Sequence[str]) -> None:
    twice = sorted({name for name in names if names.count(name) > 1})
    if twice:
        raise InputError(f"{where}: names the column {twice[0]!r} twice; rename one")


def _value(where: str, name: str, scalar: pa.Scalar) -> Any:
    """Return a value of Parquet; raise InputError where Python has none like it."""
    try:
        return scalar.as_py()
    except (ValueError, OverflowError) as error:
        what = "not UTF-8" if isinstance(error, UnicodeDecodeError) else "out of range"
        raise InputError(
            f"{where}: {name!r} is {what}; mend it, or leave the column out"
        ) from error


def _object(where: str, line: str) -> dict[str, Any]:
    try:
        value = json.loads(line, object_pairs_hook=_once, parse_constant=_no_number)
    except json.JSONDecodeError as error:
        raise InputError(
            f"{where}: not JSON ({error.msg} at character {error.colno}); mend or delete the line"
        ) from error
    except RecursionError as error:
        raise InputError(f"{where}: nested too deep; mend or delete the line") from error
    except ValueError as error:
        raise InputError(f"{where}: not JSON ({error}); mend or delete the line") from error
    if not isinstance(value, dict):
        raise InputError(f'{where}: is {_kind(value)}, not an object; write {{"text": ...}}')
    return value


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) < len(pairs):
        names = [name for name, _ in pairs]
        twice = next(name for name in names if names.count(name) > 1)
        raise ValueError(f"{twice!r} stands there twice")
    return found


def _no_number(name: str) -> None:
    raise ValueError(f"{name} is no number of JSON")


def _kind(value: object) -> str:
    """Return what a value is, in words; never the value, which may be long or deep."""
    kinds = {bool: "true or false", int: "a number", float: "a number", str: "a text"}
    kinds |= {list: "a list", dict: "an object", type(None): "null"}
    return kinds.get(type(value), "a value of another kind")
