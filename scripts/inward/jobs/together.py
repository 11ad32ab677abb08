"""Finetuning at Together, always by LoRA."""

from pathlib import Path
from typing import Any

from inward.jobs import Job
from inward.jobs.serving import DEPLOYMENT, endpoint_of
from inward.runs import TrainingRun

TRAINER = "together 1"
ENDS = {
    "completed": "succeeded",
    "error": "failed",
    "user_error": "failed",
    "cancelled": "cancelled",
}
HYPERPARAMETERS = {
    "epochs": "n_epochs",
    "batch_size": "batch_size",
    "learning_rate": "learning_rate",
    "warmup_ratio": "warmup_ratio",
    "lora_rank": "lora_r",
    "lora_alpha": "lora_alpha",
}


def upload(sdk: Any, rows: Path, name: str) -> str:  # noqa: ARG001 - Together knows files by checksum
    """Return the ID of the file `rows`; of one that is there already, the server says which."""
    return str(sdk.files.upload(rows, purpose="fine-tune", check=False).id)


def find(sdk: Any, key: str) -> list[Job]:
    """Return the jobs whose suffix holds a run's key, oldest first."""
    suffix = _suffix(key)
    listed = sdk.fine_tuning.list().data
    if not isinstance(listed, list):  # an answer that says nothing, not that nothing is there
        raise ValueError("a list of jobs without jobs")  # noqa: TRY004 - an answer, no argument
    jobs = [
        _job(job)
        for job in listed
        if job.suffix == suffix or f":{suffix}:" in f"{job.x_model_output_name}:"
    ]
    return sorted(jobs, key=lambda job: (job.created, job.id))


def create(sdk: Any, run: TrainingRun, files: dict[str, str | None]) -> Job:
    """Create a job, on a base model or on top of an earlier job's adapter."""
    told = {
        theirs: run.hyperparameters[ours]
        for ours, theirs in HYPERPARAMETERS.items()
        if ours in run.hyperparameters
    }
    earlier = run.base.get("checkpoint")
    validation = (
        {"validation_file": files["validation"], "n_evals": 1} if files["validation"] else {}
    )
    made = sdk.fine_tuning.create(
        training_file=files["train"],
        lora=True,
        train_on_inputs=False,
        random_seed=run.seed,
        suffix=_suffix(run.key),
        **({"from_checkpoint": earlier} if earlier else {"model": run.base["model"]}),
        **validation,
        **told,
    )
    # Nothing else is asked here: an error of another call would hide that this one has its job.
    if not made.id:
        raise ValueError("a job without an ID")
    return Job(made.id, "created", "going", 0.0, model=None, error=None, record={})


def look(sdk: Any, job_id: str) -> Job:
    """Return a job as it is now."""
    return _job(sdk.fine_tuning.retrieve(job_id))


def events(sdk: Any, job_id: str) -> list[str]:
    """Return what has happened to a job, oldest first."""
    every = sdk.fine_tuning.list_events(job_id).data or []
    return [
        f"{event.created_at} {event.message}"
        for event in sorted(every, key=lambda e: str(e.created_at))
    ]


def cancel(sdk: Any, job_id: str) -> None:
    """Cancel a job."""
    sdk.fine_tuning.cancel(job_id)


def result(sdk: Any, base: dict[str, Any], job: Job) -> dict[str, Any]:
    """Return what is other in the record of the finetuned model than in its base's.

    It is served at an endpoint of its own, which costs nothing until something is deployed there.
    """
    endpoint = endpoint_of(sdk, base["project"], f"inward-{job.id}")
    return {
        "model": f"{endpoint.name}/{DEPLOYMENT}",
        "checkpoint": job.id,
        "base_model": base.get("base_model", base["model"]),
        "served": {
            "endpoint": endpoint.id,
            "weights": job.record.get("model_object_id") or job.model,
        },
    }


def _suffix(key: str) -> str:
    return f"inward-{key[:24]}"


def _job(raw: Any) -> Job:
    status = str(getattr(raw.status, "value", raw.status))
    record = raw.to_dict(mode="json", warnings=False)
    events = record.pop("events", None) or []
    state = ENDS.get(status, "going")  # an unknown word is no end
    if not raw.id:
        raise ValueError("a job without an ID")
    return Job(
        id=raw.id,
        status=status,
        state=state,
        created=raw.created_at.timestamp() if raw.created_at else 0.0,
        model=raw.x_model_output_name,
        error=str(events[-1]["message"]) if state == "failed" and events else None,
        record=record,
    )
