"""Batches: many chat requests in one file, answered all at once when their time has come."""

import json
from collections.abc import Callable
from typing import Any

from inward.digests import digest
from inward.loopback.jobs import rows_of
from inward.loopback.service import Service
from inward.loopback.shelf import Record
from inward.loopback.wire import Refused, unknown
from inward.randomness import draws

STARTED, FINALIZING, CANCELLING = 0.2, 0.9, 0.1  # shares of the time that a batch takes
MOST = 50_000  # requests of a batch
TROUBLES = (500, 429)  # statuses of the lines that fail by fault
Chat = Callable[[Service, dict[str, Any]], dict[str, Any]]


def begin(service: Service, request: dict[str, Any], fault: str) -> Record:
    """Return a new batch over the file that the request names; raise Refused where none is."""
    name = request["input_file_id"]
    if not service.files.known(name)["uploaded"]:
        raise unknown("file", name)
    return service.batches.add(
        {
            "created": service.now(),
            "seconds": service.settings.batch_seconds,
            "request": request,
            "fault": fault,
            "cancelled": None,
            "problem": _problem_of(service.files.read_content(name)),
            "results": None,
        }
    )


def cancel(service: Service, batch: Record) -> None:
    """Stop a batch; what is done by now stays done."""
    if batch["cancelled"] is None and state_of(batch, service.now()) in {
        "validating",
        "in_progress",
        "finalizing",
    }:
        batch["cancelled"] = service.now()
        service.batches.keep(batch)


def state_of(batch: Record, now: float) -> str:
    """Return the state of a batch in OpenAI's words."""
    seconds, age = batch["seconds"], now - batch["created"]
    if batch["problem"]:
        return "failed" if age >= STARTED * seconds else "validating"
    if batch["cancelled"] is not None:
        over = now - batch["cancelled"] >= CANCELLING * seconds
        return "cancelled" if over else "cancelling"
    if age >= seconds:
        return "expired" if batch["fault"] == "batch_expires" else "completed"
    if age >= FINALIZING * seconds:
        return "finalizing"
    return "in_progress" if age >= STARTED * seconds else "validating"


def settled(service: Service, batch: Record, chat: Chat) -> str:
    """Return the state of a batch, after doing its work where the time for it has come."""
    state = state_of(batch, service.now())
    if state in {"completed", "expired", "cancelled"} and batch["results"] is None:
        lines = rows_of(service.files.read_content(batch["request"]["input_file_id"]))
        batch["results"] = _done(service, batch, lines, state, chat)
        service.batches.keep(batch)
    return state


def _done(
    service: Service, batch: Record, lines: list[Any], state: str, chat: Chat
) -> dict[str, Any]:
    """Answer a batch's lines and return its files and counts."""
    good, bad = [], []
    until = _reached(batch, len(lines), state)
    for number, line in enumerate(lines):
        if number >= until:
            # Of what was not reached, every second line is named, and the others are absent.
            if number % 2 == 0:
                bad.append(_line(service, line, 0, f"batch_{state}", "the batch came to its end"))
            continue
        if batch["fault"] == "batch_line_errors" and number % 3 == 0:
            status = TROUBLES[number // 3 % 2]
            bad.append(_line(service, line, status, "server_error", "this line failed"))
            continue
        try:
            body = chat(service, line["body"])
        except Refused as error:
            bad.append(_line(service, line, error.status, error.code, str(error)))
            continue
        good.append(_answer(service, line, body))
        _log(service, batch, line)
    draws(service.settings.seed, "batch", batch["id"]).shuffle(good)
    return {
        "ended": service.now(),
        "output_file_id": _file(service, batch, "output", good),
        "error_file_id": _file(service, batch, "error", bad),
        "counts": {
            "total": len(lines),
            "completed": len(good),
            "failed": len(lines) - len(good),
        },
    }


def _reached(batch: Record, total: int, state: str) -> int:
    """Return how many lines the batch got to."""
    if state == "expired":
        return total // 2
    if state == "cancelled":
        share = (batch["cancelled"] - batch["created"]) / batch["seconds"]
        return int(total * share)
    return total


def _answer(service: Service, line: Any, body: dict[str, Any]) -> dict[str, Any]:
    response = {"status_code": 200, "request_id": f"req_{digest(line)[:12]}", "body": body}
    if service.dialect == "together":
        return {"custom_id": line["custom_id"], "response": response}
    return {**_head(line), "response": response, "error": None}


def _line(service: Service, line: Any, status: int, code: str, message: str) -> dict[str, Any]:
    """Return the line of the error file for a request that has no answer."""
    if service.dialect == "together":
        error = {"message": message, "code": status or code}
        return {"custom_id": line["custom_id"], "error": error}
    if not status:
        return {**_head(line), "response": None, "error": {"code": code, "message": message}}
    body = {"error": {"message": message, "type": code, "param": None, "code": code}}
    response = {"status_code": status, "request_id": f"req_{digest(line)[:12]}", "body": body}
    return {**_head(line), "response": response, "error": None}


def _head(line: Any) -> dict[str, Any]:
    return {"id": f"batch_req_{digest(line)[:12]}", "custom_id": line["custom_id"]}


def _log(service: Service, batch: Record, line: Any) -> None:
    """Write down that a line was answered: it is charged for like a chat request."""
    service.requests.write(
        {
            "number": service.requests.begin(),
            "method": "BATCH",
            "path": f"{service.dialect} {batch['id']}",
            "status": 200,
            "fault": None,
            "model": line["body"].get("model"),
            "paid": True,
            "whole": True,
            "digest": digest(line["body"]),
            "custom_id": line["custom_id"],
        },
        line["body"],
    )


def _file(service: Service, batch: Record, kind: str, lines: list[Any]) -> str | None:
    """Keep a file of results and return its ID; None where there is nothing to say."""
    if not lines:
        return None
    content = "".join(json.dumps(line) + "\n" for line in lines).encode()
    record = service.files.add(
        {
            "created": service.now(),
            "filename": f"{batch['id']}_{kind}.jsonl",
            "purpose": "batch_output" if service.dialect == "openai" else "batch-api",
            "bytes": len(content),
            "checksum": "",
            "uploaded": True,
        }
    )
    service.files.write_content(record["id"], content)
    return str(record["id"])


def _problem_of(content: bytes) -> str | None:
    """Return why a file is no batch, or None."""
    try:
        lines = rows_of(content)
        names = [line["custom_id"] for line in lines if isinstance(line["body"], dict)]
    except (ValueError, KeyError, TypeError) as error:
        return f"not a file of requests: {error!r}"
    if not 0 < len(names) <= MOST:
        return f"{len(names)} requests; from 1 to {MOST} are possible"
    return None if len(set(names)) == len(names) == len(lines) else "a custom_id is there twice"
