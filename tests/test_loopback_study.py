"""A whole study of hosted models through Snakemake and both SDKs, killed on the way, and lost."""

import json
import os
import shutil
import signal
import subprocess
import time
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

from inward.loopback.serve import Served, served

from .conftest import ROOT
from .hosted import KEY
from .workshop import Workshop

pytestmark = pytest.mark.workflow

TASKS = ["colors", "animals"]
HEADLINE = "results/small/headline.txt"


class Hosted(Workshop):
    """A copy of the project whose study's models are at a server on this machine."""

    def __init__(self, root: Path, server: Served) -> None:
        super().__init__(root)
        self.server = server
        study: dict[str, Any] = yaml.safe_load((ROOT / "studies/loopback.yaml").read_text())
        study |= {"study": "small", "store": "store"}
        study["tasks"] = {name: {**study["tasks"][name], "vocabulary": 40} for name in TASKS}
        study["models"]["heron"]["base_url"] = server.openai
        study["models"]["egret"]["base_url"] = server.together
        study["models"]["heron"]["transport"] = "batch"
        (root / "config.yaml").write_text(yaml.safe_dump(study, sort_keys=False))
        self.environment["LOOPBACK_KEY"] = KEY

    def logged_by_server(self) -> list[dict[str, Any]]:
        """Return all requests that the server has had."""
        path = self.root / "server/requests.jsonl"
        return [json.loads(line) for line in path.read_text().splitlines()]

    def created(self) -> Counter[str]:
        """Return how many training jobs and batches the server has made."""
        made = [one for one in self.logged_by_server() if one["method"] == "POST"]
        return Counter(
            one["path"].rsplit("/", 1)[-1]
            for one in made
            if one["path"].endswith(("/fine_tuning/jobs", "/v1/fine-tunes", "/batches"))
        )


@pytest.fixture(scope="module")
def hosted(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Hosted]:
    """Give the workshop after a study that was killed twice and then ran to its end."""
    root = tmp_path_factory.mktemp("hosted")
    with served(root / "server", training_seconds=1, batch_seconds=0.5) as server:
        workshop = Hosted(root, server)
        for seconds_more, sign in ((0.5, "behaviors/egret"), (1.0, "jobs")):
            _killed(workshop, sign, seconds_more)
        done = workshop.run("scores", HEADLINE)
        assert done.returncode == 0, done.stderr[-4000:]
        yield workshop


def _killed(workshop: Hosted, sign: str, seconds_more: float) -> None:
    """Run the study, and kill it with all its jobs soon after something has appeared."""
    with subprocess.Popen(
        workshop.command(),
        cwd=workshop.root,
        env=workshop.environment,
        start_new_session=True,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    ) as running:
        deadline = time.monotonic() + 90
        while not (workshop.results / sign).exists() and time.monotonic() < deadline:
            time.sleep(0.05)
        time.sleep(seconds_more)
        os.killpg(running.pid, signal.SIGKILL)
    workshop.run("--unlock")


def test_nothing_is_paid_twice(hosted: Hosted) -> None:
    """After two kills, each of the four finetunes has one job, and each answer was asked once."""
    jobs = hosted.created()
    chats = Counter(one["digest"] for one in hosted.logged_by_server() if one["paid"])
    twice = sum(count - 1 for count in chats.values())

    assert (jobs["jobs"], jobs["fine-tunes"]) == (2, 2)
    assert len(chats) > 100
    assert twice <= 2 * 32  # what was in flight when it was killed


def test_nothing_is_left_being_served(hosted: Hosted) -> None:
    """What Together served is torn down, and in the books."""
    assert not list(hosted.server.app.services["together"].deployments)
    assert not list((hosted.root / "store/leases").glob("*.json"))
    assert list((hosted.root / "store/served").glob("*.jsonl"))


def test_lost_results_come_back_without_the_server_being_asked(hosted: Hosted) -> None:
    """The same bytes, and not one request more, with no key and nobody there to answer."""
    before, sent = hosted.digests(), len(hosted.logged_by_server())
    shutil.rmtree(hosted.results)
    shutil.rmtree(hosted.root / ".snakemake")
    del hosted.environment["LOOPBACK_KEY"]
    done = hosted.run("scores", HEADLINE)
    hosted.environment["LOOPBACK_KEY"] = KEY

    assert done.returncode == 0, done.stderr[-4000:]
    assert hosted.digests() == before
    assert len(hosted.logged_by_server()) == sent
    said = (hosted.results / "headline.txt").read_text()
    assert "small (simulated subjects: no result)" in said


def test_the_plan_sends_nothing_and_finds_all_in_the_store(hosted: Hosted) -> None:
    """Without a key; an unknown price is said, and so is what was spent."""
    sent = len(hosted.logged_by_server())
    del hosted.environment["LOOPBACK_KEY"]
    said = hosted.run("plan").stdout
    hosted.environment["LOOPBACK_KEY"] = KEY
    total = next(line.split() for line in said.splitlines() if line.startswith("all "))

    assert len(hosted.logged_by_server()) == sent
    assert total[1] == total[2]
    assert total[3:] == ["0", "$0.00"]
    assert "budget: $5.00" in said
    assert "spent so far, by what is in the store: $0." in said


def test_the_key_is_in_no_file(hosted: Hosted) -> None:
    """Neither results, store, logs nor Snakemake's own records hold it."""
    server = hosted.root / "server"
    for path in hosted.root.rglob("*"):
        if path.is_file() and server not in path.parents:
            assert KEY.encode() not in path.read_bytes(), path
