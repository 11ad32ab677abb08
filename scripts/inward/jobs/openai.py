"""Finetuning at OpenAI, and at servers that speak its dialect."""

from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from inward.jobs import Job
from inward.jobs.calls import every_page
from inward.runs import TrainingRun

TRAINER = "openai 1"
KEY = "inward_key"  # of a job's metadata
ENDS = {"succeeded": "succeeded", "failed": "failed", "cancelled": "cancelled"}
HYPERPARAMETERS = {
    "epochs": "n_epochs",
    "batch_size": "batch_size",
    "learning_rate_multiplier": "learning_rate_multiplier",
}


def upload(sdk: Any, rows: Path, name: str) -> str:
    """Return the ID of the file `rows`, uploaded unless one of its name and size is there."""
    size = rows.stat().st_size
    for there in every_page(sdk.files.list(purpose="fine-tune")):
        if there.filename == name and there.bytes == size and there.status != "error":
            return str(there.id)
    with rows.open("rb") as file:
        return str(sdk.files.create(file=(name, file), purpose="fine-tune").id)


def find(sdk: Any, key: str) -> list[Job]:
    """Return the jobs whose metadata hold a run's key, oldest first."""
    # Not every server heeds the filter.
    listed = sdk.fine_tuning.jobs.list(limit=100, metadata={KEY: key})
    jobs = [_job(job) for job in every_page(listed) if (job.metadata or {}).get(KEY) == key]
    return sorted(jobs, key=lambda job: (job.created, job.id))


def create(sdk: Any, run: TrainingRun, files: dict[str, str | None]) -> Job:
    """Create a job."""
    hyperparameters = {
        theirs: run.hyperparameters[ours]
        for ours, theirs in HYPERPARAMETERS.items()
        if ours in run.hyperparameters
    }
    validation = {"validation_file": files["validation"]} if files["validation"] else {}
    return _job(
        sdk.fine_tuning.jobs.create(
            model=run.base["model"],
            training_file=files["train"],
            method={"type": "supervised", "supervised": {"hyperparameters": hyperparameters}},
            seed=run.seed,
            suffix=f"inward-{run.key[:16]}",
            metadata={KEY: run.key},
            **validation,
        )
    )


def look(sdk: Any, job_id: str) -> Job:
    """Return a job as it is now."""
    return _job(sdk.fine_tuning.jobs.retrieve(job_id))


def events(sdk: Any, job_id: str) -> list[str]:
    """Return what has happened to a job, oldest first."""
    every = sorted(
        sdk.fine_tuning.jobs.list_events(job_id, limit=100),
        key=lambda event: (event.created_at, event.id),
    )
    return [f"{_time(event.created_at)} {event.message}" for event in every]


def cancel(sdk: Any, job_id: str) -> None:
    """Cancel a job."""
    sdk.fine_tuning.jobs.cancel(job_id)


def result(sdk: Any, base: dict[str, Any], job: Job) -> dict[str, Any]:  # noqa: ARG001 - a trainer's form
    """Return what is other in the record of the finetuned model than in its base's: the name."""
    return {"model": job.model}


def _job(raw: Any) -> Job:
    if not raw.id:
        raise ValueError("a job without an ID")
    return Job(
        id=raw.id,
        status=raw.status,
        state=ENDS.get(raw.status, "going"),  # an unknown word is no end
        created=float(raw.created_at),
        model=raw.fine_tuned_model,
        error=raw.error.message if raw.error else None,
        record=raw.to_dict(mode="json", warnings=False),
    )


def _time(seconds: float) -> str:
    return datetime.fromtimestamp(seconds, UTC).isoformat(timespec="seconds")
