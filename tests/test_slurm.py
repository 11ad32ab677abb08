"""A study through a real SLURM, on a cluster of one node, while its jobs die in every way they can."""

import json
import os
import signal
import subprocess
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
import yaml

from inward.ledger import records

from .cluster import bid, cluster, has_cgroups, missing, said
from .workshop import Workshop, small_study

pytestmark = [
    pytest.mark.slurm,
    pytest.mark.workflow,
    pytest.mark.skipif(missing() is not None, reason=missing() or ""),
]

LONGEST = 600  # seconds
LIMITS = {"max_gpu": 2, "available_gpu_models": ["pretend"]}
SITE = {
    "account": "lab",
    "status_command": "squeue",
    "look_every": 1,
    "partitions": {
        "short": {"max_runtime": 60, **LIMITS},
        "long": {"max_runtime": "2d", **LIMITS},
    },
    "rules": {
        "train_model": {"runtime": 600},
        # Too little for a first attempt, which the node ends; enough for a second.
        "sample_predictions": {
            "mem_mb": "150 if attempt == 1 and wildcards.subject == 'wren' else 2500"
        },
    },
}
TRAIN, TRAIN_SELF = ("train_model", "wren"), ("train_model", "wren-self")
BEHAVE, PREDICT = ("sample_behaviors", "wren"), ("sample_predictions", "wren")


def tiny_study() -> dict[str, Any]:
    """Return a study of one model that is raised, sampled, finetuned and sampled again."""
    made = small_study()
    del made["models"]["finch"]
    needs = {"gpus": 1, "gpu_model": "pretend", "memory_gb": 2, "hours": 0.5}
    made["models"]["wren"]["resources"] = needs
    made["finetunes"] = {"wren-self": made["finetunes"]["wren-self"]}
    return made


def workshop(root: Path) -> Workshop:
    """Return a workshop with that study, and the site file of the cluster."""
    root.mkdir()
    made = Workshop(root)
    (root / "config.yaml").write_text(yaml.safe_dump(tiny_study(), sort_keys=False))
    (root / "profiles/slurm/site.yaml").write_text(yaml.safe_dump(SITE, sort_keys=False))
    return made


@dataclass
class Ran:
    """What is left of a study that went through the cluster, and of the same run on this machine."""

    remote: Workshop
    local: Workshop
    states: dict[tuple[str, str], list[str]]  # of all jobs, by rule and subject, in order


@pytest.fixture(scope="module")
def ran(tmp_path_factory: pytest.TempPathFactory) -> Ran:
    """Return a study run through the cluster amid accidents, and the same without any."""
    folder = tmp_path_factory.mktemp("slurm")
    local, remote = workshop(folder / "local"), workshop(folder / "remote")
    with cluster(folder / "cluster"), _head(local) as here:
        with _head(remote, "--profile", "profiles/slurm") as stopped:
            _stop(stopped, _running(TRAIN), TRAIN, remote)
        with _head(remote, "--profile", "profiles/slurm") as first:
            _requeue(_running(TRAIN, attempt=2), TRAIN, remote)
            _kill_script(_running(BEHAVE), BEHAVE, remote)
            _time_out(_running(PREDICT, attempt=2), PREDICT, remote)
            bid("scancel", _running(BEHAVE, attempt=2))
            # The head dies while a job runs, which goes on without it.
            _running(TRAIN_SELF)
            training = _script(TRAIN_SELF, remote)
            os.kill(training, signal.SIGSTOP)
            first.kill()
        remote.run("--unlock")
        with _head(remote, "--profile", "profiles/slurm") as second:
            again = _running(TRAIN_SELF, attempt=2)
            assert _script(TRAIN_SELF, remote, other_than=training) != training, again
            time.sleep(5)
            os.kill(training, signal.SIGCONT)
            assert second.wait(LONGEST) == 0, (remote.root / "said.txt").read_text()[-5000:]
        states: dict[tuple[str, str], list[str]] = {}
        for _, state, what in _jobs():
            states.setdefault(what, []).append(state)
        assert here.wait(LONGEST) == 0, (local.root / "said.txt").read_text()[-5000:]
    return Ran(remote, local, states)


@contextmanager
def _head(workshop: Workshop, *arguments: str) -> Iterator["subprocess.Popen[bytes]"]:
    """Run the study within the block; what it says goes to said.txt."""
    with (
        (workshop.root / "said.txt").open("ab") as heard,
        subprocess.Popen(
            # Whoever runs these tests in the background has Ctrl-C ignored, in all that they start.
            ["env", "--default-signal=INT", *workshop.command(*arguments)],
            cwd=workshop.root,
            env=workshop.environment,
            stdout=heard,
            stderr=heard,
        ) as process,
    ):
        try:
            yield process
        finally:
            process.kill()


def _jobs() -> Iterator[tuple[str, str, tuple[str, str]]]:
    """Yield ID, state, and rule with subject, of all jobs since the cluster was started."""
    for line in said("squeue", "-h", "-t", "all", "-S", "i", "-o", "%i %T %k").splitlines():
        job, state, comment = line.split()
        rule, subject = comment.removeprefix("rule_").split("_wildcards_")
        yield job, state, (rule, subject)


def _running(what: tuple[str, str], attempt: int = 1) -> str:
    """Return the ID of the job that is the n-th for something, once it runs."""
    until = time.monotonic() + LONGEST / 2
    while time.monotonic() < until:
        jobs = [(job, state) for job, state, for_what in _jobs() if for_what == what]
        if len(jobs) >= attempt and jobs[attempt - 1][1] == "RUNNING":
            return jobs[attempt - 1][0]
        time.sleep(0.2)
    raise AssertionError(f"{what}: attempt {attempt} never ran; there were {list(_jobs())}")


def _script(what: tuple[str, str], workshop: Workshop, other_than: int = 0) -> int:
    """Return the process in which the script of a job runs, once it has begun its log."""
    rule, subject = what
    stage = {"train_model": "models"}.get(rule, rule.removeprefix("sample_"))
    until = time.monotonic() + LONGEST / 4
    while time.monotonic() < until:
        for folder in Path("/proc").glob("[0-9]*"):
            with suppress(OSError):
                files = [path.readlink() for path in (folder / "fd").iterdir()]
                wanted = workshop.results / f"logs/{stage}/{subject}.log"
                if wanted in files and int(folder.name) not in {other_than, os.getpid()}:
                    return int(folder.name)
        time.sleep(0.1)
    raise AssertionError(f"{what}: no process writes its log")


def _stop(
    head: "subprocess.Popen[bytes]", job: str, what: tuple[str, str], workshop: Workshop
) -> None:
    """Stop the head as Ctrl-C does while a job is at work, and wait until both have ended.

    It leaves no lock: the next head starts without a word.
    """
    _script(what, workshop)
    head.send_signal(signal.SIGINT)
    head.wait(LONGEST / 4)
    until = time.monotonic() + LONGEST / 4
    while "CANCELLED" not in said("squeue", "-h", "-t", "all", "-j", job, "-o", "%T"):
        assert time.monotonic() < until, f"{what}: Ctrl-C left job {job} running"
        time.sleep(0.2)


def _requeue(job: str, what: tuple[str, str], workshop: Workshop) -> None:
    """Put a job that is at work back into the queue, as preemption does, and have it not wait there.

    Not at all would not do: a node starts no job in the second in which it ended it, and says that
    the job has failed.
    """
    _script(what, workshop)
    bid("scontrol", "requeue", job)
    time.sleep(3)
    until = time.monotonic() + LONGEST / 4
    while time.monotonic() < until:
        said("scontrol", "update", f"JobId={job}", "StartTime=now")
        time.sleep(0.5)
        if "RUNNING" in said("squeue", "-h", "-j", job, "-o", "%T"):
            return
    raise AssertionError(f"{what}: put back, job {job} never ran again")


def _kill_script(job: str, what: tuple[str, str], workshop: Workshop) -> None:
    """End the script of a job with kill -9."""
    assert job
    os.kill(_script(what, workshop), signal.SIGKILL)


def _time_out(job: str, what: tuple[str, str], workshop: Workshop) -> None:
    """Have a job's time run out, and see to it that it is not done before.

    Not at once: what is now here may be a second ago for the controller, which refuses that.
    """
    os.kill(_script(what, workshop), signal.SIGSTOP)
    bid("scontrol", "update", f"JobId={job}", "EndTime=now+5")


def test_the_scores_are_those_of_a_local_run(ran: Ran) -> None:
    """Byte for byte, whatever happened to the jobs; and so are all other results."""
    assert ran.remote.digests() == ran.local.digests()
    assert len(list((ran.remote.results / "scores").glob("*.parquet"))) > 5


def test_jobs_that_die_are_tried_again(ran: Ran) -> None:
    """Stopped by Ctrl-C, killed, canceled, out of time or memory; one put back is still itself."""
    assert ran.states[TRAIN] == ["CANCELLED", "COMPLETED"]
    assert ran.states[BEHAVE] == ["FAILED", "CANCELLED", "COMPLETED"]
    too_much = "OUT_OF_MEMORY" if has_cgroups() else "FAILED"
    assert ran.states[PREDICT] == [too_much, "TIMEOUT", "COMPLETED"]


def test_a_new_head_may_start_while_the_jobs_of_a_dead_one_run(ran: Ran) -> None:
    """It submits them again; these wait for the old ones, and nothing is done twice."""
    asked = Counter(
        json.loads(line)["key"]
        for segment in (ran.remote.root / "store/responses").glob("*/*.jsonl")
        for line in segment.read_bytes().splitlines()
    )

    assert ran.states[TRAIN_SELF] == ["COMPLETED", "COMPLETED"]
    assert "another process is at it" in ran.remote.logged("models")
    assert set(asked.values()) == {1}
    assert len(list((ran.remote.root / "store/runs").glob("*/weights"))) == 2
    assert not list((ran.remote.root / "store").rglob("*.claim"))


def test_only_what_needs_a_machine_is_submitted(ran: Ran) -> None:
    """Training and sampling of local models; baselines, labels and scores stay with the head."""
    assert {rule for rule, _ in ran.states} == {
        "train_model",
        "sample_behaviors",
        "sample_predictions",
    }


def test_the_ledger_says_where_a_job_ran(ran: Ran) -> None:
    """The job's ID, its node, its GPU and its times, in the record of what it made."""
    found = {
        (record["rule"], *record["wildcards"].values()): record
        for record in records(ran.remote.results)
    }
    trained, asked = found[TRAIN], found[BEHAVE]

    assert set(trained["slurm"]) >= {"job", "node", "partition", "gpus", "cpus"}
    assert trained["slurm"]["partition"] == "long"
    assert asked["slurm"]["partition"] == "short"
    assert trained["slurm"]["job"].isdigit()
    assert trained["slurm"]["node"] == trained["host"].split(".")[0]
    assert trained["slurm"]["gpus"] in {"0", "1"}
    assert trained["began"] < trained["ended"] < asked["began"]
    assert not found["ask_behaviors", "echo"]["slurm"]
