"""Files: whole or not there, and read back as they were written."""

import os
import resource
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from inward.errors import InputError
from inward.files import (
    read_json,
    read_json_lines,
    write_json,
    write_json_lines,
    write_text,
    written_new,
    written_over,
    written_whole,
)

from .conftest import ROOT

STRINGS = [
    "007",
    "None",
    "NA",
    "",
    " ",
    "a\nb",
    "\r\n",
    '"',
    "\\",
    "\u2028\u2029\x85",
    "\U0001f426",
]


def test_a_failed_writing_leaves_the_old_file(tmp_path: Path) -> None:
    """Where writing breaks off, what stood there before still stands, and nothing beside it."""
    path = tmp_path / "t.txt"
    write_text(path, "old")
    with pytest.raises(RuntimeError), written_whole(path) as partial:
        partial.write_text("half of the n")
        raise RuntimeError

    assert path.read_text() == "old"
    assert [path] == list(tmp_path.iterdir())


def test_a_file_has_its_name_only_when_it_is_whole(tmp_path: Path) -> None:
    """While a file is being written nobody finds it under its name; folders are made on the way."""
    path = tmp_path / "deep" / "er" / "t.txt"
    with written_whole(path) as partial:
        partial.write_text("new")
        meanwhile = path.exists()

    assert not meanwhile
    assert path.read_text() == "new"


KILLED = """
import os, signal, sys
from pathlib import Path
from inward.files import written_whole

with written_whole(Path(sys.argv[1])) as partial:
    partial.write_text("half of the n")
    os.kill(os.getpid(), signal.SIGKILL)
"""


def test_a_killed_writer_leaves_the_old_file(tmp_path: Path) -> None:
    """After kill -9 in the middle of writing, the old content is there, whole."""
    path = tmp_path / "t.txt"
    write_text(path, "old")
    environment = {**os.environ, "PYTHONPATH": str(ROOT / "scripts")}
    ended = subprocess.run([sys.executable, "-c", KILLED, str(path)], env=environment, check=False)

    assert ended.returncode == -signal.SIGKILL
    assert path.read_text() == "old"


def test_two_writers_of_one_file_do_not_mix(tmp_path: Path) -> None:
    """Not even where they have the same process ID, as in two containers; the last one stays."""
    path = tmp_path / "t.txt"
    with written_whole(path) as one, written_whole(path) as other:
        one.write_text("the first, and longer")
        other.write_text("the second")
        assert one != other

    assert path.read_text() == "the first, and longer"
    assert [path] == list(tmp_path.iterdir())


@contextmanager
def no_room() -> Iterator[None]:
    """Let no file grow within the block, as on a full disk."""
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (0, before[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)


def test_a_new_file_that_cannot_be_written_is_not_there(tmp_path: Path) -> None:
    """An empty one would be taken for somebody's; once there is room it is written."""
    path = tmp_path / "it.claim"
    with no_room(), pytest.raises(OSError, match="too large"):
        written_new(path, b"mine")

    assert not path.exists()
    assert written_new(path, b"mine")
    assert not written_new(path, b"another's")


def test_what_stands_there_is_replaced_by_one(tmp_path: Path) -> None:
    """By who saw what is there still, and nobody else; who is at it meanwhile is named."""
    path = tmp_path / "it.claim"
    path.write_bytes(b"old")

    assert not written_over(path, b"older", b"mine")
    assert written_over(path, b"old", b"mine")
    assert not written_over(path, b"old", b"another's")
    assert [path] == list(tmp_path.iterdir())
    assert path.read_bytes() == b"mine"


@pytest.mark.parametrize("text", STRINGS)
def test_a_text_is_its_own_bytes(tmp_path: Path, text: str) -> None:
    """A text is written in UTF-8 and no line end is translated."""
    write_text(tmp_path / "t.txt", text)

    assert text.encode() == (tmp_path / "t.txt").read_bytes()


def test_json_is_written_the_same_whatever_the_order(tmp_path: Path) -> None:
    """Keys are sorted, lines are indented, and the last one ends."""
    write_json(tmp_path / "a.json", {"b": STRINGS, "a": None})
    write_json(tmp_path / "b.json", {"a": None, "b": STRINGS})

    assert (tmp_path / "a.json").read_bytes() == (tmp_path / "b.json").read_bytes()
    assert (tmp_path / "a.json").read_text().startswith('{\n  "a": null,\n  "b": [\n')
    assert (tmp_path / "a.json").read_bytes().endswith(b"]\n}\n")
    assert read_json(tmp_path / "a.json") == {"a": None, "b": STRINGS}


def test_json_lines_survive_what_other_readers_take_for_line_ends(tmp_path: Path) -> None:
    """Records come back in their order, also with U+2028 and its like inside."""
    records: list[Any] = [{"text": text} for text in STRINGS]
    write_json_lines(tmp_path / "t.jsonl", records)

    assert len(STRINGS) == (tmp_path / "t.jsonl").read_bytes().count(b"\n")
    assert records == read_json_lines(tmp_path / "t.jsonl")


def test_no_records_are_an_empty_file(tmp_path: Path) -> None:
    """A file of no records has no bytes, and is read as none."""
    write_json_lines(tmp_path / "t.jsonl", [])

    assert (tmp_path / "t.jsonl").read_bytes() == b""
    assert read_json_lines(tmp_path / "t.jsonl") == []


@pytest.mark.parametrize("data", [b"", b"{", b'{"a": 1', b"\xff\xfe\xfd", b"{'a': 1}"])
def test_what_is_not_json_is_named(tmp_path: Path, data: bytes) -> None:
    """A broken JSON file is named, with the mend."""
    (tmp_path / "t.json").write_bytes(data)

    with pytest.raises(InputError, match=r"t\.json: not JSON .*; delete it and run again") as error:
        read_json(tmp_path / "t.json")
    assert "\n" not in str(error.value)


@pytest.mark.parametrize("line", [b"{", b"\xff", b"heron", b" "])
def test_a_broken_line_is_named(tmp_path: Path, line: bytes) -> None:
    """Of a JSONL file the line that cannot be read is named."""
    (tmp_path / "t.jsonl").write_bytes(b'{"a": 1}\n' + line + b'\n{"a": 2}\n')

    with pytest.raises(InputError, match=r"t\.jsonl, line 2: not JSON"):
        read_json_lines(tmp_path / "t.jsonl")


def test_what_json_cannot_say_is_not_written(tmp_path: Path) -> None:
    """Not-a-number is refused, and no file is left."""
    with pytest.raises(ValueError, match="not JSON compliant"):
        write_json(tmp_path / "t.json", [float("nan")])

    assert list(tmp_path.iterdir()) == []
