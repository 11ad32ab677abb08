"""The faults of the loopback server, as the real clients see them."""

import json
import time
from collections.abc import Iterator
from pathlib import Path

import httpx
import openai
import pytest
import together

from inward.files import read_json_lines
from inward.loopback.faults import KINDS

from .hosted import ASK, KEY, Clients, connected, file_of, rows, until


@pytest.fixture
def clients(tmp_path: Path) -> Iterator[Clients]:
    """Give the clients of a server."""
    with connected(tmp_path / "state") as found:
        yield found


SEEN = {
    "slow_down": openai.RateLimitError,
    "busy": openai.RateLimitError,
    "no_quota": openai.RateLimitError,
    "broken": openai.InternalServerError,
    "away": openai.InternalServerError,
    "unauthorized": openai.AuthenticationError,
    "refused": openai.BadRequestError,
    "dropped_before": openai.APIConnectionError,
    "dropped_after": openai.APIConnectionError,
    "cut_body": openai.APIConnectionError,
    "truncated": json.JSONDecodeError,
    "hang": openai.APITimeoutError,
}


@pytest.mark.parametrize("kind", SEEN)
def test_clients_see_each_fault(clients: Clients, kind: str, tmp_path: Path) -> None:
    """As its own error, once; then all is well, and only what was done is logged as paid."""
    clients.app.faults.planned.append({"route": "chat", "fault": kind, "times": 1})
    ask = clients.openai.chat.completions.create
    with pytest.raises(SEEN[kind]) as caught:
        ask(model="sim-heron", messages=ASK, timeout=0.3 if kind == "hang" else 5)

    if isinstance(caught.value, openai.APIStatusError):
        assert KEY in caught.value.message
        assert (caught.value.response.headers.get("retry-after") == "1") == (kind == "slow_down")
        assert (caught.value.code == "insufficient_quota") == (kind == "no_quota")
    assert ask(model="sim-heron", messages=ASK).choices
    first, second = read_json_lines(tmp_path / "state" / "requests.jsonl")
    assert first["paid"] == (kind in {"dropped_after", "cut_body", "truncated"})
    assert (first["fault"], first["whole"]) == (
        kind,
        kind not in {"hang", "dropped_before"} and not first["paid"],
    )
    assert (second["fault"], second["paid"]) == (None, True)
    assert (clients.app.sent, len(clients.app.answered)) == (2, 1)


def test_pages_and_empty_answers_are_not_errors_to_clients(clients: Clients) -> None:
    """A page comes as text, an empty object as an answer without choices."""
    clients.app.faults.planned += [{"fault": "page"}, {"fault": "empty"}]
    ask = clients.openai.chat.completions.create
    assert str(ask(model="sim-heron", messages=ASK)).startswith("<html>")
    assert ask(model="sim-heron", messages=ASK).choices is None


def test_slow_replies_are_late_and_whole(clients: Clients) -> None:
    """By as many seconds as planned."""
    clients.app.faults.planned.append({"fault": "slow", "value": 0.2})
    start = time.monotonic()
    assert clients.openai.chat.completions.create(model="sim-heron", messages=ASK).choices
    assert time.monotonic() - start > 0.2


def test_jobs_go_wrong_on_demand(clients: Clients, tmp_path: Path) -> None:
    """One request makes two jobs, or one nobody hears of, or one that fails or is cancelled."""
    with file_of(tmp_path, rows()).open("rb") as file:
        uploaded = clients.openai.files.create(file=file, purpose="fine-tune")
    api = clients.openai.fine_tuning.jobs
    given = {"model": "sim-heron", "training_file": uploaded.id}
    plan = ("doubled", "job_fails", "job_cancelled", "dropped_after", "dropped_before")
    clients.app.faults.planned += [
        {"route": "/openai/v1/fine_tuning/jobs", "method": "POST", "fault": kind} for kind in plan
    ]
    api.create(**given)
    fails, cancelled = api.create(**given), api.create(**given)
    for _ in range(2):
        with pytest.raises(openai.APIConnectionError):
            api.create(**given)

    assert len(list(api.list())) == 5
    assert until(clients, lambda: api.retrieve(fails.id), "failed").error.message
    until(clients, lambda: api.retrieve(cancelled.id), "cancelled")


def test_a_dropped_together_job_is_there(clients: Clients, tmp_path: Path) -> None:
    """Its client sees a broken connection, and the list of jobs has it."""
    uploaded = clients.together.files.upload(file=file_of(tmp_path, rows()), purpose="fine-tune")
    clients.app.faults.planned.append({"route": "fine-tunes$", "fault": "dropped_after"})
    api = clients.together.fine_tuning
    with pytest.raises(together.APIConnectionError):
        api.create(training_file=uploaded.id, model="sim-heron", lora=True, train_on_inputs=False)
    assert len(api.list().data) == 1


def test_faults_are_planned_over_http(clients: Clients) -> None:
    """A list is more of the plan, an object is the rate; unknown kinds are refused."""
    url = f"{clients.server.address}/_faults"
    planned = httpx.post(url, json=[{"route": "/openai/v1/models", "fault": "away"}]).json()
    assert planned["planned"] == [{"route": "/openai/v1/models", "fault": "away"}]
    with pytest.raises(openai.InternalServerError):
        clients.openai.models.list()
    httpx.post(url, json={"rate": 0.5, "kinds": ["busy"]})
    refused = 0
    for _ in range(40):
        try:
            clients.openai.chat.completions.create(model="sim-heron", messages=ASK)
        except openai.RateLimitError:
            refused += 1
    assert 8 < refused < 32
    assert httpx.post(url, json=[{"fault": "nonsense"}]).status_code == 400
    assert httpx.delete(url).json()["rate"] == 0


def test_every_fault_is_known_by_name() -> None:
    """The names are what documentation lists."""
    beside = {
        *{"slow", "page", "empty", "doubled", "job_fails", "job_cancelled"},
        *{"batch_expires", "batch_line_errors"},
    }
    assert {*SEEN, *beside} == KINDS
