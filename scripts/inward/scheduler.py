"""The scheduler: many requests in flight to one server, as many as it bears.

A fixed number of workers take requests one after the other. How many may be in flight at once grows
while the server answers, and shrinks when it pushes back. When the server names a time to wait, all
wait, for a bounded while. A request that failed for the moment comes back later and holds up
nobody; an error that no attempt can mend stops the workers, each after what it has in flight.
"""

import asyncio
import random
from collections import deque
from collections.abc import Awaitable, Callable, Sequence
from contextlib import AbstractAsyncContextManager, suppress
from dataclasses import dataclass
from heapq import heappop, heappush
from typing import Any, Protocol

from inward.errors import ProviderError
from inward.requests import Request

Call = Callable[[Request], Awaitable[Any]]

ATTEMPTS = 12
FIRST_WAIT = 0.5  # seconds; doubled with each attempt
LONGEST_WAIT = 60.0  # seconds until a request is tried again, whatever a server asks for
LONGEST_PAUSE = 5.0  # seconds that one answer can keep all requests waiting
FIRST_ALLOWED = 32  # requests in flight, before the server has shown what it bears
TOO_MANY = 0.25  # the share of a round that pushes back before fewer are sent; less is noise
PATIENCE_AT_FIRST = 60.0  # seconds without any answer, before there was one
PATIENCE = 600.0  # likewise, after


class Transient(Exception):  # noqa: N818 - no error yet: another attempt may succeed
    """This attempt failed; `wait` is what the server asks for, in seconds, if it does."""

    def __init__(self, said: str, *, wait: float = 0.0, pushed_back: bool = False) -> None:
        super().__init__(said)
        self.wait = wait
        self.pushed_back = pushed_back


class Intake(Protocol):
    """Where answers and failures go, as soon as they are there."""

    def hold(self, request: Request) -> None:
        """Set aside what a request may cost; raise ProviderError where there is not enough."""

    def answer(self, request: Request, raw: Any) -> None:
        """Keep an answer."""

    def failure(self, request: Request, said: str, *, final: bool) -> None:
        """Note an attempt that failed; `final` where there will be no other."""


@dataclass(frozen=True)
class Limits:
    """What a server bears, as far as the configuration says."""

    in_flight: int
    requests_per_minute: float | None = None
    tokens_per_minute: float | None = None


def send_all(
    requests: Sequence[Request],
    opened: Callable[[], AbstractAsyncContextManager[Call]],
    intake: Intake,
    limits: Limits,
    tokens: Callable[[Request], float] = lambda _: 0.0,
) -> None:
    """Send each request until it is answered, and give the answers to `intake`.

    `opened` gives the connection, as the function that asks; it raises Transient where another
    attempt may succeed, and ProviderError where none can. `tokens` is what a request may use, for
    the limit per minute. Raises ProviderError, once all in flight has landed, if anything was not
    answered.
    """
    if requests:
        asyncio.run(_Flight(requests, intake, limits, tokens).run(opened))


class _Flight:
    """One call of send_all, and what it knows of the server."""

    def __init__(
        self,
        requests: Sequence[Request],
        intake: Intake,
        limits: Limits,
        tokens: Callable[[Request], float],
    ) -> None:
        self.new = deque(requests)
        self.again: list[tuple[float, int, Request, int]] = []  # due, tie, request, attempts so far
        self.open = len(requests)
        self.intake = intake
        self.workers = min(limits.in_flight, len(requests))
        self.tokens = tokens
        self.gate = _Gate(limits, self.workers)
        self.fatal: ProviderError | None = None
        self.lost: list[str] = []
        self.last_failure = "nothing came back"
        self.answered = False
        self.last_answer = 0.0
        self.bell: asyncio.Event  # rung when a worker that waits has something to look at

    async def run(self, opened: Callable[[], AbstractAsyncContextManager[Call]]) -> None:
        self.bell = asyncio.Event()
        self.last_answer = _now()
        async with opened() as call:
            await asyncio.gather(*(self._work(call) for _ in range(self.workers)))
        if self.fatal:
            raise self.fatal
        if self.lost:
            raise ProviderError(
                f"{len(self.lost)} requests failed {ATTEMPTS} times each, the last with:"
                f" {self.lost[-1]}; what was answered is in the store: run again for the rest"
            )

    async def _work(self, call: Call) -> None:
        while self.open and not self.fatal:
            request, attempts = await self._next()
            if request is None:
                continue
            try:
                await self.gate.enter(self.tokens(request))
                if self.fatal:
                    self.gate.leave(pushed_back=False)
                else:
                    await self._attempt(call, request, attempts + 1)
            except ProviderError as error:
                self._stop(error)

    async def _next(self) -> tuple[Request | None, int]:
        """Return a request that is due, and how often it has failed; or nothing, after a while."""
        if self.again and self.again[0][0] <= _now():
            _, _, request, attempts = heappop(self.again)
            return request, attempts
        if self.new:
            return self.new.popleft(), 0
        wait = min(1.0, self.again[0][0] - _now()) if self.again else 1.0
        with suppress(TimeoutError):
            await asyncio.wait_for(self.bell.wait(), max(0.0, wait))
        return None, 0

    async def _attempt(self, call: Call, request: Request, attempt: int) -> None:
        pushed_back = False
        try:
            self.intake.hold(request)
            raw = await call(request)
            self.intake.answer(request, raw)
            self.answered = True
            self.last_answer = _now()
            self._close()
        except Transient as failure:
            pushed_back = failure.pushed_back
            self.gate.pause(min(failure.wait, LONGEST_PAUSE))
            self._failed(request, attempt, failure)
        finally:
            self.gate.leave(pushed_back=pushed_back)

    def _failed(self, request: Request, attempt: int, failure: Transient) -> None:
        final = attempt == ATTEMPTS
        self.last_failure = str(failure)
        self.intake.failure(request, str(failure), final=final)
        silence = _now() - self.last_answer
        if silence > (PATIENCE if self.answered else PATIENCE_AT_FIRST):
            self._stop(
                ProviderError(
                    f"no answer for {silence:.0f} s, the last failure: {self.last_failure}; see to"
                    " the server and run again: nothing is asked twice"
                )
            )
        if final:
            self.lost.append(str(failure))
            self._close()
            return
        # Spread out, so that those who failed together do not come back together.
        wait = FIRST_WAIT * 2 ** (attempt - 1) * random.uniform(0.5, 1)
        due = _now() + min(LONGEST_WAIT, max(wait, failure.wait))
        heappush(self.again, (due, id(request), request, attempt))

    def _close(self) -> None:
        self.open -= 1
        if not self.open:
            self.bell.set()

    def _stop(self, error: ProviderError) -> None:
        self.fatal = self.fatal or error
        self.bell.set()
        self.gate.open_wide()


class _Gate:
    """How many requests may be in flight, and how soon the next may start."""

    def __init__(self, limits: Limits, most: int) -> None:
        self.most = most
        self.allowed = float(min(FIRST_ALLOWED, most))
        self.ceiling = float(most)  # up to here the number doubles with each round; then it creeps
        self.flying = 0
        self.waiting: deque[asyncio.Future[None]] = deque()
        self.landed = 0  # of this round
        self.refused = 0
        self.resume_at = 0.0
        self.wide_open = False
        self.pace = [
            _Pace(60 / per_minute)
            for per_minute in (limits.requests_per_minute, limits.tokens_per_minute)
            if per_minute
        ]
        self.counts_requests = limits.requests_per_minute is not None

    async def enter(self, tokens: float) -> None:
        """Wait until one more request may fly."""
        while self.flying >= int(self.allowed) and not self.wide_open:
            place = asyncio.get_running_loop().create_future()
            self.waiting.append(place)
            await place
        self.flying += 1
        for index, pace in enumerate(self.pace):
            of_requests = self.counts_requests and index == 0
            await self._sleep_until(pace.reserve(1 if of_requests else tokens))
        await self._sleep_until(self.resume_at)

    def leave(self, *, pushed_back: bool) -> None:
        """Let the next fly, and take the measure of the server once a round."""
        self.flying -= 1
        self.landed += 1
        self.refused += pushed_back
        if self.allowed < self.ceiling and not pushed_back:
            self.allowed = min(self.most, self.allowed + 1)
        if self.landed >= self.allowed:
            self._end_round()
        self._wake()

    def pause(self, seconds: float) -> None:
        """Let nobody start for a while."""
        self.resume_at = max(self.resume_at, _now() + seconds)

    def open_wide(self) -> None:
        """Let all through, for they will find that there is nothing more to do."""
        self.wide_open = True
        self.resume_at = 0.0
        self._wake()

    def _end_round(self) -> None:
        share = self.refused / self.landed
        if share > TOO_MANY:
            self.allowed = max(1.0, self.allowed * (1 - share / 2))
            self.ceiling = self.allowed
        else:
            self.allowed = min(float(self.most), self.allowed + 1)
        self.landed = self.refused = 0

    def _wake(self) -> None:
        free = len(self.waiting) if self.wide_open else int(self.allowed) - self.flying
        while free > 0 and self.waiting:
            place = self.waiting.popleft()
            if not place.done():
                place.set_result(None)
                free -= 1

    async def _sleep_until(self, moment: float) -> None:
        while not self.wide_open and (left := moment - _now()) > 0:
            await asyncio.sleep(min(1.0, left))
            moment = max(moment, self.resume_at)


class _Pace:
    """A limit per minute, kept evenly: a unit takes `seconds`; a second's worth may be saved up."""

    def __init__(self, seconds: float) -> None:
        self.seconds = seconds
        self.free_at = 0.0

    def reserve(self, units: float) -> float:
        """Return when `units` may be used, and count them as used."""
        start = max(self.free_at, _now() - 1.0)
        self.free_at = start + units * self.seconds
        return start


def _now() -> float:
    return asyncio.get_running_loop().time()
