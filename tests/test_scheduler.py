"""The scheduler, with a server that is a function: how many fly, when, and what comes of failures."""

import asyncio
import time
from collections import Counter
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from itertools import pairwise
from typing import Any

import pytest

from inward import gate, scheduler
from inward.errors import ProviderError
from inward.requests import Request, user
from inward.scheduler import Limits, Transient, send_all


class Server:
    """A server that takes a while, and fails as it is told."""

    def __init__(self, fails: Callable[[int], Exception | None] = lambda _: None) -> None:
        self.fails = fails  # by the number of the attempt, over all requests
        self.seconds = 0.002
        self.sent = 0
        self.flying = 0
        self.most_flying = 0
        self.curve: list[int] = []
        self.times: list[float] = []

    @asynccontextmanager
    async def opened(self) -> AsyncIterator[scheduler.Call]:
        """Give the function that asks."""
        yield self.call

    async def call(self, request: Request) -> str:
        """Answer one request."""
        number = self.sent
        self.sent += 1
        self.times.append(time.monotonic())
        self.flying += 1
        self.most_flying = max(self.most_flying, self.flying)
        self.curve.append(self.flying)
        try:
            await asyncio.sleep(self.seconds)
        finally:
            self.flying -= 1
        if failure := self.fails(number):
            raise failure
        return request.key


class Sink:
    """An intake that remembers."""

    def __init__(self, funds: int | None = None) -> None:
        self.answers: Counter[str] = Counter()
        self.failures: list[tuple[str, bool]] = []
        self.funds = funds  # how many requests may be paid; None is any number
        self.held: set[str] = set()

    def hold(self, request: Request) -> bool:
        """Set one aside, which costs two at most."""
        if self.funds is None:
            return True
        if self.funds - 2 * len(self.held) >= 2:
            self.held.add(request.key)
            return True
        if self.held:
            return False
        raise ProviderError("used up")

    def answer(self, request: Request, raw: Any) -> None:
        """Count an answer, which costs one."""
        assert raw == request.key
        self.answers[raw] += 1
        self.held.discard(raw)
        self.funds = None if self.funds is None else self.funds - 1

    def failure(self, request: Request, said: str, *, final: bool, unclear: bool = False) -> None:
        """Note a failure."""
        del unclear
        self.held.discard(request.key)
        self.failures.append((said, final))


def requests(count: int) -> list[Request]:
    """Return so many requests."""
    return [Request("x", None, {"messages": user(str(n))}, 0) for n in range(count)]


def sent(server: Server, count: int, limits: Limits, sink: Sink | None = None, **more: Any) -> Sink:
    """Send so many requests and return what came in."""
    sink = sink or Sink()
    send_all(requests(count), server.opened, sink, limits, **more)
    assert sink.answers == Counter(request.key for request in requests(count))
    return sink


@pytest.fixture(autouse=True)
def _quick(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(scheduler, "FIRST_WAIT", 0.01)


def busy(_: int) -> Transient:
    """Return a push-back."""
    return Transient("HTTP 429", pushed_back=True)


def test_it_begins_gently_and_grows_to_the_limit() -> None:
    """As long as all is well, more and more are in flight, and never more than allowed."""
    server = Server()
    sent(server, 2000, Limits(200))

    assert max(server.curve[: gate.FIRST_ALLOWED]) == gate.FIRST_ALLOWED
    assert server.curve[gate.FIRST_ALLOWED] <= gate.FIRST_ALLOWED + 1
    assert server.most_flying == 200


def test_it_halves_when_all_are_pushed_back() -> None:
    """A round of 429 halves what is in flight; what is well afterwards creeps."""
    server = Server(lambda number: busy(number) if number < 128 else None)
    sent(server, 400, Limits(64))

    assert server.most_flying <= 64
    assert min(server.curve[96:128]) < 32
    assert server.curve[-60] < 40


@pytest.mark.parametrize(
    "failure", [Transient("HTTP 500", pushed_back=True), Transient("the connection failed")]
)
def test_noise_does_not_slow_it_down(failure: Transient) -> None:
    """Where one of ten fails, as many are in flight as if none did."""
    server = Server(lambda number: failure if number % 10 == 3 else None)
    sent(server, 1500, Limits(100))

    assert server.most_flying == 100
    assert server.curve[1200] > 80


def test_a_request_that_fails_holds_up_nobody(monkeypatch: pytest.MonkeyPatch) -> None:
    """While one waits to be tried again, all others are answered, by a single worker."""
    monkeypatch.setattr(scheduler, "FIRST_WAIT", 0.8)
    server = Server(lambda number: Transient("HTTP 500") if number == 0 else None)
    sent(server, 50, Limits(1))

    assert server.times[49] - server.times[0] < 0.4 <= server.times[50] - server.times[0]


def test_attempts_are_bounded_and_losses_are_said(monkeypatch: pytest.MonkeyPatch) -> None:
    """A request that always fails is given up; the others are kept, and the end says so."""
    monkeypatch.setattr(scheduler, "LONGEST_WAIT", 0.02)
    doomed = requests(20)[7].key
    server = Server()
    answer = server.call

    async def call(request: Request) -> str:
        raw = await answer(request)
        if raw == doomed:
            raise Transient("HTTP 500")
        return raw

    monkeypatch.setattr(server, "call", call)
    sink = Sink()
    with pytest.raises(ProviderError, match="1 requests failed 12 times each, the last with: HTTP"):
        send_all(requests(20), server.opened, sink, Limits(4))

    assert sink.failures == [("HTTP 500", False)] * 11 + [("HTTP 500", True)]
    assert len(sink.answers) == 19
    assert server.sent == 19 + 12


def test_waiting_costs_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    """While the last request waits, 500 idle workers sleep: the loop turns a few times only."""
    monkeypatch.setattr(scheduler, "FIRST_WAIT", 1.5)
    server = Server(lambda number: Transient("HTTP 500") if number == 600 else None)
    turns = 0
    once = asyncio.BaseEventLoop._run_once  # type: ignore[attr-defined]

    def counted(loop: Any) -> None:
        nonlocal turns
        turns += server.sent > 600 and server.flying == 0
        once(loop)

    monkeypatch.setattr(asyncio.BaseEventLoop, "_run_once", counted)
    before = time.process_time()
    sent(server, 601, Limits(500))

    assert 1 <= turns < 20
    assert time.process_time() - before < 1


@pytest.mark.parametrize("broken", ["call", "answer"])
def test_other_errors_surface_once_all_has_landed(
    monkeypatch: pytest.MonkeyPatch, broken: str
) -> None:
    """A bug comes out as itself, sends nothing more, and costs no answer that was on its way."""
    server, sink = Server(), Sink()
    server.seconds = 0.05
    if broken == "call":
        server.fails = lambda number: ZeroDivisionError() if number == 3 else None
    else:
        keep = sink.answer

        def answer(request: Request, raw: Any) -> None:
            if request == requests(4)[3]:
                raise ZeroDivisionError
            keep(request, raw)

        monkeypatch.setattr(sink, "answer", answer)
    with pytest.raises(ZeroDivisionError):
        send_all(requests(100), server.opened, sink, Limits(8))

    assert server.flying == 0
    assert len(sink.answers) == server.sent - 1 < 20


def test_what_no_attempt_mends_stops_at_once() -> None:
    """The error comes out as it is; what was in flight lands first."""
    server, sink = Server(lambda number: ProviderError("no") if number == 5 else None), Sink()
    with pytest.raises(ProviderError, match=r"^no$"):
        send_all(requests(500), server.opened, sink, Limits(10))

    assert len(sink.answers) == server.sent - 1 < 30


def test_a_connection_that_cannot_be_opened_says_why() -> None:
    """An error before the first request comes out as itself."""

    @asynccontextmanager
    async def opened() -> AsyncIterator[scheduler.Call]:
        if not sink.answers:
            raise ProviderError("no key")
        yield Server().call

    sink = Sink()
    with pytest.raises(ProviderError, match=r"^no key$"):
        send_all(requests(3), opened, sink, Limits(10))


def test_a_time_to_wait_is_kept_by_all() -> None:
    """After one answer asks for 0.5 s, nobody starts for so long; then all go on."""
    server = Server(
        lambda number: Transient("HTTP 429", wait=0.5, pushed_back=True) if number == 40 else None
    )
    sent(server, 300, Limits(8))
    gaps = [later - now for now, later in pairwise(server.times)]

    assert 0.45 < max(gaps) < 1
    assert sorted(gaps)[-2] < 0.1


def test_a_time_to_wait_is_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    """An hour is not waited for, neither by all nor by the one that was told."""
    monkeypatch.setattr(scheduler, "LONGEST_PAUSE", 0.2)
    monkeypatch.setattr(scheduler, "LONGEST_WAIT", 0.6)
    server = Server(lambda number: Transient("HTTP 429", wait=3600) if number == 0 else None)
    began = time.monotonic()
    sent(server, 50, Limits(4))

    assert 0.5 < time.monotonic() - began < 2


def test_requests_per_minute_are_kept_evenly() -> None:
    """At 6,000 a minute, 100 requests take a second, and no tenth of it sees more than its part."""
    server = Server()
    sent(server, 100, Limits(50, requests_per_minute=6000))
    took = server.times[-1] - server.times[0]

    assert 0.9 < took < 1.5
    assert all(
        server.times[n + 20] - server.times[n] > 0.1 for n in range(80)
    )  # twice the pace, for a machine that is busy


def test_tokens_per_minute_are_kept() -> None:
    """Requests of 500 tokens at 300,000 a minute come ten a second."""
    server = Server()
    sent(server, 10, Limits(10, tokens_per_minute=300_000), tokens=lambda _: 500.0)

    assert 0.8 < server.times[-1] - server.times[0] < 1.3


def test_a_limit_is_kept_after_a_pause() -> None:
    """What could not be sent while all waited is not sent in one burst."""
    server = Server(lambda number: Transient("HTTP 429", wait=0.4) if number == 5 else None)
    sent(server, 40, Limits(40, requests_per_minute=6000))
    after = [moment for moment in server.times if moment - server.times[5] > 0.3]

    assert after[20] - after[0] > 0.1


def test_money_in_flight_is_waited_for() -> None:
    """Where money is set aside for those in flight, the next wait for what they leave."""
    server = Server()
    sink = sent(server, 9, Limits(8), Sink(funds=10))

    assert server.most_flying == 5
    assert sink.funds == 1


def test_money_that_is_used_up_stops() -> None:
    """Where even with nothing in flight there is too little, it ends, with all answers kept."""
    server, sink = Server(), Sink(funds=10)
    with pytest.raises(ProviderError, match="used up"):
        send_all(requests(50), server.opened, sink, Limits(8))

    assert sum(sink.answers.values()) == 9


def test_silence_is_not_borne_for_ever(monkeypatch: pytest.MonkeyPatch) -> None:
    """A server that never answers anything stops the run before all attempts are made."""
    monkeypatch.setattr(scheduler, "PATIENCE_AT_FIRST", 0.3)
    server = Server(lambda _: Transient("HTTP 503", pushed_back=True))
    with pytest.raises(ProviderError, match=r"no answer for 0 s, the last failure: HTTP 503; see"):
        send_all(requests(1000), server.opened, Sink(), Limits(16))

    assert time.monotonic() - server.times[0] < 2
