"""Hosted sampling in both dialects, against a server on this machine that misbehaves."""

import logging
import re
import shutil
import time
from collections import Counter
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from itertools import pairwise
from pathlib import Path

import pytest
import yaml

from inward import scheduler
from inward.digests import canonical
from inward.errors import ProviderError
from inward.requests import Request, Sampling, Usage

from .sampling import DIALECTS, KEY, SAMPLING, VARIABLE, Site, site
from .workshop import Workshop, small_study

PASSING = [
    "busy",
    "broken",
    "away",
    "truncated",
    "page",
    "empty",
    "dropped_before",
    "dropped_after",
    "cut_body",
]


@pytest.fixture(params=DIALECTS)
def hosted(
    request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Site]:
    """Give a running server, whose key is in the environment."""
    monkeypatch.setenv(VARIABLE, KEY)
    with site(tmp_path, request.param) as found:
        yield found


def test_what_is_hashed_is_what_is_sent(hosted: Site) -> None:
    """The server gets the body that the key was made of, byte for byte as its digest says."""
    hosted.ask(3)
    kept = hosted.stored()

    assert sorted(map(canonical, hosted.app.bodies)) == sorted(
        canonical(one["request"]["body"]) for one in kept
    )
    assert all(Request(**one["request"]).key == one["key"] for one in kept)


def test_the_servers_own_json_is_kept(hosted: Site) -> None:
    """The store has what the server said; usage, model and fingerprint are read from it."""
    answer = hosted.ask(1)[0]
    raw = hosted.stored()[0]["response"]
    used = raw["usage"]

    assert answer.text == raw["choices"][0]["message"]["content"]
    assert answer.finish_reason == "stop"
    assert answer.usage == Usage(used["prompt_tokens"], used["completion_tokens"])
    assert answer.model == "sim-heron"
    assert answer.fingerprint == ("fp_loopback" if hosted.dialect == "openai" else None)
    assert len(answer.tokens[0].top) == 2
    assert answer.tokens[0].logprob <= 0


def test_samples_are_requests_of_their_own(hosted: Site) -> None:
    """Asked three times, a question has three keys and is sent three times, never as n."""
    hosted.ask(2, samples=3, sampling=Sampling(1, 8, 0))

    assert len({one["key"] for one in hosted.stored()}) == 6
    assert sorted(Counter(map(canonical, hosted.app.bodies)).values()) == [3, 3]
    assert not any("n" in body for body in hosted.app.bodies)


def test_no_fault_loses_an_answer_or_asks_twice(hosted: Site) -> None:
    """With a fault for every other request, each is answered once, and a rerun sends nothing."""
    for kind in PASSING * 3:
        hosted.plan(kind)
    first = hosted.ask(60)
    keys = [one["key"] for one in hosted.stored()]
    sent = hosted.app.sent

    assert len(keys) == len(set(keys)) == 60
    assert sent == 60 + 3 * len(PASSING)
    assert hosted.ask(60) == first
    assert hosted.app.sent == sent


REFUSALS = [
    ("unauthorized", "HTTP 401: the key is not accepted; set LOOPBACK_KEY to a valid one"),
    ("refused", "HTTP 400: the server refuses the request as it is; compare the model's settings"),
    ("no_quota", "HTTP 4(29|02): the account's quota is used up; add credit, then run again"),
]


@pytest.mark.parametrize(("fault", "said"), REFUSALS)
def test_what_cannot_succeed_stops_at_once(hosted: Site, fault: str, said: str) -> None:
    """A wrong request, key or account: one line, without the key, and no retries."""
    hosted.plan(fault, times=None)
    began = time.monotonic()
    with pytest.raises(ProviderError, match=said) as error:
        hosted.ask(200)

    assert "\n" not in str(error.value)
    assert KEY not in str(error.value)
    assert hosted.app.sent <= 16
    assert time.monotonic() - began < 3


@pytest.mark.parametrize(
    ("key", "said"),
    [
        ("wrong", "HTTP 401: the key is not accepted; set LOOPBACK_KEY"),
        ("forbidden", "HTTP 403: this key may not use the model; ask for access, or choose"),
        ("empty", "the account's quota is used up; add credit"),
    ],
)
def test_a_key_that_will_not_do_is_one_line(
    hosted: Site, monkeypatch: pytest.MonkeyPatch, key: str, said: str
) -> None:
    """Also where the server itself decides about the key."""
    monkeypatch.setenv(VARIABLE, key)
    with pytest.raises(ProviderError, match=said):
        hosted.ask(200)

    assert hosted.app.sent <= 16


def test_a_model_that_does_not_exist_is_one_line(hosted: Site) -> None:
    """The line says what to mend, and what the server said of it."""
    with pytest.raises(ProviderError, match=r"HTTP 404: .*mend `model` or `base_url`") as error:
        hosted.ask(200, model="sim-dodo")

    assert "sim-dodo" in str(error.value)
    assert KEY not in str(error.value)
    assert hosted.app.sent <= 16


def test_another_address_is_not_followed(hosted: Site) -> None:
    """A base URL with a path too many ends with its mend."""
    wrong = hosted.record()["base_url"] + "/more"
    with pytest.raises(ProviderError, match="HTTP 404: there is no such model or address; mend"):
        hosted.ask(3, base_url=wrong)


def test_what_was_answered_before_the_stop_is_kept(hosted: Site) -> None:
    """An error in the middle costs no answer that came before it or was on its way."""
    hosted.ask(30)
    hosted.plan("slow", times=10, value=0.3)
    hosted.plan("no_quota")
    with pytest.raises(ProviderError):
        hosted.ask(200)

    assert len(hosted.stored()) == len(hosted.app.answered) >= 40


@pytest.mark.parametrize("value", [1, "date"])
def test_a_server_that_asks_for_time_gets_it(hosted: Site, value: int | str) -> None:
    """After Retry-After, a number or a date, nobody sends anything so long, whoever was told."""
    until = datetime.now(UTC) + timedelta(seconds=3)
    hosted.plan("slow_down", value=format_datetime(until, usegmt=True) if value == "date" else 1)
    hosted.ask(40, in_flight=4)
    times = hosted.app.times
    gaps = [later - now for now, later in pairwise(times)]

    assert max(gaps) > 0.9
    assert sorted(gaps)[-2] < 0.5


def test_an_absurd_time_to_wait_is_bounded(hosted: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    """An hour is too long: all go on soon, and the one that was told is tried again."""
    monkeypatch.setattr(scheduler, "LONGEST_PAUSE", 0.5)
    monkeypatch.setattr(scheduler, "LONGEST_WAIT", 1.0)
    hosted.plan("slow_down", value=3600)
    began = time.monotonic()
    hosted.ask(40, in_flight=4)

    assert 0.9 < time.monotonic() - began < 5


def test_a_server_that_hangs_meets_a_deadline(hosted: Site) -> None:
    """An attempt without an answer ends, and another is made."""
    hosted.plan("hang", times=3)
    began = time.monotonic()
    hosted.ask(10, deadline=0.5)

    assert 0.5 < time.monotonic() - began < 4
    assert hosted.app.sent == 13


def test_a_silent_server_is_given_up(hosted: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    """After a while without any answer there is one line, and not an endless wait."""
    monkeypatch.setattr(scheduler, "PATIENCE_AT_FIRST", 1.0)
    hosted.plan("hang", times=None)
    with pytest.raises(ProviderError, match=r"no answer for 1 s, the last failure: no answer with"):
        hosted.ask(200, deadline=0.3)


def test_no_more_are_in_flight_than_allowed(hosted: Site) -> None:
    """Many requests share the wire, but never more than the configuration allows."""
    hosted.plan("slow", times=60, value=0.1)
    hosted.ask(120, in_flight=12)

    assert hosted.app.most_flying == 12


def test_requests_per_minute_are_kept(hosted: Site) -> None:
    """At 1,200 a minute, 30 requests take a second and a half."""
    hosted.ask(30, requests_per_minute=1200)
    took = hosted.app.times[-1] - hosted.app.times[-30]

    assert 1.3 < took < 2.2


def test_tokens_per_minute_are_kept(hosted: Site) -> None:
    """By the length of questions and the longest answer: here about 25 tokens."""
    hosted.ask(30, tokens_per_minute=30_000)
    took = hosted.app.times[-1] - hosted.app.times[-30]

    assert 1.0 < took < 2.5


UNABLE = [
    ("openai", "o1-sim", "max_completion_tokens", Sampling(None, 8, 2), "set top_logprobs: 0"),
    ("openai", "o1-sim", "max_completion_tokens", Sampling(0, 8, 0), "set temperature: null"),
    ("openai", "o1-sim", "max_tokens", Sampling(None, 8, 0), "wants limit: max_completion_tokens"),
    ("openai", "sim-heron", "max_tokens", Sampling(0, 8, 21), "lower top_logprobs"),
    ("together", "sim-heron", "max_completion_tokens", SAMPLING, "only knows limit: max_tokens"),
    ("together", "sim-heron", "max_tokens", Sampling(0, 8, 21), "lower top_logprobs"),
]


@pytest.mark.parametrize("unable", UNABLE)
def test_what_a_model_cannot_do_is_refused_before_it_is_sent(
    tmp_path: Path, unable: tuple[str, str, str, Sampling, str]
) -> None:
    """With the mend, and without a request."""
    dialect, model, limit, sampling, said = unable
    with site(tmp_path, dialect) as found:
        with pytest.raises(ProviderError, match=said):
            found.ask(3, sampling=sampling, model=model, limit=limit)

        assert found.app.sent == 0
        assert not found.log.read_bytes()


def test_a_reasoning_model_is_asked_as_it_wants(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Without temperature and log-probabilities, and with its own name for the limit."""
    monkeypatch.setenv(VARIABLE, KEY)
    with site(tmp_path, "openai") as found:
        answers = found.ask(2, sampling=Sampling(None, 8, 0), model="o1-sim")

    assert [answer.tokens for answer in answers] == [(), ()]
    assert set(found.app.bodies[0]) == {"model", "messages", "max_completion_tokens"}


def test_a_model_that_has_ended_is_not_asked(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Its server says when it ended; nothing is sent."""
    monkeypatch.setenv(VARIABLE, KEY)
    with site(tmp_path, "openai") as found:
        with pytest.raises(ProviderError, match=r"gone was shut down on \d{4}-.*choose another mo"):
            found.ask(3, model="gone")

        assert found.app.sent == 0


@pytest.mark.parametrize("dialect", DIALECTS)
def test_a_model_that_ends_soon_is_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture, dialect: str
) -> None:
    """A warning says the day: the server's own at OpenAI, the list of prices elsewhere."""
    monkeypatch.setenv(VARIABLE, KEY)
    soon = (datetime.now(UTC) + timedelta(days=9)).date().isoformat()
    with site(tmp_path, dialect) as found, caplog.at_level(logging.WARNING, logger="inward"):
        found.ask(1, model="leaving", ends=soon)

    assert re.search(r"leaving is shut down on 20\d\d-\d\d-\d\d, in \d+ days", caplog.text)
    assert (soon in caplog.text) == (dialect == "together")


def test_the_list_of_prices_ends_a_model_too(hosted: Site) -> None:
    """A day that has passed is the end, where the server does not know better."""
    with pytest.raises(ProviderError, match="sim-heron was shut down on 2020-01-01"):
        hosted.ask(1, ends="2020-01-01")

    assert hosted.app.sent == 0


def test_no_key_is_written_anywhere(hosted: Site, caplog: pytest.LogCaptureFixture) -> None:
    """Neither the store nor the log holds the key, though the server repeats it in its errors."""
    for kind in [*PASSING, "slow_down"]:
        hosted.plan(kind)
    with caplog.at_level(logging.DEBUG):
        hosted.ask(20)
        hosted.plan("refused", times=None)
        with pytest.raises(ProviderError) as error:
            hosted.ask(40)

    assert KEY not in caplog.text
    assert KEY not in str(error.getrepr(style="long", showlocals=False))
    files = [path for path in hosted.store.rglob("*") if path.is_file()]
    assert files
    assert not [path for path in files if KEY in path.read_text()]


@pytest.mark.workflow
@pytest.mark.parametrize("dialect", DIALECTS)
def test_a_study_of_a_hosted_model_pays_once(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, dialect: str
) -> None:
    """Through Snakemake: all questions are sent once, and lost results cost nothing."""
    monkeypatch.setenv(VARIABLE, KEY)
    root, beside = tmp_path / "project", tmp_path / "beside"
    root.mkdir()
    workshop = Workshop(root)
    with site(beside, dialect) as hosted:
        settings = hosted.record(in_flight=8)
        study = small_study() | {"models": {"hosted": settings}, "finetunes": {}}
        study["hypothetical"] = {"wrappers": ["supposed"]}
        (root / "config.yaml").write_text(yaml.safe_dump(study, sort_keys=False))
        first = workshop.run("scores")
        before, sent = workshop.digests(), hosted.app.sent
        shutil.rmtree(workshop.results)
        second = workshop.run("scores")

        assert (first.returncode, second.returncode) == (0, 0), first.stderr[-3000:]
        assert sent == len(set(map(canonical, hosted.app.bodies))) == hosted.app.sent
        assert sent > 0
    assert workshop.digests() == before
    for path in root.rglob("*"):
        assert not path.is_file() or KEY.encode() not in path.read_bytes(), path
