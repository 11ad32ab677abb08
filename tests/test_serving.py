"""Serving finetuned models at Together: what is started is ended, whatever happens in between."""

import os
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from inward.errors import ProviderError
from inward.files import read_json, read_json_lines, write_json
from inward.jobs import serving
from inward.loopback.serve import Served
from inward.loopback.serve import served as running
from inward.providers import together

from .hosted import KEY, PROJECT
from .workshop import ROOT


@pytest.fixture
def server(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Served]:
    """Give a running server, whose deployments are ready soon."""
    monkeypatch.setenv("LOOPBACK_KEY", KEY)
    monkeypatch.setattr(serving, "POLL", 0.02)
    with running(tmp_path / "server", deployment_seconds=0.1) as found:
        yield found


@pytest.fixture
def record(server: Served) -> dict[str, Any]:
    """Return the record of a model that is served for its asker alone."""
    made: dict[str, Any] = {
        "provider": "together",
        "base_url": server.together,
        "key_variable": "LOOPBACK_KEY",
        "project": PROJECT,
        "base_model": "sim-heron",
        "serving": {"inactive_minutes": 30},
    }
    with together.client(made, KEY) as sdk:
        endpoint = serving.endpoint_of(sdk, PROJECT, "inward-test")
        again = serving.endpoint_of(sdk, PROJECT, "inward-test")
    assert endpoint.id == again.id
    return {
        **made,
        "model": f"{endpoint.name}/live",
        "served": {"endpoint": endpoint.id, "weights": "sim-heron"},
    }


def live(server: Served) -> list[dict[str, Any]]:
    """Return the deployments at the server."""
    return list(server.app.services["together"].deployments)


def leases(store: Path) -> list[Path]:
    """Return the leases in a store."""
    return list((store / "leases").glob("*.json"))


def test_a_model_is_served_within_the_block_only(
    server: Served, record: dict[str, Any], tmp_path: Path
) -> None:
    """With a lease and an inactivity timeout; afterwards it is gone, and in the books."""
    with together.client(record, KEY) as sdk, serving.served(sdk, record, tmp_path):
        (deployment,) = live(server)
        (lease,) = leases(tmp_path)
        asked = sdk.chat.completions.create(
            model=record["model"], messages=[{"role": "user", "content": "x"}]
        )

        assert deployment["inactive_timeout"] == 30
        assert read_json(lease)["process"] == os.getpid()
        assert KEY not in lease.read_text()
        assert asked.choices
    (book,) = (tmp_path / "served").glob("*.jsonl")

    assert not live(server)
    assert not leases(tmp_path)
    assert read_json_lines(book)[0]["base_model"] == "sim-heron"


def test_an_error_ends_the_serving(server: Served, record: dict[str, Any], tmp_path: Path) -> None:
    """Whatever goes wrong in the block."""
    with (
        pytest.raises(ZeroDivisionError),
        together.client(record, KEY) as sdk,
        serving.served(sdk, record, tmp_path),
    ):
        raise ZeroDivisionError

    assert not live(server)
    assert not leases(tmp_path)


def test_a_deployment_that_stops_is_named(
    server: Served, record: dict[str, Any], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """In one line, and nothing is left."""
    monkeypatch.setattr(serving, "FAILED", {"DEPLOYMENT_STATE_PROVISIONING"})
    with (
        pytest.raises(ProviderError, match="cannot be served") as error,
        together.client(record, KEY) as sdk,
        serving.served(sdk, record, tmp_path),
    ):
        pass

    assert "\n" not in str(error.value)
    assert not live(server)
    assert not leases(tmp_path)


def test_tearing_down_bears_a_server_in_trouble(
    server: Served, record: dict[str, Any], tmp_path: Path
) -> None:
    """A deletion that fails is tried again."""
    with together.client(record, KEY) as sdk, serving.served(sdk, record, tmp_path):
        server.app.faults.planned += [
            {"route": "deployments", "fault": fault, "times": 1}
            for fault in ("broken", "dropped_before", "dropped_after", "page")
        ]

    assert not live(server)
    assert not leases(tmp_path)


SERVE = """
import json, os, sys, time
from datetime import UTC, datetime, timedelta
from pathlib import Path
from inward.jobs import serving
from inward.providers import together

record = json.loads(sys.argv[1])
serving.POLL = 0.02
with together.client(record, os.environ["LOOPBACK_KEY"]) as sdk:
    with serving.served(sdk, record, Path(sys.argv[2])):
        print("served", flush=True)
        time.sleep(60)
"""


def server_process(record: dict[str, Any], store: Path) -> "subprocess.Popen[str]":
    """Return a process that has the model served."""
    import json

    process = subprocess.Popen(
        [sys.executable, "-c", SERVE, json.dumps(record), str(store)],
        env={**os.environ, "PYTHONPATH": str(ROOT / "scripts")},
        stdout=subprocess.PIPE,
        text=True,
    )
    assert process.stdout is not None
    assert process.stdout.readline() == "served\n"
    return process


def test_a_terminated_process_tears_down(
    server: Served, record: dict[str, Any], tmp_path: Path
) -> None:
    """SIGTERM, as from a batch system, ends the serving like an error."""
    with server_process(record, tmp_path) as process:
        process.send_signal(signal.SIGTERM)
        process.wait(20)

    assert not live(server)
    assert not leases(tmp_path)


def test_what_a_killed_process_left_is_swept_up(
    server: Served, record: dict[str, Any], tmp_path: Path
) -> None:
    """By the next that serves, from the lease, and it comes into the books."""
    with server_process(record, tmp_path) as process:
        assert serving.sweep(tmp_path) == []
        process.kill()
        process.wait(20)
    assert len(live(server)) == len(leases(tmp_path)) == 1

    assert serving.sweep(tmp_path) == [record["served"]["endpoint"]]
    assert not live(server)
    assert not leases(tmp_path)
    assert len(list((tmp_path / "served").glob("*.jsonl"))) == 1


def test_who_ends_first_leaves_the_other_served(
    server: Served, record: dict[str, Any], tmp_path: Path
) -> None:
    """Of two processes that ask the same model, the last to end tears it down."""
    with server_process(record, tmp_path) as other:
        with together.client(record, KEY) as sdk, serving.served(sdk, record, tmp_path):
            assert len(leases(tmp_path)) == 2
        assert len(live(server)) == len(leases(tmp_path)) == 1
        other.send_signal(signal.SIGTERM)
        other.wait(20)

    assert not live(server)
    assert not leases(tmp_path)


def test_other_hosts_keep_their_leases_unless_all_are_swept(
    server: Served, record: dict[str, Any], tmp_path: Path
) -> None:
    """Whether their process is alive cannot be seen from here."""
    named = ("provider", "base_url", "key_variable", "project", "base_model")
    write_json(
        tmp_path / "leases" / f"{record['served']['endpoint']}-far-1.json",
        {
            **{name: record[name] for name in named},
            "endpoint": record["served"]["endpoint"],
            "host": f"not-{socket.gethostname()}",
            "process": 1,
            "since": "2026-01-01T00:00:00+00:00",
        },
    )

    assert serving.sweep(tmp_path) == []
    assert serving.sweep(tmp_path, every=True) == [record["served"]["endpoint"]]
    assert leases(tmp_path) == []
    assert not live(server)


def test_a_refused_deployment_is_one_line_without_the_key(
    server: Served, record: dict[str, Any], tmp_path: Path
) -> None:
    """Though the server repeats the key."""
    server.app.faults.planned.append(
        {"route": "deployments", "method": "POST", "fault": "no_quota"}
    )
    with (
        pytest.raises(ProviderError, match="quota is used up") as error,
        together.client(record, KEY) as sdk,
        serving.served(sdk, record, tmp_path),
    ):
        pass

    assert KEY not in str(error.value)
    assert not leases(tmp_path)


def test_a_deployment_that_idled_out_is_replaced(
    server: Served, record: dict[str, Any], tmp_path: Path
) -> None:
    """It stopped by itself, and does not start again."""
    with together.client(record, KEY) as sdk:
        old = serving._deployed(sdk, record)
        shelf = server.app.services["together"].deployments
        shelf.keep({**shelf.known(old), "autoscaling": {"maxReplicas": 0}, "seconds": 0})
        with serving.served(sdk, record, tmp_path):
            assert [one["id"] for one in live(server)] != [old]

    assert not live(server)


def test_a_live_process_is_never_swept(
    server: Served, record: dict[str, Any], tmp_path: Path
) -> None:
    """Not even when all is."""
    with together.client(record, KEY) as sdk, serving.served(sdk, record, tmp_path):
        assert serving.sweep(tmp_path, every=True) == []
        assert len(live(server)) == 1


def test_an_endpoint_that_is_gone_needs_no_teardown(
    server: Served, record: dict[str, Any], tmp_path: Path
) -> None:
    """Its lease ends."""
    lease = serving._lease(record, tmp_path)
    write_json(lease, {**read_json(lease), "host": "far"})
    shelf = server.app.services["together"].endpoints
    shelf.remove(shelf.known(record["served"]["endpoint"]))

    assert serving.sweep(tmp_path, every=True) == [record["served"]["endpoint"]]
    assert not leases(tmp_path)


def test_time_that_two_processes_share_is_booked_once(
    record: dict[str, Any], tmp_path: Path
) -> None:
    """They have one deployment, which is billed once."""
    lease = serving._lease(record, tmp_path)
    held = read_json(lease)
    for hours in (2, 1, 3):
        since = datetime.now(UTC) - timedelta(hours=hours)
        serving._book({**held, "since": since.isoformat()}, tmp_path)
    booked = [
        line for book in (tmp_path / "served").glob("*.jsonl") for line in read_json_lines(book)
    ]

    assert sum(line["seconds"] for line in booked) == pytest.approx(3 * 3600, abs=5)
