"""Batches: many requests handed over as a file, answered within a day, at a discount.

store/batches/<model>/<batch>.json    its requests, its ID once it has one, whether it was read

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
from inward.jobs.calls import Said, every_page, patiently
from inward.jobs.once import SETTLING, created_once
from inward.progress import log
from inward.providers.wire import MOST_WORDS, masked, meaning, parsed, whole
from inward.requests import Request
from inward.scheduler import Intake

ROUNDS = 5  # batches without a single new answer, one after the other
MOST_LINES = 50_000
MOST_BYTES = 90 * 1024**2  # less than either provider's limit
SHORTEST_POLL, LONGEST_POLL = 1.0, 60.0  # seconds
MORE_LOOKS = 3  # at a batch that has ended, and shows no file yet
KEY = "inward_key"  # of a batch's metadata
ENDPOINT = "/v1/chat/completions"
OK = 200
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
    missing = collect(counter, requests, intake)
    fruitless = 0
    while missing and fruitless < ROUNDS:
        before = len(missing)
        affordable = [request for request in missing.values() if intake.hold(request)]
        # All are handed in before any is waited for.
        intended = [_intended(counter, part) for part in _parts(affordable)]
        for path in intended:
            _hand_in(counter, path)
        _read_all(counter, intended, missing, intake)
        fruitless = fruitless + 1 if len(missing) == before else 0
    if missing:
        raise ProviderError(
            f"{len(missing)} requests were not answered by {ROUNDS} batches in a row; see"
            " store/errors, and run again"
        )


def collect(counter: Counter, requests: Sequence[Request], intake: Intake) -> dict[str, Request]:
    """Read the batches that a process before this one has left; return what is unanswered then.

    Batches that hold none of these requests are left to who asked them.
    """
    missing = {request.key: request for request in requests}
    left = []
    for path in sorted(counter.folder.glob("*.json")):
        state = read_json(path)
        if state["id"] is not None:  # its maker may have been killed before it did this
            path.with_suffix(".creating").unlink(missing_ok=True)
        if state["read"] or not state["requests"].keys() & missing.keys():
            continue
        if state["id"] is None and not path.with_suffix(".creating").exists():
            path.unlink()  # it was not handed in
            continue
        log.info("batch %s was not read to its end", state["id"] or path.stem)
        left.append(path)
        if state["id"] is None:
            _hand_in(counter, path)
    _read_all(counter, left, missing, intake)
    return missing


def _read_all(
    counter: Counter, paths: Sequence[Path], missing: dict[str, Request], intake: Intake
) -> None:
    """Read batches; raise the first error that no other batch can mend, when all are read."""
    refused = [_read(counter, path, missing, intake) for path in paths]
    for error in refused:
        if error:
            raise error


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
    if part:
        yield part


def _line(request: Request) -> bytes:
    line = {"custom_id": request.key, "method": "POST", "url": ENDPOINT, "body": request.body}
    return canonical(line) + b"\n"


def _intended(counter: Counter, requests: list[Request]) -> Path:
    """Return the file of a new batch of these requests, which is still to be handed in."""
    # A later round may ask the same again, so the number of batches before it is in the name.
    number = len(list(counter.folder.glob("*.json")))
    key = digest([number, sorted(request.key for request in requests)])
    records = {request.key: request.record() for request in requests}
    path = counter.folder / f"{key[:32]}.json"
    write_json(path, {"id": None, "key": key, "read": False, "requests": records})
    return path


def _hand_in(counter: Counter, path: Path) -> None:
    """Hand in a batch, or find out what became of it."""
    state = read_json(path)
    requests = [Request(**record) for record in state["requests"].values()]
    file = patiently(partial(_upload, counter, requests, state["key"]), counter.said)
    claim = path.with_suffix(".creating")
    batch, how = created_once(
        claim,
        find=partial(_find, counter, state["key"], file),
        create=partial(_create, counter, state["key"], file),
        said=counter.said,
        settling=counter.settling,
    )
    write_json(path, {**state, "id": batch.id, "file": file})
    claim.unlink(missing_ok=True)
    log.info("batch %s of %d requests: %s", batch.id, len(requests), how)


def _upload(counter: Counter, requests: list[Request], key: str) -> str:
    with TemporaryDirectory() as folder:
        path = Path(folder) / f"inward-{key[:24]}.jsonl"
        path.write_bytes(b"".join(map(_line, requests)))
        if counter.together:
            return str(counter.sdk.files.upload(path, purpose="batch-api", check=False).id)
        for there in every_page(counter.sdk.files.list(purpose="batch")):
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
    # The same requests may have been in an earlier batch; at Together they are the same file.
    known = {read_json(path)["id"] for path in counter.folder.glob("*.json")}
    for batch in _listed(counter):
        metadata = getattr(batch, "metadata", None) or {}
        ours = batch.input_file_id == file and metadata.get(KEY, key) == key
        if ours and batch.id not in known:
            return batch
    return None


def _listed(counter: Counter) -> Iterator[Any]:
    """Yield the batches there are; raise ValueError for an answer that is no list of batches."""
    listed = counter.sdk.batches.list()
    if not counter.together:
        yield from every_page(listed)
    elif isinstance(listed, list):
        yield from listed
    else:
        raise ValueError("a list of batches without batches")


def _read(
    counter: Counter, path: Path, missing: dict[str, Request], intake: Intake
) -> ProviderError | None:
    """Wait until a batch has ended, and take everything out of it that is an answer.

    Returns an error that no other batch can mend, if there is one.
    """
    state = read_json(path)
    batch = _ended(counter, state["id"])
    asked = {key: Request(**record) for key, record in state["requests"].items()}
    refused = _failed(batch) if _status(batch) == "failed" else None
    for file in (batch.output_file_id, batch.error_file_id):
        lines = patiently(partial(_lines, counter, file), counter.said) if file else []
        for line in lines:
            request = asked.get(str(line.get("custom_id")))
            if request is not None:
                failure = _taken(counter, line, request, missing, intake)
                refused = refused or failure
    for key in asked.keys() & missing.keys():
        intake.failure(asked[key], f"batch {state['id']}: {_status(batch)}", final=False)
    write_json(path, {**state, "read": True, "status": _status(batch)})
    return refused


def _failed(batch: Any) -> ProviderError:
    """Return why a batch was refused as a whole, in the provider's words."""
    errors = getattr(getattr(batch, "errors", None), "data", None) or []
    said = "; ".join(str(error.message) for error in errors) or getattr(batch, "error", None)
    words = " ".join(str(said or "it does not say why").split())[:MOST_WORDS]
    return ProviderError(
        f"batch {batch.id} was refused: {words}; compare the model's settings with its docs"
    )


def _taken(
    counter: Counter,
    line: dict[str, Any],
    request: Request,
    missing: dict[str, Request],
    intake: Intake,
) -> ProviderError | None:
    """Keep the answer in a line; return an error that no other batch can mend."""
    response, error = line.get("response") or {}, line.get("error") or {}
    status, body = response.get("status_code"), response.get("body")
    if status == OK and whole(body):
        missing.pop(request.key, None)
        intake.answer(request, body)
        return None
    if status is None and isinstance(error, dict):  # Together has an error's status there
        status, body = error.get("code"), {"error": error}
    number = int(str(status)) if str(status).isdecimal() else 0
    if number in (0, OK):
        return None
    said = meaning(number, {}, json.dumps(body).encode(), counter.said.variable)
    return said if isinstance(said, ProviderError) else None


def _ended(counter: Counter, batch_id: str) -> Any:
    pause, before, looks = SHORTEST_POLL, "", MORE_LOOKS
    while True:
        batch = patiently(partial(counter.sdk.batches.retrieve, batch_id), counter.said)
        if _status(batch) in ENDED and (_has_files(batch) or looks == 0):
            return batch
        looks -= _status(batch) in ENDED
        if (now := _progress(batch)) != before:
            log.info("batch %s: %s", batch_id, now)
            before = now
        time.sleep(pause * random.uniform(0.8, 1.2))
        pause = min(LONGEST_POLL, pause * 1.5)


def _has_files(batch: Any) -> bool:
    """Return whether what a batch has made can be read; its end is sometimes said before."""
    return bool(batch.output_file_id or batch.error_file_id) or _status(batch) == "failed"


def _progress(batch: Any) -> str:
    counts = getattr(batch, "request_counts", None)
    if counts is not None and counts.total:
        return f"{_status(batch)}, {counts.completed} of {counts.total} done"
    share = getattr(batch, "progress", None)
    return _status(batch) if share is None else f"{_status(batch)}, {share:.0f} % done"


def _status(batch: Any) -> str:
    return str(batch.status).lower()


def _lines(counter: Counter, file: str) -> list[dict[str, Any]]:
    data = masked(counter.sdk.files.content(file).read(), counter.said.key)
    lines = [parsed(line) for line in data.split(b"\n") if line.strip()]
    return [line for line in lines if isinstance(line, dict)]
