"""Training checkpoints: where a run has got to, so that one that was ended goes on from there.

One file beside the run's weights, the last one only: a line of JSON that says of which run it is
and which digest the rest has, and the rest, as torch writes it. One that is torn, or of another
run, or of another torch, is not used; the run then starts anew, which costs time and nothing else.
"""

import hashlib
import io
import json
import time
from pathlib import Path
from typing import Any

import torch

from inward.files import written_whole
from inward.progress import log

FORM = 1
EVERY = 30.0  # seconds between two checkpoints, at least
COST = 0.02  # the share of the time that may go into writing them


class TrainingCheckpoint:
    """The last checkpoint of one run, in a file, and when the next one is due."""

    def __init__(self, path: Path, run: str, every: float = EVERY) -> None:
        self.path = path
        self.header = {"form": FORM, "run": run, "torch": torch.__version__}
        self.every = every
        self.took = 0.0
        self.last = time.monotonic()

    def due(self) -> bool:
        """Return whether it is time for another one."""
        return time.monotonic() - self.last >= max(self.every, self.took / COST)

    def write(self, state: dict[str, Any]) -> None:
        """Put `state` in the place of the last one, whole or not at all; say so where it fails."""
        began = time.monotonic()
        buffer = io.BytesIO()
        torch.save(state, buffer)
        rest = buffer.getbuffer()
        header = json.dumps({**self.header, "digest": hashlib.sha256(rest).hexdigest()})
        try:
            with written_whole(self.path) as partial, partial.open("wb") as file:
                file.write(f"{header}\n".encode())
                file.write(rest)
        except OSError as error:
            log.warning("%s: cannot be written (%s); training goes on", self.path, error)
        self.last = time.monotonic()
        self.took = self.last - began

    def read(self) -> Any | None:
        """Return the state of the last one; None where there is none that can be used."""
        if not self.path.is_file():
            return None
        header, _, rest = self.path.read_bytes().partition(b"\n")
        try:
            found = json.loads(header)
        except ValueError:
            found = {}
        if found != {**self.header, "digest": hashlib.sha256(rest).hexdigest()}:
            log.warning("%s: is torn, or of another run or torch; not used", self.path)
            return None
        return torch.load(io.BytesIO(rest), map_location="cpu", weights_only=True)
