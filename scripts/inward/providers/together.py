"""Together's dialect: its own paths, log-probabilities and finish reasons."""

from collections.abc import Iterator
from itertools import zip_longest
from typing import TYPE_CHECKING, Any

from inward.requests import Sampling, Token

if TYPE_CHECKING:
    import together

NAME = "together"
HOST = "https://api.together.ai"
CHAT = "v1/chat/completions"


def body(record: dict[str, Any], messages: Any, sampling: Sampling) -> dict[str, Any]:
    """Return the body of a chat completion."""
    made: dict[str, Any] = {
        "model": record["model"],
        "messages": messages,
        "max_tokens": sampling.max_tokens,
    }
    if sampling.temperature is not None:
        made["temperature"] = sampling.temperature
    if sampling.top_logprobs:
        made["logprobs"] = sampling.top_logprobs
    return made


def tokens(choice: dict[str, Any]) -> Iterator[Token]:
    """Yield the tokens of an answer, where the server gave log-probabilities."""
    found = choice.get("logprobs") or {}
    texts, logprobs = found.get("tokens") or [], found.get("token_logprobs") or []
    # The three lists are not always equally long: alternatives may be missing, or all of them.
    tops = found.get("top_logprobs") or []
    for text, logprob, top in zip_longest(texts, logprobs, tops[: len(texts)]):
        if text is not None:
            yield Token(text, logprob, tuple((top or {}).items()))


def client(record: dict[str, Any], key: str) -> "together.Together":
    """Return the SDK's client, for all but chat completions; it never retries by itself."""
    import together  # noqa: PLC0415 - takes a second

    return together.Together(api_key=key, base_url=record["base_url"], max_retries=0, timeout=60)


def headers(record: dict[str, Any], key: str) -> dict[str, str]:
    """Return the headers by which the SDK would say who asks."""
    with client(record, key) as sdk:
        return {
            name: value for name, value in sdk.default_headers.items() if isinstance(value, str)
        }


def shutdown_date(record: dict[str, Any], key: str) -> str | None:  # noqa: ARG001 - a dialect's form
    """Return None: Together's catalog does not say when a model ends."""
    return None
