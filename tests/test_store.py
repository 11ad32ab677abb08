"""The response store: nothing is lost, and nothing is asked twice."""

import io
import json
import os
import signal
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest

from inward.errors import StoreError
from inward.requests import Request, user
from inward.store import ResponseStore, billed

from .conftest import ROOT

NASTY = 'a "quote", a newline\n, \u2028 and \u2029, an emoji \U0001f426, and a \\ backslash'


def request(text: str, sample: int = 0) -> Request:
    """Return a request that asks `text`."""
    return Request("local", None, {"model": "m", "messages": user(text)}, sample)


def segments(store: Path) -> list[Path]:
    """Return the files of a store."""
    return sorted(store.rglob("*.jsonl"))


def test_a_response_is_served_as_it_was_received(tmp_path: Path) -> None:
    """What was added comes back from another reader, character by character."""
    with ResponseStore(tmp_path, "m") as store:
        store.add(request("a"), {"text": NASTY})

    assert ResponseStore(tmp_path, "m").get(request("a")) == {"text": NASTY}
    assert ResponseStore(tmp_path, "m").get(request("b")) is None


def test_a_torn_last_line_is_passed_over(tmp_path: Path) -> None:
    """A line that a killed process did not finish hides nothing that stands before it."""
    with ResponseStore(tmp_path, "m") as store:
        store.add(request("a"), 1)
        store.add(request("b"), 2)
    whole = segments(tmp_path)[0].read_bytes()
    end_of_first = whole.index(b"\n") + 1
    for length in range(end_of_first, len(whole)):
        segments(tmp_path)[0].write_bytes(whole[:length])
        reader = ResponseStore(tmp_path, "m")

        assert len(reader) == 1
        assert reader.get(request("a")) == 1


def test_a_line_that_is_just_being_written_is_read_the_next_time(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A reader that met half a line does not take the other half for one, when that follows."""
    with ResponseStore(tmp_path, "m") as store:
        store.add(request("a"), 1)
        store.add(request("b"), 2)
    (segment,) = segments(tmp_path)
    whole = segment.read_bytes()
    segment.write_bytes(whole[:-100])

    class GrownAtItsEnd(io.FileIO):
        """A file whose writer goes on as soon as a reader has come to its end."""

        def readinto(self, buffer: Any) -> int | None:
            count = super().readinto(buffer)
            if not count:
                segment.write_bytes(whole)
            return count

    def opened(path: Path, mode: str) -> Any:
        return io.BufferedReader(GrownAtItsEnd(path)) if mode == "rb" else as_usual(path, mode)

    as_usual = Path.open
    with monkeypatch.context() as patch:
        patch.setattr(Path, "open", opened)
        reader = ResponseStore(tmp_path, "m")

    assert segment.read_bytes() == whole
    assert reader.get(request("a")) == 1
    assert request("b") not in reader
    reader.refresh()
    assert reader.get(request("b")) == 2


def test_a_damaged_line_is_named(tmp_path: Path) -> None:
    """A line that is broken in the middle of a segment ends with its file and number."""
    with ResponseStore(tmp_path, "m") as store:
        store.add(request("a"), 1)
        store.add(request("b"), 2)
    segment = segments(tmp_path)[0]
    segment.write_bytes(segment.read_bytes().replace(b'{"key"', b"{key", 1))

    with pytest.raises(StoreError, match=rf"{segment.name}, line 1: damaged; restore it"):
        ResponseStore(tmp_path, "m")


def test_the_first_response_to_a_request_stays(tmp_path: Path) -> None:
    """Of two responses to one request, whoever reads later gets the one that came first."""
    first, second = ResponseStore(tmp_path, "m"), ResponseStore(tmp_path, "m")
    with second, first:
        second.add(request("a"), "early")
        first.add(request("a"), "late")

    assert ResponseStore(tmp_path, "m").get(request("a")) == "early"


def test_models_do_not_share_responses(tmp_path: Path) -> None:
    """Each model has its own folder."""
    with ResponseStore(tmp_path, "m") as store:
        store.add(request("a"), 1)

    assert len(ResponseStore(tmp_path, "n")) == 0


def test_writers_and_readers_work_side_by_side(tmp_path: Path) -> None:
    """Two writers lose nothing, and readers meanwhile see whole records only."""

    def write(name: str) -> None:
        with ResponseStore(tmp_path, "m") as store:
            for number in range(300):
                store.add(request(f"{name}{number}"), [name, number, NASTY])

    def read() -> list[int]:
        return [len(ResponseStore(tmp_path, "m")) for _ in range(20)]

    with ThreadPoolExecutor() as pool:
        writers = [pool.submit(write, name) for name in "ab"]
        readers = [pool.submit(read) for _ in range(2)]
    for writer in writers:
        writer.result()

    assert len(ResponseStore(tmp_path, "m")) == 600
    for reader in readers:
        assert reader.result() == sorted(reader.result())
        assert max(reader.result()) <= 600


WRITER = """
import sys
from pathlib import Path
from inward.requests import Request, user
from inward.store import ResponseStore

with ResponseStore(Path(sys.argv[1]), "m") as store:
    for number in range(10**6):
        store.add(Request("local", None, {"model": "m", "messages": user(str(number))}, 0), number)
        print(number, flush=True)
"""


def test_a_killed_writer_loses_nothing_it_had_acknowledged(tmp_path: Path) -> None:
    """After kill -9 all records whose `add` had returned are there."""
    environment = {**os.environ, "PYTHONPATH": str(ROOT / "scripts")}
    with subprocess.Popen(
        [sys.executable, "-c", WRITER, str(tmp_path)], stdout=subprocess.PIPE, env=environment
    ) as writer:
        assert writer.stdout is not None
        acknowledged = [int(writer.stdout.readline()) for _ in range(500)][-1]
        writer.send_signal(signal.SIGKILL)
    reader = ResponseStore(tmp_path, "m")

    assert list(range(acknowledged + 1)) == [
        reader.get(request(str(number))) for number in range(acknowledged + 1)
    ]


def test_a_record_says_what_was_asked(tmp_path: Path) -> None:
    """A segment can be read without this project: each line has key, time, request and response."""
    with ResponseStore(tmp_path, "m") as store:
        store.add(request("a"), "answer")
    record = json.loads(segments(tmp_path)[0].read_text())

    assert list(record) == ["key", "received", "request", "response"]
    assert record["request"]["body"]["messages"] == [{"role": "user", "content": "a"}]


def test_a_store_of_an_earlier_version_is_read(tmp_path: Path) -> None:
    """Lines without usage in their head are served like all others."""
    with ResponseStore(tmp_path, "m") as store:
        store.add(request("a"), {"usage": {"prompt_tokens": 5, "completion_tokens": 7}})
    segment = segments(tmp_path)[0]
    line = segment.read_text()
    assert '"usage": [5, 7], ' in line
    segment.write_text(line.replace('"usage": [5, 7], ', ""))

    assert request("a") in ResponseStore(tmp_path, "m")
    assert [usage.total for _, usage in billed(tmp_path)] == [0]


def test_usage_is_summed_over_the_store(tmp_path: Path) -> None:
    """Odd counts of a server break nothing."""
    with ResponseStore(tmp_path, "m") as store:
        store.add(request("a"), {"usage": {"prompt_tokens": 5, "completion_tokens": 7}})
        store.add(request("b"), {"usage": {"prompt_tokens": -5, "completion_tokens": None}})
        store.add(request("c"), {"usage": None})

    assert len(ResponseStore(tmp_path, "m")) == 3
    assert [(usage.prompt, usage.completion) for _, usage in billed(tmp_path)] == [(5, 7)]


def test_damage_in_the_middle_is_found_where_it_is(tmp_path: Path) -> None:
    """By the number of the line, also where only its inside is broken."""
    with ResponseStore(tmp_path, "m") as store:
        for text in "abcde":
            store.add(request(text), {"said": text})
    segment = segments(tmp_path)[0]
    lines = segment.read_bytes().splitlines(keepends=True)
    segment.write_bytes(
        b"".join([*lines[:3], lines[3].replace(b'"said": ', b'"said"; '), lines[4]])
    )
    reader = ResponseStore(tmp_path, "m")

    assert reader.get(request("e")) == {"said": "e"}
    with pytest.raises(StoreError, match=rf"{segment.name}, line 4: damaged"):
        reader.get(request("d"))
    segment.write_bytes(b"".join([*lines[:3], b"x" * 40 + lines[3][40:], lines[4]]))
    with pytest.raises(StoreError, match=rf"{segment.name}, line 4: damaged"):
        ResponseStore(tmp_path, "m")


def test_a_full_disk_leaves_no_half_line(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """It is one line to the user; what is written once there is room again is whole."""
    write = os.write

    def full(file: int, data: bytes) -> int:
        if len(data) > 50:
            return write(file, data[:50])
        raise OSError(28, "No space left on device")

    with ResponseStore(tmp_path, "m") as store:
        store.add(request("a"), 1)
        monkeypatch.setattr(os, "write", full)
        with pytest.raises(StoreError, match=r"cannot be written \(No space left on device\)"):
            store.add(request("b"), 2)
        monkeypatch.undo()
        store.add(request("c"), 3)
    reader = ResponseStore(tmp_path, "m")

    assert [reader.get(request(text)) for text in "abc"] == [1, None, 3]


def test_lines_reach_the_disk_soon_and_at_the_end(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Synced once a second at most, not for each line, and when the store is closed."""
    synced: list[int] = []
    monkeypatch.setattr(os, "fsync", synced.append)
    with ResponseStore(tmp_path, "m") as store:
        for number in range(500):
            store.add(request(str(number)), number)
        during = len(synced)

    assert 2 <= during <= 5
    assert len(synced) == during + 1
