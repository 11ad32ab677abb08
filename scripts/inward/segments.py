"""Segments: files with one writer each, which only appends whole lines.

Any number of processes and machines may write beside each other without locks, also on a network
file system, and a killed process loses no line that it had written.
"""

import os
import secrets
import socket
import time
from contextlib import suppress
from pathlib import Path

from inward.errors import StoreError

SYNC_EVERY = 1.0  # seconds; a power failure may cost what was written since


class Segment:
    """A new file in `folder`, made with its first line."""

    def __init__(self, folder: Path) -> None:
        self.path = folder / f"{socket.gethostname()}-{os.getpid()}-{secrets.token_hex(4)}.jsonl"
        self.size = 0
        self._file: int | None = None
        self._synced = 0.0

    def append(self, line: bytes) -> int:
        """Write a line, which ends with a newline, and return where it begins."""
        if self._file is None:
            self.path.parent.mkdir(parents=True, exist_ok=True)
            flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_APPEND
            self._file = os.open(self.path, flags, 0o644)
            _sync_folder(self.path.parent)
        begin = self.size
        try:
            left = line
            while left:
                left = left[os.write(self._file, left) :]
            self._sync()
        except OSError as error:
            # Half a line must not stay, for a later one would continue it.
            with suppress(OSError):
                os.ftruncate(self._file, begin)
            raise StoreError(
                f"{self.path}: cannot be written ({error.strerror}); mend that and run again:"
                " what was kept before stays"
            ) from None
        self.size += len(line)
        return begin

    def _sync(self) -> None:
        if time.monotonic() - self._synced >= SYNC_EVERY:
            self.sync()

    def sync(self) -> None:
        """Bring all lines to the disk."""
        if self._file is not None:
            os.fsync(self._file)
            self._synced = time.monotonic()

    def close(self) -> None:
        """Bring all lines to the disk, and end."""
        if self._file is not None:
            self.sync()
            os.close(self._file)
            self._file = None


def _sync_folder(folder: Path) -> None:
    """Bring the name of a new file to the disk."""
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
