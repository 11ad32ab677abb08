"""Training jobs where two of anything could come of one: processes, stores, lists that say nothing."""

import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

import train_model
from inward import jobs
from inward.errors import ProviderError
from inward.files import read_json, write_json
from inward.jobs import calls
from inward.loopback.serve import Served, served
from inward.runs import RunStore

from .hosted import KEY, Clock
from .test_finetunes import finetunes
from .test_jobs import (
    CREATION,
    DIALECTS,
    at_server,
    base_of,
    files_of,
    process,
    run_of,
    submitted,
    waited,
)
from .workshop import ROOT

pytestmark = pytest.mark.parametrize("dialect", DIALECTS)


@pytest.fixture
def clock() -> Clock:
    """Return the server's clock."""
    return Clock()


@pytest.fixture
def server(tmp_path: Path, clock: Clock, monkeypatch: pytest.MonkeyPatch) -> Iterator[Served]:
    """Give a running server; nobody waits long for it."""
    monkeypatch.setenv("LOOPBACK_KEY", KEY)
    monkeypatch.setattr(calls, "FIRST_WAIT", 0.01)
    monkeypatch.setattr(jobs, "SHORTEST_POLL", 0.01)
    with served(tmp_path / "server", now=clock) as running:
        yield running


def every(server: Served, dialect: str) -> list[dict[str, Any]]:
    """Return all jobs that the server ever had; a cancelled one may have cost money, too."""
    return list(server.app.services[dialect].jobs)


def plan(server: Served, route: str, fault: str, method: str = "POST", **more: Any) -> None:
    """Have the next request to a route go wrong."""
    server.app.faults.planned.append({"route": route, "method": method, "fault": fault, **more})


def study(folder: Path, job: dict[str, Any], base: dict[str, Any] | None) -> None:
    """Write what a study has of a job in results/."""
    if base:
        write_json(folder / "results/small/models/b.json", base)
    write_json(folder / "results/small/jobs/f.json", {**job, "base_subject": "b"})


@pytest.mark.parametrize("fault", ["empty", "page"])
def test_a_list_that_says_nothing_is_no_empty_list(
    server: Served, tmp_path: Path, dialect: str, fault: str
) -> None:
    """It is asked for again before anything is created."""
    base, files = base_of(dialect, server), files_of(tmp_path / "rows")
    submitted(base, files, tmp_path / "store")
    plan(server, CREATION[dialect], fault, "GET")
    submitted(base, files, tmp_path / "elsewhere")

    assert len(every(server, dialect)) == 1


def test_nobody_creates_while_another_process_may_be_creating(
    server: Served, tmp_path: Path, dialect: str
) -> None:
    """However long its call takes, and however short the time to settle is."""
    base = base_of(dialect, server)
    plan(server, CREATION[dialect], "slow", value=6)
    with process("never", tmp_path, base) as one:
        while not list((tmp_path / "store").rglob("creating.json")):
            time.sleep(0.01)
        with process("never", tmp_path, base) as other:
            said = {each.communicate(timeout=60)[0].strip() for each in (one, other)}

    assert {job["id"] for job in every(server, dialect)} == said
    assert len(said) == 1


def test_stores_that_created_at_once_agree_on_one_job(
    server: Served, clock: Clock, tmp_path: Path, dialect: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Each keeps the older one; neither cancels what the other keeps."""
    base, files = base_of(dialect, server), files_of(tmp_path / "rows")
    run, trainer, made = run_of(base, files), jobs.trainer_of(dialect), []
    create = trainer.create

    def both(*arguments: Any) -> Any:
        made.extend([create(*arguments), create(*arguments)])
        return made[0]

    monkeypatch.setattr(trainer, "create", both)
    first = submitted(base, files, tmp_path / "one")
    other = RunStore(tmp_path / "other")
    other.intend(run)
    write_json(other.folder / run.key / "job.json", {**first, "id": made[1].id})

    assert [job["id"] for job in at_server(server, dialect)] == [first["id"]]
    clock.seconds += 10
    for store in ("one", "other"):
        assert waited(base, files, tmp_path / store)["job"]["id"] == first["id"]


def test_a_call_that_timed_out_has_its_whole_time_to_settle(
    server: Served, tmp_path: Path, dialect: str
) -> None:
    """Counted from its end, also by who runs again at once."""
    base, files = base_of(dialect, server), files_of(tmp_path / "rows")
    run = run_of(base, files)
    RunStore(tmp_path).intend(run)
    plan(server, CREATION[dialect], "slow", value=2.4)
    with jobs.opened(base, tmp_path, run.key) as bench:
        hasty = replace(bench, settling=1.8, sdk=bench.sdk.with_options(timeout=2))
        job = jobs.submit(hasty, run, files, 9)

    assert [one["id"] for one in every(server, dialect)] == [job["id"]]


def test_only_what_ended_badly_is_submitted_again(
    server: Served, tmp_path: Path, dialect: str
) -> None:
    """A job under way stays what it is, whoever asks."""
    base, files = base_of(dialect, server), files_of(tmp_path / "rows")
    study(tmp_path, submitted(base, files, tmp_path / "store"), base)
    code, said = finetunes(tmp_path, "again", "f")

    assert code == 1
    assert "is under way, and would be paid twice; cancel it first" in said
    assert (tmp_path / "results/small/jobs/f.json").exists()
    submitted(base, files, tmp_path / "store")
    assert len(every(server, dialect)) == 1


def test_a_store_that_was_lost_learns_of_a_job_from_the_results(
    server: Served, clock: Clock, tmp_path: Path, dialect: str
) -> None:
    """Who waits needs nothing but the job's record."""
    base, files = base_of(dialect, server), files_of(tmp_path / "rows")
    job = submitted(base, files, tmp_path / "store")
    clock.seconds += 10
    study(tmp_path, job, base)
    small = tmp_path / "results/small"
    train_model.main(
        job=small / "jobs/f.json",
        train=files["train"],
        validation=files["validation"],
        model=small / "models/f.json",
        store=str(tmp_path / "new"),
        dtype=None,
        base=small / "models/b.json",
    )

    assert read_json(small / "models/f.json")["lineage"][0]["job"] == job["id"]
    assert len(every(server, dialect)) == 1


def test_a_file_that_the_provider_dropped_is_uploaded_again(
    server: Served, tmp_path: Path, dialect: str
) -> None:
    """After one refusal, which says so."""
    base, files = base_of(dialect, server), files_of(tmp_path / "rows")
    plan(server, CREATION[dialect], "unauthorized")
    with pytest.raises(ProviderError):
        submitted(base, files, tmp_path)
    shelf = server.app.services[dialect].files
    for file in list(shelf):
        shelf.remove(file)

    assert submitted(base, files, tmp_path)["how"] == "created"


def test_a_cancelled_twin_is_not_adopted(
    server: Served, clock: Clock, tmp_path: Path, dialect: str
) -> None:
    """When the job that was kept fails, and is set aside."""
    base, files = base_of(dialect, server), files_of(tmp_path / "rows")
    plan(server, CREATION[dialect], "doubled")
    job = submitted(base, files, tmp_path)
    next(one for one in every(server, dialect) if one["id"] == job["id"])["fault"] = "job_fails"
    clock.seconds += 10
    jobs.forget(RunStore(tmp_path).folder / job["key"])

    assert submitted(base, files, tmp_path)["how"] == "created"


def test_a_cancellation_whose_answer_was_lost_is_one(
    server: Served, tmp_path: Path, dialect: str
) -> None:
    """Asked again, the provider refuses; it is cancelled all the same."""
    base, files = base_of(dialect, server), files_of(tmp_path / "rows")
    job = submitted(base, files, tmp_path)
    plan(server, "cancel", "dropped_after")
    with jobs.opened(base, tmp_path, job["key"]) as bench:
        bench.cancel(job["id"])

    assert not at_server(server, dialect)


def test_a_claim_that_was_cut_short_is_taken_over(
    server: Served, tmp_path: Path, dialect: str
) -> None:
    """A process may be killed between making the file and writing it."""
    base, files = base_of(dialect, server), files_of(tmp_path / "rows")
    claim = RunStore(tmp_path).folder / run_of(base, files).key / jobs.CLAIM
    claim.parent.mkdir(parents=True)
    claim.touch()

    assert submitted(base, files, tmp_path)["how"] == "created"
    assert not list(claim.parent.glob("*creating*"))


def test_a_job_is_looked_after_without_its_base(
    server: Served, tmp_path: Path, dialect: str
) -> None:
    """What the command line needs is in the job's own record."""
    base, files = base_of(dialect, server), files_of(tmp_path / "rows")
    job = submitted(base, files, tmp_path / "store")
    study(tmp_path, job, None)
    code, said = finetunes(tmp_path, "status")

    assert (code, said.count("\n")) == (0, 1)
    assert job["id"] in said


def test_a_server_that_is_away_is_one_line(server: Served, tmp_path: Path, dialect: str) -> None:
    """Soon, and with an exit code that says so."""
    base, files = base_of(dialect, server), files_of(tmp_path / "rows")
    job = submitted(base, files, tmp_path / "store")
    study(tmp_path, job, {**base, "base_url": "http://127.0.0.1:9"})
    done = subprocess.run(
        [sys.executable, str(ROOT / "scripts/finetunes.py"), "status"],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        timeout=40,
        check=False,
    )

    assert done.returncode == 1
    assert done.stderr.count("\n") == 1


def test_a_job_ends_also_where_nothing_tells_its_events(
    server: Served, clock: Clock, tmp_path: Path, dialect: str
) -> None:
    """They are for people; the model is there."""
    base, files = base_of(dialect, server), files_of(tmp_path / "rows")
    submitted(base, files, tmp_path)
    clock.seconds += 10
    plan(server, "events", "refused", "GET", times=None)

    assert waited(base, files, tmp_path)["trained_tokens"]


def test_why_a_job_failed_is_told(
    server: Served, clock: Clock, tmp_path: Path, dialect: str
) -> None:
    """In the provider's words."""
    base, files = base_of(dialect, server), files_of(tmp_path / "rows")
    plan(server, CREATION[dialect], "job_fails")
    submitted(base, files, tmp_path)
    clock.seconds += 10
    with pytest.raises(ProviderError, match="training diverged"):
        waited(base, files, tmp_path)
