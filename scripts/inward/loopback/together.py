"""Together's dialect: its routes, and its words for files, jobs, batches and models."""

from datetime import UTC, datetime
from typing import Any

from inward.digests import digest
from inward.loopback import batches, jobs, serving
from inward.loopback.chat import together_chat
from inward.loopback.common import file_content, start_job, stop_job
from inward.loopback.service import Service, missing_model, object_name
from inward.loopback.shelf import Record, page
from inward.loopback.wire import Call, Refused, Reply, Route, reply, unknown

PRICE = 0.48e-6  # dollars for one token of training
SEED = 42
RANK, MODULES = 16, ["q_proj", "k_proj", "v_proj", "o_proj"]
STATES = {"validating": "pending", "succeeded": "completed", "failed": "error"}
EVENTS = {
    "validating": ["job_pending"],
    "queued": ["job_pending", "job_start"],
    "running": ["job_pending", "job_start", "training_start"],
    "succeeded": ["job_pending", "job_start", "training_start", "training_complete"],
}


def answer(service: Service, body: dict[str, Any]) -> dict[str, Any]:
    """Return the answer to a chat request by whichever model serves it now."""
    return together_chat(service, body, serving.model_behind(service, str(body.get("model"))))


def chat(service: Service, call: Call) -> Reply:
    """Answer a chat request."""
    return reply(answer(service, call.json), paid=True)


def begin_upload(service: Service, call: Call) -> Reply:
    """Say where a file's bytes go, or that they are here already."""
    checksum = call.field("checksum")
    for known in service.files:
        if known["checksum"] == checksum and known["uploaded"]:
            return reply({"file_id": known["id"], "error": {"message": "already uploaded"}}, 409)
    record = service.files.add(
        {
            "created": service.now(),
            "filename": call.field("file_name"),
            "purpose": call.field("purpose"),
            "type": call.field("file_type"),
            "bytes": 0,
            "checksum": checksum,
            "uploaded": False,
        }
    )
    host = call.headers.get("host", "127.0.0.1")
    location = f"http://{host}/together/uploads/{record['id']}".encode()
    name = record["id"].encode()
    return reply({}, 302, (b"location", location), (b"x-together-file-id", name))


def upload(service: Service, call: Call, name: str) -> Reply:
    """Take a file's bytes in."""
    record = service.files.get(name)
    if record is None:
        raise unknown("file", name)
    service.files.write_content(name, call.raw)
    service.files.keep({**record, "uploaded": True, "bytes": len(call.raw)})
    return reply({})


def files(service: Service, _: Call) -> Reply:
    """List the files, newest first."""
    return reply({"data": [_file(one) for one in service.files.newest_first() if one["uploaded"]]})


def file(service: Service, _: Call, name: str) -> Reply:
    """Show one file."""
    return reply(_file(service.files.known(name)))


def remove_file(service: Service, _: Call, name: str) -> Reply:
    """Forget a file."""
    service.files.remove(service.files.known(name))
    return reply({"id": name, "deleted": True})


def limits(service: Service, call: Call) -> Reply:
    """Show what may be asked of the training of a model."""
    name = call.query.get("model_name", "")
    service.root_of(name)
    sizes = {"max_batch_size": 64, "max_batch_size_dpo": 32, "min_batch_size": 1}
    lora = {**sizes, "max_rank": 64, "default_rank": RANK, "target_modules": MODULES}
    return reply(
        {
            "model_name": name,
            "default_gradient_accumulation_steps": 1,
            "lora_training": lora,
            "full_training": sizes,
            "max_learning_rate": 1.0,
            "min_learning_rate": 1e-9,
            "max_num_checkpoints": 10,
            "max_num_epochs": 20,
            "max_num_evals": 100,
            "max_seq_length_dpo": 4096,
            "max_seq_length_sft": 8192,
            "min_max_seq_length": 16,
            "merge_output_lora": True,
            "supports_full_training": True,
            "supports_reasoning": False,
            "supports_tools": False,
            "supports_vision": False,
        }
    )


def estimate(service: Service, call: Call) -> Reply:
    """Say what a job would cost."""
    record = service.files.get(call.needs("training_file"))
    if record is None or not record["uploaded"]:
        return reply(
            {"estimation_available": False, "unavailable_reason": "train_file_not_validated"}
        )
    tokens = jobs.tokens_of(service.files.read_content(record["id"]))
    return reply(
        {
            "estimation_available": True,
            "allowed_to_proceed": True,
            "estimated_train_token_count": tokens,
            "estimated_eval_token_count": 0,
            "estimated_total_price": tokens * call.json.get("n_epochs", 1) * PRICE,
            "user_limit": 100.0,
        }
    )


def add_job(service: Service, call: Call) -> Reply:
    """Create a finetuning job."""
    made = start_job(service, call, _start(service, call.json))
    return reply(_job(service, made))


def list_jobs(service: Service, _: Call) -> Reply:
    """List the jobs, newest first."""
    return reply({"data": [_job(service, one) for one in service.jobs.newest_first()]})


def job(service: Service, _: Call, name: str) -> Reply:
    """Show one job."""
    return reply(_job(service, service.jobs.known(name)))


def cancel_job(service: Service, _: Call, name: str) -> Reply:
    """Cancel a job that is on its way."""
    return reply(_job(service, stop_job(service, name)))


def job_events(service: Service, _: Call, name: str) -> Reply:
    """List what happened to a job, oldest first."""
    return reply({"data": _events(service, service.jobs.known(name))})


def checkpoints(service: Service, _: Call, name: str) -> Reply:
    """List the checkpoints of a job: one, where it succeeded."""
    record = service.jobs.known(name)
    if jobs.state_of(record, service.now()) != "succeeded":
        return reply({"data": []})
    made = {
        "checkpoint_type": "Final",
        "checkpoint": "adapter",
        "created_at": _time(record["created"] + record["seconds"]),
        "path": f"loopback://{name}",
        "step": 1,
        "object_id": object_name(record),
        "object_name": jobs.model_name("together", record),
    }
    return reply({"data": [made]})


def metrics(service: Service, _: Call, name: str) -> Reply:
    """List a job's losses."""
    record = service.jobs.known(name)
    done = jobs.state_of(record, service.now()) == "succeeded"
    return reply({"metrics": [{"global_step": 1.0, "train/loss": 0.5}] if done else []})


def add_batch(service: Service, call: Call) -> Reply:
    """Create a batch."""
    for name in ("input_file_id", "endpoint"):
        call.needs(name)
    record = batches.begin(service, call.json, call.fault)
    return reply({"job": _batch(service, record), "warning": None}, 201)


def list_batches(service: Service, _: Call) -> Reply:
    """List the batches, newest first."""
    return reply([_batch(service, one) for one in service.batches.newest_first()])


def batch(service: Service, _: Call, name: str) -> Reply:
    """Show one batch."""
    return reply(_batch(service, service.batches.known(name)))


def cancel_batch(service: Service, _: Call, name: str) -> Reply:
    """Cancel a batch that is on its way."""
    record = service.batches.known(name)
    batches.cancel(service, record)
    return reply(_batch(service, record))


def supported_models(service: Service, call: Call) -> Reply:
    """List the models that can be served or trained."""
    wanted = call.query.get("search", "")
    shown = [_model(name) for name in service.settings.habits if wanted in name]
    found, more = page(shown, call.query, 100)
    return reply({"data": found, "next_cursor": found[-1]["id"] if more else None})


def supported_model(service: Service, _: Call, name: str) -> Reply:
    """Show one model that can be served or trained."""
    if name not in service.settings.habits:
        raise missing_model(name)
    return reply(_model(name))


ROUTES: list[Route] = [
    ("POST", "v1/chat/completions", chat),
    ("POST", "v1/files", begin_upload),
    ("PUT", "uploads/([^/]+)", upload),
    ("POST", "v1/files/([^/]+)/preprocess", file),
    ("GET", "v1/files", files),
    ("GET", "v1/files/([^/]+)", file),
    ("DELETE", "v1/files/([^/]+)", remove_file),
    ("GET", "v1/files/([^/]+)/content", file_content),
    ("GET", "v1/fine-tunes/models/limits", limits),
    ("POST", "v1/fine-tunes/estimate-price", estimate),
    ("POST", "v1/fine-tunes", add_job),
    ("GET", "v1/fine-tunes", list_jobs),
    ("GET", "v1/fine-tunes/([^/]+)", job),
    ("POST", "v1/fine-tunes/([^/]+)/cancel", cancel_job),
    ("GET", "v1/fine-tunes/([^/]+)/events", job_events),
    ("GET", "v1/fine-tunes/([^/]+)/checkpoints", checkpoints),
    ("GET", "v1/fine-tunes/([^/]+)/metrics", metrics),
    ("POST", "v1/batches", add_batch),
    ("GET", "v1/batches", list_batches),
    ("GET", "v1/batches/([^/]+)", batch),
    ("POST", "v1/batches/([^/]+)/cancel", cancel_batch),
    ("GET", "v2/supported-models", supported_models),
    ("GET", "v2/supported-models/(.+)", supported_model),
    *serving.ROUTES,
]


def _start(service: Service, body: dict[str, Any]) -> str:
    """Return the model that a job starts from, named itself or by its checkpoint."""
    checkpoint = body.get("from_checkpoint")
    if checkpoint:
        made = service.jobs.get(checkpoint)
        return jobs.model_name("together", made) if made else str(checkpoint)
    if body.get("model") is None:
        raise Refused(400, "missing_required_parameter", "no model", "model")
    return str(body["model"])


def _file(record: Record) -> dict[str, Any]:
    return {
        "id": record["id"],
        "object": "file",
        "bytes": record["bytes"],
        "created_at": int(record["created"]),
        "filename": record["filename"],
        "FileType": record.get("type", "jsonl"),
        "purpose": record["purpose"],
        "processing_status": "COMPLETED",
    }


def _job(service: Service, record: Record) -> dict[str, Any]:
    now = service.now()
    state, ended = jobs.state_of(record, now), jobs.ended_at(record, now)
    request, name = record["request"], jobs.model_name("together", record)
    good, epochs = state == "succeeded", request.get("n_epochs", 1)
    seed = request.get("random_seed")
    return {
        **{key: request[key] for key in REPEATED if key in request},
        "id": record["id"],
        "job_id": record["id"],
        "status": STATES.get(state, state),
        "user_id": "user-loopback",
        "created_at": _time(record["created"]),
        "updated_at": _time(ended or now),
        "model": record["root"],
        "model_output_name": name,
        "model_object_name": name if good else None,
        "adapter_object_id": object_name(record) if good else None,
        "adapter_object_name": name if good else None,
        "training_file": record["training_file"],
        "suffix": record["suffix"],
        "n_epochs": epochs,
        "random_seed": SEED if seed is None else seed,
        "epochs_completed": epochs if good else 0,
        "token_count": record["tokens"] * epochs if good else None,
        "total_price": int(record["tokens"] * epochs * PRICE * 1e9),
        "events": _events(service, record),
    }


REPEATED = (
    "batch_size",
    "learning_rate",
    "lr_scheduler",
    "max_grad_norm",
    "max_seq_length",
    "n_checkpoints",
    "n_evals",
    "packing",
    "training_method",
    "training_type",
    "validation_file",
    "warmup_ratio",
    "weight_decay",
    "from_checkpoint",
)  # fmt: skip - what a job repeats of its request


def _events(service: Service, record: Record) -> list[dict[str, Any]]:
    """Return what happened to a job, oldest first."""
    state = jobs.state_of(record, service.now())
    kinds = list(EVENTS.get(state, EVENTS["queued"]))
    kinds += {"succeeded": ["job_complete"], "failed": ["job_error"]}.get(state, [])
    kinds += ["cancel_requested"] if state == "cancelled" else []
    return [
        {
            "object": "fine-tune-event",
            "created_at": _time(record["created"]),
            "level": "error" if kind == "job_error" else "info",
            "message": jobs.error_of(record)["message"] if kind == "job_error" else kind,
            "type": kind,
            "hash": digest([record["id"], kind])[:12],
        }
        for kind in kinds
    ]


def _batch(service: Service, record: Record) -> dict[str, Any]:
    state = batches.settled(service, record, answer).upper()
    request, results = record["request"], record["results"] or {}
    shown = {"FINALIZING": "IN_PROGRESS", "CANCELLING": "CANCELLED"}.get(state, state)
    ended = results.get("ended")
    return {
        "id": record["id"],
        "user_id": "user-loopback",
        "status": shown,
        "endpoint": request["endpoint"],
        "input_file_id": request["input_file_id"],
        "output_file_id": results.get("output_file_id"),
        "error_file_id": results.get("error_file_id"),
        "error": record["problem"] if state == "FAILED" else None,
        "created_at": _time(record["created"]),
        "completed_at": _time(ended) if ended else None,
        "model_id": request.get("model_id"),
        "progress": 100.0 if ended else 0.0,
    }


def _model(name: str) -> dict[str, Any]:
    old = name in {"gone", "leaving"}
    return {
        "id": name,
        "name": name,
        "baseModel": name,
        "baseModelId": name,
        "displayName": name,
        "displayType": "chat",
        "publisher": "loopback",
        "capabilities": ["CAPABILITY_CHAT"],
        "createdAt": _time(1_700_000_000),
        "updatedAt": _time(1_700_000_000),
        "deploymentProfiles": [],
        "inputModalities": ["MODALITY_TEXT"],
        "outputModalities": ["MODALITY_TEXT"],
        "products": ["PRODUCT_SERVERLESS", "PRODUCT_DEDICATED", "PRODUCT_FINE_TUNING"],
        "status": f"SUPPORTED_MODEL_STATUS_{'DEPRECATED' if old else 'SUPPORTED'}",
    }


def _time(seconds: float) -> str:
    """Return a time as Together writes it."""
    return datetime.fromtimestamp(seconds, UTC).isoformat().replace("+00:00", "Z")
