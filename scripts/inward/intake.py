"""The intake: where answers go as soon as they are there, and where money is watched."""

from collections.abc import Callable
from typing import Any

from inward.digests import digest
from inward.money import Purse, usage_at_most
from inward.progress import Tally
from inward.requests import Request, Response
from inward.store import ResponseStore


class Intake:
    """Keeps answers in the store, failures beside it, and count of both."""

    def __init__(
        self,
        store: ResponseStore,
        tally: Tally,
        purse: Purse,
        read: Callable[[Any], Response],
    ) -> None:
        self.store = store
        self.tally = tally
        self.purse = purse
        self.read = read
        self.responses: dict[str, Response] = {}  # by request key, read while others are in flight
        self.digests: dict[str, str] = {}  # likewise, of the raw responses

    def hold(self, request: Request) -> bool:
        """Set aside what a request may cost; return whether the budget has it now.

        Raises ProviderError where it will not, whatever those in flight cost.
        """
        return self.purse.hold(request)

    def answer(self, request: Request, raw: Any) -> None:
        """Keep an answer, unless there is one."""
        if request in self.store:
            self.purse.release(request)
            return
        self.store.add(request, raw)
        response = self._take(request, raw)
        self.tally.answered(response.usage, self.purse.settle(request, response.usage))

    def read_again(self, request: Request) -> None:
        """Take an answer that the store has."""
        self._take(request, self.store.get(request))

    def account(self) -> dict[str, Any]:
        """Return what has become of the requests, and one digest for all raw responses."""
        tally = self.tally
        return {
            "made": tally.done,
            "reused": tally.reused,
            "retried": tally.failures.total(),
            "failed": tally.failed,
            "prompt_tokens": tally.usage.prompt,
            "completion_tokens": tally.usage.completion,
            "cost": tally.cost,
            "responses": digest(self.digests),
        }

    def _take(self, request: Request, raw: Any) -> Response:
        self.digests[request.key] = digest(raw)
        response = self.responses[request.key] = self.read(raw)
        return response

    def failure(self, request: Request, said: str, *, final: bool, unclear: bool = False) -> None:
        """Note an attempt that failed; `unclear` where it may be billed nevertheless."""
        self.store.add_error(request, said, usage_at_most(request) if unclear else None)
        if unclear:
            self.purse.settle(request, None)
        else:
            self.purse.release(request)
        if final:
            self.tally.failed += 1
        self.tally.retried(said)
