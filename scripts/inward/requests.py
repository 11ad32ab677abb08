"""Requests and responses: what is asked of a subject, and what came back, in one shape for all."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from inward.digests import digest

KEY_VERSION = 1


@dataclass(frozen=True)
class Sampling:
    """How answers are drawn; each provider says it in its own words, in the body of a request."""

    temperature: float | None  # None leaves it to the model, as reasoning models insist
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
class Usage:
    """The tokens that a response was billed for."""

    prompt: int = 0
    completion: int = 0

    def __add__(self, other: "Usage") -> "Usage":
        return Usage(self.prompt + other.prompt, self.completion + other.completion)

    @property
    def total(self) -> int:
        """All tokens."""
        return self.prompt + self.completion


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
    finish_reason: str  # stop: the model ended its turn; length: it was cut off; or the server's
    tokens: tuple[Token, ...]
    usage: Usage | None = None  # None where nobody bills
    model: str | None = None  # what a server says it has answered with
    fingerprint: str | None = None  # of the server's software, where it gives one


def usage_of(raw: Any) -> Usage | None:
    """Return what a raw response was billed for; local ones are not, some servers do not say."""
    usage = raw.get("usage") if isinstance(raw, dict) else None
    if not isinstance(usage, dict):
        return None
    return Usage(int(usage.get("prompt_tokens") or 0), int(usage.get("completion_tokens") or 0))


def user(text: str, examples: Iterable[Mapping[str, str]] | None = None) -> list[dict[str, str]]:
    """Return a conversation that ends with a user message, after examples: question and answer."""
    before = [
        {"role": role, "content": example[part]}
        for example in ([] if examples is None else examples)
        for role, part in (("user", "question"), ("assistant", "answer"))
    ]
    return [*before, {"role": "user", "content": text}]
