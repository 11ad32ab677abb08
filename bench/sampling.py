"""How fast clients sample: each in a process of its own, against one server on this machine.

Rounds interleave the clients, each round begins with another one, and medians are compared: what
else the machine does meets all of them.
"""

import argparse
import json
import os
import statistics
import subprocess
import sys
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import product
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parents[1]
RESULTS = ROOT / "bench" / "results" / "sampling.json"
IN_FLIGHT = [100, 200]
LATENCY = 0.05  # seconds, the server's
REFERENCES = ["stock", "inspect_ai", "raw_aiohttp"]  # whom all are compared with
LIMIT = 900  # seconds for one client
KEYS = ["OPENAI_API_KEY", "BENCH_KEY", "BENCH_API_KEY"]  # clients insist on one; any will do


@dataclass(frozen=True)
class Client:
    """A client: its script, what it needs, and where that is if it has a place of its own."""

    module: str
    package: str
    environment: str | None = None
    share: float = 1.0  # of the requests; slow clients get fewer


CLIENTS = {
    "stock": Client("stock", "openai"),
    "raw_aiohttp": Client("raw_aiohttp", "aiohttp"),
    "inspect_ai": Client("inspect_ai_client", "inspect_ai", ".venv-inspect", share=0.4),
    "lm_eval": Client("lm_eval_client", "lm_eval", ".venv-lm-eval"),
    "inward": Client("inward_client", "openai"),
}


def main() -> None:
    """Run the rounds, say what came out, and write it down."""
    arguments = _arguments()
    only = arguments.only.split(",") if arguments.only else list(CLIENTS)
    if unknown := set(only) - set(CLIENTS):
        raise SystemExit(f"no such client: {', '.join(sorted(unknown))}; choose {list(CLIENTS)}")
    pythons = {name: interpreter(name, dict(arguments.env)) for name in only}
    present = {
        name: python for name, python in pythons.items() if has(python, CLIENTS[name].package)
    }
    server_core, client_core = cores()
    with served(server_core) as base_url:
        report: dict[str, Any] = {
            "python": sys.version.split()[0],
            "server": status(base_url),
            "pinned": client_core is not None,
            "runs": list(runs(present, base_url, client_core, arguments)),
            "not_installed": [name for name in only if name not in present],
        }
    report["versions"] = {
        run["client"]: run.pop("versions") for run in report["runs"] if "versions" in run
    }
    report["clients"] = summary(report["runs"])
    arguments.results.parent.mkdir(parents=True, exist_ok=True)
    arguments.results.write_text(written(report))
    print(table(report))


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--only", help=f"some of {','.join(CLIENTS)}")
    parser.add_argument("--requests", type=int, default=5000, help="of one run")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--results", type=Path, default=RESULTS, help="where the JSON goes")
    parser.add_argument(
        "--env",
        action="append",
        default=[],
        type=lambda text: text.split("=", 1),
        metavar="CLIENT=FOLDER",
        help="the virtual environment of a client",
    )
    return parser.parse_args()


def interpreter(name: str, environments: dict[str, str]) -> Path:
    """Return the Python that runs a client."""
    own = CLIENTS[name].environment
    if name not in environments and own is None:
        return Path(sys.executable)
    folder = environments[name] if name in environments else ROOT / "bench" / str(own)
    return Path(folder).absolute() / "bin" / "python"


def has(python: Path, package: str) -> bool:
    """Say whether `python` is there and has `package`."""
    look = f"import sys, importlib.util as u; sys.exit(u.find_spec('{package}') is None)"
    return python.exists() and subprocess.run([python, "-c", look], check=False).returncode == 0


def cores() -> tuple[int | None, int | None]:
    """Return one core for the server and another for clients, where the system lets us choose."""
    if not hasattr(os, "sched_getaffinity"):
        return None, None
    first, *others = sorted(os.sched_getaffinity(0))
    return (others[0], first) if others else (None, None)


@contextmanager
def pinned(core: int | None) -> Iterator[None]:
    """Keep processes that start meanwhile on one core, with all their threads."""
    if core is None:
        yield
        return
    before = os.sched_getaffinity(0)
    os.sched_setaffinity(0, {core})
    try:
        yield
    finally:
        os.sched_setaffinity(0, before)


@contextmanager
def served(core: int | None) -> Iterator[str]:
    """Give the address of a running server."""
    with pinned(core):
        server = subprocess.Popen(
            [sys.executable, "-m", "bench.server"], cwd=ROOT, stdout=subprocess.PIPE, text=True
        )
    with server:
        assert server.stdout is not None
        try:
            yield f"http://127.0.0.1:{int(server.stdout.readline())}/v1"
        finally:
            server.terminate()


def status(base_url: str) -> dict[str, Any]:
    """Return what the server says of itself."""
    with urllib.request.urlopen(f"{base_url}/count") as reply:  # noqa: S310 - an address of ours
        found: dict[str, Any] = json.load(reply)
    return found


def runs(
    pythons: dict[str, Path], base_url: str, core: int | None, arguments: argparse.Namespace
) -> Iterator[dict[str, Any]]:
    """Yield what each run of each client says; each round begins with another client."""
    names = list(pythons)
    for number in range(arguments.rounds):
        start = number % max(1, len(names))
        for in_flight, name in product(IN_FLIGHT, names[start:] + names[:start]):
            before = status(base_url)["count"]
            asked = round(arguments.requests * CLIENTS[name].share)
            with pinned(core):
                run = measured(name, pythons[name], base_url, asked, in_flight)
            # One request more than was asked for is the warm-up; others would be retries.
            extra = status(base_url)["count"] - before - asked - 1
            print(json.dumps(run), file=sys.stderr, flush=True)
            yield run | {"round": number, "retried": extra}


def measured(
    name: str, python: Path, base_url: str, requests: int, in_flight: int
) -> dict[str, Any]:
    """Return what one run of a client says, or why it failed."""
    script = f"bench.clients.{CLIENTS[name].module}"
    run = {"client": name, "requests": requests, "in_flight": in_flight}
    try:
        done = subprocess.run(
            [python, "-m", script, base_url, str(requests), str(in_flight)],
            cwd=ROOT,
            env={**os.environ, "NO_PROXY": "127.0.0.1"} | dict.fromkeys(KEYS, "bench"),
            capture_output=True,
            text=True,
            timeout=LIMIT,
            check=True,
        )
    except subprocess.TimeoutExpired:
        return run | {"failed": f"not done after {LIMIT} s"}
    except subprocess.CalledProcessError as error:
        return run | {"failed": (error.stderr.strip().splitlines() or ["no reason given"])[-1]}
    said: dict[str, Any] = json.loads(done.stdout.strip().splitlines()[-1])
    return said


def summary(done: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Return for each client and number in flight the medians, and the ratios of rates."""
    medians = []
    for name, in_flight in dict.fromkeys((run["client"], run["in_flight"]) for run in done):
        its = [run for run in done if (run["client"], run["in_flight"]) == (name, in_flight)]
        good = [run for run in its if "failed" not in run]
        line = {"client": name, "in_flight": in_flight, "requests": its[0]["requests"]}
        if good:
            line["rates"] = sorted(run["rate"] for run in good)
            line["rate"] = statistics.median(line["rates"])
            cpu = statistics.median(run["cpu_seconds"] / run["requests"] for run in good)
            line["cpu_ms"] = round(1000 * cpu, 2)
        if len(good) < len(its):
            line["failed"] = next(run["failed"] for run in its if "failed" in run)
        medians.append(line)
    rates = {(line["client"], line["in_flight"]): line.get("rate") for line in medians}
    for line in medians:
        for reference in REFERENCES:
            base = rates.get((reference, line["in_flight"]))
            if base and "rate" in line:
                line[f"to_{reference}"] = round(line["rate"] / base, 2)
    return sorted(medians, key=lambda line: (line["in_flight"], line.get("rate", 0)))


def table(report: dict[str, Any]) -> str:
    """Return the summary in Markdown."""
    head = ["client", "in flight", "requests", "requests/s", "lowest to highest", "CPU ms/request"]
    rows = [head + [f"÷ {reference}" for reference in REFERENCES]]
    rows.append(["---", *["---:"] * (len(rows[0]) - 1)])
    rows += [_row(line) for line in report["clients"]]
    blank = [""] * (len(rows[0]) - 2)
    rows += [[name, "not installed", *blank] for name in report["not_installed"]]
    lines = ["| " + " | ".join(row) + " |" for row in rows]
    most = ", ".join(f"{in_flight / LATENCY:,.0f} at {in_flight}" for in_flight in IN_FLIGHT)
    lines += ["", f"The server's latency allows at most {most} in flight."]
    retried = sum(max(0, run["retried"]) for run in report["runs"])
    if retried:
        lines += [f"{retried} requests reached the server that were not asked for: retries."]
    return "\n".join(lines)


def written(report: dict[str, Any]) -> str:
    """Return the report as JSON, with a line for each run."""
    parts = []
    for key, value in report.items():
        inner = ",\n  ".join(json.dumps(item) for item in value) if isinstance(value, list) else ""
        parts.append(f'"{key}": ' + (f"[\n  {inner}\n ]" if inner else json.dumps(value)))
    return "{\n " + ",\n ".join(parts) + "\n}\n"


def _row(line: dict[str, Any]) -> list[str]:
    start = [line["client"], str(line["in_flight"]), f"{line['requests']:,}"]
    if "rate" not in line:
        return [*start, f"failed: {line['failed']}", *[""] * (2 + len(REFERENCES))]
    rates = line["rates"]
    return [
        *start,
        f"{line['rate']:,.0f}" + (" (some runs failed)" if "failed" in line else ""),
        f"{rates[0]:,.0f} to {rates[-1]:,.0f}",
        f"{line['cpu_ms']:.2f}",
        *(f"{line[key]:.2f}" if (key := f"to_{other}") in line else "" for other in REFERENCES),
    ]


if __name__ == "__main__":
    main()
