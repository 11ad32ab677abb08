"""Requests and responses: what is asked of a subject, and what came back, in one shape for all."""

from dataclasses import dataclass, field
from typing import Any

from inward.digests import digest

KEY_VERSION = 1


@dataclass(frozen=True)
class Sampling:
    """How answers are drawn; every field goes on the wire and into the request's key."""

    temperature: float
    max_tokens: int
    top_logprobs: int  # how many likeliest alternatives are kept for each token


@dataclass(frozen=True)
class Request:
    """One question to one model; sampled twice, it is two requests with two sample indices."""

    dialect: str  # who is spoken to, and how: local, ...
    base_url: str | None
    model: str  # as sent; for local models, a digest of everything that makes their answers
    messages: tuple[dict[str, str], ...]
    sampling: Sampling
    sample: int
    key: str = field(init=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "key", digest({"version": KEY_VERSION, **self.body()}))

    def body(self) -> dict[str, Any]:
        """Return what is hashed into the key and kept beside the response."""
        return {
            "dialect": self.dialect,
            "base_url": self.base_url,
            "model": self.model,
            "messages": list(self.messages),
            "parameters": vars(self.sampling),
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


def user(text: str) -> tuple[dict[str, str], ...]:
    """Return a conversation of one user message."""
    return ({"role": "user", "content": text},)
