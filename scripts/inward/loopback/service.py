"""A service: what the server of one dialect keeps, and which models there are."""

from dataclasses import asdict
from itertools import count
from pathlib import Path
from typing import Any

from inward.digests import digest
from inward.files import read_json, write_json
from inward.loopback.jobs import model_name, rows_of, state_of
from inward.loopback.record import Requests
from inward.loopback.settings import Settings
from inward.loopback.shelf import Record, Shelf
from inward.loopback.wire import Refused
from inward.simulated import Learned, Subject, fit

JOB_NAMES = {"openai": "ftjob-", "together": "ft-"}


class Service:
    """Files, jobs, batches, endpoints and models of one dialect, below one folder."""

    def __init__(self, dialect: str, state: Path, settings: Settings, requests: Requests) -> None:
        folder = state / dialect
        self.dialect = dialect
        self.settings = settings
        self.requests = requests
        self.files = Shelf(folder / "files", "file", "file-")
        self.jobs = Shelf(folder / "jobs", "fine-tuning job", JOB_NAMES[dialect])
        self.batches = Shelf(folder / "batches", "batch", "batch_")
        self.endpoints = Shelf(folder / "endpoints", "endpoint", "ep-")
        self.deployments = Shelf(folder / "deployments", "deployment", "dep-")
        self.adapters = Shelf(folder / "adapters", "adapter", "ad-")
        self._fitted = folder / "fitted"
        self._subjects: dict[str, Subject] = {}
        self._nonces = count()
        self.now = settings.now

    def nonce(self, body: dict[str, Any]) -> int:
        """Return what makes a sample differ from the next: the caller's seed, or a counter."""
        seed = body.get("seed")
        return next(self._nonces) if seed is None else int(seed)

    def job_of(self, model: str) -> Record | None:
        """Return the finished job that made this model, or None."""
        for job in self.jobs:
            made = model in {model_name(self.dialect, job), object_name(job)}
            if made and state_of(job, self.now()) == "succeeded":
                return job
        return None

    def knows(self, model: str) -> bool:
        """Return whether there is such a model, made here or not."""
        return model in self.settings.habits or self.job_of(model) is not None

    def root_of(self, model: str) -> str:
        """Return the base model at the bottom of a model; raise Refused for an unknown one."""
        if model in self.settings.habits and model != "gone":
            return model
        job = self.job_of(model)
        if job is None:
            raise missing_model(model)
        return str(job["root"])

    def subject_of(self, model: str) -> Subject:
        """Return the subject behind a model; raise Refused where there is none."""
        if model not in self._subjects:
            self._subjects[model] = self._found(model)
        return self._subjects[model]

    def _found(self, model: str) -> Subject:
        habits = self.settings.habits[self.root_of(model)]
        if model in self.settings.habits:
            return Subject(habits, self.settings.access)
        job = self.job_of(model)
        if job is None:
            raise missing_model(model)
        path = self._fitted / f"{job['id']}.json"
        if not path.exists():
            rows = rows_of(self.files.read_content(job["training_file"]))
            fitted = fit(self.subject_of(job["model"]), rows)
            write_json(path, asdict(fitted))
        learned = Learned(**read_json(path)["learned"])
        return Subject(habits, self.settings.access, learned)


def object_name(job: Record) -> str:
    """Return the ID under which endpoints know the model that a job makes."""
    return f"ml-{digest(job['id'])[:12]}"


def missing_model(model: str) -> Refused:
    """Return the refusal of a model that does not exist, or no longer."""
    return Refused(404, "model_not_found", f"the model {model!r} does not exist", "model")
