"""Claims: of several processes that would do the same, one does it and the others wait."""

import json
import signal
import subprocess
import sys
import threading
import time
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
import yaml

from inward import claims
from inward.claims import Claims

from .conftest import ROOT
from .workshop import Workshop, small_study

# Asks a simulated model the same as another process does at the same time.
ASKS = """
import sys, time
from pathlib import Path
from inward.asking import answers
from inward.providers.simulated import SimulatedProvider
from inward.requests import Sampling, user

store = Path(sys.argv[1])
record = {"provider": "simulated", "simulated": {"habits": 1}, "adapters": []}
provider = SimulatedProvider(record, store)
sampling = Sampling(temperature=0, max_tokens=12, top_logprobs=0)
asked = [provider.request(user(f"number {n} {n + 1}"), sampling, 0) for n in range(3000)]
(store / sys.argv[2]).touch()
while len(list(store.glob("ready-*"))) < 2:
    time.sleep(0.001)
print(len(answers(asked, provider, store, "test")))
"""
HOLDS = """
import sys, time
from pathlib import Path
from inward.claims import Claims

with Claims(Path(sys.argv[1])) as held:
    held.take(["it"], "test")
    print("held", flush=True)
    time.sleep(60)
"""


def python(script: str, *arguments: str) -> "subprocess.Popen[str]":
    """Start a process of Python that can import the library."""
    return subprocess.Popen(
        [sys.executable, "-c", script, *arguments],
        env={"PYTHONPATH": str(ROOT / "scripts")},
        stdout=subprocess.PIPE,
        text=True,
    )


def test_two_processes_on_one_store_ask_nothing_twice(tmp_path: Path) -> None:
    """They share what is to be asked, and both have all answers in the end."""
    both = [python(ASKS, str(tmp_path), f"ready-{one}") for one in "ab"]
    said = [process.communicate(timeout=100)[0].strip() for process in both]
    asked = stored(tmp_path)

    assert said == ["3000", "3000"]
    assert len(asked) == 3000
    assert set(asked.values()) == {1}
    assert {path.suffix for path in (tmp_path / "responses").glob("*/*")} == {".jsonl"}


def test_the_claim_of_a_killed_process_is_taken_over(tmp_path: Path) -> None:
    """At once where it ran on this machine; nothing is left of it that anybody must delete."""
    with python(HOLDS, str(tmp_path)) as holder:
        assert holder.stdout
        holder.stdout.readline()
        with Claims(tmp_path) as others:
            assert not others._is_dead((tmp_path / "it.claim").read_bytes())
        holder.send_signal(signal.SIGKILL)
    began = time.monotonic()
    with Claims(tmp_path) as mine:
        assert mine.take(["it"], "test") == {"it"}

    assert time.monotonic() - began < 10
    assert not list(tmp_path.glob("*.claim*"))


def elsewhere(folder: Path) -> None:
    """Leave a claim of a process on another machine, with its heartbeat."""
    said = {"owner": "far", "machine": ["another"], "process": 1}
    (folder / "it.claim").write_text(json.dumps(said))
    (folder / "far.alive").write_text("0")


def test_who_runs_on_another_machine_is_waited_for_while_its_heart_beats(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Its clock does not matter; only when nothing changes for long is it taken for dead."""
    monkeypatch.setattr(claims, "PATIENCE", 1.0)
    monkeypatch.setattr(claims, "LOOK_EVERY", 0.05)
    elsewhere(tmp_path)
    stopped = threading.Event()

    def beat() -> None:
        count = 0
        while not stopped.wait(0.2):
            count += 1
            (tmp_path / "far.alive").write_text(str(count))

    with ThreadPoolExecutor() as pool, Claims(tmp_path) as mine:
        pool.submit(beat)
        took = pool.submit(mine.take, ["it"], "test")
        time.sleep(3)
        waited = not took.done()
        stopped.set()

        assert took.result(timeout=20) == {"it"}
        assert waited


def test_of_many_that_find_a_dead_claim_one_takes_it_over(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The others go on waiting, and get it when that one is done, one after the other."""
    monkeypatch.setattr(claims, "PATIENCE", 0.3)
    monkeypatch.setattr(claims, "LOOK_EVERY", 0.01)
    elsewhere(tmp_path)
    at_it = most = 0
    guard = threading.Lock()

    def one() -> None:
        nonlocal at_it, most
        with Claims(tmp_path) as mine:
            mine.take(["it"], "test")
            with guard:
                at_it += 1
                most = max(most, at_it)
            time.sleep(0.05)
            with guard:
                at_it -= 1

    with ThreadPoolExecutor(8) as pool:
        for done in [pool.submit(one) for _ in range(8)]:
            done.result(timeout=60)

    assert most == 1


def test_what_others_hold_is_left_to_them(tmp_path: Path) -> None:
    """Of several things all that are free are taken at once; nobody waits for the rest."""
    with Claims(tmp_path) as first, Claims(tmp_path) as second:
        assert first.take(["a", "b"], "test") == {"a", "b"}
        assert second.take(["b", "c"], "test") == {"c"}
        first.release()
        assert second.take(["b"], "test") == {"b"}


@pytest.mark.workflow
def test_two_studies_at_once_share_one_store(tmp_path: Path) -> None:
    """Two heads ask and train the same: all is there, nothing twice, and each has its tables."""
    study = small_study()
    study["store"] = str(tmp_path / "store")
    study["models"] = {"wren": {"provider": "simulated", "simulated": {"habits": 1}}}
    study["finetunes"] = {"wren-self": {"base": "wren", "learns": "predictions", "of": "wren"}}
    workshops = []
    for name in ("one", "other"):
        (tmp_path / name).mkdir()
        workshops.append(Workshop(tmp_path / name))
        config = yaml.safe_dump({**study, "study": name}, sort_keys=False)
        (tmp_path / name / "config.yaml").write_text(config)
    with ThreadPoolExecutor() as pool:
        heads = [pool.submit(each.run, "predictions") for each in workshops]
        done = [head.result() for head in heads]
    tables = [
        [path.read_bytes() for path in sorted(results.rglob("*.parquet"))]
        for results in (tmp_path / "one/results/one", tmp_path / "other/results/other")
    ]

    assert [each.returncode for each in done] == [0, 0], done[0].stderr[-2000:]
    assert tables[0] == tables[1]
    assert len(tables[0]) > 8
    assert set(stored(tmp_path / "store").values()) == {1}
    assert len(list((tmp_path / "store/runs").glob("*/weights"))) == 1


def stored(store: Path) -> Counter[str]:
    """Return how often a response to each request is in a store."""
    return Counter(
        json.loads(line)["key"]
        for segment in (store / "responses").glob("*/*.jsonl")
        for line in segment.read_bytes().splitlines()
    )
