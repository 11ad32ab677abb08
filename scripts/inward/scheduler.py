"""The scheduler: many requests in flight to one server, as many as it bears.

A fixed number of workers take requests one after the other. How many of them may be in flight at
once grows while the server answers, and halves when it pushes back. When the server names a time to
wait, all workers wait, for a bounded while. A request that fails for the moment is tried again; an
error that no attempt can mend stops the workers, each after the request that it has in flight.
"""

import asyncio
import queue
import random
import threading
from collections.abc import Awaitable, Callable, Iterator, Sequence
from contextlib import AbstractAsyncContextManager
from typing import Any, Generic, TypeVar

from inward.errors import ProviderError
from inward.progress import log

T = TypeVar("T")
Call = Callable[[T], Awaitable[Any]]

ATTEMPTS = 8
FIRST_WAIT = 0.5  # seconds; doubled with each attempt
LONGEST_WAIT = 60.0  # seconds, whatever a server asks for
FIRST_ALLOWED = 8  # requests in flight, before the server has shown what it bears


class Transient(Exception):  # noqa: N818 - no error yet: another attempt may succeed
    """This attempt failed; `wait` is what the server asks for, in seconds, if it does."""

    def __init__(self, said: str, *, wait: float = 0.0, pushed_back: bool = False) -> None:
        super().__init__(said)
        self.wait = wait
        self.pushed_back = pushed_back


def in_flight(
    things: Sequence[T], opened: Callable[[], AbstractAsyncContextManager[Call[T]]], *, most: int
) -> Iterator[tuple[T, Any]]:
    """Yield each of `things` with its answer, as soon as it is there; at most `most` at a time.

    `opened` gives the connection, as the function that asks. It raises Transient where another
    attempt may succeed, and ProviderError where none can. Either way all that was answered is
    yielded first; then ProviderError is raised if anything was not.
    """
    done: queue.SimpleQueue[tuple[T, Any] | BaseException | None] = queue.SimpleQueue()
    pool = _Pool(things, most, done)

    def work() -> None:
        try:
            asyncio.run(pool.run(opened))
        except BaseException as error:  # noqa: BLE001 - raised again in the thread that waits
            done.put(error)
        else:
            done.put(None)

    thread = threading.Thread(target=work, name="scheduler")
    thread.start()
    try:
        while (result := done.get()) is not None:
            if isinstance(result, BaseException):
                raise result
            yield result
    finally:
        pool.stopped = True
        thread.join()


class _Pool(Generic[T]):
    """The workers of one call, and what they know of the server."""

    def __init__(self, things: Sequence[T], most: int, done: "queue.SimpleQueue[Any]") -> None:
        self.things = things
        self.most = min(most, len(things))
        self.done = done
        self.waiting = iter(things)
        self.allowed = float(min(FIRST_ALLOWED, self.most))
        self.flying = 0
        self.resume_at = 0.0  # on the event loop's clock
        self.stopped = False
        self.fatal: ProviderError | None = None
        self.lost: list[str] = []
        self.landed: asyncio.Condition

    async def run(self, opened: Callable[[], AbstractAsyncContextManager[Call[T]]]) -> None:
        """Answer all, or raise what kept some from being answered."""
        self.landed = asyncio.Condition()
        async with opened() as call:
            await asyncio.gather(*(self._worker(call) for _ in range(self.most)))
        if self.fatal:
            raise self.fatal
        if self.lost:
            raise ProviderError(
                f"{len(self.lost)} of {len(self.things)} requests failed {ATTEMPTS} times, the last"
                f" with: {self.lost[-1]}; what was answered is in the store: run again for the rest"
            )

    async def _worker(self, call: Call[T]) -> None:
        while not self.stopped and (thing := next(self.waiting, None)) is not None:
            for attempt in range(ATTEMPTS):
                failure = await self._attempt(call, thing)
                if failure is None or self.stopped:
                    break
                log.warning("attempt %d of %d: %s", attempt + 1, ATTEMPTS, failure)
                # Spread out, so that those who failed together do not come back together.
                wait = min(LONGEST_WAIT, FIRST_WAIT * 2**attempt)
                await asyncio.sleep(wait * random.uniform(0.5, 1))
            else:
                self.lost.append(str(failure))

    async def _attempt(self, call: Call[T], thing: T) -> Transient | None:
        await self._take_off()
        failure = None
        try:
            if not self.stopped:
                self.done.put((thing, await call(thing)))
        except Transient as transient:
            failure = transient
        except ProviderError as error:
            self.fatal = self.fatal or error
            self.stopped = True
        finally:
            await self._land(failure)
        return failure

    async def _take_off(self) -> None:
        """Wait until one more request may fly."""
        now = asyncio.get_running_loop().time
        async with self.landed:
            await self.landed.wait_for(lambda: self.flying < int(self.allowed))
            self.flying += 1
        while not self.stopped and now() < self.resume_at:  # noqa: ASYNC110 - it may be put off
            await asyncio.sleep(min(1.0, self.resume_at - now()))

    async def _land(self, failure: Transient | None) -> None:
        async with self.landed:
            self.flying -= 1
            if failure is None:
                self.allowed = min(self.most, self.allowed + 1 / self.allowed)
            else:
                if failure.pushed_back:
                    self.allowed = max(1.0, self.allowed / 2)
                resume = asyncio.get_running_loop().time() + min(failure.wait, LONGEST_WAIT)
                self.resume_at = max(self.resume_at, resume)
            self.landed.notify_all()
