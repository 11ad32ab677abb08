"""Fetch a file that a task's source names, or take it from the store."""

from pathlib import Path
from typing import Any

from inward.fetching import copied, fetched
from inward.job import run


def main(*, file: Path, source: dict[str, Any], store: str) -> None:
    """Have the file in the store, and a copy of it among the results."""
    copied(fetched(source, Path(store)), file)


if __name__ == "__main__":
    run(main)
