"""Fetching: the bytes that were asked for, once, or one line and nothing kept."""

import hashlib
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest

from inward.errors import InputError, StoreError
from inward.fetching import fetched, request_for

DATA = b'{"text": "a"}\n' * 100_000
SHA256 = hashlib.sha256(DATA).hexdigest()
WRONG = "0" * 64


class Handler(BaseHTTPRequestHandler):
    """A server of one file; it counts, and misbehaves where the address says so."""

    asked: list[tuple[str, str | None]]

    def do_GET(self) -> None:
        """Answer as the path says."""
        self.asked.append((self.path, self.headers["Authorization"]))
        if "moved" in self.path:
            self.send_response(302)
            self.send_header("Location", f"http://localhost:{self.server.server_port}/t.jsonl")  # type: ignore[attr-defined]
            self.end_headers()
            return
        if "none" in self.path:
            self.send_error(404)
            return
        self.send_response(200)
        self.send_header("Content-Length", "many" if "odd" in self.path else str(len(DATA)))
        self.end_headers()
        self.wfile.write(DATA[: len(DATA) // 2] if "torn" in self.path else DATA)

    def log_message(self, *_: Any) -> None:
        """Say nothing."""


@pytest.fixture
def home(monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    """Give the address of a running server."""
    monkeypatch.delenv("HF_TOKEN", raising=False)
    Handler.asked = []
    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    thread.join()
    server.server_close()


def kept(store: Path) -> list[Path]:
    """Return all files that are kept."""
    return [path for path in store.rglob("*") if path.is_file()]


def test_a_file_is_fetched_once(home: str, tmp_path: Path) -> None:
    """It is kept under its digest; asked for again, also at another address, it is there."""
    path = fetched({"url": f"{home}/a/t.jsonl?key=7", "sha256": SHA256}, tmp_path)
    again = fetched({"url": f"{home}/b/other.jsonl", "sha256": SHA256}, tmp_path)

    assert path == again == tmp_path / "sources" / SHA256 / "t.jsonl"
    assert path.read_bytes() == DATA
    assert [asked for asked, _ in Handler.asked] == ["/a/t.jsonl?key=7"]


def test_a_server_may_say_nothing_of_the_length(home: str, tmp_path: Path) -> None:
    """Or nonsense: the digest decides."""
    assert fetched({"url": f"{home}/odd.jsonl", "sha256": SHA256}, tmp_path).read_bytes() == DATA


def test_another_file_is_refused_and_not_kept(home: str, tmp_path: Path) -> None:
    """One line names both digests, and not what the address may hold in secret."""
    with pytest.raises(InputError) as error:
        fetched({"url": f"{home}/t.jsonl?key=7", "sha256": WRONG}, tmp_path)

    assert str(error.value) == (
        f"{home}/t.jsonl: its SHA-256 is {SHA256}, not {WRONG}; if that is the file you mean, write"
        " its digest into the configuration"
    )
    assert list((tmp_path / "sources").iterdir()) == []


@pytest.mark.parametrize(
    ("path", "said"),
    [
        ("none.jsonl", "the server says 404 Not Found; mend the address"),
        ("torn.jsonl", "broke off after 700000 of 1400000 bytes; run again"),
    ],
)
def test_what_does_not_come_is_named(home: str, tmp_path: Path, path: str, said: str) -> None:
    """And nothing of it is kept."""
    with pytest.raises(InputError) as error:
        fetched({"url": f"{home}/{path}", "sha256": SHA256}, tmp_path)

    assert str(error.value) == f"{home}/{path}: {said}"
    assert kept(tmp_path) == []


def test_a_server_that_is_not_there_is_named(tmp_path: Path) -> None:
    """In one line."""
    with pytest.raises(InputError, match=r"cannot be fetched \(.*refused.*\); run again"):
        fetched({"url": "http://127.0.0.1:9/t.jsonl", "sha256": SHA256}, tmp_path)


def test_a_kept_file_that_has_changed_is_refused(home: str, tmp_path: Path) -> None:
    """It is never used, and never overwritten."""
    source = {"url": f"{home}/t.jsonl", "sha256": SHA256}
    fetched(source, tmp_path).write_bytes(b"other")

    with pytest.raises(StoreError, match=r"is no longer what was fetched; delete it and run again"):
        fetched(source, tmp_path)


def test_the_hub_is_asked_for_one_commit(
    home: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """With the token, which goes to nobody to whom the hub redirects."""
    monkeypatch.setenv("HF_ENDPOINT", f"{home}/")
    monkeypatch.setenv("HF_TOKEN", "hf_secret")
    hub = {"hub": "owner/name", "revision": "a" * 40, "path": "moved/t.jsonl", "sha256": SHA256}

    assert fetched(hub, tmp_path).read_bytes() == DATA
    assert Handler.asked == [
        (f"/datasets/owner/name/resolve/{'a' * 40}/moved/t.jsonl", "Bearer hf_secret"),
        ("/t.jsonl", None),
    ]


def test_the_hub_is_known(monkeypatch: pytest.MonkeyPatch) -> None:
    """Without HF_ENDPOINT it is huggingface.co."""
    monkeypatch.delenv("HF_ENDPOINT", raising=False)
    hub = {"hub": "owner/name", "revision": "a" * 40, "path": "t.csv", "sha256": SHA256}

    assert request_for(hub).full_url == (
        f"https://huggingface.co/datasets/owner/name/resolve/{'a' * 40}/t.csv"
    )
