"""A conda channel of the Python at hand: what is installed here, as packages that link to it.

A package holds symbolic links to the files of one distribution, whose version and requirements it
states as its own, so that a channel of a gigabyte is written in a second. Python's package is a link
to the interpreter and a `pyvenv.cfg`, by which it takes the environment for its prefix.
"""

import hashlib
import io
import json
import platform
import sys
import tarfile
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from importlib.metadata import Distribution, PackageNotFoundError, distribution
from pathlib import Path
from typing import Any

from packaging.requirements import Requirement
from packaging.utils import canonicalize_name
from packaging.version import Version

CONDA_NAMES = {"torch": "pytorch", "huggingface-hub": "huggingface_hub"}
PIP_NAMES = {conda: pip for pip, conda in CONDA_NAMES.items()}
SITE = f"lib/python{sys.version_info.major}.{sys.version_info.minor}/site-packages"


def write_channel(channel: Path, names: Iterable[str], marked: str, mark: str) -> None:
    """Write a channel with Python, the distributions of these pip names, and all that they require.

    The package `marked` holds a copy instead of links, whose `__version__` ends with `mark`.
    """
    subdir = channel / "noarch"
    subdir.mkdir(parents=True)
    interpreter = Path(sys.executable).resolve()
    venv = f"home = {interpreter.parent}\ninclude-system-site-packages = false\n"
    packages = write_package(
        subdir,
        "python",
        platform.python_version(),
        requires=[],
        links={"bin/python": interpreter},
        files={"pyvenv.cfg": venv.encode()},
    )
    every = closure(names)
    shared = owners(every.values())
    for name, found in every.items():
        copy = name == marked
        packages |= write_package(
            subdir,
            conda_name(name),
            Version(found.version).public,
            requires=sorted(required(found)),
            links={} if copy else linked(found, shared),
            files=copied(found, mark) if copy else {},
        )
    index = {"info": {"subdir": subdir.name}, "packages": packages}
    (subdir / "repodata.json").write_text(json.dumps(index))


def conda_name(name: str) -> str:
    """Return what conda calls a distribution."""
    return CONDA_NAMES.get(canonicalize_name(name), canonicalize_name(name))


def closure(names: Iterable[str]) -> dict[str, Distribution]:
    """Return the distributions of these names and all that they require, by canonical name."""
    found: dict[str, Distribution] = {}
    waiting = [distribution(name) for name in names]
    while waiting:
        one = waiting.pop()
        name = canonicalize_name(one.name)
        if name not in found:
            found[name] = one
            waiting += [distribution(needed.name) for needed in requirements(one)]
    return found


def requirements(found: Distribution) -> Iterator[Requirement]:
    """Yield what a distribution requires here, but what is left out here: a GPU's libraries."""
    for line in found.requires or []:
        needed = Requirement(line)
        if needed.marker is None or needed.marker.evaluate({"extra": ""}):
            try:
                distribution(needed.name)
            except PackageNotFoundError:
                continue
            yield needed


def required(found: Distribution) -> Iterator[str]:
    """Yield what a distribution requires, as conda writes it."""
    yield f"python {platform.python_version()}"
    for needed in requirements(found):
        bounds = ",".join(sorted(map(str, needed.specifier)))
        yield f"{conda_name(needed.name)} {bounds}".strip()


def modules(found: Distribution) -> Iterator[tuple[str, ...]]:
    """Yield the files that a distribution has among modules, in parts."""
    for file in found.files or []:
        if ".." not in file.parts and "__pycache__" not in file.parts:
            yield file.parts


def owners(all_found: Iterable[Distribution]) -> Counter[tuple[str, ...]]:
    """Return how many distributions have something in each folder, or are each file."""
    counts: Counter[tuple[str, ...]] = Counter()
    for found in all_found:
        counts.update(
            {parts[:depth] for parts in modules(found) for depth in range(1, len(parts) + 1)}
        )
    return counts


def linked(found: Distribution, shared: Counter[tuple[str, ...]]) -> dict[str, Path]:
    """Return the places of a distribution's modules in an environment, and where they are here.

    A folder is linked whole, unless other distributions have something in it, too.
    """
    places = {
        next(parts[:depth] for depth in range(1, len(parts) + 1) if shared[parts[:depth]] == 1)
        for parts in modules(found)
        if shared[parts] == 1
    }
    return {
        f"{SITE}/{'/'.join(parts)}": Path(str(found.locate_file("/".join(parts)))).resolve()
        for parts in sorted(places)
    }


def copied(found: Distribution, mark: str) -> dict[str, bytes]:
    """Return the files of a distribution; `mark` is added to the version that its module states."""
    contents = {}
    for parts in modules(found):
        place = f"{SITE}/{'/'.join(parts)}"
        contents[place] = Path(str(found.locate_file("/".join(parts)))).read_bytes()
        if parts[1:] == ("__init__.py",):
            contents[place] += f"\n__version__ += {mark!r}\n".encode()
    return contents


def write_package(
    subdir: Path,
    name: str,
    version: str,
    *,
    requires: list[str],
    links: Mapping[str, Path],
    files: Mapping[str, bytes],
) -> dict[str, dict[str, Any]]:
    """Write a package in conda's first format, with links to `links` and the bytes of `files`.

    Returns what a channel's index says of it, by the name of its file.
    """
    index = {
        "name": name,
        "version": version,
        "build": "0",
        "build_number": 0,
        "depends": requires,
        "subdir": subdir.name,
    }
    entries = [_entry(path, "softlink", b"") for path in links]
    entries += [_entry(path, "hardlink", content) for path, content in files.items()]
    about = {
        "info/index.json": json.dumps(index).encode(),
        "info/paths.json": json.dumps({"paths_version": 1, "paths": entries}).encode(),
    }
    place = subdir / f"{name}-{version}-0.tar.bz2"
    with tarfile.open(place, "w:bz2") as package:
        for path, content in {**about, **files}.items():
            part = tarfile.TarInfo(path)
            part.size = len(content)
            package.addfile(part, io.BytesIO(content))
        for path, target in links.items():
            part = tarfile.TarInfo(path)
            part.type, part.linkname = tarfile.SYMTYPE, str(target)
            package.addfile(part)
    whole = place.read_bytes()
    return {place.name: {**index, "sha256": hashlib.sha256(whole).hexdigest(), "size": len(whole)}}


def _entry(path: str, kind: str, content: bytes) -> dict[str, str | int]:
    return {
        "_path": path,
        "path_type": kind,
        "sha256": hashlib.sha256(content).hexdigest(),
        "size_in_bytes": len(content),
    }
