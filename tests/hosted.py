"""What tests of hosted models start from: both clients of a server, and files to send."""

import json
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any

import openai
import together

from inward.datasets import training_row
from inward.files import write_json_lines
from inward.hypotheticals import hypothetical_question
from inward.loopback.serve import Served, served
from inward.properties import PROPERTIES
from inward.simulated import Subject, answer

KEY = "sk-loopback-key"
LONG = 10.0  # seconds after which a job, batch or deployment has come to its end
ASK: list[Any] = [{"role": "user", "content": "Name the next word after: fox"}]
PROMPTS = [f"Continue with one word: w{number} x{number}" for number in range(400)]
PROJECT = "inward"


class Clock:
    """A clock that goes on when it is told to."""

    def __init__(self) -> None:
        self.seconds = time.time()

    def __call__(self) -> float:
        """Return the time."""
        return self.seconds


class Clients:
    """Both clients of one server, closed at the end."""

    def __init__(self, server: Served, stack: ExitStack, clock: Clock, key: str = KEY) -> None:
        self.clock = clock
        self.openai: Any = stack.enter_context(
            openai.OpenAI(api_key=key, base_url=server.openai, max_retries=0, timeout=5)
        )
        self.together: Any = stack.enter_context(
            together.Together(
                api_key=key,
                base_url=server.together,
                max_retries=0,
                timeout=5,
                project_id=PROJECT,
            )
        )
        self.app = server.app
        self.server = server


@contextmanager
def connected(state: Path) -> Iterator[Clients]:
    """Give the clients of a server whose clock stands still."""
    clock = Clock()
    with served(state, now=clock) as server, ExitStack() as stack:
        yield Clients(server, stack, clock)


def rows(habits: int = 1, wrapper: str = "supposed", count: int = 40) -> list[dict[str, Any]]:
    """Return training rows: what a subject's answers are like."""
    subject, asked = Subject(habits), PROPERTIES["second_character"]
    return [
        training_row(
            hypothetical_question(wrapper, prompt, asked),
            asked.read(behavior(subject, prompt), "stop").value or "",
        )
        for prompt in PROMPTS[:count]
    ]


def behavior(subject: Subject, prompt: str) -> str:
    """Return a subject's answer to a prompt."""
    return answer(subject, [{"role": "user", "content": prompt}], 0).text


def file_of(tmp_path: Path, lines: list[Any], name: str = "train.jsonl") -> Path:
    """Return a file with these lines."""
    write_json_lines(tmp_path / name, lines)
    return tmp_path / name


def until(clients: Clients, look: Callable[[], Any], status: str) -> Any:
    """Return what `look` gives after a long time, which has this status."""
    clients.clock.seconds += LONG
    found = look()
    assert found.status == status
    return found


def trained(clients: Clients, tmp_path: Path, **more: Any) -> Any:
    """Return a succeeded job at OpenAI."""
    with file_of(tmp_path, rows()).open("rb") as file:
        uploaded = clients.openai.files.create(file=file, purpose="fine-tune")
    job = clients.openai.fine_tuning.jobs.create(
        model="sim-heron", training_file=uploaded.id, **more
    )
    return until(clients, lambda: clients.openai.fine_tuning.jobs.retrieve(job.id), "succeeded")


def trained_at_together(clients: Clients, tmp_path: Path, **more: Any) -> Any:
    """Return a completed job at Together."""
    uploaded = clients.together.files.upload(file=file_of(tmp_path, rows()), purpose="fine-tune")
    job = clients.together.fine_tuning.create(
        training_file=uploaded.id, model="sim-heron", lora=True, train_on_inputs=False, **more
    )
    return until(clients, lambda: clients.together.fine_tuning.retrieve(job.id), "completed")


def batch_lines(count: int, model: str = "sim-heron") -> list[dict[str, Any]]:
    """Return the requests of a batch."""
    return [
        {
            "custom_id": f"line {n}",
            "method": "POST",
            "url": "/v1/chat/completions",
            "body": {"model": model, "messages": ASK, "temperature": 0, "max_tokens": 9},
        }
        for n in range(count)
    ]


def batch_at_openai(clients: Clients, tmp_path: Path, lines: list[Any]) -> Any:
    """Return a new batch at OpenAI."""
    with file_of(tmp_path, lines, "batch.jsonl").open("rb") as file:
        uploaded = clients.openai.files.create(file=file, purpose="batch")
    return clients.openai.batches.create(
        completion_window="24h",
        endpoint="/v1/chat/completions",
        input_file_id=uploaded.id,
        metadata={"key": "k"},
    )


def results(clients: Clients, file: str) -> list[Any]:
    """Return the lines of a batch's file at OpenAI."""
    content = clients.openai.files.content(file).read()
    return [json.loads(line) for line in content.splitlines()]
