"""Fetching: files whose bytes are known beforehand, brought here once and kept for all studies.

store/sources/<sha256>/<name>

A file has its place only when all of it is there and its digest is the one that was asked for.
"""

import hashlib
import http.client
import os
import shutil
import urllib.error
import urllib.request
from contextlib import suppress
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from inward.digests import digest_file
from inward.errors import InputError, StoreError
from inward.files import written_whole
from inward.progress import log
from inward.tasks.source import file_name

HUB = "https://huggingface.co"  # unless HF_ENDPOINT names a mirror
CHUNK = 1 << 20
TIMEOUT = 60.0  # seconds without a byte


def fetched(source: dict[str, Any], store: Path) -> Path:
    """Return where the file of a source is kept; it is fetched unless it is there.

    Raises InputError with one line where the server does not give it, or gives another file, of
    which nothing is kept; StoreError where the kept file has changed.
    """
    sha256 = str(source["sha256"])
    folder = store / "sources" / sha256
    kept = folder / file_name(source)
    there = sorted(folder.glob("[!.]*"))  # perhaps under a name that another address gave it
    if there:
        if digest_file(there[0]) != sha256:
            raise StoreError(f"{there[0]}: is no longer what was fetched; delete it and run again")
        log.info("%s is in the store", there[0])
        return there[0]
    try:
        _stream(request_for(source), kept, sha256)
    finally:
        with suppress(OSError):  # it stays if anything is in it
            folder.rmdir()
    return kept


def request_for(source: dict[str, Any]) -> urllib.request.Request:
    """Return the request for a source; for the hub with the token in HF_TOKEN, if there is one."""
    if "url" in source:
        return urllib.request.Request(source["url"])  # noqa: S310 - the configuration allows http(s)
    home = os.environ.get("HF_ENDPOINT", HUB).rstrip("/")
    name, revision, path = (source[key] for key in ("hub", "revision", "path"))
    request = urllib.request.Request(f"{home}/datasets/{name}/resolve/{revision}/{path}")  # noqa: S310
    if token := os.environ.get("HF_TOKEN"):
        # Never sent on to where the hub redirects.
        request.add_unredirected_header("Authorization", f"Bearer {token}")
    return request


def _stream(request: urllib.request.Request, kept: Path, sha256: str) -> None:
    where = _plain(request.full_url)
    digest, got = hashlib.sha256(), 0
    with written_whole(kept) as partial:
        try:
            with (
                urllib.request.urlopen(request, timeout=TIMEOUT) as answer,  # noqa: S310
                partial.open("wb") as file,
            ):
                length = answer.headers.get("Content-Length", "")
                expected = int(length) if length.isdecimal() else -1
                while chunk := answer.read(CHUNK):
                    file.write(chunk)
                    digest.update(chunk)
                    got += len(chunk)
        except urllib.error.HTTPError as error:
            error.close()
            raise InputError(
                f"{where}: the server says {error.code} {error.reason}; mend the address"
            ) from error
        except (OSError, http.client.HTTPException) as error:
            said = " ".join(str(error).split())
            raise InputError(f"{where}: cannot be fetched ({said}); run again") from error
        if 0 <= expected != got:
            raise InputError(f"{where}: broke off after {got} of {expected} bytes; run again")
        if digest.hexdigest() != sha256:
            raise InputError(
                f"{where}: its SHA-256 is {digest.hexdigest()}, not {sha256}; if that is the file"
                " you mean, write its digest into the configuration"
            )
    log.info("%s: %d bytes fetched", where, got)


def _plain(url: str) -> str:
    """Return an address without its query, which may hold what nobody else should read."""
    parts = urlsplit(url)
    return f"{parts.scheme}://{parts.netloc}{parts.path}"


def copied(kept: Path, path: Path) -> None:
    """Copy a kept file into a study's results, where the workflow watches it."""
    with written_whole(path) as partial:
        shutil.copyfile(kept, partial)
