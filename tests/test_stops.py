"""Stops by hand: what is paid for is kept, and one line is said."""

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from .conftest import ROOT
from .sampling import DIALECTS, KEY, VARIABLE, Site, site


@pytest.fixture(params=DIALECTS)
def hosted(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Site]:
    """Give a running server."""
    with site(tmp_path, request.param) as found:
        yield found


PROGRAM = """
import json, logging, signal, sys
from pathlib import Path
sys.path[:0] = [{scripts!r}, {root!r}]
from inward.asking import answers
from inward.errors import InwardError
from inward.providers import open_provider
from inward.requests import Sampling, user

signal.signal(signal.SIGINT, signal.default_int_handler)  # background jobs of a shell ignore it
logging.basicConfig(level=logging.INFO, format="%(message)s")
record = json.loads(sys.argv[1])
store = Path(sys.argv[2])
provider = open_provider(record, store)
questions = [f"Which word comes next, number {{n}}?" for n in range(int(sys.argv[3]))]
requests = [provider.request(user(text), Sampling(0, 8, 2), 0) for text in questions]
print("ready", flush=True)
try:
    answers(requests, provider, store, "test")
except InwardError as error:
    sys.exit(str(error))
"""


def started(hosted: Site, count: int, **settings: Any) -> subprocess.Popen[str]:
    """Return a process that asks so many questions, about to begin."""
    program = PROGRAM.format(scripts=str(ROOT / "scripts"), root=str(ROOT))
    arguments = [json.dumps(hosted.record(**settings)), str(hosted.store), str(count)]
    process = subprocess.Popen(
        [sys.executable, "-c", program, *arguments],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env={**os.environ, VARIABLE: KEY},
    )
    assert process.stdout is not None
    assert process.stdout.readline() == "ready\n"
    return process


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_stop_by_hand_keeps_what_is_in_flight(hosted: Site, number: signal.Signals) -> None:
    """Ctrl-C sends nothing more and waits for answers that are paid for; one line, no traceback."""
    hosted.plan("slow", times=None, value=0.4)
    with started(hosted, 500) as process:
        while hosted.app.sent < 40:
            time.sleep(0.01)
        process.send_signal(number)
        _, said = process.communicate(timeout=20)

    assert process.returncode == 1
    assert said.splitlines()[-1] == (
        f"stopped by {number.name}; what was answered is in the store: run again for the rest"
    )
    assert "Traceback" not in said
    assert len(hosted.stored()) == hosted.app.sent == len(hosted.app.answered) < 100


def test_a_second_stop_does_not_wait(hosted: Site) -> None:
    """Who cannot wait asks twice."""
    hosted.plan("hang", times=None)
    with started(hosted, 50, deadline=60) as process:
        while hosted.app.flying < 16:
            time.sleep(0.01)
        began = time.monotonic()
        process.send_signal(signal.SIGINT)
        time.sleep(0.3)
        process.send_signal(signal.SIGINT)
        _, said = process.communicate(timeout=50)

    assert time.monotonic() - began < 30  # of the 60 that an answer may take
    assert "stopped by SIGINT" in said
    assert "Traceback" not in said


FULL = """
import sys
from pathlib import Path
from types import SimpleNamespace
from inward.job import run

nothing = {"input": {}, "output": {}, "params": {}, "wildcards": []}
snakemake = SimpleNamespace(rule="train_model", log=[sys.argv[1]], **nothing)
run(lambda: Path("/dev/full").write_text("weights"))
"""


def test_a_full_disk_is_one_line(tmp_path: Path) -> None:
    """Whatever was being written: that there is no room, and that nothing is lost."""
    done = subprocess.run(
        [sys.executable, "-c", FULL, str(tmp_path / "job.log")],
        capture_output=True,
        text=True,
        check=False,
        env={**os.environ, "PYTHONPATH": str(ROOT / "scripts")},
    )

    assert done.returncode == 1
    assert done.stderr == (
        "train_model: the disk is full ([Errno 28] No space left on device); make room and run"
        " again: what is in the store stays\n"
    )
