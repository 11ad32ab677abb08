"""A server on this machine that speaks OpenAI's chat completions, and misbehaves on demand."""

import asyncio
import hashlib
import json
import socket
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import uvicorn

KEY = "sk-test-never-to-be-written-anywhere"


class Loopback:
    """The server's application, with a log of what it was asked."""

    def __init__(self) -> None:
        self.faults: list[str] = []  # what the next requests get, one after the other
        self.always: str | None = None  # what all requests get
        self.bodies: list[dict[str, Any]] = []  # of all requests
        self.answered: list[dict[str, Any]] = []  # of those that were answered
        self.times: list[float] = []
        self.flying = 0
        self.most_flying = 0
        self.base_url = ""

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        """Answer one request."""
        if scope["type"] != "http":
            return
        raw = b""
        more = True
        while more:
            message = await receive()
            raw += message.get("body", b"")
            more = message.get("more_body", False)
        self.times.append(time.monotonic())
        self.flying += 1
        self.most_flying = max(self.most_flying, self.flying)
        await asyncio.sleep(0.01)
        self.flying -= 1
        body = json.loads(raw)
        self.bodies.append(body)
        fault = self.always or (self.faults.pop(0) if self.faults else "")
        await getattr(self, f"_{fault or 'answer'}")(body, send)

    async def _reply(
        self, send: Any, status: int, text: bytes, *headers: tuple[bytes, bytes]
    ) -> None:
        head = [(b"content-type", b"application/json"), *headers]
        await send({"type": "http.response.start", "status": status, "headers": head})
        await send({"type": "http.response.body", "body": text})

    async def _error(
        self, send: Any, status: int, code: str, *headers: tuple[bytes, bytes]
    ) -> None:
        text = json.dumps({"error": {"message": f"{code} {KEY}", "code": code}}).encode()
        await self._reply(send, status, text, *headers)

    async def _answer(self, body: dict[str, Any], send: Any) -> None:
        self.answered.append(body)
        await self._reply(send, 200, json.dumps(completion(body)).encode())

    async def _slow_down(self, _: Any, send: Any) -> None:
        await self._error(send, 429, "rate_limit_exceeded", (b"retry-after", b"1"))

    async def _busy(self, _: Any, send: Any) -> None:
        await self._error(send, 429, "rate_limit_exceeded")

    async def _broken(self, _: Any, send: Any) -> None:
        await self._error(send, 500, "server_error")

    async def _away(self, _: Any, send: Any) -> None:
        await self._error(send, 503, "overloaded")

    async def _truncated(self, body: dict[str, Any], send: Any) -> None:
        await self._reply(send, 200, json.dumps(completion(body)).encode()[:-30])

    async def _page(self, _: Any, send: Any) -> None:
        await self._reply(send, 200, b"<html>login</html>", (b"x-odd", b"1"))

    async def _dropped(self, _: Any, send: Any) -> None:
        await send(
            {"type": "http.response.start", "status": 200, "headers": [(b"content-length", b"999")]}
        )
        await send({"type": "http.response.body", "body": b"{", "more_body": False})

    async def _unauthorized(self, _: Any, send: Any) -> None:
        await self._error(send, 401, "invalid_api_key")

    async def _forbidden(self, _: Any, send: Any) -> None:
        await self._error(send, 403, "forbidden")

    async def _unknown(self, _: Any, send: Any) -> None:
        await self._error(send, 404, "model_not_found")

    async def _refused(self, _: Any, send: Any) -> None:
        await self._error(send, 400, "bad_request")

    async def _no_quota(self, _: Any, send: Any) -> None:
        await self._error(send, 429, "insufficient_quota")


def completion(body: dict[str, Any]) -> dict[str, Any]:
    """Return an answer that depends on the question alone."""
    text = "w" + hashlib.sha256(body["messages"][-1]["content"].encode()).hexdigest()[:5]
    top = [{"token": text, "logprob": -0.1}, {"token": "x", "logprob": -3.0}]
    part = {"token": text, "logprob": -0.1, "top_logprobs": top[: body.get("top_logprobs", 0)]}
    return {
        "id": "c",
        "object": "chat.completion",
        "model": body["model"],
        "choices": [
            {
                "index": 0,
                "finish_reason": "stop",
                "message": {"role": "assistant", "content": text},
                "logprobs": {"content": [part]} if body.get("logprobs") else None,
            }
        ],
        "usage": {"prompt_tokens": 5, "completion_tokens": 1},
    }


@contextmanager
def served() -> Iterator[Loopback]:
    """Give a running server."""
    loopback = Loopback()
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        server = uvicorn.Server(uvicorn.Config(loopback, log_level="critical", lifespan="off"))
        thread = threading.Thread(target=server.run, kwargs={"sockets": [listener]})
        thread.start()
        while not server.started:
            time.sleep(0.01)
        loopback.base_url = f"http://127.0.0.1:{listener.getsockname()[1]}/v1"
        try:
            yield loopback
        finally:
            server.should_exit = True
            thread.join()
