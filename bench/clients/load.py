"""What every client is asked to do, and how its time is taken."""

import argparse
import asyncio
import json
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, replace
from importlib.metadata import version
from itertools import chain
from typing import Any

WARM_UP = 1  # requests before the clock starts, so that whatever is imported late is imported


@dataclass(frozen=True)
class Load:
    """So many questions to the model m, so many of them at a time."""

    base_url: str
    requests: int
    in_flight: int

    def questions(self) -> list[str]:
        """Return the questions, all different."""
        return [f"question {number}" for number in range(self.requests)]


SAMPLING: dict[str, Any] = {
    "temperature": 0,
    "max_tokens": 8,
    "logprobs": True,
    "top_logprobs": 5,
}


def body(question: str) -> dict[str, Any]:
    """Return the body of a request as clients send it that are given a body."""
    return {"model": "m", "messages": [{"role": "user", "content": question}], **SAMPLING}


async def pool(load: Load, ask: Callable[[str], Awaitable[Any]]) -> list[Any]:
    """Return all answers; a fixed number of workers take one question after the other."""
    waiting = iter(load.questions())

    async def worker() -> list[Any]:
        return [await ask(question) for question in waiting]

    done = await asyncio.gather(*(worker() for _ in range(load.in_flight)))
    return list(chain.from_iterable(done))


def measure(client: str, packages: list[str], sample: Callable[[Load], int]) -> None:
    """Print a line of JSON: how long `sample` took for the load that the command line names.

    `sample` returns how many answers it has. It is called once before with a single request.
    """
    load = _load()
    if sample(replace(load, requests=WARM_UP)) != WARM_UP:
        raise SystemExit(f"{client}: no answer to the first request")
    started, worked = time.perf_counter(), time.process_time()
    answered = sample(load)
    seconds, cpu_seconds = time.perf_counter() - started, time.process_time() - worked
    if answered != load.requests:
        raise SystemExit(f"{client}: {answered} answers to {load.requests} requests")
    line = {
        "client": client,
        "requests": load.requests,
        "in_flight": load.in_flight,
        "seconds": round(seconds, 3),
        "cpu_seconds": round(cpu_seconds, 3),
        "rate": round(load.requests / seconds, 1),
        "versions": {package: version(package) for package in packages},
    }
    print(json.dumps(line), flush=True)


def _load() -> Load:
    parser = argparse.ArgumentParser()
    parser.add_argument("base_url")
    parser.add_argument("requests", type=int)
    parser.add_argument("in_flight", type=int)
    arguments = parser.parse_args()
    return Load(arguments.base_url, arguments.requests, arguments.in_flight)
