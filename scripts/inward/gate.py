"""The gate: how many requests may be in flight, and how soon the next may start."""

import asyncio
from dataclasses import dataclass

FIRST_ALLOWED = 32  # requests in flight, before the server has shown what it bears
TOO_MANY = 0.25  # the share of a round that pushes back before fewer are sent; less is noise
SAVED = 0.05  # seconds of a limit per minute that may be used later than they were free


@dataclass(frozen=True)
class Limits:
    """What a server bears, as far as the configuration says."""

    in_flight: int
    requests_per_minute: float | None = None
    tokens_per_minute: float | None = None


class Gate:
    """Counts those in flight, and takes the measure of the server once a round."""

    def __init__(self, limits: Limits, most: int) -> None:
        self.most = most
        self.allowed = float(min(FIRST_ALLOWED, most))
        self.ceiling = float(most)  # up to here the number doubles with each round; then it creeps
        self.flying = 0
        self.landed = 0  # of this round
        self.refused = 0
        self.resume_at = 0.0
        self.requests = _Pace(limits.requests_per_minute)
        self.tokens = _Pace(limits.tokens_per_minute)
        paced = limits.requests_per_minute or limits.tokens_per_minute
        self.most_at_once = 1 if paced else most  # may start in one moment

    @property
    def free(self) -> int:
        """How many more may fly."""
        return int(self.allowed) - self.flying

    @property
    def opens_at(self) -> float:
        """The moment from which on the next may start, on the loop's clock."""
        return max(self.resume_at, self.requests.free_at, self.tokens.free_at)

    def enter(self, tokens: float) -> None:
        """Count one more in flight, which may use so many tokens."""
        self.flying += 1
        self.requests.use(1)
        self.tokens.use(tokens)

    def leave(self, *, well: bool, pushed_back: bool) -> None:
        """Count one that has landed."""
        self.flying -= 1
        self.landed += 1
        self.refused += pushed_back
        if well and self.allowed < self.ceiling:
            self.allowed = min(self.most, self.allowed + 1)
        if self.landed >= self.allowed:
            self._end_round()

    def pause(self, seconds: float) -> None:
        """Let nobody start for a while."""
        if seconds > 0:
            self.resume_at = max(self.resume_at, _now() + seconds)

    def _end_round(self) -> None:
        share = self.refused / self.landed
        if share > TOO_MANY:
            self.allowed = max(1.0, self.allowed * (1 - share / 2))
            self.ceiling = self.allowed
        else:
            self.allowed = min(float(self.most), self.allowed + 1)
        self.landed = self.refused = 0


class _Pace:
    """A limit per minute, kept evenly; None is no limit."""

    def __init__(self, per_minute: float | None) -> None:
        self.seconds = 60 / per_minute if per_minute else 0.0  # of one unit
        self.free_at = 0.0

    def use(self, units: float) -> None:
        """Count `units` as used now."""
        if self.seconds:
            self.free_at = max(self.free_at, _now() - SAVED) + units * self.seconds


def _now() -> float:
    return asyncio.get_running_loop().time()
