"""The wire: one HTTP POST for one request, and what its errors mean.

The body goes out byte for byte as it was hashed. The SDK says who asks and where; aiohttp carries,
because the SDKs' own way for each request costs several times the server's answer (bench/).
"""

import json
import re
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
SECRET = 8  # characters of a key; a shorter one is a word such as EMPTY, and no secret in an answer
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
MOVED = "the server points to another address; mend `base_url`"
NO_QUOTA = {"insufficient_quota", "billing_hard_limit_reached", "billing_not_active"}
SURROGATE = re.compile(rb"\\u[dD][89a-fA-F]")
NUMBER = re.compile(r"\d+(\.\d*)?|\.\d+")
STRICT = json.JSONDecoder(parse_constant=lambda _: None)  # NaN and its like are no JSON


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
        connector=connector,
        headers=headers,
        timeout=timeout,
        proxy=_proxy(url),
        cookie_jar=aiohttp.DummyCookieJar(),
    ) as session:

        async def call(request: Request) -> Any:
            try:
                async with session.post(
                    url, data=canonical(request.body), allow_redirects=False
                ) as reply:
                    status, wait, data = reply.status, reply.headers, await reply.read()
            except (aiohttp.ClientError, OSError) as error:  # a timeout is one of them
                raise _broken(error, deadline) from None
            if status == 200:
                return completion(masked(data, key))
            raise meaning(status, wait, data.replace(key.encode(), MASK.encode()), variable)

        yield call


def _proxy(url: str) -> str | None:
    """Return the proxy that the environment names for `url`.

    aiohttp's own way of finding it also reads .netrc, again for each request.
    """
    parts = urlsplit(url)
    if proxy_bypass(parts.hostname or ""):
        return None
    return getproxies().get(parts.scheme)


def _broken(error: Exception, deadline: float) -> Transient:
    """Return what became of a request that got no answer; the server may have read it."""
    if isinstance(error, TimeoutError) and not isinstance(error, aiohttp.ConnectionTimeoutError):
        return Transient(f"no answer within {deadline:g} s", unclear=True)
    reached = not isinstance(error, aiohttp.ClientConnectorError | aiohttp.ConnectionTimeoutError)
    return Transient(f"the connection failed ({type(error).__name__})", unclear=reached)


def masked(data: bytes, key: str) -> bytes:
    """Return what a server sent without the key, should it repeat it."""
    return data.replace(key.encode(), MASK.encode()) if len(key) >= SECRET else data


def parsed(data: bytes) -> Any:
    """Return a server's JSON; raise ValueError where it is none.

    What no JSON can hold is mended: NaN becomes null, and half a character a question mark.
    """
    text = data.decode()
    raw = STRICT.decode(text)
    if SURROGATE.search(data):
        whole_text = json.dumps(raw, ensure_ascii=False).encode("utf-8", "replace")
        raw = json.loads(whole_text)
    return raw


def completion(data: bytes) -> Any:
    """Return a chat completion; raise Transient where it is not a whole one."""
    try:
        raw = parsed(data)
    except (ValueError, RecursionError):
        raw = None
    if not whole(raw):
        raise Transient("an answer that is not a whole chat completion", unclear=True)
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
    codes, said = _error(data)
    if codes & NO_QUOTA:
        return ProviderError(f"HTTP {status}: {MENDS[402]}")
    if status in TRY_AGAIN or status >= 500:
        pushed_back = status == 429 or status >= 500
        return Transient(f"HTTP {status}", wait=retry_after(headers), pushed_back=pushed_back)
    mend = MENDS.get(status, MOVED if 300 <= status < 400 else OTHER).format(variable=variable)
    quoted = f" (it says: {said})" if said and status in QUOTED else ""
    return ProviderError(f"HTTP {status}: {mend}{quoted}")


def _error(data: bytes) -> tuple[set[str], str]:
    """Return the codes and the message of a server's error, as far as it gives them.

    Some give an object under `error`, some only words, and some have no `error` around it.
    """
    try:
        raw = json.loads(data)
    except (ValueError, RecursionError):
        return set(), ""
    error = raw.get("error", raw) if isinstance(raw, dict) else raw
    if not isinstance(error, dict):
        error = {"message": error}
    said = error.get("message") or error.get("detail") or ""
    codes = {str(error.get("code")), str(error.get("type"))}
    return codes, " ".join(str(said).split())[:MOST_WORDS]


def retry_after(headers: Any) -> float:
    """Return the seconds that Retry-After asks for, as a number or a date; 0 without one.

    Both providers also say it in milliseconds, which counts more.
    """
    milliseconds = headers.get("retry-after-ms", "")
    if NUMBER.fullmatch(milliseconds):
        return float(milliseconds) / 1000
    value = headers.get("retry-after", "").strip()
    if NUMBER.fullmatch(value):
        return float(value)
    try:
        return max(0.0, (parsedate_to_datetime(value) - datetime.now(UTC)).total_seconds())
    except (ValueError, TypeError):
        return 0.0
