"""OpenAI's dialect: its routes, and its words for files, jobs, batches and models."""

import time
from typing import Any

from inward.digests import digest
from inward.loopback import batches, jobs
from inward.loopback.chat import openai_chat
from inward.loopback.common import file_content, start_job, stop_job
from inward.loopback.service import Service, missing_model
from inward.loopback.shelf import Record, page
from inward.loopback.wire import Call, Reply, Route, reply

EPOCHS = 3  # of a job that leaves them to the service
SEED = 42
DAY = 86_400.0
STATES = {"validating": "validating_files"}
GONE, LEAVING_DAYS = "2025-06-30", 30


def chat(service: Service, call: Call) -> Reply:
    """Answer a chat request."""
    return reply(openai_chat(service, call.json), paid=True)


def add_file(service: Service, call: Call) -> Reply:
    """Take a file in."""
    purpose = call.field("purpose")
    call.field("file")
    filename, content = call.form["file"]
    record = service.files.add(
        {
            "created": service.now(),
            "filename": filename,
            "purpose": purpose,
            "bytes": len(content),
            "checksum": "",
            "uploaded": True,
        }
    )
    service.files.write_content(record["id"], content)
    return reply(_file(record))


def files(service: Service, call: Call) -> Reply:
    """List the files, newest first."""
    purpose = call.query.get("purpose")
    found = [one for one in service.files.newest_first() if purpose in {None, one["purpose"]}]
    return _page(found, call, _file, 10_000)


def file(service: Service, _: Call, name: str) -> Reply:
    """Show one file."""
    return reply(_file(service.files.known(name)))


def remove_file(service: Service, _: Call, name: str) -> Reply:
    """Forget a file."""
    service.files.remove(service.files.known(name))
    return reply({"id": name, "object": "file", "deleted": True})


def add_job(service: Service, call: Call) -> Reply:
    """Create a finetuning job."""
    made = start_job(service, call, call.needs("model"))
    return reply(_job(service, made))


def list_jobs(service: Service, call: Call) -> Reply:
    """List the jobs, newest first, where asked only those with certain metadata."""
    wanted = {
        key[len("metadata[") : -1]: value
        for key, value in call.query.items()
        if key.startswith("metadata[")
    }
    found = [
        job
        for job in service.jobs.newest_first()
        if wanted.items() <= (job["request"].get("metadata") or {}).items()
    ]
    return _page(found, call, lambda job: _job(service, job))


def job(service: Service, _: Call, name: str) -> Reply:
    """Show one job."""
    return reply(_job(service, service.jobs.known(name)))


def cancel_job(service: Service, _: Call, name: str) -> Reply:
    """Cancel a job that is on its way."""
    return reply(_job(service, stop_job(service, name)))


def job_events(service: Service, call: Call, name: str) -> Reply:
    """List what happened to a job, newest first."""
    record = service.jobs.known(name)
    said = ["Created fine-tuning job"]
    state = jobs.state_of(record, service.now())
    if state not in {"validating", "failed"}:
        said.append("Files validated, moving job to queued state")
    if state in {"running", "succeeded"}:
        said.append("Fine-tuning job started")
    if state in {"succeeded", "failed", "cancelled"}:
        said.append(f"The job has {state}")
    events: list[Record] = [
        {
            "id": f"ftevent-{digest([name, text])[:12]}",
            "object": "fine_tuning.job.event",
            "created_at": int(record["created"]),
            "level": "error" if state == "failed" and number == len(said) - 1 else "info",
            "message": text,
            "type": "message",
            "data": {},
        }
        for number, text in enumerate(said)
    ]
    return _page(events[::-1], call, lambda event: event)


def checkpoints(service: Service, call: Call, name: str) -> Reply:
    """List the checkpoints of a job: one, where it succeeded."""
    record = service.jobs.known(name)
    made = [
        {
            "id": f"ftckpt-{digest(name)[:12]}",
            "object": "fine_tuning.job.checkpoint",
            "created_at": int(jobs.ended_at(record, service.now()) or 0),
            "fine_tuned_model_checkpoint": jobs.model_name("openai", record),
            "fine_tuning_job_id": name,
            "metrics": {"step": 1, "train_loss": 0.5, "train_mean_token_accuracy": 0.8},
            "step_number": 1,
        }
    ]
    done = jobs.state_of(record, service.now()) == "succeeded"
    return _page(made if done else [], call, lambda one: one)


def add_batch(service: Service, call: Call) -> Reply:
    """Create a batch."""
    for name in ("input_file_id", "endpoint", "completion_window"):
        call.needs(name)
    return reply(_batch(service, batches.begin(service, call.json, call.fault)))


def list_batches(service: Service, call: Call) -> Reply:
    """List the batches, newest first."""
    return _page(service.batches.newest_first(), call, lambda one: _batch(service, one))


def batch(service: Service, _: Call, name: str) -> Reply:
    """Show one batch."""
    return reply(_batch(service, service.batches.known(name)))


def cancel_batch(service: Service, _: Call, name: str) -> Reply:
    """Cancel a batch that is on its way."""
    record = service.batches.known(name)
    batches.cancel(service, record)
    return reply(_batch(service, record))


def models(service: Service, _: Call) -> Reply:
    """List the models: those there always were, and those made by jobs."""
    now = service.now()
    made = [
        jobs.model_name("openai", one)
        for one in service.jobs
        if jobs.state_of(one, now) == "succeeded"
    ]
    listed = [_model(service, name) for name in [*service.settings.habits, *made]]
    return reply({"object": "list", "data": listed})


def model(service: Service, _: Call, name: str) -> Reply:
    """Show one model."""
    if not service.knows(name):
        raise missing_model(name)
    return reply(_model(service, name))


ROUTES: list[Route] = [
    ("POST", "chat/completions", chat),
    ("POST", "files", add_file),
    ("GET", "files", files),
    ("GET", "files/([^/]+)", file),
    ("DELETE", "files/([^/]+)", remove_file),
    ("GET", "files/([^/]+)/content", file_content),
    ("POST", "fine_tuning/jobs", add_job),
    ("GET", "fine_tuning/jobs", list_jobs),
    ("GET", "fine_tuning/jobs/([^/]+)", job),
    ("POST", "fine_tuning/jobs/([^/]+)/cancel", cancel_job),
    ("GET", "fine_tuning/jobs/([^/]+)/events", job_events),
    ("GET", "fine_tuning/jobs/([^/]+)/checkpoints", checkpoints),
    ("POST", "batches", add_batch),
    ("GET", "batches", list_batches),
    ("GET", "batches/([^/]+)", batch),
    ("POST", "batches/([^/]+)/cancel", cancel_batch),
    ("GET", "models", models),
    ("GET", "models/(.+)", model),
]


def _page(records: list[Record], call: Call, shown: Any, limit: int = 20) -> Reply:
    found, more = page(records, call.query, limit)
    data = [shown(record) for record in found]
    ends = {"first_id": data[0]["id"], "last_id": data[-1]["id"]} if data else {}
    return reply({"object": "list", "data": data, "has_more": more, **ends})


def _file(record: Record) -> dict[str, Any]:
    return {
        "id": record["id"],
        "object": "file",
        "bytes": record["bytes"],
        "created_at": int(record["created"]),
        "filename": record["filename"],
        "purpose": record["purpose"],
        "status": "processed",
        "status_details": None,
    }


def _job(service: Service, record: Record) -> dict[str, Any]:
    now = service.now()
    state, ended = jobs.state_of(record, now), jobs.ended_at(record, now)
    request = record["request"]
    method = request.get("method") or {"type": "supervised", "supervised": {}}
    asked = (method.get("supervised") or {}).get("hyperparameters") or {}
    asked = {**(request.get("hyperparameters") or {}), **asked}
    epochs = EPOCHS if asked.get("n_epochs") in {None, "auto"} else asked["n_epochs"]
    used = {"n_epochs": epochs, "batch_size": 1, "learning_rate_multiplier": 2.0}
    used |= {name: value for name, value in asked.items() if value != "auto"}
    good = state == "succeeded"
    return {
        "id": record["id"],
        "object": "fine_tuning.job",
        "created_at": int(record["created"]),
        "error": jobs.error_of(record) if state == "failed" else None,
        "estimated_finish": None if ended else int(record["created"] + record["seconds"]),
        "fine_tuned_model": jobs.model_name("openai", record) if good else None,
        "finished_at": int(ended) if ended else None,
        "hyperparameters": used,
        "method": {"type": "supervised", "supervised": {"hyperparameters": used}},
        "model": record["model"],
        "organization_id": "org-loopback",
        "result_files": [],
        "seed": SEED if request.get("seed") is None else request["seed"],
        "status": STATES.get(state, state),
        "trained_tokens": record["tokens"] * epochs if good else None,
        "training_file": record["training_file"],
        "validation_file": request.get("validation_file"),
        "integrations": [],
        "metadata": request.get("metadata"),
        "user_provided_suffix": record["suffix"],
    }


def _batch(service: Service, record: Record) -> dict[str, Any]:
    state = batches.settled(service, record, openai_chat)
    request, results = record["request"], record["results"] or {}
    ended = results.get("ended")
    problem = {"code": "invalid_file", "message": record["problem"], "line": None, "param": None}
    return {
        "id": record["id"],
        "object": "batch",
        "endpoint": request["endpoint"],
        "errors": {"object": "list", "data": [problem]} if state == "failed" else None,
        "input_file_id": request["input_file_id"],
        "completion_window": request["completion_window"],
        "status": state,
        "output_file_id": results.get("output_file_id"),
        "error_file_id": results.get("error_file_id"),
        "created_at": int(record["created"]),
        "expires_at": int(record["created"] + DAY),
        f"{state}_at": int(ended) if ended else None,
        "request_counts": results.get("counts") or {"total": 0, "completed": 0, "failed": 0},
        "metadata": request.get("metadata"),
    }


def _model(service: Service, name: str) -> dict[str, Any]:
    shown = {"id": name, "object": "model", "created": 1_700_000_000, "owned_by": "loopback"}
    if name == "gone":
        shown["shutdown_date"] = GONE
    if name == "leaving":
        day = time.gmtime(service.now() + LEAVING_DAYS * DAY)
        shown["shutdown_date"] = time.strftime("%Y-%m-%d", day)
    return shown
