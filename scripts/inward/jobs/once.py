"""Once: a thing at a provider that costs money is created once, whatever happens to the call.

A claim is on disk before the call. Whoever finds a claim, or got no clear answer, looks for what
the call may have made, as long as it may still appear; only then is the call made again. A claim is
never just deleted by another process: of all that find it, one takes it over.
"""

import json
import os
import secrets
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar

from inward.errors import ProviderError
from inward.files import content, write_json, written_new, written_over
from inward.jobs.calls import (
    ATTEMPTS,
    FIRST_WAIT,
    LONGEST_WAIT,
    SDK_ERRORS,
    Said,
    meaning_of,
    patiently,
)
from inward.processes import here, runs
from inward.progress import log

T = TypeVar("T")

TOO_MANY = 429  # an HTTP status: come back later
SETTLING = 60.0  # seconds in which what was asked for may still appear
LOOK_EVERY = 2.0  # seconds
LONGEST_CALL = 600.0  # seconds after which no process is still within a creating call


def created_once(
    claim: Path,
    *,
    find: Callable[[], T | None],
    create: Callable[[], T],
    said: Said,
    settling: float = SETTLING,
) -> tuple[T, str]:
    """Return what `create` makes, or what `find` finds of an earlier call, and which it was.

    `claim` is a file that stands for a call whose outcome is not known. It is the caller's to
    delete, once it has written down what it got.
    """
    for attempt in range(ATTEMPTS):
        found, held = _settled(claim, find, said, settling)
        if found is not None:
            return found, "adopted"
        mine = _claim(claim, held)
        if mine is None:
            continue  # another process was faster; what it does is awaited
        # Between the last look and the claim, another process may have come and gone.
        found = patiently(find, said)
        if found is not None:
            return found, "adopted"
        made, wait = _created(claim, mine, find=find, create=create, said=said, settling=settling)
        if made is not None:
            return made
        time.sleep(min(LONGEST_WAIT, max(wait, FIRST_WAIT * 2**attempt)))
    raise ProviderError(
        f"the provider is too busy, or {claim} is claimed again and again; run again later"
    )


def _created(
    claim: Path,
    mine: bytes,
    *,
    find: Callable[[], T | None],
    create: Callable[[], T],
    said: Said,
    settling: float,
) -> tuple[tuple[T, str] | None, float]:
    """Return what one call has made; None, and seconds to wait, where the provider was too busy."""
    try:
        return (create(), "created"), 0.0
    except SDK_ERRORS as error:
        meaning = meaning_of(error, said)
        status = getattr(error, "status_code", None)
    if isinstance(meaning, ProviderError):  # it was read and refused, so nothing was made
        _withdraw(claim, mine)
        raise ProviderError(f"nothing was created: {meaning}")
    if status == TOO_MANY:
        _withdraw(claim, mine)
        return None, meaning.wait
    log.warning("%s; looking for what the call may have made", meaning)
    until = time.time() + settling
    while True:
        found = patiently(find, said)
        left = until - time.time()
        if found is not None:
            return (found, "adopted after an unclear answer"), 0.0
        if left <= 0:
            break
        time.sleep(min(LOOK_EVERY, left))
    write_json(claim, {**_parsed(mine), "settled": True})
    raise ProviderError(
        f"{meaning}, and nothing appeared within {settling:.0f} s; run again: it looks once more"
        " before it creates anything"
    )


def _settled(
    claim: Path, find: Callable[[], T | None], said: Said, settling: float
) -> tuple[T | None, bytes | None]:
    """Return what an earlier call has made, should it appear while it still may; and its claim."""
    seen: Any = None
    since = 0.0
    while True:
        held = content(claim)  # before the look, which so sees all that the claim's owner did
        now = time.time()
        state = (held, held is not None and _may_live(_parsed(held)))
        if state != seen:
            seen, since = state, now
            if held is not None:
                log.info("a creation is under way, or was interrupted; looking for what it made")
        found = patiently(find, said)
        left = _until(_parsed(held), since, settling) - now if held is not None else 0.0
        if found is not None or left <= 0:
            return found, held
        time.sleep(min(LOOK_EVERY, left))


def _until(held: dict[str, Any], since: float, settling: float) -> float:
    """Return until when a claim's call may make something; it was first seen so at `since`.

    No clock is trusted that is ahead of this one's.
    """
    if held.get("settled"):
        return since
    last: float = min(held["at"], since) + LONGEST_CALL
    return (last if _may_live(held) else min(last, since)) + settling


def _may_live(held: dict[str, Any]) -> bool:
    """Return whether the process that made a claim may be within its call."""
    if held.get("settled") or "host" not in held:
        return False
    if held["host"] != here():
        return True
    if held["process"] == os.getpid():
        return False
    return runs(held["process"])


def _claim(claim: Path, held: bytes | None) -> bytes | None:
    """Return the claim, written down now in place of `held`; None if another process did so."""
    named = {"host": here(), "process": os.getpid(), "nonce": secrets.token_hex(8)}
    mine = json.dumps({"at": time.time(), **named}).encode()
    claim.parent.mkdir(parents=True, exist_ok=True)
    if held is None:
        return mine if written_new(claim, mine) else None
    try:
        return mine if written_over(claim, held, mine) else None
    except FileExistsError as error:
        raise ProviderError(
            f"another process takes over what was interrupted; run again, and if that does not"
            f" help, delete {error.filename}"
        ) from None


def _withdraw(claim: Path, mine: bytes) -> None:
    """Delete a claim whose call has made nothing, unless it is another's by now."""
    if content(claim) == mine:
        claim.unlink(missing_ok=True)


def _parsed(held: bytes) -> dict[str, Any]:
    """Return what a claim says; one that was cut short is that of a process that is gone."""
    try:
        return {"at": 0.0, **json.loads(held)}
    except (ValueError, TypeError):
        return {"at": time.time()}
