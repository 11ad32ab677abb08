"""Serving the loopback: in a thread for tests, or for as long as a command runs."""

import socket
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import uvicorn

from inward.loopback.app import Loopback
from inward.loopback.settings import Settings

GRACE = 1  # seconds for replies under way when a server stops


@dataclass(frozen=True)
class Served:
    """A running server: its addresses, and the application behind them."""

    address: str
    app: Loopback

    @property
    def openai(self) -> str:
        """Return the base URL for OpenAI's client."""
        return f"{self.address}/openai/v1"

    @property
    def together(self) -> str:
        """Return the base URL for Together's client."""
        return f"{self.address}/together"


@contextmanager
def served(state: Path, **settings: Any) -> Iterator[Served]:
    """Give a running server that keeps what it knows below `state`; see Settings for the rest."""
    app = Loopback(state, Settings(**settings))
    with listening(0) as listener:
        server = uvicorn.Server(configuration(app))
        thread = threading.Thread(target=server.run, kwargs={"sockets": [listener]})
        thread.start()
        try:
            while thread.is_alive() and not server.started:
                time.sleep(0.01)
            yield Served(address_of(listener), app)
        finally:
            server.should_exit = True
            thread.join()
            app.requests.close()


def run(app: Loopback, listener: socket.socket) -> None:
    """Serve until the command is stopped."""
    try:
        uvicorn.Server(configuration(app)).run([listener])
    finally:
        app.requests.close()


def listening(port: int) -> socket.socket:
    """Return a socket of this machine alone; port 0 is any that is free."""
    listener = socket.socket()
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    listener.bind(("127.0.0.1", port))
    return listener


def address_of(listener: socket.socket) -> str:
    """Return the address of the server behind a socket."""
    return f"http://127.0.0.1:{listener.getsockname()[1]}"


def configuration(app: Loopback) -> uvicorn.Config:
    """Return how uvicorn serves the application: no layers of its own, silent if all is well."""
    return uvicorn.Config(
        app,
        lifespan="off",
        ws="none",
        access_log=False,
        log_level="error",
        proxy_headers=False,
        server_header=False,
        date_header=False,
        timeout_graceful_shutdown=GRACE,
    )
