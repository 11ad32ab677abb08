"""The wire: what comes in as a call, what goes out as a reply, and how a call is refused."""

import json
import re
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any
from urllib.parse import parse_qsl

Handler = Callable[..., "Reply"]
Route = tuple[str, str, Handler]  # method, pattern of the path, and who answers
Headers = tuple[tuple[bytes, bytes], ...]
JSON: Headers = ((b"content-type", b"application/json"),)


class Refused(Exception):  # noqa: N818 - a reply like any other
    """The call is refused; the text says why, in words for a person."""

    def __init__(self, status: int, code: str, message: str, param: str | None = None) -> None:
        super().__init__(message)
        self.status = status
        self.code = code
        self.param = param


@dataclass(frozen=True)
class Call:
    """A request as it came in."""

    method: str
    path: str
    query_string: str
    headers: dict[str, str]
    raw: bytes
    planned: dict[str, Any] = field(default_factory=dict)  # the fault that it meets

    @property
    def dialect(self) -> str:
        """Return the first part of the path: openai, together, or what stands there."""
        return self.path.split("/", 2)[1]

    @cached_property
    def query(self) -> dict[str, str]:
        """Return the parameters behind the question mark."""
        return dict(parse_qsl(self.query_string))

    @property
    def key(self) -> str:
        """Return the bearer key, or nothing."""
        scheme, _, key = self.headers.get("authorization", "").partition(" ")
        return key.strip() if scheme.lower() == "bearer" else ""

    @property
    def fault(self) -> str:
        """Return the kind of the fault that the call meets, or nothing."""
        return str(self.planned.get("fault", ""))

    @cached_property
    def any_json(self) -> Any:
        """Return the body; raise Refused where it is not JSON."""
        try:
            return json.loads(self.raw or b"{}")
        except ValueError:
            raise Refused(400, "invalid_json", "the body is not JSON") from None

    @property
    def json(self) -> dict[str, Any]:
        """Return the body; raise Refused where it is not a JSON object."""
        if not isinstance(self.any_json, dict):
            raise Refused(400, "invalid_json", "the body is not a JSON object")
        return self.any_json

    @property
    def body_or_none(self) -> dict[str, Any] | None:
        """Return the body where it is a JSON object and not empty."""
        try:
            return self.json if self.raw.startswith(b"{") else None
        except Refused:
            return None

    @cached_property
    def form(self) -> dict[str, tuple[str, bytes]]:
        """Return the fields of a multipart body: the name of a file, or nothing, and the bytes."""
        found = re.search(r'boundary="?([^";]+)', self.headers.get("content-type", ""))
        if not found:
            raise Refused(400, "invalid_form", "the body is not a multipart form")
        parts = (b"\r\n" + self.raw).split(b"\r\n--" + found[1].encode())
        fields = {}
        for part in parts[1:-1]:
            head, _, content = part.partition(b"\r\n\r\n")
            # A field without a name, or a body that no client sends, is not worth an answer.
            names = dict(re.findall(r'(\bname|\bfilename)="([^"]*)"', head.decode()))
            fields[names.get("name", "")] = (names.get("filename", ""), content)
        return fields

    def field(self, name: str) -> str:
        """Return the text of a form's field; raise Refused where there is none."""
        if name not in self.form:
            raise Refused(400, "missing_required_parameter", f"no field {name!r}", name)
        return self.form[name][1].decode()

    def needs(self, name: str) -> Any:
        """Return a member of the JSON body; raise Refused where there is none."""
        if self.json.get(name) is None:
            raise Refused(400, "missing_required_parameter", f"no {name!r} in the body", name)
        return self.json[name]


@dataclass(frozen=True)
class Reply:
    """A reply as it goes out."""

    status: int
    body: bytes
    headers: Headers = JSON
    paid: bool = False  # whether work was done that a real service charges for


def reply(
    value: Any, status: int = 200, *headers: tuple[bytes, bytes], paid: bool = False
) -> Reply:
    """Return a reply that says `value` in JSON."""
    return Reply(status, json.dumps(value).encode(), (*JSON, *headers), paid)


def refusal(error: Refused, key: str, *headers: tuple[bytes, bytes]) -> Reply:
    """Return the reply that says why a call is refused.

    It repeats the key that it was called with, as rude servers do; no client may write it down.
    """
    kind = "server_error" if error.status >= 500 else "invalid_request_error"
    says = {
        "message": f"{error} (key: {key})",
        "type": kind,
        "param": error.param,
        "code": error.code,
    }
    return reply({"error": says}, error.status, *headers)


def unknown(what: str, name: str) -> Refused:
    """Return the refusal of a name that nothing has."""
    return Refused(404, "not_found", f"there is no {what} {name!r}")
