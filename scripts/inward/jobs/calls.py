"""Calls: what the SDKs' errors mean, and calls that may be repeated until they succeed."""

import random
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any, TypeVar

import httpx
import openai
import together

from inward.errors import ProviderError
from inward.progress import log
from inward.providers.wire import masked, meaning
from inward.scheduler import Transient

T = TypeVar("T")

ATTEMPTS = 10
FIRST_WAIT, LONGEST_WAIT = 0.5, 30.0  # seconds
# Of a whole answer that is cut short, or is no JSON, both SDKs let the parser's error through, or
# stumble over what it is not.
SDK_ERRORS = (
    *(openai.APIError, together.TogetherError, httpx.HTTPError),
    *(OSError, ValueError, TypeError, AttributeError, LookupError),
)
NOT_FOUND = (openai.NotFoundError, together.NotFoundError)


@dataclass(frozen=True)
class Said:
    """What is needed to understand a server's errors, and to repeat no key."""

    key: str
    variable: str  # the environment variable that holds the key

    def masked(self, text: str) -> str:
        """Return a text in which the key, should a server repeat it, is not readable."""
        return masked(text.encode(errors="replace"), self.key).decode()

    def masked_record(self, record: Any) -> Any:
        """Return a JSON value whose texts do not hold the key."""
        if isinstance(record, str):
            return self.masked(record)
        if isinstance(record, dict):
            return {self.masked(key): self.masked_record(value) for key, value in record.items()}
        return [self.masked_record(one) for one in record] if isinstance(record, list) else record


def meaning_of(error: Exception, said: Said) -> Transient | ProviderError:
    """Return what an SDK's error means: another attempt may succeed, or none can."""
    response = getattr(error, "response", None)
    status = getattr(error, "status_code", None)
    if response is None or status is None or status == 200:
        return Transient(f"no whole answer ({type(error).__name__})")
    # Before what is said is cut to its length, and again after JSON's escapes are undone.
    data = masked(response.content, said.key)
    understood = meaning(status, response.headers, data, said.variable)
    if isinstance(understood, ProviderError):
        return ProviderError(said.masked(str(understood)))
    return understood


def patiently(call: Callable[[], T], said: Said, attempts: int = ATTEMPTS) -> T:
    """Return what `call` returns, tried again while its errors may pass.

    Only for calls that may be repeated: those that look, and those that find what they made.
    """
    for attempt in range(attempts):
        try:
            return call()
        except SDK_ERRORS as error:
            failure = meaning_of(error, said)
        if isinstance(failure, ProviderError):
            raise failure
        log.warning("%s; trying again", failure)
        wait = FIRST_WAIT * 2 ** min(attempt, 10) * random.uniform(0.5, 1)
        time.sleep(min(LONGEST_WAIT, max(failure.wait, wait)))
    raise ProviderError(
        f"no answer in {attempts} attempts, the last with: {failure}; run again: it goes on here"
    )


def every_page(page: Any) -> Iterator[Any]:
    """Yield what is on a page and on those after it; raise ValueError where one is no page.

    To the SDK an answer without a list is an empty one, which would mean that nothing is there.
    """
    seen: set[str] = set()
    while True:
        if not isinstance(page.data, list):
            raise ValueError("a page without a list")  # noqa: TRY004 - an answer, not an argument
        new = [one for one in page.data if one.id not in seen]
        yield from new
        seen |= {one.id for one in new}
        if not new or not page.has_next_page():  # some servers give the first page for ever
            return
        page = page.get_next_page()
