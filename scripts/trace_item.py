"""Trace one item of a score table back to the raw prompt and responses that it comes from.

    python scripts/trace_item.py results/embedded ITEM

ITEM is an `item_id` of scores/items.parquet, such as
wren-self/finch-on-wren/animals/first_character/terse/3fa2b1c05d7e. The name of a cell, which
figures show, lists the items in it: wren-self/finch-on-wren/all/first_character.
"""

import argparse
import json
import sys
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

from inward.cells import ITEM_ID
from inward.errors import InwardError
from inward.trace import Step, in_cell, trace

LISTED = 20  # items of a cell shown to people
LONGEST = 300  # characters of a value shown to people


def main(arguments: list[str]) -> None:
    """Print the steps, for people or as JSON."""
    parser = argparse.ArgumentParser(description="Trace an item back to its prompt.")
    parser.add_argument("results", type=Path, help="a study's folder, such as results/embedded")
    parser.add_argument("item", help="an item, or a cell of items")
    parser.add_argument("--store", type=Path, default=Path("store"))
    parser.add_argument("--json", action="store_true")
    given = parser.parse_args(arguments)
    if given.item.count("/") < len(ITEM_ID) - 1:
        found = in_cell(given.results, given.item)
        said = _json(found) if given.json else _listed(found)
    else:
        steps = list(trace(given.results, given.store, given.item))
        said = _json(list(map(asdict, steps))) if given.json else "\n".join(map(_shown, steps))
    sys.stdout.write(f"{said}\n")


def _json(said: object) -> str:
    return json.dumps(said, indent=2, ensure_ascii=False)


def _listed(items: Sequence[dict[str, Any]]) -> str:
    right = {True: "right", False: "wrong", None: "dropped"}
    lines = [f"{right[item['correct']]:7} {item['item_id']}" for item in items[:LISTED]]
    more = len(items) - len(lines)
    return "\n".join([*lines, *([f"and {more} more: --json has them all"] if more else [])])


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
