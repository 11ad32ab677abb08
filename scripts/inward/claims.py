"""Claims: of several processes that would do the same thing, one does it and the others wait.

<folder>/<name>.claim      who does it; a file that only one process can create, with no lock
<folder>/<owner>.alive     rewritten by its owner as long as that lives: its heartbeat

Who waits watches the heartbeat by its own clock, so no two clocks need to agree. A claim of an
owner that is dead is taken over, by one of those that find it.
"""

import json
import os
import secrets
import socket
import threading
import time
from collections.abc import Iterable
from contextlib import suppress
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from inward.errors import StoreError
from inward.files import content, written_new
from inward.processes import runs
from inward.progress import log

BEAT = 10.0  # seconds between two heartbeats
PATIENCE = 150.0  # seconds without one until an owner is taken for dead; NFS may be a minute late
LOOK_EVERY = 1.0  # seconds


class Claims:
    """What this process claims in `folder`; a context at whose end all of it is free again."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.owner = secrets.token_hex(8)
        self._held: set[str] = set()
        self._seen: dict[str, tuple[Any, float]] = {}  # of other owners: their heartbeat, and since
        self._stopped = threading.Event()
        self._heart: threading.Thread | None = None

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.release()
        if self._heart:
            self._stopped.set()
            self._heart.join()
            self._alive(self.owner).unlink(missing_ok=True)

    def take(self, names: Iterable[str], what: str) -> set[str]:
        """Return those of `names` that are this process's now: all that are free, and at least one.

        Where other processes hold all of them, wait for one; `what` says for what.
        """
        wanted = sorted(set(names))
        self._begin()
        told = False
        while True:
            mine = {name for name in wanted if self._taken(name)}
            if mine or not wanted:
                self._held |= mine
                return mine
            if not told:
                log.info("%s: another process is at it; waiting for what it finds", what)
                told = True
            time.sleep(LOOK_EVERY)

    def release(self) -> None:
        """Give back all that is held; what was done must be on the disk by now."""
        for name in self._held:
            path = self._path(name)
            if _owner(content(path)) == self.owner:
                path.unlink(missing_ok=True)
        self._held.clear()

    def _taken(self, name: str) -> bool:
        path = self._path(name)
        if written_new(path, self._signed()):
            return True
        held = content(path)
        return held is not None and self._is_dead(held) and self._taken_over(path, held)

    def _taken_over(self, path: Path, held: bytes) -> bool:
        """Put this process's claim in the place of a dead one's, unless another does just that."""
        marker = path.with_name(f"{path.name}.{_owner(held)}")
        if not written_new(marker, self._signed()):
            if self._silent(marker.name, content(marker)):
                raise StoreError(f"{marker}: its writer died just then; delete it and run again")
            return False
        try:
            if content(path) != held:
                return False
            fresh = path.with_name(f".{path.name}.{self.owner}")
            written_new(fresh, self._signed())
            fresh.replace(path)
            log.info("%s: taken over from a process that is dead", path)
            return True
        finally:
            marker.unlink()

    def _is_dead(self, held: bytes) -> bool:
        """Return whether a claim's owner is gone: not on this machine, or without a heartbeat."""
        with suppress(ValueError):
            said = json.loads(held)
            if said["machine"] == _machine() and not runs(said["process"]):
                return True
        owner = _owner(held)
        return self._silent(owner, content(self._alive(owner)))

    def _silent(self, who: str, sign: bytes | None) -> bool:
        """Return whether a sign of life has been the same for too long."""
        now = time.monotonic()
        before, since = self._seen.get(who, (None, now))
        if who not in self._seen or before != sign:
            self._seen[who] = (sign, now)
            return False
        return now - since > PATIENCE

    def _begin(self) -> None:
        """Have the heart beat, before anything is claimed."""
        if self._heart is None:
            self.folder.mkdir(parents=True, exist_ok=True)
            self._beat()
            self._heart = threading.Thread(target=self._go_on_beating, daemon=True)
            self._heart.start()

    def _go_on_beating(self) -> None:
        while not self._stopped.wait(BEAT):
            with suppress(OSError):  # of a full disk, say; the next beat may come through
                self._beat()

    def _beat(self) -> None:
        self._alive(self.owner).write_bytes(secrets.token_hex(8).encode())

    def _signed(self) -> bytes:
        said = {"owner": self.owner, "machine": _machine(), "process": os.getpid()}
        return json.dumps(said).encode()

    def _path(self, name: str) -> Path:
        return self.folder / f"{name}.claim"

    def _alive(self, owner: str) -> Path:
        return self.folder / f"{owner}.alive"


def _owner(held: bytes | None) -> str:
    """Return who wrote a claim; empty where that was cut short."""
    try:
        return str(json.loads(held or b"")["owner"])
    except ValueError:
        return ""


def _machine() -> list[str]:
    """Return what tells machines apart, and containers on one, within which process IDs hold."""
    with suppress(OSError):
        return [socket.gethostname(), Path("/proc/self/ns/pid").readlink().name]
    return [socket.gethostname()]
