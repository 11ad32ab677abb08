"""Check whether every file of a study is what its record says.

    python scripts/verify.py results/embedded

Ends with 0 and one line, or with the first misfit, what to run, and 1.
"""

import argparse
import sys
from pathlib import Path

from inward import ledger
from inward.errors import InwardError
from inward.verify import misfits


def main(arguments: list[str]) -> str | None:
    """Return the first misfit, or None where all is well."""
    parser = argparse.ArgumentParser(description="Check a study's files against its ledger.")
    parser.add_argument("results", type=Path, help="a study's folder, such as results/embedded")
    parser.add_argument("--store", type=Path, default=Path("store"))
    parser.add_argument("--all", action="store_true", help="every misfit, not only the first")
    given = parser.parse_args(arguments)
    found = misfits(given.results, given.store)
    first = list(found) if given.all else list(filter(None, [next(found, None)]))
    if first:
        return "\n".join(first)
    count = sum(len(record["outputs"]) for record in ledger.records(given.results))
    sys.stdout.write(f"{given.results}: all {count} files are what their records say\n")
    return None


if __name__ == "__main__":
    try:
        sys.exit(main(sys.argv[1:]))
    except InwardError as error:
        sys.exit(f"verify: {error}")
