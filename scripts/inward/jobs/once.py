"""Once: a thing at a provider that costs money is created once, whatever happens to the call.

A claim is on disk before the call. Whoever finds a claim, or got no clear answer, looks for what
the call may have made, as long as it may still appear; only then is the call made again.
"""

import json
import os
import time
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import TypeVar

from inward.errors import ProviderError
from inward.files import read_json
from inward.jobs.calls import (
    ATTEMPTS,
    FIRST_WAIT,
    LONGEST_WAIT,
    SDK_ERRORS,
    Said,
    meaning_of,
    patiently,
)
from inward.progress import log

T = TypeVar("T")

TOO_MANY = 429  # an HTTP status: come back later
SETTLING = 60.0  # seconds in which what was asked for may still appear
LOOK_EVERY = 2.0  # seconds


def created_once(
    claim: Path,
    *,
    find: Callable[[], T | None],
    create: Callable[[], T],
    said: Said,
    settling: float = SETTLING,
) -> tuple[T, str]:
    """Return what `create` makes, or what `find` finds of an earlier call, and which it was.

    `claim` is a file that stands for a call whose outcome is not known.
    """
    if claim.exists():
        log.info("a creation was interrupted; looking for what it may have made")
        found = _settled(find, said, read_json(claim)["at"] + settling)
        claim.unlink(missing_ok=True)
        if found is not None:
            return found, "adopted"
    for attempt in range(ATTEMPTS):
        found = patiently(find, said)
        if found is not None:
            return found, "adopted"
        made = _created(claim, find, create, said, settling)
        if made is not None:
            return made
        time.sleep(min(LONGEST_WAIT, FIRST_WAIT * 2**attempt))
    raise ProviderError("the provider is too busy to create anything; run again later")


def _created(
    claim: Path,
    find: Callable[[], T | None],
    create: Callable[[], T],
    said: Said,
    settling: float,
) -> tuple[T, str] | None:
    """Return what one call has made; None where the provider was too busy to make anything."""
    at = datetime.now(UTC).timestamp()
    _claim(claim, at)
    try:
        return create(), "created"
    except SDK_ERRORS as error:
        meaning = meaning_of(error, said)
        status = getattr(error, "status_code", None)
    if isinstance(meaning, ProviderError):  # it was read and refused, so nothing was made
        claim.unlink()
        raise ProviderError(f"nothing was created: {meaning}")
    if status == TOO_MANY:
        claim.unlink()
        return None
    log.warning("%s; looking for what the call may have made", meaning)
    found = _settled(find, said, at + settling)
    if found is not None:
        return found, "adopted after an unclear answer"
    raise ProviderError(
        f"{meaning}, and nothing appeared within {settling:.0f} s; run again: it looks once more"
        " before it creates anything"
    )


def _settled(find: Callable[[], T | None], said: Said, until: float) -> T | None:
    """Return what an earlier call has made, should it appear while it still may."""
    while True:
        found = patiently(find, said)
        left = until - datetime.now(UTC).timestamp()
        if found is not None or left <= 0:
            return found
        time.sleep(min(LOOK_EVERY, left))


def _claim(claim: Path, at: float) -> None:
    """Write down that something is about to be created, unless another process has."""
    claim.parent.mkdir(parents=True, exist_ok=True)
    try:
        with claim.open("x", encoding="utf-8") as file:
            json.dump({"at": at}, file)
            file.flush()
            os.fsync(file.fileno())
    except FileExistsError:
        raise ProviderError(
            f"another process is creating the same ({claim}); run again when it is done"
        ) from None
