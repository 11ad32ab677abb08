"""The openai provider: any server that speaks OpenAI's chat completions, hosted or your own.

The SDK does authentication and transport. Retries are the scheduler's: the SDK backs off for each
request alone, and also retries what cannot succeed.
"""

import json
import os
from collections.abc import AsyncIterator, Iterator, Sequence
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Any

import openai

from inward.errors import ProviderError
from inward.requests import Request, Response, Sampling, Token
from inward.scheduler import Call, Transient, in_flight

DEADLINE = 120.0  # seconds for one request
UNNEEDED = "none"  # servers of one's own rarely ask for a key
PUSH_BACK = 429
MENDS = {
    400: "the server refuses the request as it is; compare the model's settings with its docs",
    401: "the key is not accepted; set {variable} to a valid one",
    403: "this key may not use the model; ask for access, or choose another model",
    404: "there is no such model or address; mend `model` or `base_url`",
    422: "the server refuses the request as it is; compare the model's settings with its docs",
}
NO_QUOTA = "the account's quota is used up; add credit, then run again: nothing is asked twice"


class OpenAIProvider:
    """A model behind an OpenAI-compatible `base_url`."""

    def __init__(self, record: dict[str, Any]) -> None:
        self.record = record
        self.model = f"openai {record['base_url']} {record['model']}"

    def request(self, messages: list[dict[str, str]], sampling: Sampling, sample: int) -> Request:
        """Return the request that asks this model, with the body as it is sent."""
        body: dict[str, Any] = {
            "model": self.record["model"],
            "messages": messages,
            "temperature": sampling.temperature,
            self.record["limit"]: sampling.max_tokens,
        }
        if sampling.top_logprobs:
            body |= {"logprobs": True, "top_logprobs": sampling.top_logprobs}
        return Request("openai", self.record["base_url"], body, sample)

    def sample(self, requests: Sequence[Request]) -> Iterator[tuple[Request, Any]]:
        """Yield each request with the server's JSON, in the order in which answers come."""
        if requests:
            yield from in_flight(requests, self._connection, most=self.record["in_flight"])

    def response(self, raw: Any) -> Response:
        """Return the server's JSON in the shape that all providers share."""
        choice = raw["choices"][0]
        parts = (choice.get("logprobs") or {}).get("content") or []
        tokens = (
            Token(
                part["token"],
                part["logprob"],
                tuple((top["token"], top["logprob"]) for top in part.get("top_logprobs") or []),
            )
            for part in parts
        )
        text = choice["message"].get("content") or choice["message"].get("refusal") or ""
        return Response(text, choice["finish_reason"], tuple(tokens))

    @asynccontextmanager
    async def _connection(self) -> AsyncIterator[Call[Request]]:
        variable = self.record["key_variable"]
        async with openai.AsyncOpenAI(
            api_key=os.environ.get(variable) or UNNEEDED,
            base_url=self.record["base_url"],
            max_retries=0,
            timeout=DEADLINE,
            http_client=openai.DefaultAioHttpClient(),
        ) as client:

            async def call(request: Request) -> Any:
                try:
                    raw = await client.post("/chat/completions", body=request.body, cast_to=object)
                except openai.APIStatusError as error:
                    raise _translated(error, variable) from None
                except (openai.APIError, json.JSONDecodeError) as error:
                    raise Transient(f"no whole answer ({type(error).__name__})") from None
                if not isinstance(raw, dict) or not raw.get("choices"):
                    raise Transient("an answer that is not a chat completion")
                return raw

            yield call


def _translated(error: openai.APIStatusError, variable: str) -> Transient | ProviderError:
    """Return what an HTTP error means here; a server's own words may quote the key, so none do."""
    status = error.status_code
    if error.code == "insufficient_quota":
        return ProviderError(f"HTTP {status}: {NO_QUOTA}")
    if status in MENDS:
        return ProviderError(f"HTTP {status}: {MENDS[status].format(variable=variable)}")
    pushed_back = status == PUSH_BACK or status >= 500
    return Transient(f"HTTP {status}", wait=_wait(error.response.headers), pushed_back=pushed_back)


def _wait(headers: Any) -> float:
    """Return the seconds that Retry-After asks for, as a number or a date; 0 without one."""
    value = headers.get("retry-after", "")
    if value.replace(".", "", 1).isdigit():
        return float(value)
    try:
        return max(0.0, (parsedate_to_datetime(value) - datetime.now(UTC)).total_seconds())
    except ValueError:
        return 0.0
