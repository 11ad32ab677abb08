"""What tests of hosted sampling start from: a server, the record of a model there, and a store."""

import json
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from inward.asking import answers
from inward.files import read_json_lines
from inward.intake import Intake
from inward.loopback.serve import Served, served
from inward.money import Price, Purse
from inward.progress import Tally
from inward.providers import open_provider
from inward.requests import Request, Response, Sampling, user
from inward.store import ResponseStore

KEY = "sk-test-never-to-be-written-anywhere"
VARIABLE = "LOOPBACK_KEY"
DIALECTS = ["openai", "together"]
SAMPLING = Sampling(temperature=0, max_tokens=8, top_logprobs=2)
LIMITS = {"openai": "max_completion_tokens", "together": "max_tokens"}


class Site:
    """A server, one dialect of it, and a store."""

    def __init__(self, server: Served, dialect: str, root: Path) -> None:
        self.server = server
        self.app = server.app
        self.dialect = dialect
        self.store = root / "store"
        self.log = root / "state/requests.jsonl"

    def record(self, **settings: Any) -> dict[str, Any]:
        """Return the record of a model at the server."""
        return {
            "provider": self.dialect,
            "model": "sim-heron",
            "base_url": getattr(self.server, self.dialect),
            "key_variable": VARIABLE,
            "limit": LIMITS[self.dialect],
            "in_flight": 16,
            "deadline": 5,
            "transport": "direct",
            **settings,
        }

    def requests(
        self, count: int, samples: int = 1, sampling: Sampling = SAMPLING, **settings: Any
    ) -> list[Request]:
        """Return so many requests, in different words."""
        provider = open_provider(self.record(**settings), self.store)
        return [
            provider.request(user(f"Which word comes next, number {n}?"), sampling, sample)
            for n in range(count)
            for sample in range(samples)
        ]

    def ask(
        self,
        count: int,
        samples: int = 1,
        sampling: Sampling = SAMPLING,
        purse: Purse | None = None,
        ends: str | None = None,
        **settings: Any,
    ) -> list[Response]:
        """Ask so many questions and return the answers."""
        provider = open_provider(self.record(**settings), self.store, ends)
        requests = self.requests(count, samples, sampling, **settings)
        return answers(requests, provider, self.store, "test", purse)

    def plan(self, fault: str, times: int | None = 1, route: str = "chat", **more: Any) -> None:
        """Have the server misbehave."""
        self.app.faults.planned.append({"route": route, "fault": fault, "times": times, **more})

    def stored(self) -> list[dict[str, Any]]:
        """Return all records of the store."""
        return [
            record
            for path in sorted((self.store / "responses").rglob("*.jsonl"))
            for record in read_json_lines(path)
        ]

    def intake(self, store: ResponseStore, price: Price | None = None) -> Intake:
        """Return where answers go."""
        provider = open_provider(self.record(), self.store)
        return Intake(store, Tally("test", 0), Purse(price or Price()), provider.response)


@contextmanager
def site(root: Path, dialect: str, **settings: Any) -> Iterator[Site]:
    """Give a running server's site."""
    with served(root / "state", **settings) as server:
        yield Site(server, dialect, root)


def paid(log: Path) -> Counter[str]:
    """Return how often each body was answered in full, by the digest in the server's log."""
    return Counter(
        line["digest"]
        for line in map(json.loads, log.read_bytes().splitlines())
        if line["paid"] and line["whole"]
    )
