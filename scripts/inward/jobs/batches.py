"""Batches: many requests handed over as a file, answered within a day, at a discount.

store/batches/<model>/<batch>.json    the batch's ID, its requests, and whether it was read

Each request goes out under its key. A batch outlives the process that made it: whoever comes next
reads it first. What a batch leaves unanswered, for whatever reason, goes into another.
"""

import json
import random
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from inward.digests import canonical, digest, digest_text
from inward.errors import ProviderError
from inward.files import read_json, write_json
from inward.jobs.calls import Said, patiently
from inward.jobs.once import SETTLING, created_once
from inward.progress import log
from inward.providers.wire import meaning, whole
from inward.requests import Request
from inward.scheduler import Intake

ROUNDS = 5  # batches without a single new answer, one after the other
MOST_LINES = 50_000
MOST_BYTES = 90 * 1024**2  # less than either provider's limit
SHORTEST_POLL, LONGEST_POLL = 1.0, 60.0  # seconds
KEY = "inward_key"  # of a batch's metadata
ENDPOINT = "/v1/chat/completions"
ENDED = {"completed", "expired", "cancelled", "failed"}


@dataclass(frozen=True)
class Counter:
    """Where batches are handed in: a model's server, and the folder of its batches."""

    sdk: Any
    provider: str
    folder: Path
    said: Said
    settling: float = SETTLING

    @property
    def together(self) -> bool:
        """Whether this is Together, which names and shapes some things otherwise."""
        return self.provider == "together"


def counter(record: dict[str, Any], sdk: Any, store: Path, model: str) -> Counter:
    """Return the counter for the model that a subject's record describes."""
    folder = store / "batches" / digest_text(model)[:16]
    return Counter(sdk, record["provider"], folder, Said(sdk.api_key, record["key_variable"]))


def send_batches(counter: Counter, requests: Sequence[Request], intake: Intake) -> None:
    """Give `intake` the answer to each request; raise ProviderError if some remain unanswered."""
    missing = {request.key: request for request in requests}
    for path in sorted(counter.folder.glob("*.json")):
        if not read_json(path)["read"]:
            log.info("batch %s was not read to its end", read_json(path)["id"])
            _read(counter, path, missing, intake)
    fruitless = 0
    while missing and fruitless < ROUNDS:
        before = len(missing)
        # All are handed in before any is waited for.
        handed_in = [_hand_in(counter, part, intake) for part in _parts(list(missing.values()))]
        for path in handed_in:
            _read(counter, path, missing, intake)
        fruitless = fruitless + 1 if len(missing) == before else 0
    if missing:
        raise ProviderError(
            f"{len(missing)} requests were not answered by {ROUNDS} batches in a row; see"
            " store/errors, and run again"
        )


def _parts(requests: list[Request]) -> Iterator[list[Request]]:
    """Yield the requests in parts that a provider takes."""
    part: list[Request] = []
    size = 0
    for request in requests:
        length = len(_line(request))
        if part and (len(part) == MOST_LINES or size + length > MOST_BYTES):
            yield part
            part, size = [], 0
        part.append(request)
        size += length
    yield part


def _line(request: Request) -> bytes:
    line = {"custom_id": request.key, "method": "POST", "url": ENDPOINT, "body": request.body}
    return canonical(line) + b"\n"


def _hand_in(counter: Counter, requests: list[Request], intake: Intake) -> Path:
    """Return the file of a batch of these requests, made now or found."""
    for request in requests:
        intake.hold(request)
    # A later round may ask the same again, so the number of batches before it is in the name.
    number = len(list(counter.folder.glob("*.json")))
    key = digest([number, sorted(request.key for request in requests)])
    path = counter.folder / f"{key[:32]}.json"
    file = patiently(partial(_upload, counter, requests, key), counter.said)
    batch, how = created_once(
        counter.folder / f"{key[:32]}.creating",
        find=partial(_find, counter, key, file),
        create=partial(_create, counter, key, file),
        said=counter.said,
        settling=counter.settling,
    )
    records = {request.key: request.record() for request in requests}
    write_json(path, {"id": batch.id, "file": file, "read": False, "requests": records})
    (counter.folder / f"{key[:32]}.creating").unlink(missing_ok=True)
    log.info("batch %s of %d requests: %s", batch.id, len(requests), how)
    return path


def _upload(counter: Counter, requests: list[Request], key: str) -> str:
    with TemporaryDirectory() as folder:
        path = Path(folder) / f"inward-{key[:24]}.jsonl"
        path.write_bytes(b"".join(map(_line, requests)))
        if counter.together:
            return str(counter.sdk.files.upload(path, purpose="batch-api", check=False).id)
        for there in counter.sdk.files.list(purpose="batch"):
            if there.filename == path.name and there.bytes == path.stat().st_size:
                return str(there.id)
        with path.open("rb") as file:
            return str(counter.sdk.files.create(file=(path.name, file), purpose="batch").id)


def _create(counter: Counter, key: str, file: str) -> Any:
    asked = {"endpoint": ENDPOINT, "input_file_id": file, "completion_window": "24h"}
    if counter.together:
        return counter.sdk.batches.create(**asked).job
    return counter.sdk.batches.create(**asked, metadata={KEY: key})


def _find(counter: Counter, key: str, file: str) -> Any | None:
    for batch in counter.sdk.batches.list():
        metadata = getattr(batch, "metadata", None) or {}
        if batch.input_file_id == file and metadata.get(KEY, key) == key:
            return batch
    return None


def _read(counter: Counter, path: Path, missing: dict[str, Request], intake: Intake) -> None:
    """Wait until a batch has ended, and take everything out of it that is an answer."""
    state = read_json(path)
    batch = _ended(counter, state["id"])
    asked = {key: Request(**record) for key, record in state["requests"].items()}
    refused: ProviderError | None = None
    for file in (batch.output_file_id, batch.error_file_id):
        lines = patiently(partial(_lines, counter, file), counter.said) if file else []
        for line in lines:
            request = asked.get(str(line.get("custom_id")))
            if request is None:
                continue
            failure = _taken(counter, line, request, missing, intake)
            refused = refused or failure
    for key in asked.keys() & missing.keys():
        intake.failure(asked[key], f"batch {state['id']}: {_status(batch)}", final=False)
    write_json(path, {**state, "read": True, "status": _status(batch)})
    if refused:
        raise refused
    if _status(batch) == "failed":
        errors = getattr(batch, "errors", None) or getattr(batch, "error", None)
        raise ProviderError(
            f"batch {state['id']} was refused: {' '.join(str(errors).split())[:300]}"
        )


def _taken(
    counter: Counter,
    line: dict[str, Any],
    request: Request,
    missing: dict[str, Request],
    intake: Intake,
) -> ProviderError | None:
    """Keep the answer in a line; return an error that no other batch can mend."""
    response = line.get("response") or {}
    status, body = response.get("status_code"), response.get("body")
    if status == 200 and whole(body):
        if missing.pop(request.key, None) is not None:
            intake.answer(request, body)
        return None
    if not isinstance(status, int) or status == 200:
        return None
    said = meaning(status, {}, json.dumps(body).encode(), counter.said.variable)
    return said if isinstance(said, ProviderError) else None


def _ended(counter: Counter, batch_id: str) -> Any:
    pause = SHORTEST_POLL
    while True:
        batch = patiently(partial(counter.sdk.batches.retrieve, batch_id), counter.said)
        if _status(batch) in ENDED:
            return batch
        time.sleep(pause * random.uniform(0.8, 1.2))
        pause = min(LONGEST_POLL, pause * 1.5)


def _status(batch: Any) -> str:
    return str(batch.status).lower()


def _lines(counter: Counter, file: str) -> list[dict[str, Any]]:
    data: bytes = counter.sdk.files.content(file).read()
    return [json.loads(line) for line in data.split(b"\n") if line.strip()]
