"""Progress of what takes long, as lines: jobs share a terminal, so none is ever redrawn."""

import logging
import time
from collections.abc import Iterable, Iterator
from typing import TypeVar

T = TypeVar("T")
EVERY = 10.0  # seconds between lines

log = logging.getLogger("inward")


def track(things: Iterable[T], total: int, what: str) -> Iterator[T]:
    """Yield `things`, saying now and then how many of `total` are done, and the time left."""
    started = said = time.monotonic()
    for done, thing in enumerate(things, start=1):
        yield thing
        now = time.monotonic()
        if now - said >= EVERY or (done == total and said > started):
            said = now
            rate = done / (now - started)
            log.info("%s: %d of %d, %.0f s left", what, done, total, (total - done) / rate)
