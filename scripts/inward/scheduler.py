"""The scheduler: many requests in flight to one server, as many as it bears.

A fixed number of workers take requests one after the other. How many may be in flight at once grows
while the server answers, and shrinks when it pushes back. When the server names a time to wait, all
wait, for a bounded while. A request that failed for the moment comes back later and holds up
nobody. An error that no attempt can mend, and Ctrl-C, stop the workers, each after what it has in
flight.
"""

import asyncio
import random
import signal
import threading
from collections import deque
from collections.abc import Awaitable, Callable, Iterator, Sequence
from contextlib import AbstractAsyncContextManager, contextmanager
from typing import Any, Protocol

from inward.errors import ProviderError
from inward.gate import Gate, Limits
from inward.progress import log
from inward.requests import Request

__all__ = ["Call", "Intake", "Limits", "Transient", "send_all"]

Call = Callable[[Request], Awaitable[Any]]

ATTEMPTS = 12
FIRST_WAIT = 0.5  # seconds; doubled with each attempt
LONGEST_WAIT = 60.0  # seconds until a request is tried again, whatever a server asks for
LONGEST_PAUSE = 5.0  # seconds that one answer can keep all requests waiting
PATIENCE_AT_FIRST = 60.0  # seconds without any answer, before there was one
PATIENCE = 600.0  # likewise, after
AGAIN = "what was answered is in the store: run again for the rest"


class Transient(Exception):  # noqa: N818 - no error yet: another attempt may succeed
    """This attempt failed; `wait` is what the server asks for, in seconds, if it does.

    `unclear` means that the server may have done the work, and bill it.
    """

    def __init__(
        self, said: str, *, wait: float = 0.0, pushed_back: bool = False, unclear: bool = False
    ) -> None:
        super().__init__(said)
        self.wait = wait
        self.pushed_back = pushed_back
        self.unclear = unclear


class Intake(Protocol):
    """Where answers and failures go, as soon as they are there."""

    def hold(self, request: Request) -> bool:
        """Set aside what a request may cost; return whether there is enough for it now.

        Raises ProviderError where there will not be enough, whatever those in flight cost.
        """

    def answer(self, request: Request, raw: Any) -> None:
        """Keep an answer, unless there is one."""

    def failure(self, request: Request, said: str, *, final: bool, unclear: bool = False) -> None:
        """Note an attempt that failed; `final` where there will be no other."""


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
        # Each with the number of attempts that failed. One that waits to be tried again is not
        # here, but with the loop.
        self.ready = deque((request, 0) for request in requests)
        self.open = len(requests)
        self.intake = intake
        self.tokens = tokens
        self.workers = min(limits.in_flight, len(requests))
        self.gate = Gate(limits, self.workers)
        self.idle: deque[asyncio.Future[None]] = deque()
        self.timer: asyncio.TimerHandle | None = None
        self.short = False  # of money, until one in flight has landed
        self.stopped_by: Exception | None = None
        self.lost: list[str] = []
        self.answered = False
        self.last_answer = 0.0

    async def run(self, opened: Callable[[], AbstractAsyncContextManager[Call]]) -> None:
        """Send everything, and raise what stopped it or what remains."""
        self.last_answer = _now()
        try:
            async with opened() as call:
                with _signals(self._interrupt, asyncio.current_task()):
                    await asyncio.gather(*(self._work(call) for _ in range(self.workers)))
        except asyncio.CancelledError:
            if self.stopped_by is None:
                raise
        if self.stopped_by:
            raise self.stopped_by
        if self.lost:
            raise ProviderError(
                f"{len(self.lost)} requests failed {ATTEMPTS} times each, the last with:"
                f" {self.lost[-1]}; {AGAIN}"
            )

    async def _work(self, call: Call) -> None:
        while await self._may_start():
            request, failed = self.ready.popleft()
            try:
                if self.intake.hold(request):
                    self.gate.enter(self.tokens(request))
                    self._wake()
                    await self._attempt(call, request, failed + 1)
                else:
                    self.short = True
                    self.ready.appendleft((request, failed))
            except Exception as error:  # noqa: BLE001 - raised by run, once all has landed
                self._stop(error)

    async def _may_start(self) -> bool:
        """Wait until a request may be sent; return False when there will be none."""
        while self.open and not self.stopped_by:
            free = self.ready and self.gate.free > 0 and not self.short
            if free and self.gate.opens_at <= _now():
                return True
            place = asyncio.get_running_loop().create_future()
            self.idle.append(place)
            self._wake()
            await place
        return False

    def _wake(self) -> None:
        """Wake as many workers as have something to do; later, where the gate opens later."""
        if not self.open or self.stopped_by:
            starts = len(self.idle)
        else:
            starts = 0 if self.short else min(len(self.ready), len(self.idle), self.gate.free)
            if starts > 0 and self.gate.opens_at > _now():
                self._wake_at(self.gate.opens_at)
                return
            starts = min(starts, self.gate.most_at_once)
        while starts > 0:
            place = self.idle.popleft()
            if not place.done():
                place.set_result(None)
            starts -= 1

    def _wake_at(self, moment: float) -> None:
        if self.timer is None:
            self.timer = asyncio.get_running_loop().call_at(moment, self._opened)

    def _opened(self) -> None:
        self.timer = None
        self._wake()

    async def _attempt(self, call: Call, request: Request, attempt: int) -> None:
        well = pushed_back = False
        try:
            raw = await call(request)
            self.intake.answer(request, raw)
            well = self.answered = True
            self.last_answer = _now()
            self._close()
        except Transient as failure:
            pushed_back = failure.pushed_back
            self.gate.pause(min(failure.wait, LONGEST_PAUSE))
            self._failed(request, attempt, failure)
        finally:
            self.short = False
            self.gate.leave(well=well, pushed_back=pushed_back)

    def _failed(self, request: Request, attempt: int, failure: Transient) -> None:
        final = attempt == ATTEMPTS
        self.intake.failure(request, str(failure), final=final, unclear=failure.unclear)
        silence = _now() - self.last_answer
        if silence > (PATIENCE if self.answered else PATIENCE_AT_FIRST):
            self._stop(
                ProviderError(
                    f"no answer for {silence:.0f} s, the last failure: {failure}; see to the server"
                    " and run again: nothing is asked twice"
                )
            )
        if final:
            self.lost.append(str(failure))
            self._close()
            return
        # Spread out, so that those who failed together do not come back together.
        wait = FIRST_WAIT * 2 ** (attempt - 1) * random.uniform(0.5, 1)
        wait = min(LONGEST_WAIT, max(wait, failure.wait))
        asyncio.get_running_loop().call_later(wait, self._again, request, attempt)

    def _again(self, request: Request, failed: int) -> None:
        self.ready.appendleft((request, failed))
        self._wake()

    def _close(self) -> None:
        self.open -= 1
        if not self.open:
            self._wake()

    def _stop(self, error: Exception) -> None:
        self.stopped_by = self.stopped_by or error
        self._wake()

    def _interrupt(self, number: int, task: "asyncio.Task[None]") -> None:
        """End gently at the first signal, and at once at the second."""
        if self.stopped_by:
            task.cancel()
            return
        name = signal.Signals(number).name
        log.warning("%s: waiting for %d answers in flight; again to leave", name, self.gate.flying)
        self._stop(ProviderError(f"stopped by {name}; {AGAIN}"))


@contextmanager
def _signals(handle: Callable[..., None], task: "asyncio.Task[None] | None") -> Iterator[None]:
    """Have Ctrl-C and SIGTERM handled by `handle` within the block, unless they are ignored."""
    loop = asyncio.get_running_loop()
    before: dict[int, Any] = {}
    if threading.current_thread() is threading.main_thread():
        before = {number: signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM)}
    unheeded = (None, signal.SIG_IGN)  # None: of a handler that is not Python's
    heeded = {number: found for number, found in before.items() if found not in unheeded}
    for number in heeded:
        loop.add_signal_handler(number, handle, number, task)
    try:
        yield
    finally:
        for number, found in heeded.items():
            loop.remove_signal_handler(number)
            signal.signal(number, found)


def _now() -> float:
    return asyncio.get_running_loop().time()
