"""The openai provider through the real SDK, against a server on this machine that misbehaves."""

import logging
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

from inward.asking import answers
from inward.digests import canonical
from inward.errors import ProviderError
from inward.files import read_json_lines
from inward.providers import open_provider
from inward.requests import Request, Sampling, user

from .loopback import KEY, Loopback, completion, served
from .workshop import Workshop, small_study

SAMPLING = Sampling(temperature=0, max_tokens=8, top_logprobs=2)


@pytest.fixture
def loopback(monkeypatch: pytest.MonkeyPatch) -> Iterator[Loopback]:
    """Give a running server, whose key is in the environment."""
    monkeypatch.setenv("LOOPBACK_KEY", KEY)
    with served() as server:
        yield server


def record(loopback: Loopback, in_flight: int = 16) -> dict[str, Any]:
    """Return the record of a model at that server."""
    return {
        "provider": "openai",
        "model": "m",
        "base_url": loopback.base_url,
        "key_variable": "LOOPBACK_KEY",
        "limit": "max_completion_tokens",
        "in_flight": in_flight,
        "deadline": 5,
        "transport": "direct",
    }


def ask(loopback: Loopback, store: Path, count: int, in_flight: int = 16) -> list[Any]:
    """Ask `count` questions and return the answers."""
    provider = open_provider(record(loopback, in_flight), store)
    requests = [provider.request(user(f"question {n}"), SAMPLING, 0) for n in range(count)]
    return answers(requests, provider, store, "test")


def stored(store: Path) -> list[dict[str, Any]]:
    """Return all records of a store."""
    return [
        record
        for path in (store / "responses").rglob("*.jsonl")
        for record in read_json_lines(path)
    ]


def test_an_answer_has_the_shape_that_all_providers_share(
    loopback: Loopback, tmp_path: Path
) -> None:
    """Text, finish reason and log-probabilities come from the server's JSON, which is kept whole."""
    answer = ask(loopback, tmp_path, 1)[0]
    raw = completion(loopback.bodies[0])

    assert answer.text == raw["choices"][0]["message"]["content"]
    assert answer.finish_reason == "stop"
    assert answer.tokens[0].top == ((answer.text, -0.1), ("x", -3.0))
    assert stored(tmp_path)[0]["response"] == raw


def test_what_is_hashed_is_what_is_sent(loopback: Loopback, tmp_path: Path) -> None:
    """The server gets the body that the key was made of."""
    ask(loopback, tmp_path, 3)
    kept = stored(tmp_path)

    assert sorted(map(canonical, loopback.bodies)) == sorted(
        canonical(one["request"]["body"]) for one in kept
    )
    for one in kept:
        request = Request(**one["request"])

        assert request.key == one["key"]


FAULTS = ["busy", "broken", "away", "truncated", "page", "dropped"]


def test_no_fault_loses_an_answer_or_asks_twice(loopback: Loopback, tmp_path: Path) -> None:
    """With a fault for every other request, each is answered once, and a rerun sends nothing."""
    loopback.faults = [fault for fault in FAULTS * 5 for fault in (fault, "")]
    first = ask(loopback, tmp_path, 60)

    assert len({answer.text for answer in first}) == 60
    assert len(stored(tmp_path)) == 60
    assert len(loopback.bodies) == 60 + 30
    sent = len(loopback.bodies)

    assert ask(loopback, tmp_path, 60) == first
    assert len(loopback.bodies) == sent


@pytest.mark.parametrize(
    ("fault", "said"),
    [
        ("unauthorized", "HTTP 401: the key is not accepted; set LOOPBACK_KEY to a valid one"),
        ("forbidden", "HTTP 403: this key may not use the model; ask for access, or"),
        ("unknown", "HTTP 404: there is no such model or address; mend `model` or `base_url`"),
        ("refused", "HTTP 400: the server refuses the request as it is"),
        ("no_quota", "HTTP 429: the account's quota is used up; add credit"),
    ],
)
def test_what_cannot_succeed_stops_at_once(
    loopback: Loopback, tmp_path: Path, fault: str, said: str
) -> None:
    """A wrong key, a dead model, an empty account: one line, without the key, and no retries."""
    loopback.always = fault
    with pytest.raises(ProviderError) as error:
        ask(loopback, tmp_path, 200)

    assert str(error.value).startswith(said)
    assert "\n" not in str(error.value)
    assert KEY not in str(error.value)
    assert len(loopback.bodies) <= 16


def test_what_was_answered_before_the_stop_is_kept(loopback: Loopback, tmp_path: Path) -> None:
    """An error in the middle costs no answer that came before it or was on its way."""
    loopback.faults = [*[""] * 30, "no_quota"]
    with pytest.raises(ProviderError):
        ask(loopback, tmp_path, 200)

    assert len(stored(tmp_path)) == len(loopback.answered) >= 30


def test_a_server_that_asks_for_time_gets_it(loopback: Loopback, tmp_path: Path) -> None:
    """After Retry-After: 1 nobody sends anything for a second, whoever was told."""
    loopback.faults = ["slow_down"]
    ask(loopback, tmp_path, 40, in_flight=4)
    gaps = [later - now for now, later in zip(loopback.times, loopback.times[1:], strict=False)]

    assert max(gaps) > 0.8


def test_no_more_are_in_flight_than_allowed(loopback: Loopback, tmp_path: Path) -> None:
    """Many requests share the wire, but never more than the configuration allows."""
    ask(loopback, tmp_path, 120, in_flight=12)

    assert 6 <= loopback.most_flying <= 12


def test_no_key_is_written_anywhere(
    loopback: Loopback, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    """Neither the store nor the log holds the key, though the server repeats it in its errors."""
    loopback.faults = [*FAULTS, "slow_down"]
    with caplog.at_level(logging.DEBUG):
        ask(loopback, tmp_path, 20)

    assert KEY not in caplog.text
    assert not [path for path in tmp_path.rglob("*.jsonl") if KEY in path.read_text()]


@pytest.mark.workflow
def test_a_study_of_a_hosted_model_pays_once(loopback: Loopback, tmp_path: Path) -> None:
    """Through Snakemake: all questions are sent once, and lost results cost nothing."""
    workshop = Workshop(tmp_path)
    study = small_study()
    settings = record(loopback) | {"in_flight": 8}
    study |= {"models": {"hosted": settings}, "finetunes": {}}
    study["hypothetical"] = {"wrapper": "supposed"}
    (tmp_path / "config.yaml").write_text(yaml.safe_dump(study, sort_keys=False))
    first = workshop.run()
    before, sent = workshop.digests(), len(loopback.bodies)
    shutil.rmtree(workshop.results)
    second = workshop.run()

    assert (first.returncode, second.returncode) == (0, 0), first.stderr[-3000:]
    assert sent == len({canonical(body) for body in loopback.bodies}) == len(loopback.bodies)
    assert workshop.digests() == before
    for path in tmp_path.rglob("*"):
        assert not path.is_file() or KEY.encode() not in path.read_bytes(), path
