"""Print the tables of docs/embedded-study.md from the results of several seeds, as Markdown.

for s in 1 2 3 4; do snakemake --cores 2 --config seed=$s study=seed-$s; done
python docs/seeds.py results/seed-*
"""

import sys
from pathlib import Path
from typing import Any

import pandas as pd

from inward.cells import ALL
from inward.charts.scores import ROLES, readable, shown
from inward.tables import ADVANTAGE, read_table


def main(studies: list[Path]) -> None:
    """Print one table for each role: properties down, seeds and targets across."""
    cells = pd.concat(
        read_table(ADVANTAGE, study / "scores/advantage.parquet").assign(study=study.name)
        for study in studies
    )
    cells = shown(cells[cells["relation"] == "cross"], "terse")
    pooled = cells[(cells["task"] == ALL) & (cells["average"] == "macro")]
    for role in ("test", "train"):
        print(f"\n### On {ROLES[role]}\n")
        print("| seed | target | n | property | self | cross | mode | self - cross [95 %] |")
        print("| --- | --- | --- | --- | --- | --- | --- | --- |")
        rows = pooled[pooled["role"] == role].assign(last=lambda table: table["property"] == ALL)
        for row in rows.sort_values(["study", "target", "last", "property"]).to_dict("records"):
            print(_row(row))


def _row(row: dict[Any, Any]) -> str:
    shares = [f"{100 * row[name]:.1f}" for name in ("self_accuracy", "cross_accuracy")]
    shares.append(f"{100 * row['mode_baseline']:.1f}")
    low, middle, high = (100 * row[name] for name in ("low", "advantage", "high"))
    clear = "**" if low > 0 else ""
    return (
        f"| {row['study'].removeprefix('seed-')} | {row['target']} | {row['n_prompts']}"
        f" | {readable(row['property'])} | {' | '.join(shares)}"
        f" | {clear}{middle:+.1f}{clear} [{low:+.1f}, {high:+.1f}] |"
    )


if __name__ == "__main__":
    main([Path(argument) for argument in sys.argv[1:]])
