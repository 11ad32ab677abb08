"""Jobs: what becomes of a finetuning job follows from its record and the time since its making."""

import json
from typing import Any

from inward.loopback.shelf import Record

FEWEST = {"openai": 10, "together": 1}  # rows of a training file
VALIDATED, STARTED, HALFWAY = 0.1, 0.25, 0.5  # shares of the time that a job takes
ORGANIZATION = "loopback"


def state_of(job: Record, now: float) -> str:
    """Return validating, queued, running, succeeded, failed or cancelled."""
    seconds, age = job["seconds"], now - job["created"]
    ended = ended_at(job, now)
    if ended is not None:
        return _end_of(job)
    if age < VALIDATED * seconds:
        return "validating"
    return "queued" if age < STARTED * seconds else "running"


def ended_at(job: Record, now: float) -> float | None:
    """Return when the job came to its end, or None while it is on its way."""
    end = job["cancelled"] or job["created"] + job["seconds"] * _length_of(job)
    return float(end) if end <= now else None


def _length_of(job: Record) -> float:
    """Return the share of a whole job's time that this one takes."""
    if job["problem"]:
        return VALIDATED
    return HALFWAY if job["fault"] == "job_cancelled" else 1.0


def _end_of(job: Record) -> str:
    if job["cancelled"] or (job["fault"] == "job_cancelled" and not job["problem"]):
        return "cancelled"
    return "failed" if job["problem"] or job["fault"] == "job_fails" else "succeeded"


def error_of(job: Record) -> dict[str, Any]:
    """Return why a job failed."""
    if job["problem"]:
        return dict(job["problem"])
    return {"code": "server_error", "message": "training diverged", "param": None}


def model_name(dialect: str, job: Record) -> str:
    """Return the name of the model that a job makes."""
    suffix, root = job["suffix"] or "", job["root"]
    if dialect == "openai":
        return f"ft:{root}:{ORGANIZATION}:{suffix}:{job['id'].partition('-')[2][:8]}"
    return (
        f"{ORGANIZATION}/{root}:{suffix}:{job['id']}"
        if suffix
        else (f"{ORGANIZATION}/{root}:{job['id']}")
    )


def rows_of(content: bytes) -> list[Any]:
    """Return the JSON values of a file's lines."""
    return [json.loads(line) for line in content.split(b"\n") if line.strip()]


def tokens_of(content: bytes) -> int:
    """Return about how many tokens a file holds: four characters make one."""
    return max(1, len(content) // 4)


def problem_of(content: bytes, dialect: str) -> dict[str, Any] | None:
    """Return why nothing can be trained on this file, or None."""
    try:
        rows = rows_of(content)
    except ValueError as error:
        return _problem("invalid_json", f"the file is not JSON lines: {error}")
    for number, row in enumerate(rows, start=1):
        wrong = _problem_of_row(row)
        if wrong:
            return _problem("invalid_file_format", f"line {number}: {wrong}")
    if len(rows) < FEWEST[dialect]:
        return _problem(
            "invalid_n_examples", f"{len(rows)} rows, and {FEWEST[dialect]} are the fewest"
        )
    return None


def _problem_of_row(row: Any) -> str | None:
    messages = row.get("messages") if isinstance(row, dict) else None
    if not isinstance(messages, list) or not messages:
        return "no list of messages"
    for message in messages:
        if not isinstance(message, dict) or not isinstance(message.get("content"), str):
            return "a message without text"
        if message.get("role") not in {"system", "user", "assistant"}:
            return f"a message of the role {message.get('role')!r}"
    if messages[-1]["role"] != "assistant":
        return "the last message is not the assistant's"
    return None


def _problem(code: str, message: str) -> dict[str, Any]:
    return {"code": code, "message": message, "param": "training_file"}
