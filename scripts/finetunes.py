"""Look after the training jobs that are under way at providers.

    python scripts/finetunes.py status
    python scripts/finetunes.py logs wren-self
    python scripts/finetunes.py cancel wren-self
    python scripts/finetunes.py again wren-self    # set a failed job aside, to be submitted anew
    python scripts/finetunes.py sweep              # end what a killed process has left being served

Without names, status and logs speak of all jobs below results/.
"""

import argparse
import logging
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from inward.errors import InputError, InwardError
from inward.files import read_json
from inward.graph import HOSTED
from inward.jobs import Bench, forget, opened
from inward.jobs.serving import sweep
from inward.progress import log
from inward.runs import RunStore

ATTEMPTS = 4  # to reach a server, while somebody looks at the terminal


@dataclass(frozen=True)
class UnderWay:
    """A finetune whose job a study has submitted to a provider."""

    study: str
    name: str
    path: Path  # of jobs/<finetune>.json
    job: dict[str, Any]
    base: dict[str, Any]  # the record of the subject that it starts from


def main(arguments: list[str]) -> None:
    """Do what the command line asks."""
    parser = argparse.ArgumentParser(description="Look after training jobs at providers.")
    parser.add_argument("verb", choices=["status", "logs", "cancel", "again", "sweep"])
    parser.add_argument("names", nargs="*", metavar="finetune", help="which; all, if none is named")
    parser.add_argument("--results", type=Path, default=Path("results"))
    parser.add_argument("--store", type=Path, default=Path("store"))
    given = parser.parse_args(arguments)
    if given.verb == "sweep":
        swept = sweep(given.store, every=True)
        _say(f"no longer served: {', '.join(swept) or 'nothing was'}")
        return
    jobs_there = list(_submitted(given.results))
    jobs = _chosen(jobs_there, given.names)
    if given.verb in ("cancel", "again") and not given.names:
        raise InputError(f"{given.verb}: name the finetunes")
    for job in jobs:
        if given.verb == "again":
            _again(job, jobs_there, given.store)
            continue
        with opened(job.base, given.store, job.job["key"], ATTEMPTS) as bench:
            VERBS[given.verb](job, bench)
    if not jobs:
        _say(f"no finetune below {given.results} has a job at a provider")


def _status(job: UnderWay, bench: Bench) -> None:
    now = bench.look(job.job["id"])
    what = f": {now.error}" if now.error else f" as {now.model}" if now.model else ""
    _say(f"{job.study}/{job.name}  {job.job['id']}  {now.status}{what}")


def _logs(job: UnderWay, bench: Bench) -> None:
    for line in bench.events(job.job["id"]):
        _say(f"{job.study}/{job.name}  {line}")


def _cancel(job: UnderWay, bench: Bench) -> None:
    bench.cancel(job.job["id"])
    _say(f"{job.study}/{job.name}  {job.job['id']}  cancelled")


VERBS = {"status": _status, "logs": _logs, "cancel": _cancel}


STILL = {
    "going": "is under way, and would be paid twice; cancel it first",
    "succeeded": "has succeeded",
}


def _again(job: UnderWay, there: list[UnderWay], store: Path) -> None:
    with opened(job.base, store, job.job["key"], ATTEMPTS) as bench:
        known = RunStore(store).job(job.job["key"])
        job_id = (known or job.job)["id"]
        state = bench.state(job_id)
    if state in ("going", "succeeded"):
        raise InputError(
            f"again: {job_id} {STILL[state]}; only what has failed or was cancelled is set aside"
        )
    RunStore(store).remember(job.job)
    forgotten = forget(RunStore(store).folder / job.job["key"])
    for other in there:  # studies may share a run
        if other.job["key"] == job.job["key"]:
            other.path.unlink(missing_ok=True)
    _say(f"{job.study}/{job.name}  {forgotten or job.job['id']} is set aside; run the study again")


def _submitted(results: Path) -> Iterator[UnderWay]:
    for path in sorted(results.glob("*/jobs/*.json")):
        job = read_json(path)
        base: dict[str, Any] = job["submitted"]["base"]
        if base.get("provider") in HOSTED:
            record = path.parents[1] / "models" / f"{job['base_subject']}.json"
            known = {"key_variable": job["key_variable"]} if "key_variable" in job else {}
            asked = read_json(record) if record.exists() else {**base, **known}
            yield UnderWay(path.parents[1].name, path.stem, path, job, asked)


def _chosen(jobs: list[UnderWay], names: list[str]) -> list[UnderWay]:
    unknown = sorted(set(names) - {job.name for job in jobs})
    if unknown:
        there = ", ".join(job.name for job in jobs) or "none"
        raise InputError(
            f"{unknown[0]}: no such finetune has a job at a provider; there are: {there}"
        )
    return [job for job in jobs if not names or job.name in names]


def _say(line: str) -> None:
    sys.stdout.write(f"{line}\n")


if __name__ == "__main__":
    log.addHandler(logging.NullHandler())  # an error is one line, whatever was tried before
    try:
        main(sys.argv[1:])
    except InwardError as error:
        sys.exit(f"finetunes: {error}")
