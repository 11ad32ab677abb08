"""The ledger: a record of each finished job, by which every file leads back to what made it.

results/<study>/ledger/<stage>/<name>.json

What is volatile (times, hosts, versions) is here, and never in the data: data outputs are the same
bytes for the same content, and their records say when and where that content came to be.
"""

import os
import platform
import socket
import subprocess
import sys
from collections.abc import Iterable, Iterator
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from inward.digests import digest, digest_file
from inward.errors import InputError
from inward.files import read_json, write_json

VERSION = 2
PROCESSORS = Path("/proc/cpuinfo")
# The first of each that is set: a step of a job is not told all that the job was.
SLURM = {
    "job": ("SLURM_JOB_ID",),
    "array_task": ("SLURM_ARRAY_TASK_ID",),
    "node": ("SLURMD_NODENAME",),
    "partition": ("SLURM_JOB_PARTITION",),
    "gpus": ("SLURM_STEP_GPUS", "SLURM_JOB_GPUS", "CUDA_VISIBLE_DEVICES"),
    "cpus": ("SLURM_CPUS_ON_NODE",),
}

_facts: dict[str, Any] = {}


def note(name: str, fact: Any) -> None:
    """Have the record of the job that runs in this process say `fact` under `name`."""
    _facts[name] = fact


def record_path(log: Path) -> Path:
    """Return where the record of a job lies, given its log: results/<study>/logs/<stage>/..."""
    parts = list(log.parts)
    parts[parts.index("logs")] = "ledger"
    return Path(*parts).with_suffix(".json")


def write_record(
    log: Path,
    *,
    rule: str,
    wildcards: dict[str, str],
    inputs: Iterable[str],
    sources: Iterable[str],
    outputs: Iterable[str],
    params: dict[str, Any],
    began: datetime,
) -> None:
    """Write the record of a job that has just ended well, beside the logs of its study."""
    ended = datetime.now(UTC)
    record = {
        "version": VERSION,
        "study": log.parts[log.parts.index("logs") - 1],
        "rule": rule,
        "wildcards": wildcards,
        "inputs": _digests(inputs),
        "sources": {_source(path): digest for path, digest in _digests(sources).items()},
        "outputs": _digests(outputs),
        "params": params,
        "versions": dict(sorted(_versions())),
        "python": platform.python_version(),
        "platform": f"{platform.platform()}, {processor()}",
        "commit": commit(),
        "host": socket.gethostname(),
        "process": os.getpid(),
        "slurm": _slurm(),
        "began": began.isoformat(timespec="milliseconds"),
        "ended": ended.isoformat(timespec="milliseconds"),
        "seconds": round((ended - began).total_seconds(), 3),
        "facts": dict(_facts),
    }
    write_json(record_path(log), sealed(record))


def sealed(record: dict[str, Any]) -> dict[str, Any]:
    """Return a record with a digest of all that it says, by which a later change is noticed."""
    return {**record, "seal": digest(record)}


def places(results: Path) -> list[Path]:
    """Return where the records of a study lie."""
    return sorted((results / "ledger").rglob("*.json"))


def read_record(path: Path) -> dict[str, Any]:
    """Return the record at `path`; raise InputError where it is not as it was written."""
    found = read_json(path)
    said = {name: found[name] for name in found if name != "seal"} if type(found) is dict else {}
    if found != sealed(said):
        raise InputError(
            f"{path}: was changed after it was written; delete it and what its job made, and run"
            " `snakemake`"
        )
    return said


def records(results: Path) -> list[dict[str, Any]]:
    """Return the records below a study's results, in the order in which the jobs ended.

    Raises InputError where one is not as it was written.
    """
    found = [read_record(path) for path in places(results)]
    return sorted(found, key=lambda record: (record["ended"], record["rule"]))


def commit() -> str | None:
    """Return the commit of the project's checkout; None where there is none."""
    said = subprocess.run(
        ["git", "rev-parse", "HEAD"],  # noqa: S607 - whichever git there is
        cwd=Path(__file__).parent,
        capture_output=True,
        text=True,
        check=False,
    )
    return said.stdout.strip() or None


def processor() -> str:
    """Return the name of the processor: another one rounds otherwise, and trains other weights."""
    with suppress(OSError):
        for line in PROCESSORS.read_text().splitlines():
            name, _, said = line.partition(":")
            if name.strip() == "model name":
                return said.strip()
    return platform.processor() or platform.machine()


def _slurm() -> dict[str, str]:
    """Return what SLURM said of the job that this process runs in; nothing elsewhere."""
    if "SLURM_JOB_ID" not in os.environ:
        return {}
    found = {
        name: next((os.environ[key] for key in keys if os.environ.get(key)), None)
        for name, keys in SLURM.items()
    }
    return {name: said for name, said in found.items() if said is not None}


def _digests(paths: Iterable[str]) -> dict[str, str]:
    return {path: digest_file(Path(path)) for path in sorted(set(paths))}


def _source(copy: str) -> str:
    """Return the path of the source of which a job was given a stripped copy."""
    return copy[copy.index("scripts/") :]


def _versions() -> Iterator[tuple[str, str]]:
    """Yield the third-party packages that this process has imported, with their versions."""
    for name, module in list(sys.modules.items()):
        version = getattr(module, "__version__", None)
        third_party = "." not in name and name not in sys.stdlib_module_names
        if third_party and isinstance(version, str):
            yield name, version
