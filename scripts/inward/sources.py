"""Sources: which of the project's own files a script reaches, so that Snakemake can watch them."""

import ast
from collections.abc import Iterator
from functools import cache
from pathlib import Path


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
