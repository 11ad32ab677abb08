"""Trace one item of a score table back to the raw prompt and responses that it comes from.

    python scripts/trace_item.py results/embedded ITEM

ITEM is target/predictor/task/property/prompt, such as
wren-self/finch-on-wren/animals/first_character/3fa2b1c0; the prompt is the beginning of its ID.
"""

import argparse
import json
import sys
from dataclasses import asdict
from pathlib import Path

from inward.errors import InwardError
from inward.trace import Step, trace

LONGEST = 300  # characters of a value shown to people


def main(arguments: list[str]) -> None:
    """Print the steps, for people or as JSON."""
    parser = argparse.ArgumentParser(description="Trace an item back to its prompt.")
    parser.add_argument("results", type=Path, help="a study's folder, such as results/embedded")
    parser.add_argument("item", help="target/predictor/task/property/prompt")
    parser.add_argument("--store", type=Path, default=Path("store"))
    parser.add_argument("--json", action="store_true")
    given = parser.parse_args(arguments)
    steps = list(trace(given.results, given.store, given.item))
    if given.json:
        json.dump([asdict(step) for step in steps], sys.stdout, indent=2, ensure_ascii=False)
        sys.stdout.write("\n")
    else:
        sys.stdout.write("\n".join(map(_shown, steps)) + "\n")


def _shown(step: Step) -> str:
    lines = [step.what, f"  file    {step.file}"]
    if step.digest:
        lines.append(f"  sha256  {step.digest}")
    if step.made:
        lines.append(f"  made    {step.made}")
    rows = step.row if isinstance(step.row, list) else [step.row]
    for row in rows:
        values = row.items() if isinstance(row, dict) else [("row", row)]
        lines += [f"  {name}: {_cut(value)}" for name, value in values]
    return "\n".join(lines) + "\n"


def _cut(value: object) -> str:
    text = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False, default=str)
    return text if len(text) <= LONGEST else f"{text[:LONGEST]}..."


if __name__ == "__main__":
    try:
        main(sys.argv[1:])
    except InwardError as error:
        sys.exit(f"trace: {error}")
