"""Providers: whoever can be asked and trained, behind one small protocol.

What a provider needs of heavy software it imports when first asked, so that nobody loads torch
to speak to a server, or to be told what the store has.
"""

from collections.abc import Sequence
from pathlib import Path
from typing import Any, Protocol

from inward.errors import ProviderError
from inward.providers.local import LocalProvider
from inward.providers.simulated import SimulatedProvider
from inward.requests import Request, Response, Sampling
from inward.scheduler import Intake


class Provider(Protocol):
    """A subject, opened for sampling."""

    model: str  # identity in the store
    in_batches: bool  # whether what is asked beside a request moves the last decimals of its answer

    def request(self, messages: list[dict[str, str]], sampling: Sampling, sample: int) -> Request:
        """Return the request that asks this subject."""

    def sample(self, requests: Sequence[Request], intake: Intake, among: Sequence[Request]) -> None:
        """Give `intake` the raw response to each request, in any order, as soon as it is there.

        Who answers in batches forms them of the requests in `among`, these included.
        """

    def response(self, raw: Any) -> Response:
        """Return a raw response in the shape that all providers share."""


def open_provider(record: dict[str, Any], store: Path, ends: str | None = None) -> Provider:
    """Return the subject that a record in models/ describes, ready to be asked.

    `ends` is the day on which a hosted model ends, as far as the list of prices says.
    """
    if record["provider"] == "local":
        return LocalProvider(record, store)
    if record["provider"] in ("openai", "together"):
        from inward.providers.hosted import HostedProvider  # noqa: PLC0415 - loads aiohttp

        return HostedProvider(record, store, ends)
    if record["provider"] == "simulated":
        return SimulatedProvider(record, store)
    raise ProviderError(
        f"provider {record['provider']}: cannot be sampled; choose local, openai, together or"
        " simulated"
    )
