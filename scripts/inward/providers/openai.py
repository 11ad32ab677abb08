"""OpenAI's dialect: hosted models, and every server that speaks it (vLLM, llama.cpp, gateways)."""

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from inward.progress import log
from inward.requests import Sampling, Token

if TYPE_CHECKING:
    import openai

NAME = "openai"
HOST = "https://api.openai.com"
CHAT = "chat/completions"


def body(record: dict[str, Any], messages: Any, sampling: Sampling) -> dict[str, Any]:
    """Return the body of a chat completion."""
    made: dict[str, Any] = {
        "model": record["model"],
        "messages": messages,
        record["limit"]: sampling.max_tokens,
    }
    if sampling.temperature is not None:
        made["temperature"] = sampling.temperature
    if sampling.top_logprobs:
        made |= {"logprobs": True, "top_logprobs": sampling.top_logprobs}
    return made


def tokens(choice: dict[str, Any]) -> Iterator[Token]:
    """Yield the tokens of an answer, where the server gave log-probabilities."""
    for part in (choice.get("logprobs") or {}).get("content") or []:
        top = tuple((top["token"], top["logprob"]) for top in part.get("top_logprobs") or ())
        yield Token(part["token"], part["logprob"], top)


def client(record: dict[str, Any], key: str) -> "openai.OpenAI":
    """Return the SDK's client, for all but chat completions; it never retries by itself."""
    import openai  # noqa: PLC0415 - takes a second

    return openai.OpenAI(api_key=key, base_url=record["base_url"], max_retries=0, timeout=60)


def headers(record: dict[str, Any], key: str) -> dict[str, str]:
    """Return the headers by which the SDK would say who asks."""
    with client(record, key) as sdk:
        every = {**sdk.default_headers, **sdk.auth_headers}
    return {name: value for name, value in every.items() if isinstance(value, str)}


def shutdown_date(record: dict[str, Any], key: str) -> str | None:
    """Return the day on which the server says the model ends; None where it does not say."""
    import openai  # noqa: PLC0415 - takes a second

    with client(record, key) as sdk:
        try:
            return sdk.models.retrieve(record["model"], timeout=10).shutdown_date
        except (openai.APIError, ValueError, AttributeError) as error:
            log.info("the server does not say when models end (%s)", type(error).__name__)
            return None
