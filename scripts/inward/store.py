"""The response store: what was paid for once is kept, as it was received, and served from then on.

store/responses/<model>/<segment>.jsonl    responses: see inward.segments
store/errors/<model>/<segment>.jsonl       attempts that failed; for people, never served

Readers take every whole line of every segment, and of two responses to one request the one that
was received first. What follows the last newline of a segment was never finished.
"""

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import takewhile
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from inward.digests import digest_text
from inward.errors import StoreError
from inward.requests import Request, Usage, usage_of
from inward.segments import Segment

# The head of each line, so that a store is searched without parsing what it holds.
HEAD = re.compile(
    rb'\{"key": "([0-9a-f]{64})", "received": "([^"]{32})", '
    rb'(?:"usage": \[(\d+), (\d+)\], )?"request": \{.*\}\n'
)


NO_USAGE = Usage()


@dataclass(frozen=True, slots=True)
class _Place:
    received: bytes
    segment: Path
    begin: int
    size: int
    usage: Usage


class ResponseStore:
    """The responses of one model, by request key; a context that closes its segments."""

    def __init__(self, store: Path, model: str) -> None:
        name = digest_text(model)[:16]
        self.folder = store / "responses" / name
        self._places: dict[str, _Place] = {}
        self._read: dict[Path, int] = {}  # bytes of each segment
        self.refresh()
        self._segment = Segment(self.folder)
        self._errors = Segment(store / "errors" / name)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self._segment.close()
        self._errors.close()

    def __len__(self) -> int:
        return len(self._places)

    def __contains__(self, request: Request) -> bool:
        return request.key in self._places

    def refresh(self) -> None:
        """Take in what other processes have added since.

        Every segment is opened: on NFS that shows all that was synced, where a size may be old.
        """
        for segment in sorted(self.folder.glob("*.jsonl")):
            for key, place in _places_in(segment, self._read.get(segment, 0)):
                self._place(key, place)
                self._read[segment] = place.begin + place.size

    def sync(self) -> None:
        """Bring all that was added to the disk, where other processes see it."""
        self._segment.sync()

    def get(self, request: Request) -> Any | None:
        """Return the raw response to `request`, or None where there is none yet."""
        return self.get_key(request.key)

    def get_key(self, key: str) -> Any | None:
        """Return the raw response to the request with this key, or None where there is none."""
        found = self.record(key)
        return None if found is None else found["response"]

    def record(self, key: str) -> Any | None:
        """Return what is kept under a key: request, response and time; None where nothing is."""
        place = self._places.get(key)
        return None if place is None else _record(place)

    def add(self, request: Request, response: Any) -> None:
        """Append the raw response to `request`; the first that was written for a key stays."""
        received = _now()
        usage = usage_of(response)
        counts = {"usage": [max(0, usage.prompt), max(0, usage.completion)]} if usage else {}
        record = {
            "key": request.key,
            "received": received,
            **counts,
            "request": request.record(),
            "response": response,
        }
        line = json.dumps(record, ensure_ascii=False, allow_nan=False).encode()
        begin = self._segment.append(line + b"\n")
        place = _Place(received.encode(), self._segment.path, begin, len(line), usage or Usage())
        self._place(request.key, place)

    def add_error(self, request: Request, said: str, lost: Usage | None = None) -> None:
        """Note an attempt that failed; `lost` is what it may be billed for nevertheless."""
        record: dict[str, Any] = {"key": request.key, "failed": _now(), "said": said}
        if lost:
            record |= {"lost": [lost.prompt, lost.completion], "request": request.record()}
        self._errors.append(json.dumps(record, ensure_ascii=False).encode() + b"\n")

    def _place(self, key: str, place: _Place) -> None:
        known = self._places.get(key)
        if known is None or place.received < known.received:
            self._places[key] = place


def billed(store: Path) -> Iterator[tuple[dict[str, Any], Usage]]:
    """Yield, for each model of a store, one of its requests, and the tokens of all its responses.

    A response that was got twice was paid for twice, and counts twice. Answers that were lost on
    their way are counted as well, at most as long as they may have been.
    """
    for folder in sorted((store / "responses").glob("*")):
        places = [place for _, place in _places(folder)]
        if places:
            prompt = sum(place.usage.prompt for place in places)
            completion = sum(place.usage.completion for place in places)
            yield _record(places[0])["request"], Usage(prompt, completion)
    for segment in sorted((store / "errors").glob("*/*.jsonl")):
        for line in _lines(segment):
            if b'"lost": [' in line and line.endswith(b"}\n"):
                lost = json.loads(line)
                yield lost["request"], Usage(*lost["lost"])


def _places(folder: Path) -> Iterator[tuple[str, _Place]]:
    for segment in sorted(folder.glob("*.jsonl")):
        yield from _places_in(segment)


def _places_in(segment: Path, begin: int = 0) -> Iterator[tuple[str, _Place]]:
    """Yield the keys of a segment's lines and where they are, from the byte `begin` on."""
    for line in _lines(segment, begin):
        head = HEAD.match(line)
        if head:
            key, received, prompt, completion = head.groups()
            usage = Usage(int(prompt), int(completion)) if prompt else NO_USAGE
            yield key.decode(), _Place(received, segment, begin, len(line), usage)
        elif line != b"\n":
            raise _damaged(segment, begin)
        begin += len(line)


def _lines(segment: Path, begin: int = 0) -> Iterator[bytes]:
    """Yield the lines of a segment that were finished, each with its newline, from a byte on.

    The first that was not is the last: should its writer go on meanwhile, what is read next would
    be the other half of it.
    """
    with segment.open("rb") as file:
        file.seek(begin)
        yield from takewhile(lambda line: line.endswith(b"\n"), file)


def _record(place: _Place) -> Any:
    with place.segment.open("rb") as file:
        file.seek(place.begin)
        try:
            return json.loads(file.read(place.size))
        except ValueError:
            raise _damaged(place.segment, place.begin) from None


def _damaged(segment: Path, begin: int) -> StoreError:
    with segment.open("rb") as file:
        line = file.read(begin).count(b"\n") + 1
    return StoreError(
        f"{segment}, line {line}: damaged; restore it from a copy, or delete that line to ask for"
        " this response again"
    )


def _now() -> str:
    return datetime.now(UTC).isoformat(timespec="microseconds")
