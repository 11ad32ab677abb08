"""Claims: of several processes that would do the same, one does it and the others wait."""

import hashlib
import json
import os
import signal
import socket
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
from inward.jobs import once
from inward.processes import here, runs

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
            path = tmp_path / "it.claim"
            assert not others._is_dead(path, path.read_bytes())
        holder.send_signal(signal.SIGKILL)
    began = time.monotonic()
    with Claims(tmp_path) as mine:
        assert mine.take(["it"], "test") == {"it"}

    assert time.monotonic() - began < 10
    assert not list(tmp_path.glob("*.claim*"))


def test_a_process_that_only_its_parent_has_not_heard_of_is_gone() -> None:
    """As in containers where nobody looks after what is left: its ID stays taken."""
    with python("") as child:
        assert child.stdout
        child.stdout.read()
        os.waitid(os.P_PID, child.pid, os.WEXITED | os.WNOWAIT)

        assert not runs(child.pid)
    assert runs(os.getpid())


def test_a_machine_is_more_than_its_name(tmp_path: Path) -> None:
    """Machines that are called the same, and containers, each have process IDs of their own."""
    gone = python("")
    gone.communicate()
    other = f"{socket.gethostname()} of another boot"
    with Claims(tmp_path) as mine:
        for machine, dead in ((socket.gethostname(), False), (other, False), (here(), True)):
            said = {"owner": "far", "machine": machine, "host": machine, "process": gone.pid}
            assert mine._is_dead(tmp_path / "it.claim", json.dumps(said).encode()) is dead
            assert once._may_live(said) is not dead


def elsewhere(folder: Path, place: str = "it.claim", owner: str = "far") -> bytes:
    """Leave a claim of a process on another machine, with its heartbeat; return what it says."""
    said = json.dumps({"owner": owner, "machine": "another", "process": 1}).encode()
    (folder / place).write_bytes(said)
    (folder / f"{owner}.alive").write_text("0")
    return said


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


def test_who_died_while_taking_over_holds_up_nobody(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Its mark is taken over as its claim would have been; nobody has to delete anything."""
    monkeypatch.setattr(claims, "PATIENCE", 0.3)
    monkeypatch.setattr(claims, "LOOK_EVERY", 0.01)
    held = elsewhere(tmp_path)
    mark = f"it.claim.{hashlib.sha256(held).hexdigest()[:16]}"
    elsewhere(tmp_path, mark, owner="other")
    with Claims(tmp_path) as mine:
        assert mine.take(["it"], "test") == {"it"}

    assert {path.name for path in tmp_path.iterdir()} == {"far.alive", "other.alive"}


def test_claims_that_are_just_being_written_are_no_dead_ones(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Two that were seen so long apart are not one that stayed so."""
    monkeypatch.setattr(claims, "PATIENCE", 0.2)
    one, other = tmp_path / "one.claim", tmp_path / "other.claim"
    with Claims(tmp_path) as mine:
        assert not mine._is_dead(one, b"")
        time.sleep(0.4)
        assert not mine._is_dead(other, b"")
        assert mine._is_dead(one, b"")


def test_time_in_which_nobody_could_look_is_no_silence(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A file server that stood still for minutes held up both; the owner's heart may beat again."""
    monkeypatch.setattr(claims, "PATIENCE", 1.0)
    monkeypatch.setattr(claims, "BEAT", 0.1)
    held = elsewhere(tmp_path)
    with Claims(tmp_path) as mine:
        assert not mine._is_dead(tmp_path / "it.claim", held)
        time.sleep(1.2)
        assert not mine._is_dead(tmp_path / "it.claim", held)


def beat_often(mine: Claims) -> None:
    """Have the heart beat as often as may be."""
    for _ in range(2000):
        mine._beat()


def test_a_heartbeat_is_whole_at_any_time(tmp_path: Path) -> None:
    """It is written in its place and takes no room anew, so a full disk makes nobody look dead."""
    with Claims(tmp_path) as mine, ThreadPoolExecutor() as pool:
        mine.take(["it"], "test")
        place = next(tmp_path.glob("*.alive"))
        beating = pool.submit(beat_often, mine)
        seen = set()
        while not beating.done():
            seen.add(place.read_bytes())

    assert {len(sign) for sign in seen} == {16}
    assert len(seen) > 2


STOPPED = """
import signal, sys
from pathlib import Path
from inward import claims
from inward.claims import Claims

signal.signal(signal.SIGTERM, lambda number, frame: sys.exit(1))
write = claims.written_new

def write_and_stop(path, what):
    done = write(path, what)
    if path.name == "b.claim":
        signal.raise_signal(signal.SIGTERM)
    return done

claims.written_new = write_and_stop
with Claims(Path(sys.argv[1])) as held:
    held.take(["a", "b", "c"], "test")
"""


def test_who_is_stopped_while_it_claims_gives_all_back(tmp_path: Path) -> None:
    """Also what it had just got; who is put back on another node need not wait for it."""
    with python(STOPPED, str(tmp_path)) as process:
        assert process.wait(timeout=60) == 1

    assert not list(tmp_path.iterdir())


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
