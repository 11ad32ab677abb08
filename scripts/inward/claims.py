"""Claims: of several processes that would do the same thing, one does it and the others wait.

<folder>/<name>.claim      who does it; a file that only one process can create, with no lock
<folder>/<owner>.alive     rewritten by its owner as long as that lives: its heartbeat

Who waits watches the heartbeat by its own clock, so no two clocks need to agree. A claim of an
owner that is dead is taken over, by one of those that find it.
"""

import json
import os
import secrets
import threading
import time
from collections.abc import Iterable
from contextlib import suppress
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from inward.files import content, written_new, written_over
from inward.processes import here, runs
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
        # Of others' claims the last sign of life, seconds without another one, and when that was.
        self._seen: dict[str, tuple[Any, float, float]] = {}
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
        self._held.add(name)  # before it is, since SIGTERM may come in between
        path = self._path(name)
        if written_new(path, self._signed()):
            return True
        held = content(path)
        if held is not None and self._is_dead(path, held) and self._taken_over(path, held):
            return True
        self._held.remove(name)
        return False

    def _taken_over(self, path: Path, held: bytes) -> bool:
        """Put this process's claim in the place of a dead one's, unless another does just that."""
        try:
            taken = written_over(path, held, self._signed())
        except FileExistsError as error:
            self._clear(Path(error.filename))
            return False
        if taken:
            log.info("%s: taken over from a process that is dead", path)
        return taken

    def _clear(self, marker: Path) -> None:
        """Delete the marker of a process that died while it took a claim over."""
        held = content(marker)
        if held is not None and self._is_dead(marker, held) and self._taken_over(marker, held):
            marker.unlink(missing_ok=True)

    def _is_dead(self, path: Path, held: bytes) -> bool:
        """Return whether a claim's owner is gone: not on this machine, or without a heartbeat."""
        said = _said(held)
        if said.get("machine") == here() and not runs(said["process"]):
            return True
        return self._silent(path.name, (held, content(self._alive(_owner(held)))))

    def _silent(self, claim: str, sign: Any) -> bool:
        """Return whether the sign of life of a claim's owner has been the same for too long.

        Only time counts in which this process could look: a file server that stood still held up
        the owner as well.
        """
        now = time.monotonic()
        before, silence, looked = self._seen.get(claim, (sign, 0.0, now))
        silence = silence + min(now - looked, BEAT) if before == sign else 0.0
        self._seen[claim] = (sign, silence, now)
        return silence > PATIENCE

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
        """Write the heartbeat in its place, which takes no room anew on a disk that is full."""
        file = os.open(self._alive(self.owner), os.O_WRONLY | os.O_CREAT, 0o644)
        try:
            os.write(file, secrets.token_hex(8).encode())
        finally:
            os.close(file)

    def _signed(self) -> bytes:
        said = {"owner": self.owner, "machine": here(), "process": os.getpid()}
        return json.dumps(said).encode()

    def _path(self, name: str) -> Path:
        return self.folder / f"{name}.claim"

    def _alive(self, owner: str) -> Path:
        return self.folder / f"{owner}.alive"


def _owner(held: bytes | None) -> str:
    """Return who wrote a claim; empty where that was cut short."""
    return str(_said(held or b"").get("owner", ""))


def _said(held: bytes) -> dict[str, Any]:
    """Return what a claim says; nothing where it was cut short."""
    try:
        return dict(json.loads(held))
    except ValueError:
        return {}
