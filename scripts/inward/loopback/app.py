"""The application: finds the handler of a request, and does to it what is planned."""

import asyncio
import re
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from inward.digests import digest
from inward.loopback import openai, together
from inward.loopback.faults import AFTERWARDS, INSTEAD, Faults, instead, no_quota
from inward.loopback.record import Requests
from inward.loopback.service import Service
from inward.loopback.settings import Settings
from inward.loopback.wire import Call, Handler, Refused, Reply, Route, refusal, reply

FAULTS = "/_faults"
CHAT = "/chat/completions"
OPEN = "/together/uploads/"  # where bytes go without a key, as the address itself is secret
WITHHELD = 40  # bytes that a cut body lacks
LATE = 1.0  # seconds by which a slow reply is late, unless the plan says otherwise
PREFIXES = {"openai": "/openai/v1/", "together": "/together/"}


class Loopback:
    """An ASGI application with a log of what it was asked.

    `sent` counts chat requests; `bodies` and `answered` are their bodies, all of them and those
    answered in full; `times` are those of all requests; `flying` is how many are under way now.
    """

    def __init__(self, state: Path, settings: Settings | None = None) -> None:
        self.settings = settings or Settings()
        self.faults = Faults(
            self.settings.seed, self.settings.fault_rate, self.settings.fault_kinds
        )
        self.requests = Requests(state / "requests.jsonl", log_bodies=self.settings.log_bodies)
        self.services = {
            dialect: Service(dialect, state, self.settings, self.requests) for dialect in PREFIXES
        }
        self.sent = 0
        self.bodies: list[dict[str, Any]] = []
        self.answered: list[dict[str, Any]] = []
        self.times: list[float] = []
        self.flying = 0
        self.most_flying = 0
        self._routes = {
            "openai": _compiled(PREFIXES["openai"], openai.ROUTES),
            "together": _compiled(PREFIXES["together"], together.ROUTES),
        }

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        """Answer one request."""
        if scope["type"] != "http":
            return
        call = await self._received(scope, receive)
        self.flying += 1
        self.most_flying = max(self.most_flying, self.flying)
        try:
            if call.path == FAULTS:
                await _deliver(self._planned(call), send)
            else:
                await self._answer(call, receive, send)
        finally:
            self.flying -= 1

    async def _received(self, scope: Any, receive: Any) -> Call:
        """Return the whole request, with the fault that it meets, which is used up now."""
        chunks, more = [], True
        while more:
            message = await receive()
            chunks.append(message.get("body", b""))
            more = message.get("more_body", False)
        method, path = scope["method"], scope["path"]
        fault = None if path == FAULTS else self.faults.next(method, path)
        call = Call(
            method=method,
            path=path,
            query_string=scope["query_string"].decode(),
            headers={name.decode(): value.decode("latin-1") for name, value in scope["headers"]},
            raw=b"".join(chunks),
            planned=fault or {},
        )
        if self.settings.keep:
            self.times.append(time.monotonic())
        return call

    async def _answer(self, call: Call, receive: Any, send: Any) -> None:
        number = self.requests.begin()
        if self.settings.latency:
            await asyncio.sleep(self.settings.latency)
        if call.fault == "slow":
            await asyncio.sleep(call.planned.get("value", LATE))
        answered = self._reply(call)
        whole = call.fault not in AFTERWARDS and answered is not None
        self._note(number, call, answered, whole=whole)
        if answered is None:
            await _leave(call.fault, receive, send)
        elif call.fault == "dropped_after":
            await _abort(receive, send)
        elif call.fault == "cut_body":
            await _cut(answered, receive, send)
        elif call.fault == "truncated":
            short = answered.body[: max(1, len(answered.body) - WITHHELD)]
            await _deliver(Reply(answered.status, short, answered.headers), send)
        else:
            await _deliver(answered, send)

    def _reply(self, call: Call) -> Reply | None:
        """Return the reply to a request after doing what it asks, None if it gets none."""
        if call.fault in {"hang", "dropped_before"}:
            return None
        if call.fault in INSTEAD:
            return instead(call.planned, call)
        try:
            _check_key(call)
            return self._handled(call)
        except Refused as error:
            return refusal(error, call.key)

    def _handled(self, call: Call) -> Reply:
        wrong_method = False
        for method, pattern, handler in self._routes.get(call.dialect, ()):
            found = pattern.fullmatch(call.path)
            if found and method == call.method:
                return handler(self.services[call.dialect], call, *found.groups())
            wrong_method = wrong_method or found is not None
        if wrong_method:
            raise Refused(405, "method_not_allowed", f"no {call.method} on {call.path}")
        raise Refused(404, "unknown_url", f"no such address: {call.method} {call.path}")

    def _planned(self, call: Call) -> Reply:
        """Change or show the plan of faults, for tests that speak HTTP."""
        try:
            if call.method == "POST":
                self.faults.change(call.any_json)
            elif call.method == "DELETE":
                self.faults.clear()
        except Refused as error:
            return refusal(error, call.key)
        return reply(self.faults.record())

    def _note(self, number: int, call: Call, answered: Reply | None, *, whole: bool) -> None:
        """Write down a request, and count it if it is a chat."""
        chat, body = call.path.endswith(CHAT), call.body_or_none
        status = None if answered is None else answered.status
        paid = bool(answered and answered.paid)
        model = body.get("model") if body else None
        line = {
            "number": number,
            "method": call.method,
            "path": call.path,
            "status": status,
            "fault": call.fault or None,
            "model": model,
            "paid": paid,
            "whole": whole,
            "digest": None if body is None else digest(body),
        }
        self.requests.write(line, body if chat else None)
        if not chat:
            return
        self.sent += 1
        if self.settings.keep and body is not None:
            self.bodies.append(body)
            if paid and whole:
                self.answered.append(body)


def _compiled(prefix: str, routes: Sequence[Route]) -> list[tuple[str, re.Pattern[str], Handler]]:
    return [(method, re.compile(prefix + pattern), handler) for method, pattern, handler in routes]


def _check_key(call: Call) -> None:
    """Raise Refused unless the key may do what is asked."""
    if call.path.startswith(OPEN):
        return
    if not call.key or call.key == "wrong":
        raise Refused(401, "invalid_api_key", "the key is not accepted")
    if call.key == "empty":
        raise no_quota(call)
    if call.key == "forbidden":
        raise Refused(403, "permission_denied", "this key may not do that")


async def _deliver(answered: Reply, send: Any) -> None:
    """Send a whole reply."""
    length = (b"content-length", str(len(answered.body)).encode())
    headers = [*answered.headers, length]
    await send({"type": "http.response.start", "status": answered.status, "headers": headers})
    await send({"type": "http.response.body", "body": answered.body})


async def _leave(fault: str, receive: Any, send: Any) -> None:
    """Send nothing: until the client leaves, or by hanging up on it."""
    if fault == "hang":
        await receive()
    else:
        await _abort(receive, send)


async def _cut(answered: Reply, receive: Any, send: Any) -> None:
    """Promise the whole body, send less, and hang up."""
    length = (b"content-length", str(len(answered.body)).encode())
    headers = [*answered.headers, length]
    short = answered.body[: max(1, len(answered.body) - WITHHELD)]
    await send({"type": "http.response.start", "status": answered.status, "headers": headers})
    await send({"type": "http.response.body", "body": short, "more_body": True})
    _transport(send).close()  # sends first what is waiting
    await receive()


async def _abort(receive: Any, send: Any) -> None:
    """Hang up, and wait until the connection is known to be gone, so that nothing is sent."""
    _transport(send).abort()
    await receive()


def _transport(send: Any) -> Any:
    """Return the connection; ASGI has no word for hanging up, so uvicorn's own object is asked."""
    return send.__self__.transport
