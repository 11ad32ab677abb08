"""Requests and responses: what is asked of a subject, and what came back, in one shape for all."""

from dataclasses import dataclass, field
from typing import Any

from inward.digests import digest

KEY_VERSION = 1


@dataclass(frozen=True)
class Sampling:
    """How answers are drawn; each provider says it in its own words, in the body of a request."""

    temperature: float
    max_tokens: int
    top_logprobs: int  # how many likeliest alternatives are kept for each token


@dataclass(frozen=True)
class Request:
    """One question to one model; sampled twice, it is two requests with two sample indices.

    `body` is what goes on the wire, byte for byte in canonical JSON, and what the key is made of.
    """

    dialect: str  # who is spoken to, and how: local, openai, ...
    base_url: str | None
    body: dict[str, Any]
    sample: int
    key: str = field(init=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "key", digest({"version": KEY_VERSION, **self.record()}))

    def record(self) -> dict[str, Any]:
        """Return what the store keeps beside the response."""
        return {
            "dialect": self.dialect,
            "base_url": self.base_url,
            "body": self.body,
            "sample": self.sample,
        }


@dataclass(frozen=True)
class Token:
    """One token of an answer: its text, its log-probability, and the likeliest alternatives."""

    token: str
    logprob: float  # natural logarithm
    top: tuple[tuple[str, float], ...]


@dataclass(frozen=True)
class Response:
    """An answer, whatever the dialect it came in."""

    text: str
    finish_reason: str  # stop: the model ended its turn; length: it was cut off
    tokens: tuple[Token, ...]


def user(text: str) -> list[dict[str, str]]:
    """Return a conversation of one user message."""
    return [{"role": "user", "content": text}]
