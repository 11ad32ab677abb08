"""Serving a finetuned model at Together: a deployment that cannot be forgotten.

A deployment is billed by the minute, asked or not. So it is made within a context that deletes it;
before it is made, a lease on disk says so; it stops by itself when it is idle; and whoever comes
next sweeps up the leases that a killed process has left.

store/leases/<endpoint>-<host>-<process>.json    what is served, where and since when
store/served/<segment>.jsonl                     how long what was served, for the bill
"""

import json
import os
import signal
import socket
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import Any

import together

from inward.errors import ProviderError
from inward.files import read_json, write_json
from inward.jobs.calls import Said, patiently
from inward.money import SERVED
from inward.progress import log
from inward.providers.hosted import DIALECTS, key_of
from inward.segments import Segment

DEPLOYMENT = SERVED.removeprefix("/")  # of every deployment; an endpoint has at most one
READY, FAILED = "DEPLOYMENT_STATE_READY", {"DEPLOYMENT_STATE_FAILED", "DEPLOYMENT_STATE_STOPPED"}
STARTING = 1800.0  # seconds that a deployment may take to be ready
POLL = 5.0  # seconds


def endpoint_of(sdk: Any, project: str, name: str) -> Any:
    """Return the endpoint of this name, created unless it is there."""
    for endpoint in sdk.endpoints.list(project_id=project):
        if endpoint.name.split("/")[-1] == name:
            return endpoint
    return sdk.endpoints.create(project_id=project, name=name)


@contextmanager
def served(sdk: Any, record: dict[str, Any], store: Path) -> Iterator[None]:
    """Have a finetuned model served within the block, and not a minute longer."""
    sweep(store)
    said = Said(sdk.api_key, record["key_variable"])
    lease = _lease(record, store)
    before = signal.signal(signal.SIGTERM, _exit)
    try:
        deployment = _deployed(sdk, record)
        log.info("waiting until %s is served", record["model"])
        _wait(sdk, record, deployment)
        yield
    finally:
        signal.signal(signal.SIGTERM, before)
        patiently(partial(_end, sdk, lease, store), said)


def sweep(store: Path, *, every: bool = False) -> list[str]:
    """Tear down what processes that are gone have left; return the endpoints concerned.

    Leases of other hosts are left alone, unless `every` is asked for, which ends them all.
    """
    swept = []
    for lease in sorted((store / "leases").glob("*.json")):
        if every or _left(lease):
            held = read_json(lease)
            log.warning("sweeping up what was served at %s", held["endpoint"])
            with DIALECTS[held["provider"]].client(held, key_of(held)) as sdk:
                patiently(partial(_end, sdk, lease, store), Said(sdk.api_key, held["key_variable"]))
            swept.append(held["endpoint"])
    return swept


def _lease(record: dict[str, Any], store: Path) -> Path:
    """Return the file that says, before it is so, that this process has a model served."""
    endpoint = record["served"]["endpoint"]
    lease = store / "leases" / f"{endpoint}-{socket.gethostname()}-{os.getpid()}.json"
    now = datetime.now(UTC).isoformat(timespec="seconds")
    named = ("provider", "base_url", "key_variable", "project", "base_model")
    write_json(
        lease,
        {
            **{name: record[name] for name in named},
            "endpoint": endpoint,
            "host": socket.gethostname(),
            "process": os.getpid(),
            "since": now,
        },
    )
    return lease


def _end(sdk: Any, lease: Path, store: Path) -> None:
    """Tear down what a lease stands for, unless another process needs it; then end the lease."""
    held = read_json(lease)
    others = [
        other
        for other in (store / "leases").glob(f"{held['endpoint']}-*.json")
        if other != lease and not _left(other)
    ]
    if not others:
        _tear_down(sdk, held["project"], held["endpoint"])
    seconds = (datetime.now(UTC) - datetime.fromisoformat(held["since"])).total_seconds()
    book = Segment(store / "served")
    line = {"base_model": held["base_model"], "endpoint": held["endpoint"], "seconds": seconds}
    book.append(json.dumps(line).encode() + b"\n")
    book.close()
    lease.unlink()


def _left(lease: Path) -> bool:
    """Return whether a process of this host held a lease, and is gone."""
    held = read_json(lease)
    return held["host"] == socket.gethostname() and not _alive(held["process"])


def _deployed(sdk: Any, record: dict[str, Any]) -> str:
    """Return the ID of the deployment, made unless a process that was killed has made it."""
    serving, served, project = record["serving"], record["served"], record["project"]
    for there in _deployments(sdk, project, served["endpoint"]):
        return str(there.id)
    config = {"config": serving["config"]} if "config" in serving else {}
    made = sdk.endpoints.deployments.create(
        served["endpoint"],
        project_id=project,
        name=DEPLOYMENT,
        model=f"projects/{project}/models/{served['weights']}",
        autoscaling={"min_replicas": 1, "max_replicas": 1},
        inactive_timeout=serving["inactive_minutes"],
        **config,
    )
    return str(made.id)


def _wait(sdk: Any, record: dict[str, Any], deployment: str) -> None:
    endpoint, project = record["served"]["endpoint"], record["project"]

    def look() -> Any:
        found = sdk.endpoints.deployments.retrieve(
            deployment, project_id=project, endpoint_id=endpoint
        )
        return found.status

    said = Said(sdk.api_key, record["key_variable"])
    began = time.monotonic()
    while (status := patiently(look, said)).state != READY:
        if status.state in FAILED:
            raise ProviderError(f"{record['model']} cannot be served: {status.message}")
        if time.monotonic() - began > STARTING:
            raise ProviderError(
                f"{record['model']} is not served after {STARTING:.0f} s ({status.message}); run"
                " again later"
            )
        time.sleep(POLL)


def _deployments(sdk: Any, project: str, endpoint: str) -> list[Any]:
    return list(sdk.endpoints.deployments.list(endpoint, project_id=project))


def _tear_down(sdk: Any, project: str, endpoint: str) -> None:
    for deployment in _deployments(sdk, project, endpoint):
        try:
            sdk.endpoints.deployments.delete(
                deployment.id, project_id=project, endpoint_id=endpoint
            )
        except together.NotFoundError:
            log.info("deployment %s is gone already", deployment.id)


def _alive(process: int) -> bool:
    try:
        os.kill(process, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True


def _exit(number: int, frame: Any) -> None:  # noqa: ARG001 - a signal handler's form
    raise SystemExit(128 + number)
