"""Sources: which of the project's own files a script reaches, so that Snakemake can watch them.

It watches copies from which comments and docstrings are taken out: who explains the code better
runs nothing again.
"""

import ast
import os
from collections.abc import Iterator
from functools import cache
from pathlib import Path

from inward.digests import digest_file
from inward.files import write_text


def sources(script: Path) -> list[Path]:
    """Return the script and every first-party file it imports, directly or not, sorted.

    First-party is what lies beside the script. The `__init__.py` of each package on the way is
    imported too, and so is reached as well.
    """
    root = script.parent
    reached: set[Path] = set()
    waiting = [script]
    while waiting:
        path = waiting.pop()
        if path not in reached:
            reached.add(path)
            waiting += _imported(path, root)
    return sorted(reached)


DOCUMENTED = (ast.Module, ast.ClassDef, ast.FunctionDef, ast.AsyncFunctionDef)


@cache
def _imported(path: Path, root: Path) -> list[Path]:
    tree = ast.parse(path.read_bytes(), filename=str(path))
    return [file for name in _names(tree, path, root) for file in _files(name, root)]


def _names(tree: ast.AST, path: Path, root: Path) -> Iterator[tuple[str, ...]]:
    """Yield the dotted names that may be modules, in parts."""
    package = path.relative_to(root).parent.parts
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            for alias in node.names:
                yield tuple(alias.name.split("."))
        elif isinstance(node, ast.ImportFrom):
            above = package[: len(package) - node.level + 1] if node.level else ()
            module = (*above, *(node.module.split(".") if node.module else ()))
            yield module
            for alias in node.names:
                yield (*module, alias.name)


def _files(name: tuple[str, ...], root: Path) -> Iterator[Path]:
    """Yield the files that importing a dotted name runs, as far as they are below `root`."""
    for depth in range(1, len(name) + 1):
        place = root.joinpath(*name[:depth])
        for file in (place.with_suffix(".py"), place / "__init__.py"):
            if file.is_file():
                yield file


def stripped(source: Path) -> str:
    """Return what a source file does, without comments, docstrings and layout."""
    tree = ast.parse(source.read_bytes(), filename=str(source))
    for node in ast.walk(tree):
        if not isinstance(node, DOCUMENTED):
            continue
        if ast.get_docstring(node, clean=False) is not None:
            node.body = node.body[1:] or [ast.Pass()]
    return f"{ast.unparse(tree)}\n"


def stripped_copies(script: Path, root: Path, copies: Path) -> list[Path]:
    """Return copies of the stripped sources that a script reaches, below the folder `copies`.

    They lie there as the sources lie below `root`, and are written anew only where a source has
    changed; each is as old as its source.
    """
    found = []
    for source in sources(script):
        copy = copies / source.relative_to(root)
        _copy_stripped(source, copy)
        found.append(copy)
    return found


@cache
def _copy_stripped(source: Path, copy: Path) -> None:
    of = copy.with_suffix(".of")
    digest = digest_file(source)
    if copy.exists() and of.exists() and of.read_text() == digest:
        return
    text = stripped(source)
    if not copy.exists() or copy.read_text(encoding="utf-8") != text:
        write_text(copy, text)
        times = source.stat()
        os.utime(copy, ns=(times.st_atime_ns, times.st_mtime_ns))
    write_text(of, digest)


def import_first(folder: Path) -> None:
    """Have all jobs import from `folder` before any copy that is installed."""
    before = os.environ.get("PYTHONPATH")
    os.environ["PYTHONPATH"] = os.pathsep.join([str(folder), *([before] if before else [])])
