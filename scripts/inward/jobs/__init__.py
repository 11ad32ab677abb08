"""Jobs: training runs at a provider, each created once and found again whatever happens.

What a run has reached is on disk before and after each step, in the run's folder of the store:

intent.json     what is to be trained
upload.json     the files at the provider
creating.json   the one call that costs money is about to be made
job.json        the job's ID
result.json     what came of it; or failure.json

The run's key travels with the job, as metadata or suffix, so that a job is found by its run.
"""

import random
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from types import ModuleType
from typing import Any, Protocol, TypeVar

from inward.errors import InputError, ProviderError
from inward.files import read_json, write_json
from inward.jobs.calls import ATTEMPTS, NOT_FOUND, Said, patiently
from inward.jobs.once import SETTLING, created_once
from inward.progress import log
from inward.providers.hosted import DIALECTS, key_of
from inward.runs import RunStore, TrainingRun

T = TypeVar("T")

CLAIM = "creating.json"
WAITING = 120  # attempts to look at a job that is waited for: an hour
BEST_FIRST = ("succeeded", "going")  # of several jobs of a run, which is the run's
SHORTEST_POLL, LONGEST_POLL = 1.0, 30.0  # seconds between looks at a job


@dataclass(frozen=True)
class Job:
    """A training job at a provider."""

    id: str
    status: str  # in the provider's own word
    state: str  # going, succeeded, failed or cancelled
    created: float  # seconds since 1970
    model: str | None  # the finetuned model's name, once there is one
    error: str | None
    record: dict[str, Any]  # all that the provider says


class Trainer(Protocol):
    """A provider's side of finetuning; each is a module. All raise the SDK's own errors."""

    TRAINER: str  # name and version of this side, for the run's key

    def upload(self, sdk: Any, rows: Path, name: str) -> str:
        """Return the ID of the file `rows` at the provider, uploaded unless it is there."""

    def find(self, sdk: Any, key: str) -> list[Job]:
        """Return the jobs that carry a run's key, oldest first."""

    def create(self, sdk: Any, run: TrainingRun, files: dict[str, str | None]) -> Job:
        """Create a job: the call that costs money."""

    def look(self, sdk: Any, job_id: str) -> Job:
        """Return a job as it is now."""

    def events(self, sdk: Any, job_id: str) -> list[str]:
        """Return what has happened to a job, oldest first, a line each."""

    def cancel(self, sdk: Any, job_id: str) -> None:
        """Cancel a job."""

    def result(self, sdk: Any, base: dict[str, Any], job: Job) -> dict[str, Any]:
        """Return what is other in the record of the finetuned model than in its base's."""


@dataclass(frozen=True)
class Bench:
    """Where one run is worked on: its folder, and the provider's two halves."""

    trainer: Trainer
    sdk: Any
    folder: Path
    variable: str  # the environment variable of the key, for errors
    settling: float = SETTLING
    attempts: int = ATTEMPTS

    def patiently(self, call: Callable[[], T]) -> T:
        """Return what a call that may be repeated returns."""
        return patiently(call, self.said, self.attempts)

    def look(self, job_id: str) -> Job:
        """Return a job as it is now."""
        return self.patiently(partial(self.trainer.look, self.sdk, job_id))

    def state(self, job_id: str) -> str:
        """Return a job's state; gone, where the provider does not know it any more."""

        def look() -> str:
            try:
                return self.trainer.look(self.sdk, job_id).state
            except NOT_FOUND:
                return "gone"

        return self.patiently(look)

    def events(self, job_id: str) -> list[str]:
        """Return what has happened to a job, oldest first."""
        lines = self.patiently(partial(self.trainer.events, self.sdk, job_id))
        return [self.said.masked(line) for line in lines]

    def cancel(self, job_id: str) -> None:
        """Cancel a job; raise ProviderError where it has ended otherwise."""
        try:
            self.patiently(partial(self.trainer.cancel, self.sdk, job_id))
        except ProviderError:  # an answer that was lost may have been a yes
            if not self.look(job_id).status.startswith("cancel"):
                raise

    @property
    def said(self) -> Said:
        """What is needed to understand the provider's errors."""
        return Said(self.sdk.api_key, self.variable)


def submit(bench: Bench, run: TrainingRun, rows: dict[str, Path], tokens: int) -> dict[str, Any]:
    """Return the record of a run's job: created now, earlier, or by somebody else.

    `rows` are the files train and validation, `tokens` about how many will be billed.
    """
    known = bench.folder / "job.json"
    if known.exists():
        (bench.folder / CLAIM).unlink(missing_ok=True)  # left by a process killed before it did
        return dict(read_json(known))
    files = _uploaded(bench, rows)
    try:
        job, how = created_once(
            bench.folder / CLAIM,
            find=partial(_found, bench, run.key),
            create=partial(bench.trainer.create, bench.sdk, run, files),
            said=bench.said,
            settling=bench.settling,
        )
    except ProviderError:  # perhaps because a file is there no more; next time it is looked for
        (bench.folder / "upload.json").unlink(missing_ok=True)
        raise
    log.info("job %s: %s", job.id, how)
    record = {
        "key": run.key,
        "key_variable": bench.variable,
        "id": job.id,
        "files": files,
        "how": how,
        "estimated_tokens": tokens,
        "submitted": vars(run),
    }
    write_json(known, record)
    (bench.folder / CLAIM).unlink(missing_ok=True)
    return {**record, "id": _without_twins(bench, run.key)}


def wait(bench: Bench, key: str, base: dict[str, Any]) -> dict[str, Any]:
    """Return what came of the run `key`, once its job has ended; raise ProviderError if badly."""
    bench = replace(bench, attempts=WAITING)
    job_id = _without_twins(bench, key)
    job, lines = _ended(bench, job_id)
    record = bench.said.masked_record(job.record)
    if job.state != "succeeded":
        write_json(bench.folder / "failure.json", {"job": record, "events": lines})
        why = " ".join(bench.said.masked(job.error or "without a reason").split())
        raise ProviderError(
            f"job {job_id} has {job.state}: {why}; mend the cause, then"
            " `python scripts/finetunes.py again` and run again"
        )
    changed = bench.patiently(partial(bench.trainer.result, bench.sdk, base, job))
    return {
        "changed": changed,
        "base_model": base["model"],
        "trained_tokens": job.record.get("trained_tokens") or job.record.get("token_count"),
        "job": record,
        "events": lines,
    }


def _ended(bench: Bench, job_id: str) -> tuple[Job, list[str]]:
    """Return a job once it has ended, and what happened to it."""
    pause, told = SHORTEST_POLL, 0
    while True:
        job = bench.look(job_id)
        try:
            lines = bench.events(job_id)
        except ProviderError as error:  # they are for people; not every server has them
            log.info("%s: no events (%s)", job_id, error)
            lines = []
        for line in lines[told:]:
            log.info("%s: %s", job_id, line)
        told = max(told, len(lines))
        if job.state != "going":
            return job, lines
        time.sleep(pause * random.uniform(0.8, 1.2))
        pause = min(LONGEST_POLL, pause * 1.5)


def forget(folder: Path) -> str | None:
    """Set a failed or cancelled job aside, so that its run is submitted anew; return its ID."""
    known = folder / "job.json"
    if not known.exists():
        return None
    job_id = str(read_json(known)["id"])
    _give_up(folder, job_id)
    (folder / CLAIM).unlink(missing_ok=True)
    known.unlink()
    return job_id


def _give_up(folder: Path, job_id: str) -> None:
    write_json(folder / "given-up.json", sorted({*_given_up(folder), job_id}))


def _given_up(folder: Path) -> list[str]:
    path = folder / "given-up.json"
    return list(read_json(path)) if path.exists() else []


def _uploaded(bench: Bench, rows: dict[str, Path]) -> dict[str, str | None]:
    known = bench.folder / "upload.json"
    if known.exists():
        return dict(read_json(known))
    ids: dict[str, str | None] = {}
    for name, file in rows.items():
        ids[name] = None
        if file.stat().st_size:
            where = f"inward-{bench.folder.name[:24]}-{name}.jsonl"
            ids[name] = bench.patiently(partial(bench.trainer.upload, bench.sdk, file, where))
    write_json(known, ids)
    return ids


def _found(bench: Bench, key: str, *, known: bool = True) -> Job | None:
    """Return a run's job at the provider: the one on disk (if `known`), or the best, then oldest.

    Raises the SDK's errors. Everybody chooses the same, so that nobody cancels another's.
    """
    path = bench.folder / "job.json"
    if known and path.exists():
        return bench.trainer.look(bench.sdk, read_json(path)["id"])
    given_up = _given_up(bench.folder)
    jobs = [job for job in bench.trainer.find(bench.sdk, key) if job.id not in given_up]
    for state in BEST_FIRST:
        for job in jobs:
            if job.state == state:
                return job
    return jobs[0] if jobs else None


def _without_twins(bench: Bench, key: str) -> str:
    """Return the ID of a run's job, when others of the same run are cancelled.

    A provider, or a process with a store of its own, may have made them. All choose the same.
    """
    path = bench.folder / "job.json"
    if not path.exists():
        raise InputError(f"{path}: there is no such file; run again, and the job is submitted")
    record = read_json(path)
    best = bench.patiently(partial(_found, bench, key, known=False))
    if best and best.state in BEST_FIRST and best.id != record["id"]:
        log.warning("job %s takes the place of %s", best.id, record["id"])
        record["id"] = best.id
        write_json(path, record)
    for twin in bench.patiently(partial(bench.trainer.find, bench.sdk, key)):
        if twin.id != record["id"] and twin.state == "going":
            log.warning("job %s is the same as %s, and is cancelled", twin.id, record["id"])
            _give_up(bench.folder, twin.id)
            try:
                bench.cancel(twin.id)
            except ProviderError as error:
                log.warning("job %s is still under way: %s", twin.id, error)
    return str(record["id"])


def trainer_of(provider: str) -> ModuleType:
    """Return the module that trains at a provider."""
    from inward.jobs import openai, together  # noqa: PLC0415 - they import Job from here

    return {"openai": openai, "together": together}[provider]


@contextmanager
def opened(
    base: dict[str, Any], store: Path, key: str, attempts: int = ATTEMPTS
) -> Iterator[Bench]:
    """Give the bench for the run `key`, which starts from the subject of the record `base`."""
    trainer: Any = trainer_of(base["provider"])
    with DIALECTS[base["provider"]].client(base, key_of(base)) as sdk:
        folder = RunStore(store).folder / key
        yield Bench(trainer, sdk, folder, base["key_variable"], attempts=attempts)
