"""The response store: what was paid for once is kept, as it was received, and served from then on.

    store/responses/<model>/<host>-<process>-<random>.jsonl

Each file is a segment with one writer, which only appends whole lines; readers take every whole
line of every segment. So any number of processes and machines may share a store without locks, also
on a network file system, and a killed process loses at most what was still in flight.
"""

import json
import os
import secrets
import socket
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from inward.digests import digest_text
from inward.errors import StoreError
from inward.requests import Request

SYNC_EVERY = 64  # records; what a power failure may cost


class ResponseStore:
    """The responses of one model, by request key; a context that closes its segment."""

    def __init__(self, store: Path, model: str) -> None:
        self.folder = store / "responses" / digest_text(model)[:16]
        # Of two responses to one request the one received first stays, whichever file it is in.
        records = sorted(self._records(), key=lambda record: record["received"], reverse=True)
        self._responses = {record["key"]: record["response"] for record in records}
        self._segment: int | None = None
        self._unsynced = 0

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        if self._segment is not None:
            os.fsync(self._segment)
            os.close(self._segment)
            self._segment = None

    def __len__(self) -> int:
        return len(self._responses)

    def get(self, request: Request) -> Any | None:
        """Return the raw response to `request`, or None where there is none yet."""
        return self._responses.get(request.key)

    def add(self, request: Request, response: Any) -> None:
        """Append the raw response to `request`; the first that was written for a key stays."""
        record = {
            "key": request.key,
            "received": datetime.now(UTC).isoformat(timespec="microseconds"),
            "request": request.record(),
            "response": response,
        }
        line = json.dumps(record, ensure_ascii=False, allow_nan=False) + "\n"
        if self._segment is None:
            self._segment = self._new_segment()
        _write_all(self._segment, line.encode())
        self._unsynced += 1
        if self._unsynced == SYNC_EVERY:
            os.fsync(self._segment)
            self._unsynced = 0
        self._responses.setdefault(request.key, response)

    def _new_segment(self) -> int:
        self.folder.mkdir(parents=True, exist_ok=True)
        name = f"{socket.gethostname()}-{os.getpid()}-{secrets.token_hex(4)}.jsonl"
        return os.open(
            self.folder / name, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_APPEND, 0o644
        )

    def _records(self) -> Iterator[Any]:
        for segment in sorted(self.folder.glob("*.jsonl")):
            yield from whole_records(segment)


def whole_records(segment: Path) -> Iterator[Any]:
    """Yield the records of a segment; what follows the last newline was never finished."""
    whole, _, _torn = segment.read_bytes().rpartition(b"\n")
    for number, line in enumerate(whole.split(b"\n"), start=1):
        if line:
            try:
                yield json.loads(line)
            except ValueError as error:
                raise StoreError(
                    f"{segment}, line {number}: damaged; restore it from a copy, or delete that"
                    " line to ask for this response again"
                ) from error


def _write_all(segment: int, data: bytes) -> None:
    while data:
        data = data[os.write(segment, data) :]
