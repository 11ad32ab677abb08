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
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import Any

import together

from inward.errors import ProviderError
from inward.files import read_json, read_json_lines, write_json
from inward.jobs.calls import Said, patiently
from inward.money import SERVED
from inward.processes import runs
from inward.progress import log
from inward.providers.hosted import DIALECTS, key_of
from inward.segments import Segment

DEPLOYMENT = SERVED.removeprefix("/")  # of every deployment; an endpoint has at most one
READY, FAILED = "DEPLOYMENT_STATE_READY", {"DEPLOYMENT_STATE_FAILED", "DEPLOYMENT_STATE_STOPPED"}
STARTING = 1800.0  # seconds that a deployment may take to be ready
POLL = 5.0  # seconds


def endpoint_of(sdk: Any, project: str, name: str) -> Any:
    """Return the endpoint of this name, created unless it is there."""
    for endpoint in _all(sdk.endpoints.list(project_id=project)):
        if endpoint.name.split("/")[-1] == name:
            return endpoint
    return sdk.endpoints.create(project_id=project, name=name)


@contextmanager
def served(sdk: Any, record: dict[str, Any], store: Path) -> Iterator[None]:
    """Have a finetuned model served within the block, and not a minute longer."""
    sweep(store)
    said = Said(sdk.api_key, record["key_variable"])
    lease = _lease(record, store)
    with _signals(_exit):
        try:
            log.info("waiting until %s is served", record["model"])
            _wait(sdk, record)
            yield
        finally:
            with _signals(_later):
                _ended(sdk, lease, store, said)


def sweep(store: Path, *, every: bool = False) -> list[str]:
    """Tear down what processes that are gone have left; return the endpoints concerned.

    Leases of other hosts are left alone, unless `every` is asked for. Those of a process that is
    alive here never are swept: that process tears down what it needs no more.
    """
    swept = []
    for lease in sorted((store / "leases").glob("*.json")):
        held = _read(lease)
        if held is None or not (_left(held) or (every and _far(held))):
            continue
        log.warning("sweeping up what was served at %s", held["endpoint"])
        try:
            with DIALECTS[held["provider"]].client(held, key_of(held)) as sdk:
                _ended(sdk, lease, store, Said(sdk.api_key, held["key_variable"]))
            swept.append(held["endpoint"])
        except ProviderError as error:
            if every:
                raise
            log.warning("%s", error)  # it may be another server's, and keeps nobody from this one
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


def _ended(sdk: Any, lease: Path, store: Path, said: Said) -> None:
    """End a lease; raise ProviderError, which says what to do, where that fails."""
    try:
        patiently(partial(_end, sdk, lease, store), said)
    except ProviderError as error:
        raise ProviderError(
            f"what {lease} stands for may still be served, and billed ({error}); then run"
            " `python scripts/finetunes.py sweep`"
        ) from None


def _end(sdk: Any, lease: Path, store: Path) -> None:
    """Tear down what a lease stands for, unless another process needs it; then end the lease."""
    held = _read(lease)
    if held is None:
        return  # another process has swept it
    others = [_read(other) for other in (store / "leases").glob("*.json") if other != lease]
    if not any(
        other and other["endpoint"] == held["endpoint"] and not _left(other) for other in others
    ):
        _tear_down(sdk, held["project"], held["endpoint"])
    _book(held, store)
    lease.unlink(missing_ok=True)


def _book(held: dict[str, Any], store: Path) -> None:
    """Put in the books what a lease's time adds to what is there already for its endpoint.

    Processes that use one endpoint at the same time have one deployment, which is billed once.
    """
    since, now = datetime.fromisoformat(held["since"]).timestamp(), time.time()
    booked = [
        (line["since"], line["since"] + line["length"])
        for path in (store / "served").glob("*.jsonl")
        for line in read_json_lines(path)
        if line["endpoint"] == held["endpoint"] and "length" in line
    ]
    seconds, reached = 0.0, since
    for begin, end in [*sorted(booked), (now, now)]:
        seconds += max(0.0, begin - reached)
        reached = max(reached, end)
    book = Segment(store / "served")
    named = {name: held[name] for name in ("base_model", "endpoint")}
    line = {**named, "seconds": seconds, "since": since, "length": now - since}
    book.append(json.dumps(line).encode() + b"\n")
    book.close()


def _read(lease: Path) -> dict[str, Any] | None:
    """Return what a lease says; None where it has just been ended."""
    try:
        return dict(read_json(lease))
    except FileNotFoundError:
        return None


def _far(held: dict[str, Any]) -> bool:
    return bool(held["host"] != socket.gethostname())


def _left(held: dict[str, Any]) -> bool:
    """Return whether a process of this host held a lease, and is gone."""
    return not _far(held) and not runs(held["process"])


def _deployed(sdk: Any, record: dict[str, Any]) -> str:
    """Return the ID of the deployment, made unless a process that was killed has made it."""
    serving, served, project = record["serving"], record["served"], record["project"]
    for there in _deployments(sdk, project, served["endpoint"]):
        if there.status.state not in FAILED:
            return str(there.id)
        _delete(sdk, project, served["endpoint"], there.id)  # idle for too long, it has stopped
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


def _wait(sdk: Any, record: dict[str, Any]) -> None:
    """Deploy a model and wait until it answers."""
    endpoint, project = record["served"]["endpoint"], record["project"]
    said = Said(sdk.api_key, record["key_variable"])
    deployment = patiently(partial(_deployed, sdk, record), said)

    def look() -> Any:
        try:
            found = sdk.endpoints.deployments.retrieve(
                deployment, project_id=project, endpoint_id=endpoint
            )
        except together.NotFoundError:  # who had it before has just torn it down
            return None
        return found.status

    began = time.monotonic()
    while (status := patiently(look, said)) is None or status.state != READY:
        if status is None:
            deployment = patiently(partial(_deployed, sdk, record), said)
            continue
        if status.state in FAILED:
            raise ProviderError(f"{record['model']} cannot be served: {status.message}")
        if time.monotonic() - began > STARTING:
            raise ProviderError(
                f"{record['model']} is not served after {STARTING:.0f} s ({status.message}); run"
                " again later"
            )
        time.sleep(POLL)


def _deployments(sdk: Any, project: str, endpoint: str) -> list[Any]:
    return _all(sdk.endpoints.deployments.list(endpoint, project_id=project))


def _all(page: Any) -> list[Any]:
    """Return what is on a page and those after it; raise ValueError where it is no page.

    To the SDK an answer without a list is an empty one, which would mean that nothing is served.
    """
    if not isinstance(page.data, list):
        raise ValueError("a page without a list")  # noqa: TRY004 - an answer, not an argument
    return list(page)


def _tear_down(sdk: Any, project: str, endpoint: str) -> None:
    try:
        there = _deployments(sdk, project, endpoint)
    except together.NotFoundError:
        log.info("endpoint %s is gone already", endpoint)
        return
    for deployment in there:
        _delete(sdk, project, endpoint, deployment.id)


def _delete(sdk: Any, project: str, endpoint: str, deployment: str) -> None:
    try:
        sdk.endpoints.deployments.delete(deployment, project_id=project, endpoint_id=endpoint)
    except together.NotFoundError:
        log.info("deployment %s is gone already", deployment)


@contextmanager
def _signals(handler: Callable[[int, Any], None]) -> Iterator[None]:
    """Have the signals that end a process handled so within the block, in the main thread."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    before = {one: signal.signal(one, handler) for one in (signal.SIGTERM, signal.SIGHUP)}
    try:
        yield
    finally:
        for one, handled in before.items():
            signal.signal(one, handled)


def _later(number: int, frame: Any) -> None:  # noqa: ARG001 - a signal handler's form
    log.warning("tearing down what is served; that takes a moment")


def _exit(number: int, frame: Any) -> None:  # noqa: ARG001 - a signal handler's form
    raise SystemExit(128 + number)
