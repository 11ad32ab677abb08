"""Training jobs through both real SDKs: created once, whatever is interrupted, and found again."""

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from inward import jobs
from inward.digests import digest_file
from inward.errors import ProviderError
from inward.files import read_json
from inward.jobs import calls
from inward.loopback.serve import Served, served
from inward.runs import RunStore, TrainingRun
from inward.training import identity

from .hosted import KEY, PROJECT, Clock, file_of, rows
from .workshop import ROOT

DIALECTS = ["openai", "together"]
SETTLING = 0.5  # seconds


@pytest.fixture
def clock() -> Clock:
    """Return the server's clock."""
    return Clock()


@pytest.fixture
def server(tmp_path: Path, clock: Clock, monkeypatch: pytest.MonkeyPatch) -> Iterator[Served]:
    """Give a running server, whose key is in the environment; nobody waits long for it."""
    monkeypatch.setenv("LOOPBACK_KEY", KEY)
    monkeypatch.setattr(calls, "FIRST_WAIT", 0.01)
    monkeypatch.setattr(jobs, "SHORTEST_POLL", 0.01)
    with served(tmp_path / "server", now=clock) as running:
        yield running


def base_of(dialect: str, server: Served) -> dict[str, Any]:
    """Return the record of a base model at the server."""
    return {
        "provider": dialect,
        "model": "sim-heron",
        "base_url": getattr(server, dialect),
        "key_variable": "LOOPBACK_KEY",
        "project": PROJECT,
        "serving": {"inactive_minutes": 30},
    }


def run_of(base: dict[str, Any], files: dict[str, Path], seed: int = 1) -> TrainingRun:
    """Return a training run on these files."""
    return TrainingRun(
        provider=base["provider"],
        base=identity(base),
        training_rows=digest_file(files["train"]),
        validation_rows=digest_file(files["validation"]),
        hyperparameters={"epochs": 2},
        seed=seed,
        trainer="test 1",
    )


def files_of(folder: Path) -> dict[str, Path]:
    """Return a training file and an empty validation file."""
    folder.mkdir(exist_ok=True)
    return {
        "train": file_of(folder, rows()),
        "validation": file_of(folder, [], "validation.jsonl"),
    }


def submitted(
    base: dict[str, Any], files: dict[str, Path], store: Path, timeout: float = 5
) -> dict[str, Any]:
    """Submit a run as the rule does it, with less patience."""
    run = run_of(base, files)
    RunStore(store).intend(run)
    with jobs.opened(base, store, run.key) as bench:
        hasty = replace(bench, settling=SETTLING, sdk=bench.sdk.with_options(timeout=timeout))
        return jobs.submit(hasty, run, files, 1000)


def waited(base: dict[str, Any], files: dict[str, Path], store: Path) -> dict[str, Any]:
    """Wait for the run's job."""
    run = run_of(base, files)
    with jobs.opened(base, store, run.key) as bench:
        return jobs.wait(bench, run.key, base)


def at_server(server: Served, dialect: str) -> list[dict[str, Any]]:
    """Return the jobs that the server has, cancelled ones left out."""
    service = server.app.services[dialect]
    return [job for job in service.jobs if not job.get("cancelled")]


@pytest.mark.parametrize("dialect", DIALECTS)
def test_a_job_is_submitted_waited_for_and_described(
    server: Served, clock: Clock, tmp_path: Path, dialect: str
) -> None:
    """The finetuned model has another name, and what it was trained on is known."""
    base, files = base_of(dialect, server), files_of(tmp_path / "rows")
    job = submitted(base, files, tmp_path / "store")
    clock.seconds += 10
    result = waited(base, files, tmp_path / "store")

    assert job["how"] == "created"
    assert [one["id"] for one in at_server(server, dialect)] == [job["id"]]
    assert result["changed"]["model"] != base["model"]
    assert result["base_model"] == "sim-heron"
    assert result["trained_tokens"] > 100
    assert submitted(base, files, tmp_path / "store") == job
    assert len(at_server(server, dialect)) == 1


@pytest.mark.parametrize("dialect", DIALECTS)
def test_who_lost_the_store_finds_job_and_file(
    server: Served, tmp_path: Path, dialect: str
) -> None:
    """Another store adopts the job by the run's key, and uploads nothing again."""
    base, files = base_of(dialect, server), files_of(tmp_path / "rows")
    first = submitted(base, files, tmp_path / "store")
    second = submitted(base, files, tmp_path / "elsewhere")

    assert (second["id"], second["how"]) == (first["id"], "adopted")
    assert second["files"] == first["files"]
    assert len(at_server(server, dialect)) == 1
    assert len(list(server.app.services[dialect].files)) == 1


CREATION = {"openai": "/fine_tuning/jobs$", "together": "/fine-tunes$"}
UNCLEAR = ["dropped_before", "dropped_after", "truncated", "cut_body", "page", "empty", "broken"]
UNCLEAR += ["away", "hang", "doubled"]
REFUSED = {
    "refused": "HTTP 400: the server refuses the request as it is",
    "unauthorized": "HTTP 401: the key is not accepted; set LOOPBACK_KEY",
    "no_quota": "the account's quota is used up",
}


@pytest.mark.parametrize("dialect", DIALECTS)
@pytest.mark.parametrize("fault", UNCLEAR)
def test_an_unclear_creation_makes_one_job(
    server: Served, tmp_path: Path, dialect: str, fault: str
) -> None:
    """Whether the call did its work or not, in the end there is one job, and it is the known one."""
    base, files = base_of(dialect, server), files_of(tmp_path / "rows")
    server.app.faults.planned.append(
        {"route": CREATION[dialect], "method": "POST", "fault": fault, "times": 1}
    )
    job, errors = None, []
    for _ in range(3):
        try:
            job = submitted(base, files, tmp_path / "store", timeout=1)
            break
        except ProviderError as error:
            errors.append(str(error))

    assert job is not None
    assert [one["id"] for one in at_server(server, dialect)] == [job["id"]]
    assert all("run again" in said and "\n" not in said for said in errors)


@pytest.mark.parametrize("dialect", DIALECTS)
@pytest.mark.parametrize("fault", ["busy", "slow_down"])
def test_a_busy_provider_is_asked_again(
    server: Served, tmp_path: Path, dialect: str, fault: str
) -> None:
    """A call that was turned away has made nothing, so it is made again."""
    base, files = base_of(dialect, server), files_of(tmp_path / "rows")
    server.app.faults.planned.append(
        {"route": CREATION[dialect], "method": "POST", "fault": fault, "times": 2}
    )

    assert submitted(base, files, tmp_path / "store")["how"] == "created"
    assert len(at_server(server, dialect)) == 1


@pytest.mark.parametrize("dialect", DIALECTS)
@pytest.mark.parametrize("fault", REFUSED)
def test_a_refusal_is_one_line_and_leaves_nothing_behind(
    server: Served, tmp_path: Path, dialect: str, fault: str
) -> None:
    """Without the key, though the server repeats it; once mended, the same run goes on."""
    base, files = base_of(dialect, server), files_of(tmp_path / "rows")
    server.app.faults.planned.append(
        {"route": CREATION[dialect], "method": "POST", "fault": fault, "times": 1}
    )
    with pytest.raises(ProviderError) as error:
        submitted(base, files, tmp_path / "store")

    assert REFUSED[fault] in str(error.value)
    assert "\n" not in str(error.value)
    assert KEY not in str(error.value)
    assert not list((tmp_path / "store").rglob("creating.json"))
    assert submitted(base, files, tmp_path / "store")["how"] == "created"
    for path in (tmp_path / "store").rglob("*"):
        assert not path.is_file() or KEY not in path.read_text()


@pytest.mark.parametrize("dialect", DIALECTS)
def test_waiting_bears_a_server_in_trouble(
    server: Served, clock: Clock, tmp_path: Path, dialect: str
) -> None:
    """Errors, dropped connections and pages of HTML do not end the waiting."""
    base, files = base_of(dialect, server), files_of(tmp_path / "rows")
    submitted(base, files, tmp_path / "store")
    clock.seconds += 10
    route = CREATION[dialect].removesuffix("$") + "/"
    server.app.faults.planned += [
        {"route": route, "method": "GET", "fault": fault, "times": 1}
        for fault in ("broken", "dropped_before", "page", "truncated", "busy")
    ]

    assert waited(base, files, tmp_path / "store")["trained_tokens"]


@pytest.mark.parametrize("dialect", DIALECTS)
@pytest.mark.parametrize(
    ("fault", "state"), [("job_fails", "failed"), ("job_cancelled", "cancelled")]
)
def test_a_job_that_ended_badly_is_not_submitted_again_by_itself(
    *, server: Served, clock: Clock, tmp_path: Path, dialect: str, fault: str, state: str
) -> None:
    """One line says what to do; set aside, the run is submitted once more."""
    base, files = base_of(dialect, server), files_of(tmp_path / "rows")
    server.app.faults.planned.append(
        {"route": CREATION[dialect], "method": "POST", "fault": fault, "times": 1}
    )
    first = submitted(base, files, tmp_path / "store")
    clock.seconds += 10
    for _ in range(2):
        with pytest.raises(ProviderError, match=f"job {first['id']} has {state}") as error:
            waited(base, files, tmp_path / "store")
        assert "finetunes.py again" in str(error.value)
        assert "\n" not in str(error.value)
    assert len(list(server.app.services[dialect].jobs)) == 1

    folder = RunStore(tmp_path / "store").folder / first["key"]
    assert jobs.forget(folder) == first["id"]
    second = submitted(base, files, tmp_path / "store")
    clock.seconds += 10

    assert second["id"] != first["id"]
    assert waited(base, files, tmp_path / "store")["trained_tokens"]
    assert len(list(server.app.services[dialect].jobs)) == 2


SUBMIT = """
import os, signal, sys
from dataclasses import replace
from pathlib import Path
from inward import files, jobs
from inward.files import read_json
from inward.jobs import once
from inward.runs import RunStore, TrainingRun
from inward.training import identity

at, base, run, store, rows = sys.argv[1], *(read_json(Path(p)) for p in sys.argv[2:4]), *map(Path, sys.argv[4:])
run = TrainingRun(**run)

def die_after(function, named=""):
    def dying(*arguments, **more):
        done = function(*arguments, **more)
        if not named or str(arguments[0]).endswith(named):
            os.kill(os.getpid(), signal.SIGKILL)
        return done
    return dying

if at == "upload": jobs.write_json = die_after(jobs.write_json, "upload.json")
if at == "claim": once._claim = die_after(once._claim)
if at == "job": jobs.write_json = die_after(jobs.write_json, "job.json")
with jobs.opened(base, store, run.key) as bench:
    if at == "created": bench.trainer.create = die_after(bench.trainer.create)
    if at == "uploaded": bench.trainer.upload = die_after(bench.trainer.upload)
    RunStore(store).intend(run)
    if at == "intent": os.kill(os.getpid(), signal.SIGKILL)
    hasty = replace(bench, settling=4.0 if at == "patient" else 1.0)
    print(jobs.submit(hasty, run, {"train": rows / "train.jsonl", "validation": rows / "validation.jsonl"}, 9)["id"])
"""
POINTS = ["intent", "uploaded", "upload", "claim", "call", "created", "job"]


def process(at: str, folder: Path, base: dict[str, Any]) -> "subprocess.Popen[str]":
    """Start a process that submits the run, and kills itself at a point of the protocol."""
    files = files_of(folder / "rows")
    (folder / "base.json").write_text(json.dumps(base))
    (folder / "run.json").write_text(json.dumps(vars(run_of(base, files))))
    names = ("base.json", "run.json", "store", "rows")
    return subprocess.Popen(
        [sys.executable, "-c", SUBMIT, at, *(str(folder / name) for name in names)],
        env={**os.environ, "PYTHONPATH": str(ROOT / "scripts")},
        stdout=subprocess.PIPE,
        text=True,
    )


@pytest.mark.parametrize("dialect", DIALECTS)
@pytest.mark.parametrize("at", POINTS)
def test_a_killed_submission_goes_on_to_one_job(
    server: Served, tmp_path: Path, dialect: str, at: str
) -> None:
    """Killed with SIGKILL at any step, also within the call: one job and one file in the end."""
    base = base_of(dialect, server)
    if at == "call":
        server.app.faults.planned.append(
            {"route": CREATION[dialect], "method": "POST", "fault": "slow", "times": 1, "value": 2}
        )
    with process(at, tmp_path, base) as killed:
        deadline = time.monotonic() + 30
        while at == "call" and time.monotonic() < deadline:
            if list((tmp_path / "store").rglob("creating.json")):
                time.sleep(0.5)
                break
            time.sleep(0.01)
        if at == "call":
            killed.send_signal(signal.SIGKILL)
        assert killed.wait(30) == -signal.SIGKILL
    # A call that is under way at the server may make its job until the settling time is over.
    with process("patient" if at == "call" else "never", tmp_path, base) as second:
        said, _ = second.communicate(timeout=60)

    assert second.returncode == 0
    assert [job["id"] for job in at_server(server, dialect)] == [said.strip()]
    assert len(list(server.app.services[dialect].files)) == 1
    assert not list((tmp_path / "store").rglob("creating.json")) or at == "job"


@pytest.mark.parametrize("dialect", DIALECTS)
def test_two_processes_make_one_job(server: Served, tmp_path: Path, dialect: str) -> None:
    """Two that submit the same run at the same time end with the same job, or one line."""
    base = base_of(dialect, server)
    with process("never", tmp_path, base) as one, process("never", tmp_path, base) as other:
        said = {process.communicate(timeout=60)[0].strip() for process in (one, other)} - {""}
    live = at_server(server, dialect)

    assert [job["id"] for job in live] == sorted(said)
    known = read_json(next((tmp_path / "store").rglob("job.json")))
    assert known["id"] == live[0]["id"]


@pytest.mark.parametrize("fault", ["dropped_before", "dropped_after", "broken"])
def test_bytes_that_do_not_arrive_at_together_are_sent_again(
    server: Served, tmp_path: Path, fault: str
) -> None:
    """They go to an address of their own, whose errors are not the SDK's."""
    base, files = base_of("together", server), files_of(tmp_path / "rows")
    server.app.faults.planned.append({"route": "/together/uploads/", "fault": fault})

    assert submitted(base, files, tmp_path / "store", timeout=1)["how"] == "created"


def test_together_has_a_job_once_it_says_so(server: Served, tmp_path: Path) -> None:
    """A look at it that is refused afterwards takes nothing back."""
    base, files = base_of("together", server), files_of(tmp_path / "rows")
    server.app.faults.planned.append(
        {"route": "/fine-tunes/f", "method": "GET", "fault": "refused"}
    )

    assert submitted(base, files, tmp_path / "store")["how"] == "created"
