"""The wire: one HTTP POST for one request, and what its errors mean.

The body goes out byte for byte as it was hashed. The SDK says who asks and where; aiohttp carries,
because the SDKs' own way for each request costs several times the server's answer (bench/).
"""

import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Any
from urllib.parse import urlsplit
from urllib.request import getproxies, proxy_bypass

import aiohttp

from inward.digests import canonical
from inward.errors import ProviderError
from inward.requests import Request
from inward.scheduler import Call, Transient

MOST_WORDS = 200  # characters of a server's own words in an error
MASK = "[key]"
TRY_AGAIN = {408, 409, 425, 429}
MENDS = {
    400: "the server refuses the request as it is; compare the model's settings with its docs",
    401: "the key is not accepted; set {variable} to a valid one",
    402: "the account's quota is used up; add credit, then run again: nothing is asked twice",
    403: "this key may not use the model; ask for access, or choose another model",
    404: "there is no such model or address; mend `model` or `base_url`",
    422: "the server refuses the request as it is; compare the model's settings with its docs",
}
QUOTED = {400, 404, 422}  # whose cause only the server knows
OTHER = "the server refuses, and will not change its mind; see its docs"


@asynccontextmanager
async def connection(
    url: str, headers: dict[str, str], *, key: str, variable: str, deadline: float
) -> AsyncIterator[Call]:
    """Give the function that posts a request to `url` and returns the server's JSON.

    It raises Transient and ProviderError; `deadline` is in seconds, for one attempt as a whole.
    `key` is masked in whatever comes back, should the server repeat it.
    """
    timeout = aiohttp.ClientTimeout(total=deadline, sock_connect=min(deadline, 30))
    connector = aiohttp.TCPConnector(limit=0, ttl_dns_cache=300)
    async with aiohttp.ClientSession(
        connector=connector, headers=headers, timeout=timeout, proxy=_proxy(url)
    ) as session:

        async def call(request: Request) -> Any:
            try:
                async with session.post(url, data=canonical(request.body)) as reply:
                    status, wait, data = reply.status, reply.headers, await reply.read()
            except TimeoutError:
                raise Transient(f"no answer within {deadline:g} s") from None
            except (aiohttp.ClientError, OSError) as error:
                raise Transient(f"the connection failed ({type(error).__name__})") from None
            data = data.replace(key.encode(), MASK.encode()) if key else data
            if status == 200:
                return _completion(data)
            raise meaning(status, wait, data, variable)

        yield call


def _proxy(url: str) -> str | None:
    """Return the proxy that the environment names for `url`.

    aiohttp's own way of finding it also reads .netrc, again for each request.
    """
    parts = urlsplit(url)
    if proxy_bypass(parts.hostname or ""):
        return None
    return getproxies().get(parts.scheme)


def _completion(data: bytes) -> Any:
    try:
        raw = json.loads(data)
    except ValueError:
        raw = None
    if not whole(raw):
        raise Transient("an answer that is not a whole chat completion")
    return raw


def whole(raw: Any) -> bool:
    """Return whether a server's JSON is a chat completion that can be read."""
    try:
        choice = raw["choices"][0]
        return isinstance(choice["message"], dict) and "finish_reason" in choice
    except (TypeError, KeyError, IndexError):
        return False


def meaning(status: int, headers: Any, data: bytes, variable: str) -> Transient | ProviderError:
    """Return what an HTTP error means here: another attempt, or the end, with the mend."""
    code, said = _error(data)
    if code == "insufficient_quota":
        return ProviderError(f"HTTP {status}: {MENDS[402]}")
    if status in TRY_AGAIN or status >= 500:
        pushed_back = status == 429 or status >= 500
        return Transient(f"HTTP {status}", wait=retry_after(headers), pushed_back=pushed_back)
    mend = MENDS.get(status, OTHER).format(variable=variable)
    quoted = f" (it says: {said})" if said and status in QUOTED else ""
    return ProviderError(f"HTTP {status}: {mend}{quoted}")


def _error(data: bytes) -> tuple[str, str]:
    """Return the code and the message of a server's error, as far as it gives them."""
    try:
        error = json.loads(data)["error"]
        code, said = str(error.get("code")), str(error.get("message") or "")
    except (ValueError, TypeError, KeyError, AttributeError):
        return "", ""
    return code, " ".join(said.split())[:MOST_WORDS]


def retry_after(headers: Any) -> float:
    """Return the seconds that Retry-After asks for, as a number or a date; 0 without one."""
    value = headers.get("retry-after", "")
    if value.replace(".", "", 1).isdigit():
        return float(value)
    try:
        return max(0.0, (parsedate_to_datetime(value) - datetime.now(UTC)).total_seconds())
    except (ValueError, TypeError):
        return 0.0
