"""Batches at both providers: nothing is handed in twice, and everything paid for is read."""

import json
import logging
import os
import signal
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from inward.asking import answers
from inward.errors import ProviderError
from inward.files import read_json, read_json_lines
from inward.jobs import batches, calls
from inward.money import Price, Prices, Purse, open_purse
from inward.providers import open_provider

from .conftest import ROOT
from .sampling import DIALECTS, KEY, VARIABLE, Site, site


@pytest.fixture(params=DIALECTS)
def hosted(
    request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Site]:
    """Give a running server whose batches take a third of a second."""
    monkeypatch.setenv(VARIABLE, KEY)
    monkeypatch.setattr(batches, "SHORTEST_POLL", 0.05)
    monkeypatch.setattr(calls, "FIRST_WAIT", 0.02)
    with site(tmp_path, request.param, batch_seconds=0.3) as found:
        yield found


def ask(hosted: Site, count: int, **more: Any) -> list[Any]:
    """Ask so many questions by batch."""
    return hosted.ask(count, transport="batch", **more)


def made(hosted: Site) -> int:
    """Return how many batches the server has."""
    return len(list(hosted.app.services[hosted.dialect].batches))


def answered(hosted: Site) -> Counter[str]:
    """Return how often each key was answered, and billed, in a batch."""
    lines = read_json_lines(hosted.log)
    return Counter(line["custom_id"] for line in lines if line["method"] == "BATCH")


def states(hosted: Site) -> list[Any]:
    """Return what the store knows of batches."""
    return [read_json(path) for path in sorted((hosted.store / "batches").rglob("*.json"))]


def once(hosted: Site, count: int) -> None:
    """Check that so many keys were answered, stored and paid once each."""
    keys = Counter(record["key"] for record in hosted.stored())

    assert len(keys) == count
    assert set(keys.values()) == {1}
    assert answered(hosted) == keys
    assert not list((hosted.store / "batches").rglob("*.creating"))
    assert all(state["read"] for state in states(hosted))


def test_a_batch_answers_what_direct_requests_would(hosted: Site) -> None:
    """In the order asked, under the same keys; a rerun, either way, sends nothing."""
    found = ask(hosted, 30)
    once(hosted, 30)

    assert made(hosted) == 1
    assert hosted.app.sent == 0
    assert [answer.finish_reason for answer in found] == ["stop"] * 30
    requests = len(hosted.log.read_bytes().splitlines())
    assert ask(hosted, 30) == found == hosted.ask(30)
    assert len(hosted.log.read_bytes().splitlines()) == requests


def test_what_an_expired_batch_has_is_kept(hosted: Site) -> None:
    """The answered half is read, the rest goes into another batch."""
    hosted.plan("batch_expires", route="batches", method="POST")
    ask(hosted, 30)

    assert made(hosted) == 2
    assert [len(state["requests"]) for state in sorted(states(hosted), key=len_of)] == [15, 30]
    once(hosted, 30)


def len_of(state: Any) -> int:
    """Return how many requests a batch has."""
    return len(state["requests"])


def test_what_a_cancelled_batch_has_is_kept(hosted: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    """Whoever cancels it, what it had answered by then is read."""
    hand_in = batches._hand_in

    def cancelled(counter: batches.Counter, path: Path) -> None:
        hand_in(counter, path)
        if made(hosted) == 1:
            time.sleep(0.15)
            counter.sdk.batches.cancel(read_json(path)["id"])

    monkeypatch.setattr(batches, "_hand_in", cancelled)
    ask(hosted, 40)
    sizes = sorted(len_of(state) for state in states(hosted))

    assert made(hosted) == 2
    assert 0 < sizes[0] < sizes[1] == 40
    once(hosted, 40)


def test_lines_that_failed_go_into_another_batch(hosted: Site) -> None:
    """Errors that pass, here 500 and 429, are asked again."""
    hosted.plan("batch_line_errors", route="batches", method="POST")
    ask(hosted, 30)

    assert made(hosted) == 2
    once(hosted, 30)


def test_a_line_that_is_refused_ends_with_one_line(hosted: Site) -> None:
    """Everything else is kept first; and it is not tried five times."""
    settings = {"limit": hosted.record()["limit"]}
    provider = hosted.requests(6, **settings)
    bad = provider[2]
    bad.body["temperature"] = 9
    broken = type(bad)(bad.dialect, bad.base_url, bad.body, 0)
    sent = [broken if request is bad else request for request in provider]
    with pytest.raises(ProviderError, match=r"HTTP 400: the server refuses the request") as error:
        sample(hosted, sent)

    assert "\n" not in str(error.value)
    assert KEY not in str(error.value)
    assert made(hosted) == 1
    once(hosted, 5)


def sample(hosted: Site, requests: list[Any], purse: Purse | None = None) -> None:
    """Send requests by batch."""
    provider = open_provider(hosted.record(transport="batch"), hosted.store)
    answers(requests, provider, hosted.store, "test", purse)


def test_parts_are_handed_in_together(hosted: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    """More requests than a batch takes are several batches, and none waits for another."""
    monkeypatch.setattr(batches, "MOST_LINES", 10)
    ask(hosted, 35)

    assert [len_of(state) for state in sorted(states(hosted), key=len_of)] == [5, 10, 10, 10]
    once(hosted, 35)


@pytest.mark.parametrize("fault", ["dropped_after", "truncated", "cut_body"])
def test_a_batch_whose_making_was_not_answered_is_adopted(hosted: Site, fault: str) -> None:
    """The server had made it; it is found, and no second one is made."""
    hosted.plan(fault, route="batches", method="POST")
    ask(hosted, 12)

    assert made(hosted) == 1
    once(hosted, 12)


@pytest.mark.parametrize("fault", ["empty", "page"])
def test_a_list_that_says_nothing_is_no_empty_list(hosted: Site, fault: str) -> None:
    """A batch whose making was not answered is looked for until a list says what there is."""
    hosted.plan("dropped_after", route="batches", method="POST")
    hosted.plan(fault, route="batches", method="GET", times=3)
    ask(hosted, 3)

    assert made(hosted) == 1
    once(hosted, 3)


def test_faults_of_every_call_are_borne(hosted: Site) -> None:
    """Uploads, looks and downloads are tried again, whatever goes wrong."""
    for kind in ("broken", "truncated", "dropped_before", "busy"):
        hosted.plan(kind, route="files", method="GET")
        hosted.plan(kind, route="batches", method="GET")
    ask(hosted, 12)

    assert made(hosted) == 1
    once(hosted, 12)


def test_a_batch_that_is_refused_as_a_whole_is_one_line(
    hosted: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    """With the provider's reason; a run after the mend makes a new one."""
    monkeypatch.setattr(batches, "_line", lambda request: b'{"custom_id": "x"}\n' * bool(request))
    with pytest.raises(ProviderError, match=r"batch batch_.* was refused: ") as error:
        ask(hosted, 3)
    monkeypatch.undo()
    monkeypatch.setenv(VARIABLE, KEY)
    ask(hosted, 3)

    assert "\n" not in str(error.value)
    assert made(hosted) == 2
    once(hosted, 3)


@pytest.mark.parametrize("key", ["wrong", "empty"])
def test_a_key_that_will_not_do_makes_nothing(
    hosted: Site, monkeypatch: pytest.MonkeyPatch, key: str
) -> None:
    """One line, and the next run, with a better key, goes on."""
    monkeypatch.setenv(VARIABLE, key)
    with pytest.raises(ProviderError, match="HTTP 4"):
        ask(hosted, 3)
    monkeypatch.setenv(VARIABLE, KEY)
    ask(hosted, 3)

    assert made(hosted) == 1
    once(hosted, 3)


PROGRAM = """
import json, sys
from pathlib import Path
sys.path[:0] = [{scripts!r}]
from inward.asking import answers
from inward.jobs import batches
from inward.providers import open_provider
from inward.requests import Sampling, user

batches.SHORTEST_POLL = 0.05
record, store = json.loads(sys.argv[1]), Path(sys.argv[2])
provider = open_provider(record, store)
questions = [f"Which word comes next, number {{n}}?" for n in range(int(sys.argv[3]))]
answers([provider.request(user(q), Sampling(0, 8, 2), 0) for q in questions], provider, store, "t")
"""


def killed(hosted: Site, count: int, moment: Any) -> None:
    """Ask so many questions by batch in a process that is killed when `moment` has come."""
    arguments = [json.dumps(hosted.record(transport="batch")), str(hosted.store), str(count)]
    program = PROGRAM.format(scripts=str(ROOT / "scripts"))
    with subprocess.Popen(
        [sys.executable, "-c", program, *arguments], env={**os.environ, VARIABLE: KEY}
    ) as process:
        while not moment():
            assert process.poll() is None
            time.sleep(0.01)
        process.send_signal(signal.SIGKILL)


def test_a_batch_outlives_the_process_that_made_it(hosted: Site) -> None:
    """After kill -9 the next run reads the batch that was made, also if it asks for less."""
    killed(hosted, 20, lambda: any(state["id"] for state in states(hosted)))
    ask(hosted, 12)

    assert made(hosted) == 1
    once(hosted, 20)
    ask(hosted, 20)
    assert made(hosted) == 1


def test_a_claim_that_outlived_its_process_goes(hosted: Site) -> None:
    """Killed between the note of the batch's ID and the end of the claim: neither is left."""
    ask(hosted, 5)
    [state] = (hosted.store / "batches").rglob("*.json")
    state.with_suffix(".creating").write_text("{}")
    ask(hosted, 7)

    once(hosted, 7)
    assert made(hosted) == 2


def test_a_batch_is_found_whose_id_was_never_heard(hosted: Site) -> None:
    """Killed while the call that makes it is under way: the next run adopts it."""
    hosted.plan("slow", route="batches", method="POST", value=1.0)
    claims = hosted.store / "batches"
    killed(hosted, 20, lambda: list(claims.rglob("*.creating")) and hosted.app.flying)
    time.sleep(1.2)
    ask(hosted, 20)

    assert made(hosted) == 1
    once(hosted, 20)


def test_direct_requests_read_what_a_batch_has(hosted: Site) -> None:
    """Who changes the transport under way pays nothing twice."""
    killed(hosted, 20, lambda: any(state["id"] for state in states(hosted)))
    hosted.ask(25)

    assert hosted.app.sent == 5
    assert made(hosted) == 1
    assert len(hosted.stored()) == 25


def test_batches_of_other_questions_are_left_alone(hosted: Site) -> None:
    """A job does not wait for, nor read, what another has asked the same model."""
    killed(hosted, 5, lambda: any(state["id"] for state in states(hosted)))
    others = hosted.requests(9)[5:]
    sample(hosted, others)
    unread = [state for state in states(hosted) if not state["read"]]

    assert [len_of(state) for state in unread] == [5]
    assert len(hosted.stored()) == 4


def test_a_batch_keeps_to_the_budget(hosted: Site) -> None:
    """What does not fit waits for what others leave; what is unread counts as spent."""
    price = Price(0.0, 1e6)  # a dollar a token: eight at most, and fewer in fact
    record = hosted.record(transport="batch")
    prices = Prices("now", {"sim-heron": price}, {})
    purse = open_purse(record, hosted.store, prices, 40.0)
    with pytest.raises(ProviderError, match=r"budget of \$40 is used up"):
        sample(hosted, hosted.requests(60), purse)
    cost = sum(record["response"]["usage"]["completion_tokens"] for record in hosted.stored())

    assert 32 < cost <= 40
    assert made(hosted) > 1
    again = open_purse(record, hosted.store, prices, 40.0)
    assert again.left == pytest.approx(40 - cost)
    hosted.plan("slow", route="batches", method="POST", value=0.3)
    killed(hosted, 60, lambda: any(not state["read"] for state in states(hosted)))
    waiting = next(state for state in states(hosted) if not state["read"])
    later = open_purse(record, hosted.store, prices, 1000.0)
    assert later.left == pytest.approx(1000 - cost - 8 * len(waiting["requests"]))


def test_progress_of_a_batch_is_said(hosted: Site, caplog: pytest.LogCaptureFixture) -> None:
    """Its ID, how it was made, how far it is, and at the end the tally."""
    with caplog.at_level(logging.INFO, logger="inward"):
        ask(hosted, 5)

    assert "of 5 requests: created" in caplog.text
    assert "test: 5 of 5 done" in caplog.text
    assert KEY not in caplog.text
