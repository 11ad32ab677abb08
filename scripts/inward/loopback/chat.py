"""Chat: which requests are refused, and what an answer looks like in each dialect."""

import math
import re
import time
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from inward.loopback.service import Service
from inward.loopback.wire import Refused
from inward.simulated import Said, answer

REASONING = re.compile(r"^(o\d|gpt-5)")
WORD = re.compile(r"\s*\S+")
WHOLE, PIECE = 6, 4  # a word of up to six letters is one token; a longer one is cut into fours
END = "<|end|>"
MOST_TOP = 20
MOST_CHOICES = 128


@dataclass(frozen=True)
class Written:
    """One answer as tokens, cut off where the request says."""

    said: Said
    tokens: list[str]
    cut: bool

    @property
    def text(self) -> str:
        """Return the answer as far as it goes."""
        return "".join(self.tokens)


def openai_chat(service: Service, body: dict[str, Any]) -> dict[str, Any]:
    """Return the answer to a chat request in OpenAI's shape; raise Refused as OpenAI would."""
    _check_messages(body)
    _check_openai(body)
    model = str(body["model"])
    limit = body.get("max_completion_tokens") or body.get("max_tokens")
    written = _written(service, model, body, limit)
    top = int(body.get("top_logprobs") or 0)
    choices = [
        {
            "index": index,
            "finish_reason": "length" if one.cut else "stop",
            "message": {"role": "assistant", "content": one.text, "refusal": None},
            "logprobs": _openai_logprobs(one, top) if body.get("logprobs") else None,
        }
        for index, one in enumerate(written)
    ]
    return {
        "id": f"chatcmpl-{service.requests.number}",
        "object": "chat.completion",
        "created": int(time.time()),
        "model": model,
        "choices": choices,
        "usage": _usage(body, written),
        "service_tier": "default",
        "system_fingerprint": "fp_loopback",
    }


def together_chat(service: Service, body: dict[str, Any], model: str) -> dict[str, Any]:
    """Return the answer to a chat request in Together's shape; raise Refused as Together would.

    `model` is who answers, which an endpoint's name does not say.
    """
    _check_messages(body)
    _check_together(body)
    written = _written(service, model, body, body.get("max_tokens"))
    top = body.get("logprobs")
    choices = [
        {
            "index": index,
            "finish_reason": "length" if one.cut else "eos",
            "message": {"role": "assistant", "content": one.text, "tool_calls": []},
            "logprobs": None if top is None else _together_logprobs(one, top),
            "seed": body.get("seed"),
        }
        for index, one in enumerate(written)
    ]
    return {
        "id": f"chat-{service.requests.number}",
        "object": "chat.completion",
        "created": int(time.time()),
        "model": body["model"],
        "prompt": [],
        "choices": choices,
        "usage": _usage(body, written),
    }


def tokens_of(text: str) -> list[str]:
    """Return a text as the tokens of simulated subjects."""
    tokens = []
    for word in WORD.findall(text):
        size = len(word) if len(word.strip()) <= WHOLE else PIECE
        tokens += [word[start : start + size] for start in range(0, len(word), size)]
    return tokens


def _written(
    service: Service, model: str, body: dict[str, Any], limit: int | None
) -> list[Written]:
    """Return the answers of the subject behind `model`."""
    subject = service.subject_of(model)
    temperature = body.get("temperature")
    nonce = service.nonce(body) * MOST_CHOICES
    written = []
    for index in range(int(body.get("n") or 1)):
        said = answer(
            subject, body["messages"], 1 if temperature is None else temperature, nonce + index
        )
        tokens = tokens_of(said.text)
        cut = limit is not None and len(tokens) > limit
        written.append(Written(said, tokens[:limit] if cut else tokens, cut))
    return written


def _check_messages(body: dict[str, Any]) -> None:
    messages = body.get("messages")
    if not isinstance(body.get("model"), str):
        raise Refused(400, "missing_required_parameter", "no model", "model")
    if not isinstance(messages, list) or not messages:
        raise Refused(400, "missing_required_parameter", "no messages", "messages")
    for message in messages:
        if not isinstance(message, dict) or not isinstance(message.get("content"), str):
            raise Refused(400, "invalid_type", "a message without text", "messages")
        if "role" not in message:
            raise Refused(400, "missing_required_parameter", "a message without role", "messages")
    temperature = body.get("temperature")
    if temperature is not None and not 0 <= temperature <= 2:
        raise Refused(400, "invalid_value", "temperature is from 0 to 2", "temperature")
    for name in ("max_tokens", "max_completion_tokens"):
        if body.get(name) is not None and body[name] < 1:
            raise Refused(400, "invalid_value", f"{name} is 1 or more", name)


def _check_openai(body: dict[str, Any]) -> None:
    logprobs = body.get("logprobs")
    if logprobs is not None and not isinstance(logprobs, bool):
        raise Refused(400, "invalid_type", "logprobs is true or false", "logprobs")
    if body.get("top_logprobs") is not None:
        if not logprobs:
            raise Refused(400, "invalid_value", "top_logprobs needs logprobs", "top_logprobs")
        if not 0 <= body["top_logprobs"] <= MOST_TOP:
            raise Refused(400, "invalid_value", "top_logprobs is from 0 to 20", "top_logprobs")
    if not REASONING.match(body["model"]):
        return
    for name in ("logprobs", "max_tokens"):
        if body.get(name):
            raise Refused(400, "unsupported_parameter", f"{name} does not go with this model", name)
    if body.get("temperature") not in {None, 1}:
        raise Refused(400, "unsupported_value", "temperature is 1 with this model", "temperature")


def _check_together(body: dict[str, Any]) -> None:
    if "max_completion_tokens" in body:
        raise Refused(
            400, "invalid_request_error", "no such field: max_completion_tokens",
            "max_completion_tokens",
        )  # fmt: skip
    top = body.get("logprobs")
    if top is not None and (isinstance(top, bool) or not isinstance(top, int)):
        raise Refused(422, "invalid_type", "logprobs is a whole number", "logprobs")
    if top is not None and not 0 <= top <= MOST_TOP:
        raise Refused(400, "invalid_value", "logprobs is from 0 to 20", "logprobs")


def alternatives(said: Said, before: Sequence[str]) -> list[tuple[str, float]]:
    """Return the tokens that may follow `before`, with log-probabilities, likeliest first."""
    weights: dict[str, float] = {}
    for text, chance in said.chances:
        tokens = [*tokens_of(text), END]
        if tokens[: len(before)] == list(before):
            token = tokens[len(before)]
            weights[token] = weights.get(token, 0.0) + chance
    total = sum(weights.values())
    ranked = sorted(weights.items(), key=lambda one: (-one[1], one[0]))
    return [(token, math.log(weight / total)) for token, weight in ranked]


def _openai_logprobs(written: Written, top: int) -> dict[str, Any]:
    parts = []
    for position, token in enumerate(written.tokens):
        ranked = alternatives(written.said, written.tokens[:position])
        parts.append(
            {
                **_openai_token(token, dict(ranked)[token]),
                "top_logprobs": [_openai_token(*one) for one in ranked[:top]],
            }
        )
    return {"content": parts, "refusal": None}


def _openai_token(token: str, logprob: float) -> dict[str, Any]:
    return {"token": token, "logprob": logprob, "bytes": list(token.encode())}


def _together_logprobs(written: Written, top: int) -> dict[str, Any]:
    ranked = [
        alternatives(written.said, written.tokens[:position])
        for position in range(len(written.tokens))
    ]
    tokens = zip(written.tokens, ranked, strict=True)
    return {
        "tokens": written.tokens,
        "token_logprobs": [dict(options)[token] for token, options in tokens],
        "top_logprobs": [dict(options[:top]) for options in ranked],
    }


def _usage(body: dict[str, Any], written: list[Written]) -> dict[str, int]:
    asked = max(1, sum(len(message["content"]) for message in body["messages"]) // PIECE)
    said = sum(len(one.tokens) for one in written)
    return {"prompt_tokens": asked, "completion_tokens": said, "total_tokens": asked + said}
