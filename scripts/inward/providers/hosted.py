"""Hosted models: a chat completion in one of two dialects, from any server."""

import os
from collections.abc import Iterator, Sequence
from contextlib import AbstractAsyncContextManager, contextmanager
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any, Protocol

from inward.digests import canonical
from inward.errors import ProviderError
from inward.progress import log
from inward.providers import openai, together
from inward.providers.capabilities import refusal
from inward.providers.wire import connection
from inward.requests import Request, Response, Sampling, Token, usage_of
from inward.scheduler import Call, Intake, Limits, send_all

UNNEEDED = "none"  # servers of one's own rarely ask for a key
NEAR = 60  # days before a model's end when it is named
FINISH = {"eos": "stop"}  # one word for one thing


class Dialect(Protocol):
    """What differs between servers; each is a module."""

    NAME: str
    HOST: str  # where a key is needed
    CHAT: str  # path of chat completions below the base URL

    def body(self, record: dict[str, Any], messages: Any, sampling: Sampling) -> dict[str, Any]:
        """Return the body of a chat completion."""

    def tokens(self, choice: dict[str, Any]) -> Iterator[Token]:
        """Yield the tokens of an answer with their log-probabilities."""

    def headers(self, record: dict[str, Any], key: str) -> dict[str, str]:
        """Return the headers that say who asks."""

    def client(self, record: dict[str, Any], key: str) -> Any:
        """Return the SDK's client, for all but chat completions."""

    def shutdown_date(self, record: dict[str, Any], key: str) -> str | None:
        """Return the day on which a model ends, where the server says so."""


DIALECTS: dict[str, Dialect] = {"openai": openai, "together": together}


class HostedProvider:
    """A model behind a `base_url`."""

    in_batches = False

    def __init__(self, record: dict[str, Any], store: Path, ends: str | None = None) -> None:
        self.record = record
        self.store = store
        self.ends = ends  # the day on which the model ends, as far as the list of prices says
        self.dialect = DIALECTS[record["provider"]]
        self.model = f"{self.dialect.NAME} {record['base_url']} {record['model']}"

    def request(self, messages: list[dict[str, str]], sampling: Sampling, sample: int) -> Request:
        """Return the request that asks this model; raise ProviderError for what it cannot do."""
        record = self.record
        why_not = refusal(self.dialect.NAME, record["model"], record["limit"], sampling)
        if why_not:
            raise ProviderError(why_not)
        body = self.dialect.body(record, messages, sampling)
        return Request(self.dialect.NAME, record["base_url"], body, sample)

    def sample(
        self,
        requests: Sequence[Request],
        intake: Intake,
        among: Sequence[Request],  # noqa: ARG002 - who answers one by one needs no others
    ) -> None:
        """Give `intake` the server's JSON for each request, in the order in which answers come."""
        if not requests:
            return
        check_alive(self.record, self.ends)
        if self.record["transport"] == "batch":
            self._send_batches(requests, intake)
            return
        requests = self._left_by_batches(requests, intake)
        record = self.record
        limits = Limits(
            record["in_flight"], record.get("requests_per_minute"), record.get("tokens_per_minute")
        )
        with self._served():
            send_all(requests, self._connection, intake, limits, tokens_at_most)

    def response(self, raw: Any) -> Response:
        """Return the server's JSON in the shape that all providers share."""
        choice = raw["choices"][0]
        message = choice["message"]
        finish = str(choice["finish_reason"] or "none")
        return Response(
            text=_text(message),
            finish_reason=FINISH.get(finish, finish),
            tokens=tuple(self.dialect.tokens(choice)),
            usage=usage_of(raw),
            model=raw.get("model"),
            fingerprint=raw.get("system_fingerprint"),
        )

    def _send_batches(self, requests: Sequence[Request], intake: Intake) -> None:
        from inward.jobs.batches import counter, send_batches  # noqa: PLC0415 - loads the SDKs

        with self.dialect.client(self.record, key_of(self.record)) as sdk:
            send_batches(counter(self.record, sdk, self.store, self.model), requests, intake)

    def _left_by_batches(self, requests: Sequence[Request], intake: Intake) -> Sequence[Request]:
        """Return what is to be sent after batches of earlier runs have been read, if any are."""
        if not (self.store / "batches").exists():
            return requests
        from inward.jobs.batches import collect, counter  # noqa: PLC0415 - loads the SDKs

        with self.dialect.client(self.record, key_of(self.record)) as sdk:
            left = collect(counter(self.record, sdk, self.store, self.model), requests, intake)
        return list(left.values())

    @contextmanager
    def _served(self) -> Iterator[None]:
        """Have a model that is served for its asker alone served within the block."""
        if "served" not in self.record:
            yield
            return
        from inward.jobs.serving import served  # noqa: PLC0415 - loads the SDKs

        with (
            self.dialect.client(self.record, key_of(self.record)) as sdk,
            served(sdk, self.record, self.store),
        ):
            yield

    def _connection(self) -> AbstractAsyncContextManager[Call]:
        record, key = self.record, key_of(self.record)
        return connection(
            f"{record['base_url'].rstrip('/')}/{self.dialect.CHAT}",
            self.dialect.headers(record, key),
            key="" if key == UNNEEDED else key,
            variable=record["key_variable"],
            deadline=record["deadline"],
        )


def _text(message: dict[str, Any]) -> str:
    """Return what a model said, also where it refused, or said it in parts."""
    content = message.get("content") or message.get("refusal") or ""
    if isinstance(content, list):
        parts = (part.get("text") for part in content if isinstance(part, dict))
        return "".join(part for part in parts if isinstance(part, str))
    return str(content)


def key_of(record: dict[str, Any]) -> str:
    """Return the key for a model's server; raise ProviderError where one is needed and not set."""
    variable = record["key_variable"]
    key = os.environ.get(variable, "").strip()
    if not key and record["base_url"].startswith(DIALECTS[record["provider"]].HOST):
        raise ProviderError(f"there is no key for {record['base_url']}; set {variable}")
    return key or UNNEEDED


def check_alive(record: dict[str, Any], listed: str | None) -> None:
    """Say when a model ends soon; raise ProviderError where it has ended.

    What its server says counts more than `listed`, the day in the list of prices.
    """
    said = DIALECTS[record["provider"]].shutdown_date(record, key_of(record)) or listed
    if not said:
        return
    try:
        ends = date.fromisoformat(str(said)[:10])
    except ValueError:
        log.warning("%s ends on %r, which is no day of a calendar", record["model"], said)
        return
    left = (ends - datetime.now(UTC).date()).days
    if left < 0:
        raise ProviderError(f"{record['model']} was shut down on {ends}; choose another model")
    if left <= NEAR:
        log.warning("%s is shut down on %s, in %d days", record["model"], ends, left)


def tokens_at_most(request: Request) -> float:
    """Return how many tokens a request may use, by the length of its body in bytes and its limit.

    No tokenizer makes more tokens than there are bytes; four bytes are one in English.
    """
    body = request.body
    limit = body.get("max_completion_tokens") or body.get("max_tokens") or 0
    return float(len(canonical(body["messages"])) / 4 + limit)
