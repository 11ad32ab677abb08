"""Stress: many requests through a server that misbehaves, and a client that is killed again and again.

    python -m tests.stress --requests 20000 --faults 0.2 --kills 3

Server and client are processes of their own. At the end the server's log is held against the store.
"""

import argparse
import json
import os
import random
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parents[1]
sys.path.insert(0, str(ROOT / "scripts"))

from inward.asking import answers  # noqa: E402 - by hand, nothing is installed
from inward.digests import digest  # noqa: E402
from inward.errors import InwardError  # noqa: E402
from inward.files import read_json_lines  # noqa: E402
from inward.providers import open_provider  # noqa: E402
from inward.requests import Request, Sampling, user  # noqa: E402
from inward.store import ResponseStore  # noqa: E402

KEY = "sk-stress-never-to-be-written-anywhere"
VARIABLE = "STRESS_KEY"
KINDS = [
    "slow_down",
    "busy",
    "broken",
    "away",
    "page",
    "empty",
    "truncated",
    "cut_body",
    "dropped_before",
    "dropped_after",
    "hang",
    "slow",
]
DEADLINE = 2.0  # seconds of an attempt
LIMITS = {"openai": "max_completion_tokens", "together": "max_tokens"}


@dataclass(frozen=True)
class Outcome:
    """What came of it."""

    requests: int
    seconds: float
    kills: int
    in_flight: int
    sent: int  # to the server
    faults: dict[str, int]
    answered: int  # keys that the server answered in full
    stored: int  # keys in the store
    lines: int  # in the store
    twice: int  # keys that were answered in full more than once
    leaks: int  # files with the key in them
    rerun_sent: int  # by a rerun at the end

    @property
    def well(self) -> bool:
        """Whether all holds that must."""
        return (
            self.answered == self.stored == self.lines == self.requests
            and self.twice <= self.kills * self.in_flight
            and self.leaks == self.rerun_sent == 0
        )


def requests(record: dict[str, Any], store: Path, count: int) -> list[Request]:
    """Return so many requests."""
    provider = open_provider(record, store)
    texts = (f"Which word comes next, number {n}?" for n in range(count))
    return [provider.request(user(text), Sampling(0, 8, 2), 0) for text in texts]


def client(arguments: list[str]) -> None:
    """Ask everything that is not in the store yet."""
    record, store, count = json.loads(arguments[0]), Path(arguments[1]), int(arguments[2])
    provider = open_provider(record, store)
    try:
        answers(requests(record, store, count), provider, store, "stress")
    except InwardError as error:
        sys.exit(str(error))


@contextmanager
def server(state: Path) -> Iterator[dict[str, str]]:
    """Give the base URLs of a server in a process of its own."""
    program, where = str(ROOT / "scripts/loopback.py"), str(state)
    command = [sys.executable, program, "--port", "0", "--state", where]
    environment = {**os.environ, "PYTHONPATH": str(ROOT / "scripts")}
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, env=environment) as process:
        try:
            assert process.stdout is not None
            yield dict(process.stdout.readline().split() for _ in LIMITS)
        finally:
            process.terminate()


def stress(  # noqa: PLR0917 - the command line's options
    folder: Path, dialect: str, count: int, faults: float, kills: int, in_flight: int, seed: int
) -> Outcome:
    """Do all that, and return what came of it."""
    store, log = folder / "store", folder / "state/requests.jsonl"
    began = time.monotonic()
    with server(folder / "state") as addresses:
        address = addresses[f"{dialect}:"]
        _misbehave(address, faults)
        record = {
            "provider": dialect,
            "model": "sim-heron",
            "base_url": address,
            "key_variable": VARIABLE,
            "limit": LIMITS[dialect],
            "in_flight": in_flight,
            "deadline": DEADLINE,
            "transport": "direct",
        }
        arguments = [json.dumps(record), str(store), str(count)]
        _run(arguments, folder, log, _moments(count, kills, seed))
        seconds = time.monotonic() - began
        before = _chats(log)
        _run(arguments, folder, log, [])
        rerun_sent = len(_chats(log)) - len(before)
    return _outcome(folder, record, count, kills, seconds, rerun_sent)


def _moments(count: int, kills: int, seed: int) -> list[int]:
    """Return after how many answers each kill comes."""
    draw = random.Random(seed)
    return sorted(draw.randrange(count // 20, count) for _ in range(kills))


def _misbehave(address: str, rate: float) -> None:
    change = json.dumps({"rate": rate, "kinds": KINDS}).encode()
    root = "/".join(address.split("/")[:3])
    until = time.monotonic() + 10
    while True:
        try:
            with urllib.request.urlopen(f"{root}/_faults", data=change):  # noqa: S310 - loopback
                return
        except urllib.error.URLError:  # it says its address a moment before it listens
            if time.monotonic() > until:
                raise
            time.sleep(0.05)


def _run(arguments: list[str], folder: Path, log: Path, moments: list[int]) -> None:
    """Run the client to its end, after killing it when so many answers were given."""
    command = [sys.executable, "-m", "tests.stress", "--client", *arguments]
    environment = {**os.environ, VARIABLE: KEY}
    for moment in [*moments, None]:
        with (folder / "said.log").open("ab") as said:
            process = subprocess.Popen(command, cwd=ROOT, env=environment, stderr=said)
        if moment is not None:
            while process.poll() is None and _length(log) < moment:
                time.sleep(0.02)
            process.kill()
            process.wait()
        elif process.wait():
            raise RuntimeError((folder / "said.log").read_text()[-2000:])


def _length(log: Path) -> int:
    return log.read_bytes().count(b"\n") if log.exists() else 0


def _chats(log: Path) -> list[dict[str, Any]]:
    return [line for line in read_json_lines(log) if line["path"].endswith("/chat/completions")]


def _outcome(  # noqa: PLR0917 - everything it says
    folder: Path, record: dict[str, Any], count: int, kills: int, seconds: float, rerun_sent: int
) -> Outcome:
    asked = requests(record, folder / "store", count)
    chats = _chats(folder / "state/requests.jsonl")
    whole = Counter(line["digest"] for line in chats if line["paid"] and line["whole"])
    segments = (folder / "store/responses").rglob("*.jsonl")
    lines = Counter(record["key"] for path in segments for record in _whole_lines(path))
    files = [*(folder / "store").rglob("*"), folder / "said.log"]
    provider = open_provider(record, folder / "store")
    with ResponseStore(folder / "store", provider.model) as found:
        stored = sum(request in found and _fits(found.get(request)) for request in asked)
    return Outcome(
        requests=len(asked),
        seconds=round(seconds, 1),
        kills=kills,
        in_flight=record["in_flight"],
        sent=len(chats),
        faults=dict(Counter(line["fault"] for line in chats if line["fault"])),
        answered=len(whole.keys() & {digest(request.body) for request in asked}),
        stored=stored,
        lines=lines.total(),
        twice=sum(count > 1 for count in whole.values()),
        leaks=sum(path.is_file() and KEY.encode() in path.read_bytes() for path in files),
        rerun_sent=rerun_sent,
    )


def _fits(raw: Any) -> bool:
    return bool(raw["choices"][0]["message"]["content"])


def _whole_lines(path: Path) -> Iterator[Any]:
    """Yield the records of a segment; what a kill left unfinished is none."""
    for line in path.read_bytes().rpartition(b"\n")[0].splitlines():
        yield json.loads(line)


def main() -> None:
    """Read the command line, and say what came of it."""
    if sys.argv[1:2] == ["--client"]:
        client(sys.argv[2:])
        return
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--requests", type=int, default=20_000)
    parser.add_argument("--faults", type=float, default=0.2, help="share of requests")
    parser.add_argument("--kills", type=int, default=3)
    parser.add_argument("--in-flight", type=int, default=100)
    parser.add_argument("--dialect", choices=LIMITS, default="openai")
    parser.add_argument("--seed", type=int, default=random.randrange(2**31))
    given = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        outcome = stress(
            Path(folder),
            given.dialect,
            given.requests,
            given.faults,
            given.kills,
            given.in_flight,
            given.seed,
        )
    sys.stdout.write(json.dumps({**asdict(outcome), "seed": given.seed}, indent=2) + "\n")
    sys.exit(not outcome.well)


if __name__ == "__main__":
    main()
