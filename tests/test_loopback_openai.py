"""The loopback server in OpenAI's dialect: files, jobs and batches, through the real client."""

from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import openai
import pytest

from inward.digests import digest
from inward.files import read_json_lines
from inward.loopback.serve import served

from .hosted import (
    ASK,
    LONG,
    Clients,
    Clock,
    batch_at_openai,
    batch_lines,
    connected,
    file_of,
    results,
    rows,
    trained,
    until,
)


@pytest.fixture
def clients(tmp_path: Path) -> Iterator[Clients]:
    """Give the clients of a server."""
    with connected(tmp_path / "state") as found:
        yield found


def test_openai_files_go_up_come_back_and_go(clients: Clients) -> None:
    """Uploaded bytes are given back unchanged; a deleted file is unknown."""
    content = b'{"a": "\xc3\xa4\\r\\n"}\r\n--x\n'
    api = clients.openai.files
    made = api.create(file=("a.jsonl", content), purpose="batch")

    assert api.content(made.id).read() == content
    assert (api.retrieve(made.id).bytes, made.status) == (len(content), "processed")
    assert [one.id for one in api.list(purpose="batch")] == [made.id]
    assert api.delete(made.id).deleted
    with pytest.raises(openai.NotFoundError):
        api.retrieve(made.id)


def test_an_openai_job_ends_with_a_model(clients: Clients, tmp_path: Path) -> None:
    """The job tells what was asked of it, and its model answers."""
    method = {"type": "supervised", "supervised": {"hyperparameters": {"n_epochs": 2}}}
    job = trained(clients, tmp_path, seed=7, suffix="birds", metadata={"run": "a"}, method=method)
    api = clients.openai.fine_tuning.jobs
    answered = clients.openai.chat.completions.create(
        model=job.fine_tuned_model, messages=rows()[0]["messages"][:1], temperature=0
    )

    assert job.fine_tuned_model.startswith("ft:sim-heron:loopback:birds:")
    assert (job.seed, job.hyperparameters.n_epochs, job.metadata) == (7, 2, {"run": "a"})
    assert job.trained_tokens > 0
    assert job.finished_at >= job.created_at
    assert "succeeded" in next(iter(api.list_events(job.id))).message
    checkpoint = next(iter(api.checkpoints.list(job.id)))
    assert checkpoint.fine_tuned_model_checkpoint == job.fine_tuned_model
    assert clients.openai.models.retrieve(job.fine_tuned_model).id == job.fine_tuned_model
    assert len(answered.choices[0].message.content) == 1


def test_jobs_are_paged_and_found_by_metadata(clients: Clients, tmp_path: Path) -> None:
    """Newest first, page by page; of all jobs only those with the metadata asked for."""
    with file_of(tmp_path, rows()).open("rb") as file:
        uploaded = clients.openai.files.create(file=file, purpose="fine-tune")
    api = clients.openai.fine_tuning.jobs
    made = [
        api.create(
            model="sim-heron", training_file=uploaded.id, metadata={"n": str(n), "odd": str(n % 2)}
        ).id
        for n in range(5)
    ]
    first = api.list(limit=2)

    assert (first.has_more, [one.id for one in first.data]) == (True, made[:2:-1])
    assert [one.id for one in api.list(limit=2)] == made[::-1]
    assert [one.id for one in api.list(after=made[1])] == [made[0]]
    assert [one.id for one in api.list(metadata={"n": "3", "odd": "1"})] == [made[3]]
    assert api.cancel(made[4]).status == "cancelled"


@pytest.mark.parametrize(
    ("lines", "code"),
    [
        (rows()[:9], "invalid_n_examples"),
        ([{"messages": one["messages"][::-1]} for one in rows()], "invalid_file_format"),
        ([1, 2], "invalid_file_format"),
    ],
)
def test_jobs_fail_on_files_that_teach_nothing(
    clients: Clients, tmp_path: Path, lines: list[Any], code: str
) -> None:
    """The job, not the upload, says what is wrong with the file."""
    with file_of(tmp_path, lines).open("rb") as file:
        uploaded = clients.openai.files.create(file=file, purpose="fine-tune")
    api = clients.openai.fine_tuning.jobs
    job = api.create(model="sim-heron", training_file=uploaded.id)

    assert job.status == "validating_files"
    failed = until(clients, lambda: api.retrieve(job.id), "failed")
    assert (failed.error.code, failed.error.param) == (code, "training_file")
    assert failed.fine_tuned_model is None


def test_jobs_go_on_after_a_restart(tmp_path: Path) -> None:
    """A server restarted on its folder knows jobs, files and models, and goes on counting."""
    state, clock = tmp_path / "state", Clock()
    with served(state, now=clock) as server, ExitStack() as stack:
        api = Clients(server, stack, clock).openai
        with file_of(tmp_path, rows()).open("rb") as file:
            uploaded = api.files.create(file=file, purpose="fine-tune")
        job = api.fine_tuning.jobs.create(model="sim-heron", training_file=uploaded.id)
    said = []
    for _ in range(2):
        with served(state, now=clock) as server, ExitStack() as stack:
            clock.seconds += LONG
            api = Clients(server, stack, clock).openai
            model = api.fine_tuning.jobs.retrieve(job.id).fine_tuned_model
            chat = api.chat.completions.create(model=model, messages=ASK, temperature=0)
            said.append(chat.choices[0].message.content)
            new = api.files.create(file=b"{}", purpose="batch")

    assert said[0] == said[1]
    assert new.id != uploaded.id
    numbers = [line["number"] for line in read_json_lines(state / "requests.jsonl")]
    assert numbers == list(range(1, len(numbers) + 1))


def test_an_openai_batch_answers_all_lines_in_another_order(
    clients: Clients, tmp_path: Path
) -> None:
    """Lines that are refused are in the error file; each answer is in the log as paid."""
    lines = [*batch_lines(12), {**batch_lines(1, "nobody")[0], "custom_id": "bad"}]
    batch = batch_at_openai(clients, tmp_path, lines)
    api = clients.openai.batches

    assert batch.status == "validating"
    done = until(clients, lambda: api.retrieve(batch.id), "completed")
    found = results(clients, done.output_file_id)
    names = [line["custom_id"] for line in found]
    assert sorted(names) == sorted(line["custom_id"] for line in lines[:12])
    assert names != [line["custom_id"] for line in lines[:12]]
    assert found[0]["response"]["body"]["choices"][0]["message"]["content"]
    wrong = results(clients, done.error_file_id)
    assert [(one["custom_id"], one["response"]["status_code"]) for one in wrong] == [("bad", 404)]
    assert (done.request_counts.completed, done.request_counts.failed) == (12, 1)
    assert [one.id for one in api.list()] == [batch.id]
    log = read_json_lines(tmp_path / "state" / "requests.jsonl")
    paid = [line for line in log if line.get("custom_id")]
    assert all(line["paid"] and line["digest"] == digest(lines[0]["body"]) for line in paid)
    assert len(paid) == 12


def test_batches_expire_and_lose_lines_on_demand(clients: Clients, tmp_path: Path) -> None:
    """What an expired batch did is there; what it did not is named only in part."""
    clients.app.faults.planned += [
        {"route": "/openai/v1/batches", "method": "POST", "fault": "batch_expires"},
        {"route": "/openai/v1/batches", "method": "POST", "fault": "batch_line_errors"},
    ]
    first, second = (batch_at_openai(clients, tmp_path, batch_lines(12)) for _ in range(2))
    expired = until(clients, lambda: clients.openai.batches.retrieve(first.id), "expired")
    errors = until(clients, lambda: clients.openai.batches.retrieve(second.id), "completed")

    assert len(results(clients, expired.output_file_id)) == 6
    named = results(clients, expired.error_file_id)
    assert {one["error"]["code"] for one in named} == {"batch_expired"}
    assert len(named) == 3
    statuses = [one["response"]["status_code"] for one in results(clients, errors.error_file_id)]
    assert statuses == [500, 429, 500, 429]
    assert len(results(clients, errors.output_file_id)) == 8


def test_batches_are_cancelled_and_fail(clients: Clients, tmp_path: Path) -> None:
    """A cancelled batch keeps what it did; a file that is no batch fails."""
    batch = batch_at_openai(clients, tmp_path, batch_lines(10))
    assert clients.openai.batches.cancel(batch.id).status == "cancelling"
    until(clients, lambda: clients.openai.batches.retrieve(batch.id), "cancelled")
    twice = batch_at_openai(clients, tmp_path, batch_lines(1) * 2)
    failed = until(clients, lambda: clients.openai.batches.retrieve(twice.id), "failed")
    assert "custom_id" in failed.errors.data[0].message
