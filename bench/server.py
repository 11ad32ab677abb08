"""A server for measuring clients: waits as long as a model would, then always says the same.

Says its port on a line of its own. POST anywhere is answered with a chat completion, GET with the
number of those that were answered so far, and with what the server itself runs on.
"""

import asyncio
import json
import socket
from typing import Any

import uvicorn

LATENCY = 0.05  # seconds
HEAD = [(b"content-type", b"application/json")]


def completion() -> bytes:
    """Return an answer of three tokens, each with its five likeliest alternatives."""
    parts = [
        {
            "token": token,
            "logprob": -0.251953125,
            "bytes": list(token.encode()),
            "top_logprobs": [{"token": f"{token}{i}", "logprob": -0.25 - i} for i in range(5)],
        }
        for token in ("Birch", " tree", "s")
    ]
    answer = {
        "id": "chatcmpl-CfXq7mB2kT0vZ",
        "object": "chat.completion",
        "created": 1750000000,
        "model": "m",
        "choices": [
            {
                "index": 0,
                "message": {"role": "assistant", "content": "Birch trees", "refusal": None},
                "logprobs": {"content": parts},
                "finish_reason": "stop",
            }
        ],
        "usage": {"prompt_tokens": 10, "completion_tokens": 3, "total_tokens": 13},
        "service_tier": "default",
        "system_fingerprint": "fp_a1b2c3d4e5",
    }
    return json.dumps(answer).encode()


class Server:
    """The application: nothing that could be left out."""

    def __init__(self) -> None:
        self.reply = completion()
        self.head = [*HEAD, (b"content-length", str(len(self.reply)).encode())]
        self.count = 0

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        """Answer one request."""
        if scope["method"] == "GET":
            await _say(send, HEAD, json.dumps(self.status()).encode())
            return
        while (await receive()).get("more_body"):
            pass
        await asyncio.sleep(LATENCY)
        self.count += 1
        await _say(send, self.head, self.reply)

    def status(self) -> dict[str, Any]:
        """Return what was answered, and by what."""
        loop = type(asyncio.get_running_loop()).__module__.split(".")[0]
        return {"count": self.count, "bytes": len(self.reply), "loop": loop}


async def _say(send: Any, head: list[tuple[bytes, bytes]], body: bytes) -> None:
    await send({"type": "http.response.start", "status": 200, "headers": head})
    await send({"type": "http.response.body", "body": body})


def main() -> None:
    """Serve on a free port until killed."""
    # uvicorn takes uvloop and httptools by itself where they are installed.
    config = uvicorn.Config(Server(), log_level="critical", access_log=False, lifespan="off")
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        listener.listen(1024)
        print(listener.getsockname()[1], flush=True)
        uvicorn.Server(config).run(sockets=[listener])


if __name__ == "__main__":
    main()
