"""The record of requests: a line of JSON for each in a file, and counters in memory for tests."""

import json
import time
from pathlib import Path
from typing import Any


class Requests:
    """What the server was asked, in order."""

    def __init__(self, path: Path, *, log_bodies: bool) -> None:
        path.parent.mkdir(parents=True, exist_ok=True)
        known = path.read_bytes().count(b"\n") if path.exists() else 0
        self.number = known  # of the last request
        self._log_bodies = log_bodies
        self._file = path.open("ab")

    def begin(self) -> int:
        """Return the number of a new request."""
        self.number += 1
        return self.number

    def write(self, line: dict[str, Any], body: Any = None) -> None:
        """Append one line; the body goes in where bodies are asked for."""
        entry = {"time": round(time.time(), 6), **line}
        if body is not None and self._log_bodies:
            entry["body"] = body
        self._file.write(json.dumps(entry, ensure_ascii=False).encode() + b"\n")
        self._file.flush()

    def close(self) -> None:
        """Close the file."""
        self._file.close()
