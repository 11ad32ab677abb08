"""The wire and both shapes of answers: what odd servers send is read, or is another attempt."""

import json
import logging
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread
from typing import Any

import pytest

from inward.asking import answers
from inward.errors import ProviderError
from inward.providers import open_provider
from inward.providers.wire import completion, meaning, retry_after
from inward.requests import Request, Response, Sampling, Token, Usage, user
from inward.scheduler import Transient
from inward.store import ResponseStore

from .sampling import KEY, LIMITS, VARIABLE

OPENAI: dict[str, Any] = {
    "id": "chatcmpl-1",
    "object": "chat.completion",
    "created": 1750000000,
    "model": "gpt-4o-2024-08-06",
    "choices": [
        {
            "index": 0,
            "message": {"role": "assistant", "content": "Birch", "refusal": None},
            "logprobs": {
                "content": [
                    {
                        "token": "Bir",
                        "logprob": -0.25,
                        "bytes": [66, 105, 114],
                        "top_logprobs": [
                            {"token": "Bir", "logprob": -0.25, "bytes": [66, 105, 114]},
                            {"token": "Oak", "logprob": -2.5, "bytes": [79, 97, 107]},
                        ],
                    },
                    {"token": "ch", "logprob": 0.0, "bytes": [99, 104], "top_logprobs": []},
                ],
                "refusal": None,
            },
            "finish_reason": "length",
        }
    ],
    "usage": {"prompt_tokens": 10, "completion_tokens": 2, "total_tokens": 12},
    "system_fingerprint": "fp_1",
}
TOGETHER: dict[str, Any] = {
    "id": "chat-1",
    "object": "chat.completion",
    "created": 1750000000,
    "model": "Qwen/Qwen3-8B",
    "prompt": [],
    "choices": [
        {
            "index": 0,
            "message": {"role": "assistant", "content": "Birch", "tool_calls": []},
            "logprobs": {
                "tokens": ["Bir", "ch"],
                "token_ids": [1, 2],
                "token_logprobs": [-0.25, 0.0],
                "top_logprobs": [{"Bir": -0.25, "Oak": -2.5}, {}],
            },
            "finish_reason": "eos",
            "seed": 1,
        }
    ],
    "usage": {"prompt_tokens": 10, "completion_tokens": 2, "total_tokens": 12},
}
TOKENS = (Token("Bir", -0.25, (("Bir", -0.25), ("Oak", -2.5))), Token("ch", 0.0, ()))
GOLDEN = {
    "openai": Response(
        "Birch", "length", TOKENS, Usage(10, 2), model="gpt-4o-2024-08-06", fingerprint="fp_1"
    ),
    "together": Response("Birch", "stop", TOKENS, Usage(10, 2), model="Qwen/Qwen3-8B"),
}
RAW = {"openai": OPENAI, "together": TOGETHER}


def record(dialect: str, base_url: str = "http://127.0.0.1:9/v1") -> dict[str, Any]:
    """Return the record of a model."""
    return {
        "provider": dialect,
        "model": "m",
        "base_url": base_url,
        "key_variable": VARIABLE,
        "limit": LIMITS[dialect],
        "in_flight": 4,
        "deadline": 5,
        "transport": "direct",
    }


def read(dialect: str, raw: Any, tmp_path: Path) -> Response:
    """Return a raw answer in the shape that all providers share."""
    return open_provider(record(dialect), tmp_path).response(raw)


def changed(raw: dict[str, Any], **choice: Any) -> dict[str, Any]:
    """Return a copy of an answer in which something of the choice is otherwise."""
    copy: dict[str, Any] = json.loads(json.dumps(raw))
    copy["choices"][0] |= choice
    return copy


@pytest.mark.parametrize("dialect", RAW)
def test_both_shapes_become_one(dialect: str, tmp_path: Path) -> None:
    """Text, reason, tokens with their alternatives, usage, model and fingerprint."""
    assert read(dialect, RAW[dialect], tmp_path) == GOLDEN[dialect]


@pytest.mark.parametrize("dialect", RAW)
@pytest.mark.parametrize("logprobs", [None, {}, {"content": None}, {"tokens": None}])
def test_log_probabilities_may_be_missing(dialect: str, logprobs: Any, tmp_path: Path) -> None:
    """Then an answer has no tokens."""
    assert read(dialect, changed(RAW[dialect], logprobs=logprobs), tmp_path).tokens == ()


def test_together_may_give_fewer_alternatives_than_tokens(tmp_path: Path) -> None:
    """Or none; what is there is read."""
    for tops in (None, [], [{"Bir": -0.25}]):
        logprobs = TOGETHER["choices"][0]["logprobs"] | {"top_logprobs": tops}
        tokens = read("together", changed(TOGETHER, logprobs=logprobs), tmp_path).tokens

        assert [token.token for token in tokens] == ["Bir", "ch"]


@pytest.mark.parametrize(
    ("message", "text"),
    [
        ({"content": None, "refusal": "I cannot."}, "I cannot."),
        ({"content": None}, ""),
        ({"content": ""}, ""),
        ({"content": [{"type": "text", "text": "Bir"}, {"type": "text", "text": "ch"}]}, "Birch"),
    ],
)
def test_the_text_of_odd_messages(message: Any, text: str, tmp_path: Path) -> None:
    """A refusal is an answer; parts are put together; nothing is nothing."""
    assert read("openai", changed(OPENAI, message=message), tmp_path).text == text


def test_what_is_missing_is_none(tmp_path: Path) -> None:
    """Usage, model, fingerprint and reason are not made up."""
    bare = {"choices": [{"message": {"content": "a"}, "finish_reason": None}]}

    assert read("openai", bare, tmp_path) == Response("a", "none", ())


def test_what_json_cannot_hold_is_mended(tmp_path: Path) -> None:
    """NaN is null, half a character a question mark; whole ones stay; then it can be stored."""
    data = json.dumps(OPENAI).replace("0.0", "NaN").replace("Birch", "a\\ud83d \\ud83d\\ude00")
    raw = completion(data.encode())
    with ResponseStore(tmp_path, "m") as store:
        store.add(Request("openai", None, {}, 0), raw)

    assert read("openai", raw, tmp_path).text == "a? \U0001f600"
    assert raw["choices"][0]["logprobs"]["content"][1]["logprob"] is None


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"<html>",
        b"{}",
        b"[]",
        b"null",
        b'{"choices": []}',
        b'{"choices": [{}]}',
        b"\xff",
        b"[" * 99999,
    ],
)
def test_what_is_no_completion_is_tried_again(data: bytes) -> None:
    """And may have been billed."""
    with pytest.raises(Transient, match="not a whole chat completion") as failure:
        completion(data)

    assert failure.value.unclear


@pytest.mark.parametrize(
    ("value", "seconds"),
    [("2", 2.0), ("0.5", 0.5), ("", 0.0), ("soon", 0.0), ("-3", 0.0), ("²", 0.0), ("1e400", 0.0)],
)
def test_retry_after_is_a_number_or_nothing(value: str, seconds: float) -> None:
    """Whatever stands there."""
    assert retry_after({"retry-after": value}) == seconds


def test_retry_after_may_be_in_milliseconds() -> None:
    """Both providers say it so as well, more exactly."""
    assert retry_after({"retry-after-ms": "250", "retry-after": "1"}) == 0.25


@pytest.mark.parametrize(
    ("status", "body", "said"),
    [
        (
            429,
            {"error": {"type": "insufficient_quota", "code": None}},
            "HTTP 429: the account's qu",
        ),
        (400, {"error": {"code": "billing_hard_limit_reached"}}, "HTTP 400: the account's quota"),
        (402, "no", "HTTP 402: the account's quota is used up; add credit, then run again"),
        (400, {"object": "error", "message": "too\nlong"}, "docs (it says: too long)"),
        (422, {"detail": "no such field"}, "docs (it says: no such field)"),
        (404, {"error": "no such model"}, "`base_url` (it says: no such model)"),
        (302, "", "HTTP 302: the server points to another address; mend `base_url`"),
        (418, [1], "HTTP 418: the server refuses, and will not change its mind; see its docs"),
    ],
)
def test_permanent_errors_in_any_shape_are_one_line(status: int, body: Any, said: str) -> None:
    """With the mend, and the server's words where only it knows the cause."""
    error = meaning(status, {}, json.dumps(body).encode(), "NAME")

    assert isinstance(error, ProviderError)
    assert said in str(error)
    assert "\n" not in str(error)


@pytest.mark.parametrize("status", [408, 409, 425, 429, 500, 502, 503, 504, 529])
def test_errors_that_pass_are_tried_again(status: int) -> None:
    """Those of a server under load also make it be asked more slowly."""
    failure = meaning(status, {"retry-after": "3"}, b"", "NAME")

    assert isinstance(failure, Transient)
    assert failure.wait == 3
    assert failure.pushed_back == (status == 429 or status >= 500)


@contextmanager
def odd_server(bodies: list[bytes]) -> Iterator[str]:
    """Give the address of a server that answers each POST with the next of these."""

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_POST(self) -> None:
            """Answer."""
            self.rfile.read(int(self.headers["content-length"]))
            body = bodies.pop(0)
            self.send_response(200)
            self.send_header("content-length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: Any) -> None:
            """Say nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    thread = Thread(target=server.serve_forever)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}/v1"
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


def asked(dialect: str, base_url: str, store: Path, count: int) -> list[Response]:
    """Ask so many questions."""
    provider = open_provider(record(dialect, base_url), store)
    texts = [f"question {number}" for number in range(count)]
    requests = [provider.request(user(text), Sampling(0, 8, 0), 0) for text in texts]
    return answers(requests, provider, store, "test")


@pytest.mark.parametrize("dialect", RAW)
def test_who_answers_as_two_models_is_named(
    dialect: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    """A server that changes its model or software under way is warned of, with both names."""
    monkeypatch.setenv(VARIABLE, KEY)
    names = [RAW[dialect] | {"model": f"m{n}", "system_fingerprint": f"f{n}"} for n in (1, 2)]
    with (
        odd_server([json.dumps(raw).encode() for raw in names]) as address,
        caplog.at_level(logging.WARNING, logger="inward"),
    ):
        asked(
            dialect, address.removesuffix("/v1") if dialect == "together" else address, tmp_path, 2
        )

    assert "answers came from more than one model: m1, m2" in caplog.text
    assert "answers came from more than one fingerprint: f1, f2" in caplog.text


def test_a_key_is_masked_in_answers_unless_it_is_a_word(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Servers of one's own take EMPTY for a key, which an answer may well say."""
    for key, text in ((KEY, "EMPTY [key]"), ("EMPTY", f"EMPTY {KEY}")):
        monkeypatch.setenv(VARIABLE, key)
        raw = changed(OPENAI, message={"content": f"EMPTY {KEY}"})
        with odd_server([json.dumps(raw).encode()]) as address:
            assert asked("openai", address, tmp_path / key, 1)[0].text == text
