"""Training rows: checked here, before anything is uploaded, against what a provider takes.

The form is a JSON Schema for each provider; what a schema cannot say is said here: who speaks after
whom, and how many rows and bytes there must and may be.
"""

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from jsonschema import Draft202012Validator

from inward.errors import InputError

LEARNT = "assistant"  # whose messages are learnt
BOM = b"\xef\xbb\xbf"


@dataclass(frozen=True)
class Rules:
    """What a provider wants of a training file beyond the form of its rows."""

    fewest: int  # rows
    largest: int  # bytes


RULES = {
    "openai": Rules(fewest=10, largest=512 * 1024**2),
    "together": Rules(fewest=1, largest=50_100_000_000),
}


def check_rows(path: Path, provider: str, schema: dict[str, Any], *, training: bool = True) -> int:
    """Return how many rows a file has; raise InputError, with the line, where a provider would not.

    A validation file (`training` false) may have any number of rows.
    """
    rules = RULES[provider]
    if path.stat().st_size > rules.largest:
        raise InputError(f"{path}: larger than {rules.largest} bytes; train on fewer rows")
    form = Draft202012Validator(schema)
    count = 0
    with path.open("rb") as file:
        for number, line in enumerate(file, start=1):
            problem = _problem(line, form)
            if problem:
                raise InputError(f"{path}, line {number}: {problem}")
            count += 1
    if training and count < rules.fewest:
        raise InputError(
            f"{path}: {count} rows, but the provider wants {rules.fewest}; add prompts"
        )
    return count


def _problem(line: bytes, form: Draft202012Validator) -> str | None:
    """Return what is wrong with a line, and the mend; None where nothing is."""
    if line.startswith(BOM):
        return "begins with a byte order mark; save the file without one"
    if not line.strip():
        return "is blank; delete it"
    row, problem = _row(line)
    if problem:
        return problem
    problems = sorted(form.iter_errors(row), key=lambda problem: problem.json_path)
    if problems:
        worst = problems[0]
        schema: Any = worst.schema
        where = worst.json_path.removeprefix("$").lstrip(".") or "the row"
        return f"{where}: {' '.join(worst.message.split())[:200]}; give {schema['description']}"
    return _order(row["messages"])


def _row(line: bytes) -> tuple[Any, str | None]:
    """Return the JSON value of a line, and what is wrong with it where it is none."""
    try:
        row = json.loads(line.decode(), object_pairs_hook=_named_once, parse_constant=_no_number)
        json.dumps(row, ensure_ascii=False).encode()
    except UnicodeDecodeError:
        problem = "is not UTF-8; save the file as UTF-8"
    except UnicodeEncodeError:
        problem = "has half a character, which no UTF-8 can hold; mend or leave out that text"
    except json.JSONDecodeError as error:
        problem = f"is not JSON ({error.msg}, column {error.colno}); write one object a line"
    except ValueError as error:
        problem = f"is not JSON ({error}); write one object a line"
    except RecursionError:
        problem = "is nested too deep; write one object with messages a line"
    else:
        return row, None
    return None, problem


def _named_once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    """Return an object; raise ValueError where a name is in it twice, as readers differ then."""
    made = dict(pairs)
    if len(made) < len(pairs):
        raise ValueError("a name is twice in one object")
    return made


def _no_number(name: str) -> None:
    raise ValueError(f"{name} is no number in JSON")


def _order(messages: list[dict[str, Any]]) -> str | None:
    """Return what is wrong with who speaks after whom: system first, then user and assistant."""
    speakers = [message["role"] for message in messages]
    if speakers[0] in ("system", "developer"):
        speakers = speakers[1:]
    for index, role in enumerate(speakers):
        wanted = ("user", "assistant")[index % 2]
        if role != wanted:
            number = index + 1 + len(messages) - len(speakers)
            return f"message {number}: {role} speaks where {wanted} must"
    if not speakers or speakers[-1] != "assistant":
        return "the last message is not the assistant's, so there is nothing to learn; add one"
    if all(message.get("weight", 1) == 0 for message in messages if message["role"] == LEARNT):
        return "weight: it is 0 for all the assistant says, so there is nothing to learn"
    for message in messages:
        if "weight" in message and message["role"] != "assistant":
            return f"weight: only an assistant's message may have one, not {message['role']}'s"
    return None
