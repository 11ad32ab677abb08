"""The command line for training jobs that are under way."""

import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from inward.files import read_json, write_json
from inward.loopback.serve import Served, served

from .hosted import KEY, Clock
from .test_jobs import SETTLING, base_of, files_of, submitted
from .workshop import ROOT

assert SETTLING < 1  # nobody waits for what is submitted here


@pytest.fixture
def server(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Served]:
    """Give a running server, whose jobs take as long as its clock stands still."""
    monkeypatch.setenv("LOOPBACK_KEY", KEY)
    with served(tmp_path / "server", now=Clock()) as running:
        yield running


@pytest.fixture
def study(server: Served, tmp_path: Path) -> dict[str, Any]:
    """Return the jobs of a study that has submitted one at each provider, by finetune."""
    jobs = {}
    for dialect, name in (("openai", "heron-self"), ("together", "egret-self")):
        base, files = base_of(dialect, server), files_of(tmp_path / dialect)
        job = submitted(base, files, tmp_path / "store")
        results = tmp_path / "results/small"
        write_json(results / f"models/{dialect}.json", base)
        write_json(results / f"jobs/{name}.json", {**job, "base_subject": dialect})
        jobs[name] = job
    return jobs


def finetunes(folder: Path, *arguments: str) -> tuple[int, str]:
    """Run the command line in a folder, and return how it ended and what it said."""
    done = subprocess.run(
        [sys.executable, str(ROOT / "scripts/finetunes.py"), *arguments],
        cwd=folder,
        env={**os.environ, "PYTHONPATH": ""},
        capture_output=True,
        text=True,
        check=False,
    )
    assert KEY not in done.stdout + done.stderr
    assert "Traceback" not in done.stderr
    return done.returncode, done.stdout + done.stderr


def test_status_and_logs_speak_of_all_jobs(study: dict[str, Any], tmp_path: Path) -> None:
    """A line for each job, with its ID and status; logs have what happened, a line each."""
    code, said = finetunes(tmp_path, "status")
    lines = said.splitlines()

    assert code == 0
    assert len(lines) == 2
    assert f"small/heron-self  {study['heron-self']['id']}  " in said
    assert f"small/egret-self  {study['egret-self']['id']}  " in said
    code, said = finetunes(tmp_path, "logs", "egret-self")
    assert code == 0
    assert all(line.startswith("small/egret-self  2") for line in said.splitlines())
    assert said


@pytest.mark.usefixtures("study")
def test_a_job_is_cancelled_and_submitted_again(tmp_path: Path) -> None:
    """Only the one that is named; set aside, its file is gone, so that the study submits it anew."""
    assert finetunes(tmp_path, "cancel", "heron-self")[0] == 0
    _, said = finetunes(tmp_path, "status")
    heron, egret = sorted(said.splitlines(), reverse=True)
    assert heron.endswith("cancelled")
    assert not egret.endswith("cancelled")

    assert finetunes(tmp_path, "again", "heron-self")[0] == 0
    assert not (tmp_path / "results/small/jobs/heron-self.json").exists()
    assert (tmp_path / "results/small/jobs/egret-self.json").exists()
    assert read_json(next((tmp_path / "store/runs").glob("*/given-up.json")))


@pytest.mark.usefixtures("study")
@pytest.mark.parametrize(
    ("arguments", "line"),
    [
        (["status", "heron"], "finetunes: heron: no such finetune has a job at a provider; there"),
        (["cancel"], "finetunes: cancel: name the finetunes"),
        (["again"], "finetunes: again: name the finetunes"),
    ],
)
def test_a_mistake_is_one_line(tmp_path: Path, arguments: list[str], line: str) -> None:
    """With what is wrong, and an exit code that says so."""
    code, said = finetunes(tmp_path, *arguments)

    assert code == 1
    assert said.startswith(line)
    assert said.count("\n") == 1


def test_where_nothing_is_under_way_it_says_so(tmp_path: Path) -> None:
    """Also without results and store."""
    assert finetunes(tmp_path, "status") == (
        0,
        "no finetune below results has a job at a provider\n",
    )
    assert finetunes(tmp_path, "sweep") == (0, "no longer served: nothing was\n")


@pytest.mark.usefixtures("study")
def test_a_wrong_key_is_one_line(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Which says what to set."""
    monkeypatch.setenv("LOOPBACK_KEY", "wrong")
    code, said = finetunes(tmp_path, "status")

    assert code == 1
    assert "HTTP 401: the key is not accepted; set LOOPBACK_KEY to a valid one" in said
