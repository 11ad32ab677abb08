"""The loopback server in Together's dialect: files, jobs, endpoints and batches."""

import json
from collections.abc import Iterator
from pathlib import Path

import pytest
import together

from .hosted import (
    ASK,
    LONG,
    Clients,
    batch_lines,
    connected,
    file_of,
    rows,
    trained_at_together,
    until,
)


@pytest.fixture
def clients(tmp_path: Path) -> Iterator[Clients]:
    """Give the clients of a server."""
    with connected(tmp_path / "state") as found:
        yield found


def test_together_adopts_a_file_it_has(clients: Clients, tmp_path: Path) -> None:
    """The same bytes under another name are the same file."""
    api = clients.together.files
    one = api.upload(file=file_of(tmp_path, rows()), purpose="fine-tune")
    two = api.upload(file=file_of(tmp_path, rows(), "again.jsonl"), purpose="fine-tune")

    assert one.id == two.id
    assert [known.id for known in api.list().data] == [one.id]
    assert api.retrieve(one.id).bytes == (tmp_path / "train.jsonl").stat().st_size
    assert api.content(one.id).read() == (tmp_path / "train.jsonl").read_bytes()
    assert api.delete(one.id).deleted


def test_a_together_job_ends_with_a_model(clients: Clients, tmp_path: Path) -> None:
    """Its name is known by the job; it costs what was estimated; it can be trained on."""
    job = trained_at_together(clients, tmp_path, suffix="birds", random_seed=5, n_epochs=2)
    api = clients.together.fine_tuning
    price = api.estimate_price(training_file=job.training_file, model="sim-heron", n_epochs=2)

    assert job.x_model_output_name == f"loopback/sim-heron:birds:{job.id}"
    assert price.estimation_available
    assert job.token_count == price.estimated_train_token_count * 2
    assert [event.type for event in api.list_events(job.id).data][-1] == "job_complete"
    assert api.list_checkpoints(job.id).data[0].object_name == job.x_model_output_name
    assert api.list_metrics(job.id).metrics
    assert [one.id for one in api.list().data] == [job.id]
    more = api.create(
        training_file=job.training_file, from_checkpoint=job.id, train_on_inputs=False, lora=True,
        model_limits=api.model_limits(model_name="sim-heron"),
    )  # fmt: skip
    assert api.cancel(more.id).status == "cancelled"


def test_together_jobs_fail_on_files_that_teach_nothing(clients: Clients, tmp_path: Path) -> None:
    """The reason is in the last event."""
    path = file_of(tmp_path, [{"messages": [{"role": "user", "content": "x"}]}])
    uploaded = clients.together.files.upload(file=path, purpose="fine-tune")
    job = clients.together.fine_tuning.create(
        training_file=uploaded.id, model="sim-heron", lora=True, train_on_inputs=False
    )
    failed = until(clients, lambda: clients.together.fine_tuning.retrieve(job.id), "error")
    assert "not the assistant's" in failed.events[-1].message


def test_together_models_answer_only_while_deployed(clients: Clients, tmp_path: Path) -> None:
    """By the endpoint's name or their own, once ready; deleted, they are gone."""
    model = trained_at_together(clients, tmp_path).x_model_output_name
    chat = clients.together.chat.completions.create
    api = clients.together.endpoints
    with pytest.raises(together.NotFoundError, match="deploy it"):
        chat(model=model, messages=ASK)
    endpoint = api.create(name="inward-test")
    scaling = {"min_replicas": 1, "max_replicas": 1}
    deployment = api.deployments.create(
        endpoint.id, name="d", model=model, autoscaling=scaling, inactive_timeout=30
    )
    assert deployment.status.state == "DEPLOYMENT_STATE_PROVISIONING"
    with pytest.raises(together.NotFoundError):
        chat(model=endpoint.name, messages=ASK)
    clients.clock.seconds += LONG

    shown = api.deployments.retrieve(deployment.id, endpoint_id=endpoint.id)
    assert (shown.status.state, shown.inactive_timeout) == ("DEPLOYMENT_STATE_READY", 30)
    said = [
        chat(model=name, messages=ASK, temperature=0)
        for name in (endpoint.name, deployment.name, model)
    ]
    assert len({one.choices[0].message.content for one in said}) == 1
    assert deployment.name == f"{endpoint.name}/d" == "inward/inward-test/d"
    assert [one.id for one in api.list()] == [endpoint.id]
    assert api.retrieve(endpoint.id).deployments[0].id == deployment.id
    assert [one.id for one in api.deployments.list(endpoint.id)] == [deployment.id]
    with pytest.raises(together.BadRequestError):
        api.delete(endpoint.id)
    api.deployments.delete(deployment.id, endpoint_id=endpoint.id)
    api.delete(endpoint.id)
    assert not list(api.list())
    with pytest.raises(together.NotFoundError):
        chat(model=model, messages=ASK)


def test_together_adapters_answer_on_their_base(clients: Clients, tmp_path: Path) -> None:
    """A finetune loaded onto a deployment of its base model answers by its name."""
    job = trained_at_together(clients, tmp_path)
    api = clients.together.endpoints
    endpoint = api.create(name="shared")
    deployment = api.deployments.create(
        endpoint.id, name="d", model="projects/p/models/sim-heron", autoscaling={"max_replicas": 1}
    )
    clients.clock.seconds += LONG
    where = {"endpoint_id": endpoint.id, "deployment_id": deployment.id}
    adapter = api.adapters.create(**where, adapter_model_id=job.adapter_object_id)
    chat = clients.together.chat.completions.create

    assert chat(model=job.x_model_output_name, messages=ASK).choices
    assert [one.id for one in api.adapters.list(**where)] == [adapter.id]
    api.adapters.delete(adapter.id, etag=adapter.etag, **where)
    with pytest.raises(together.NotFoundError):
        chat(model=job.x_model_output_name, messages=ASK)


def test_idle_deployments_stop(clients: Clients) -> None:
    """After inactive_timeout minutes without use a deployment answers no more."""
    api = clients.together.endpoints
    endpoint = api.create(name="e")
    deployment = api.deployments.create(
        endpoint.id,
        name="d",
        model="sim-heron",
        autoscaling={"max_replicas": 1},
        inactive_timeout=30,
    )
    for _ in range(3):
        clients.clock.seconds += 29 * 60
        assert clients.together.chat.completions.create(model=endpoint.name, messages=ASK).choices
    clients.clock.seconds += 30 * 60
    with pytest.raises(together.NotFoundError):
        clients.together.chat.completions.create(model=endpoint.name, messages=ASK)
    shown = api.deployments.retrieve(deployment.id, endpoint_id=endpoint.id)
    assert shown.status.state == "DEPLOYMENT_STATE_STOPPED"


def test_jobs_pass_through_their_states(clients: Clients, tmp_path: Path) -> None:
    """Each follows from the time since the job was made, in the words of the dialect."""
    with file_of(tmp_path, rows()).open("rb") as file:
        uploaded = clients.openai.files.create(file=file, purpose="fine-tune")
    there = clients.together.files.upload(file=tmp_path / "train.jsonl", purpose="fine-tune")
    one = clients.openai.fine_tuning.jobs.create(model="sim-heron", training_file=uploaded.id)
    two = clients.together.fine_tuning.create(
        model="sim-heron", training_file=there.id, lora=True, train_on_inputs=False
    )
    seen = []
    for seconds in (0.0, 0.3, 0.5, 1.5):
        clients.clock.seconds += seconds
        seen.append(
            (
                clients.openai.fine_tuning.jobs.retrieve(one.id).status,
                clients.together.fine_tuning.retrieve(two.id).status,
            )
        )
    assert seen == [
        ("validating_files", "pending"),
        ("queued", "queued"),
        ("running", "running"),
        ("succeeded", "completed"),
    ]


def test_a_together_batch_answers_in_its_own_words(clients: Clients, tmp_path: Path) -> None:
    """States are upper-case, lines have a body, and an expired batch keeps what it did."""
    clients.app.faults.planned.append({"route": "/together/v1/batches", "fault": "batch_expires"})
    path = file_of(tmp_path, batch_lines(10), "batch.jsonl")
    uploaded = clients.together.files.upload(file=path, purpose="batch-api", check=False)
    api = clients.together.batches
    expired, batch, stopped = (
        api.create(endpoint="/v1/chat/completions", input_file_id=uploaded.id).job for _ in range(3)
    )
    assert batch.status == "VALIDATING"
    assert api.cancel(stopped.id).status == "CANCELLED"
    done = until(clients, lambda: api.retrieve(batch.id), "COMPLETED")
    lines = clients.together.files.content(done.output_file_id).read().splitlines()

    assert len(lines) == 10
    assert json.loads(lines[0])["response"]["body"]["choices"][0]["finish_reason"] == "eos"
    half = until(clients, lambda: api.retrieve(expired.id), "EXPIRED")
    content = clients.together.files.content
    assert len(content(half.output_file_id).read().splitlines()) == 5
    assert b"batch_expired" in content(half.error_file_id).read()
    assert len(api.list()) == 3
