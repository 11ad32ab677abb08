"""Calls: what the SDKs' errors mean, and calls that may be repeated until they succeed."""

import random
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeVar

import openai
import together

from inward.errors import ProviderError
from inward.progress import log
from inward.providers.wire import MASK, meaning
from inward.scheduler import Transient

T = TypeVar("T")

ATTEMPTS = 10
FIRST_WAIT, LONGEST_WAIT = 0.5, 30.0  # seconds
# Of a whole answer that is cut short, or is no JSON, both SDKs let the parser's error through, or
# stumble over what it is not.
SDK_ERRORS = (openai.APIError, together.APIError, OSError, ValueError, TypeError, AttributeError)


@dataclass(frozen=True)
class Said:
    """What is needed to understand a server's errors, and to repeat no key."""

    key: str
    variable: str  # the environment variable that holds the key


def meaning_of(error: Exception, said: Said) -> Transient | ProviderError:
    """Return what an SDK's error means: another attempt may succeed, or none can."""
    response = getattr(error, "response", None)
    status = getattr(error, "status_code", None)
    if response is None or status is None or status == 200:
        return Transient(f"no whole answer ({type(error).__name__})")
    data = response.content.replace(said.key.encode(), MASK.encode())
    return meaning(status, response.headers, data, said.variable)


def patiently(call: Callable[[], T], said: Said) -> T:
    """Return what `call` returns, tried again while its errors may pass.

    Only for calls that may be repeated: those that look, and those that find what they made.
    """
    for attempt in range(ATTEMPTS):
        try:
            return call()
        except SDK_ERRORS as error:
            failure = meaning_of(error, said)
        if isinstance(failure, ProviderError):
            raise failure
        log.warning("%s; trying again", failure)
        wait = max(
            min(LONGEST_WAIT, failure.wait), FIRST_WAIT * 2**attempt * random.uniform(0.5, 1)
        )
        time.sleep(min(LONGEST_WAIT, wait))
    raise ProviderError(
        f"no answer in {ATTEMPTS} attempts, the last with: {failure}; run again: it goes on here"
    )
