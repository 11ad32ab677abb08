"""The training-run store: a run is known by its key, and what it made is kept under that key.

store/runs/<key>/intent.json   what is to be trained; on disk before anything starts
store/runs/<key>/weights/      local weights, or what else the trainer made
store/runs/<key>/checkpoint    where training has got to; gone once the run is complete
store/runs/<key>/training.json losses on the way, and what training cost in time and memory
store/runs/<key>/result.json   written last: where it is, the run is complete
What a job at a provider leaves there besides, inward.jobs says.
"""

import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path
from tempfile import mkdtemp
from typing import Any

from inward.claims import Claims
from inward.digests import digest
from inward.files import read_json, write_json

PARTIAL = "weights.partial-"  # begins the name of a folder of weights that are being written


@dataclass(frozen=True)
class TrainingRun:
    """Everything that decides what a training run makes, and nothing else."""

    provider: str
    base: Any  # digests of the base subject, or the architecture where there is none
    training_rows: str  # digest of train.jsonl
    validation_rows: str  # digest of validation.jsonl
    hyperparameters: dict[str, Any]
    seed: int
    trainer: str  # name and version of the code that trains

    @property
    def key(self) -> str:
        """Digest of all fields: the name of the run in the store and at the provider."""
        return digest(asdict(self))


class RunStore:
    """The training runs below a store's folder."""

    def __init__(self, store: Path) -> None:
        self.folder = store / "runs"

    def intend(self, run: TrainingRun) -> None:
        """Write down what is going to be trained, before it is."""
        intent = self.folder / run.key / "intent.json"
        if not intent.exists():
            write_json(intent, asdict(run))

    def remember(self, job: dict[str, Any]) -> None:
        """Write down again what a store that was lost knew of a submitted job, by its record."""
        folder = self.folder / job["key"]
        self.intend(TrainingRun(**job["submitted"]))
        hosted, given_up = "files" in job, folder / "given-up.json"
        set_aside = given_up.exists() and job["id"] in read_json(given_up)
        if hosted and not set_aside and not (folder / "job.json").exists():
            known = {name: value for name, value in job.items() if name != "base_subject"}
            write_json(folder / "job.json", known)

    def intent(self, key: str) -> TrainingRun:
        """Return the run that was intended under `key`."""
        return TrainingRun(**read_json(self.folder / key / "intent.json"))

    def job(self, key: str) -> Any | None:
        """Return the job at a provider that trains run `key`, or None where there is none."""
        path = self.folder / key / "job.json"
        return read_json(path) if path.exists() else None

    def result(self, key: str) -> Any | None:
        """Return what the finished run `key` left, or None where it has not finished."""
        path = self.folder / key / "result.json"
        return read_json(path) if path.exists() else None

    def weights(self, key: str) -> Path:
        """Return where the weights of run `key` lie."""
        return self.folder / key / "weights"

    def checkpoint(self, key: str) -> Path:
        """Return where a run `key` that is under way keeps how far it is."""
        return self.folder / key / "checkpoint"

    def training(self, key: str) -> Any | None:
        """Return what training run `key` here cost; None where that is not known."""
        path = self.folder / key / "training.json"
        return read_json(path) if path.exists() else None

    @contextmanager
    def writing_weights(self, key: str) -> Iterator[Path]:
        """Give an empty folder for the weights of run `key`; they take their place at the end.

        Of two processes that train the same run, the first to end well has written the weights.
        """
        partial = Path(mkdtemp(prefix=PARTIAL, dir=self.folder / key))
        try:
            yield partial
            for path in partial.rglob("*"):
                _sync(path)
            if not self.weights(key).exists():
                partial.rename(self.weights(key))
        finally:
            shutil.rmtree(partial, ignore_errors=True)

    @contextmanager
    def alone(self, key: str) -> Iterator[None]:
        """Have no other process train run `key` within the block; whoever is at it is awaited."""
        with Claims(self.folder / key) as claims:
            if self.result(key) is None:
                claims.take(["training"], f"run {key[:16]}")
            yield

    def finish(self, key: str, result: Any, training: Any = None) -> None:
        """Mark run `key` as complete, with what its record shall say, and what training cost.

        What killed processes left half written goes, as does the checkpoint.
        """
        if training is not None:
            write_json(self.folder / key / "training.json", training)
        write_json(self.folder / key / "result.json", result)
        checkpoint = self.checkpoint(key)
        for left in (checkpoint, *checkpoint.parent.glob(f".{checkpoint.name}.*.partial")):
            left.unlink(missing_ok=True)
        for left in checkpoint.parent.glob(f"{PARTIAL}*"):
            shutil.rmtree(left, ignore_errors=True)


def _sync(path: Path) -> None:
    file = os.open(path, os.O_RDONLY)
    try:
        os.fsync(file)
    finally:
        os.close(file)
