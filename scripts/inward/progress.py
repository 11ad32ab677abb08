"""Progress of what takes long, as lines: jobs share a terminal, so none is ever redrawn."""

import logging
import time
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import TypeVar

from inward.requests import Usage

T = TypeVar("T")
EVERY = 10.0  # seconds between lines

log = logging.getLogger("inward")


@dataclass
class Tally:
    """What has become of a job's requests so far."""

    what: str
    total: int  # to be asked
    reused: int = 0  # in the store already
    done: int = 0
    failed: int = 0  # given up
    failures: Counter[str] = field(default_factory=Counter)  # attempts that failed, by reason
    usage: Usage = field(default_factory=Usage)
    cost: float | None = 0.0  # dollars; None where a price is unknown
    began: float = field(default_factory=time.monotonic)
    said: float = field(default_factory=time.monotonic)

    def answered(self, usage: Usage | None, cost: float | None) -> None:
        """Count one answer."""
        self.done += 1
        if usage:
            self.usage += usage
        self.cost = None if cost is None or self.cost is None else self.cost + cost
        self._speak()

    def found(self, count: int) -> None:
        """Count requests that another process has had answered meanwhile."""
        self.total -= count
        self.reused += count

    def retried(self, reason: str) -> None:
        """Count an attempt that failed; the first of each kind is said at once."""
        if not self.failures[reason]:
            log.warning("%s: %s; trying again", self.what, reason)
        self.failures[reason] += 1
        self._speak()

    def line(self) -> str:
        """Return how far things are."""
        seconds = max(time.monotonic() - self.began, 1e-9)
        rate = self.done / seconds
        left = f"{(self.total - self.done) / rate:.0f} s left" if rate else "time left unknown"
        return ", ".join(
            [
                f"{self.what}: {self.done} of {self.total} done",
                f"{self.reused} reused",
                f"{self.failures.total()} retried",
                f"{self.failed} failed",
                f"{rate:.1f} a second",
                left,
                *self._paid(),
            ]
        )

    def _paid(self) -> list[str]:
        if not self.usage.total:
            return []
        cost = "cost unknown" if self.cost is None else f"${self.cost:.4f}"
        return [f"{self.usage.total} tokens", cost]

    def _speak(self) -> None:
        now = time.monotonic()
        if now - self.said >= EVERY:
            self.said = now
            log.info("%s", self.line())


def track(things: Iterable[T], total: int, what: str) -> Iterator[T]:
    """Yield `things`, saying now and then how many of `total` are done, and the time left."""
    tally = Tally(what, total)
    for thing in things:
        yield thing
        tally.answered(None, None)
