"""Files: written whole or not at all, and with the same bytes for the same content."""

import errno
import hashlib
import json
import os
import secrets
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from inward.errors import InputError


@contextmanager
def written_whole(path: Path) -> Iterator[Path]:
    """Give a temporary path to write to; it takes the name `path` once the block has ended well."""
    path.parent.mkdir(parents=True, exist_ok=True)
    # No process ID: containers that share a file system each have their own of the same number.
    partial = path.with_name(f".{path.name}.{secrets.token_hex(8)}.partial")
    try:
        yield partial
        with partial.open("rb") as file:
            os.fsync(file.fileno())
        partial.replace(path)
    finally:
        partial.unlink(missing_ok=True)


def written_new(path: Path, what: bytes) -> bool:
    """Write a file that does not exist yet, and return whether it did not."""
    try:
        file = path.open("xb")
    except FileExistsError:
        return False
    try:
        with file:
            file.write(what)
            file.flush()
            os.fsync(file.fileno())
    except BaseException:
        path.unlink(missing_ok=True)
        raise
    return True


def written_over(path: Path, held: bytes, what: bytes) -> bool:
    """Write a file anew whose content is `held`, and return whether it still was.

    Of several processes that found `held`, the one that makes a marker of it may write. Where there
    is a marker, of one that is at it or died at it, this raises FileExistsError with its name.
    """
    marker = path.with_name(f"{path.name}.{hashlib.sha256(held).hexdigest()[:16]}")
    if not written_new(marker, what):
        raise FileExistsError(errno.EEXIST, os.strerror(errno.EEXIST), str(marker))
    try:
        if content(path) != held:
            return False
        with written_whole(path) as partial:
            partial.write_bytes(what)
        return True
    finally:
        marker.unlink(missing_ok=True)


def content(path: Path) -> bytes | None:
    """Return what a file holds; None where there is none, or none any more."""
    try:
        return path.read_bytes()
    except FileNotFoundError:
        return None
    except OSError as error:
        if error.errno != errno.ESTALE:  # says NFS of a file that was deleted after it was opened
            raise
        return None


def write_text(path: Path, text: str) -> None:
    """Write `text` to `path` in UTF-8."""
    with written_whole(path) as partial:
        partial.write_bytes(text.encode())


def write_json(path: Path, value: Any) -> None:
    """Write `value` to `path` as indented JSON with sorted keys."""
    text = json.dumps(value, indent=2, sort_keys=True, ensure_ascii=False, allow_nan=False)
    write_text(path, text + "\n")


def read_json(path: Path) -> Any:
    """Return what the JSON file at `path` holds; raise InputError where it is not JSON."""
    try:
        return json.loads(path.read_bytes())
    except ValueError as error:
        raise InputError(f"{path}: not JSON ({error}); delete it and run again") from error


def write_json_lines(path: Path, records: Iterable[Any]) -> None:
    """Write one JSON record a line to `path`, in the order given."""
    lines = (json.dumps(record, ensure_ascii=False, allow_nan=False) for record in records)
    write_text(path, "".join(f"{line}\n" for line in lines))


def read_json_lines(path: Path) -> list[Any]:
    """Return the records of a JSONL file; raise InputError with the line that is broken.

    Only a newline ends a line: U+2028 and its like are legal inside JSON strings.
    """
    records = []
    for number, line in enumerate(path.read_bytes().split(b"\n"), start=1):
        if line:
            try:
                records.append(json.loads(line))
            except ValueError as error:
                raise InputError(f"{path}, line {number}: not JSON ({error})") from error
    return records
