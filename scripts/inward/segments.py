"""Segments: files with one writer each, which only appends whole lines.

Any number of processes and machines may write beside each other without locks, also on a network
file system, and a killed process loses no line that it had written.
"""

import os
import secrets
import socket
import time
from pathlib import Path

SYNC_EVERY = 1.0  # seconds; what a power failure may cost


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
        begin = self.size
        self.size += len(line)
        while line:
            line = line[os.write(self._file, line) :]
        now = time.monotonic()
        if now - self._synced >= SYNC_EVERY:
            os.fsync(self._file)
            self._synced = now
        return begin

    def close(self) -> None:
        """Bring all lines to the disk."""
        if self._file is not None:
            os.fsync(self._file)
            os.close(self._file)
            self._file = None
