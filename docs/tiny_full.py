"""Print the tables of docs/embedded-study.md about every experiment at once, as Markdown.

snakemake --cores 2 --configfile studies/tiny-full.yaml
snakemake --cores 2 --configfile studies/tiny-full.yaml --config seed=2 study=tiny-full-2
python docs/tiny_full.py results/tiny-full results/tiny-full-2
"""

import sys
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import pandas as pd

from inward.cells import ALL
from inward.charts.scores import readable
from inward.tables import (
    ACCURACY,
    ADVANTAGE,
    CALIBRATION,
    CHANGE,
    DRIFT,
    GENERALIZATION,
    INTERACTION,
    OWN_TARGET,
    SCALING,
    SEEDS,
    SIMILARITY,
    Table,
    read_table,
)

TARGET = "wren-self"
WAYS = ["terse", "terse.2", "terse-third-person", "terse-assistant"]
PERSONS = ["wren-self", "wren-as-robin", "wren-as-anyone", "wren-reworded"]
PERSONS += ["finch-on-wren", "finch-as-robin", "finch-as-anyone"]
HARD = {
    "animals": ["first_character", "first_word", "second_character", "last_character"],
    "animals-long": ["first_character", "third_word", "last_character", "number_of_characters"],
    "animals-doubted": ["first_character", "second_character", "first_token_confidence"],
}
POOLED = {"role": "test", "task": ALL, "wrapper": WAYS[0], "average": "macro"}
OVERALL = {**POOLED, "property": ALL}
BEGINNING = ["first_character", ALL]


def main(studies: Sequence[Path]) -> None:
    """Print all tables, with a column or a row for each study."""
    for title, table in (
        (f"What stands against {TARGET}", _against(studies)),
        ("Of whom it is told, and of whom it is asked", _persons(studies)),
        ("Where it fails", _hard(studies)),
        ("Interaction, all readable", _interaction(studies)),
        ("Own against target, where they differ", _own_target(studies)),
        ("Change, changed rows of tasks not trained on", _change(studies)),
        ("Scaling", _scaling(studies)),
        ("Generalization, by who was taught the property", _generalization(studies)),
        ("Training seeds", _seeds(studies)),
        ("Drift", _drift(studies)),
        ("Calibration", _calibration(studies)),
        ("Similarity", _similarity(studies)),
    ):
        print(f"\n### {title}\n\n" + "\n".join(_lines(table)))


def _lines(table: pd.DataFrame) -> Iterator[str]:
    yield f"| {' | '.join(map(str, table.columns))} |"
    yield f"| {' | '.join('---' for _ in table.columns)} |"
    for row in table.itertuples(index=False):
        yield f"| {' | '.join(map(str, row))} |"


def _read(studies: Sequence[Path], table: Table, where: dict[str, Any]) -> pd.DataFrame:
    """Return the rows of a score table of all studies where columns have these values."""
    rows = pd.concat(
        read_table(table, study / f"scores/{table.name}.parquet").assign(study=study.name)
        for study in studies
    )
    for name, wanted in where.items():
        rows = rows[rows[name].isin(wanted) if isinstance(wanted, list) else rows[name] == wanted]
    return rows


def _against(studies: Sequence[Path]) -> pd.DataFrame:
    found = _read(studies, ADVANTAGE, {**OVERALL, "target": TARGET, "compliance": "wrong"})
    found["self / mode"] = _shares(found, "self_accuracy", "mode_baseline")
    found["accuracy"] = _shares(found, "cross_accuracy")
    found["self minus it"] = _differences(found, "advantage")
    ordered = found.sort_values(["relation", "cross_predictor", "study"])
    columns = ["relation", "cross_predictor", "study", "n_prompts", "self / mode"]
    return ordered[[*columns, "accuracy", "self minus it"]]


def _persons(studies: Sequence[Path]) -> pd.DataFrame:
    where = {**POOLED, "property": BEGINNING, "target": TARGET, "predictor": PERSONS}
    found = _read(studies, ACCURACY, {**where, "wrapper": WAYS, "compliance": "wrong"})
    keys = ["property", "predictor", "study"]
    wide = found.pivot_table("accuracy", keys, "wrapper")[WAYS]
    return wide.map(lambda share: f"{100 * share:.1f}").reset_index()


def _hard(studies: Sequence[Path]) -> pd.DataFrame:
    where = {"relation": "cross", "compliance": "wrong", "wrapper": WAYS[0], "average": "micro"}
    found = _read(studies, ADVANTAGE, where)
    found = found[found["cross_predictor"].str.fullmatch(r"\w+-on-\w+")]
    rows = []
    for task, names in HARD.items():
        for name in names:
            of = found[(found["task"] == task) & (found["property"] == name)]
            means = of[["self_accuracy", "cross_accuracy", "mode_baseline", "advantage"]].mean()
            self_, cross, mode, advantage = (100 * means).tolist()
            targets = of.drop_duplicates(["study", "target"])
            better = targets["self_accuracy"] > targets["mode_baseline"]
            rows.append(
                {
                    "task": task,
                    "property": readable(name),
                    "n": f"{of['n_prompts'].min()} to {of['n_prompts'].max()}",
                    "self / cross / mode": f"{self_:.1f} / {cross:.1f} / {mode:.1f}",
                    "self - cross": f"{advantage:+.1f}",
                    "above 0, below 0": f"{(of['low'] > 0).sum()}, {(of['high'] < 0).sum()}",
                    "of": len(of),
                    "targets with self > mode": f"{better.sum()} of {len(better)}",
                }
            )
    return pd.DataFrame(rows)


def _interaction(studies: Sequence[Path]) -> pd.DataFrame:
    where = {**POOLED, "property": BEGINNING, "scope": ALL, "compliance": "compliant"}
    found = _read(studies, INTERACTION, where)
    found["gamma"] = _differences(found, "gamma")
    return found[["property", "scale", "study", "n_prompts", "n_pairs", "gamma"]]


def _own_target(studies: Sequence[Path]) -> pd.DataFrame:
    where = {**POOLED, "property": BEGINNING, "rows": "differing"}
    found = _read(studies, OWN_TARGET, where)
    found = found[found["predictor"].str.fullmatch(r"\w+-on-\w+")]
    found["own / target"] = _shares(found, "as_own", "as_target")
    found["difference"] = _differences(found, "difference")
    columns = ["property", "predictor", "target", "study", "n_rows", "own / target"]
    return found[[*columns, "difference", "p_value"]].sort_values(columns[:4])


def _change(studies: Sequence[Path]) -> pd.DataFrame:
    where = {**POOLED, "property": BEGINNING, "rows": "changed", "disjoint": True}
    found = _read(studies, CHANGE, where)
    found["new / old"] = _shares(found, "new", "old")
    found["modes"] = _shares(found, "new_mode", "old_mode")
    found["difference"] = _differences(found, "difference")
    columns = ["property", "arm", "predictor", "matched", "study", "n_rows", "new / old", "modes"]
    return found[[*columns, "difference", "p_value"]].sort_values(columns[:5])


def _scaling(studies: Sequence[Path]) -> pd.DataFrame:
    found = _read(studies, SCALING, {**OVERALL, "role": ["test", "train"]})
    found["accuracy"] = _shares(found, "accuracy")
    columns = ["role", "kind", "share", "behavior", "study", "n_training_rows"]
    return found.sort_values(columns[:5])[["finetune", *columns, "accuracy"]]


def _generalization(studies: Sequence[Path]) -> pd.DataFrame:
    where = {**OVERALL, "target": TARGET, "cross_predictor": "finch-partly", "compliance": "wrong"}
    found = _read(studies, GENERALIZATION, where)
    found["self / cross"] = _shares(found, "self_accuracy", "cross_accuracy")
    found["advantage"] = _differences(found, "advantage")
    columns = ["cross_predictor", "task_taught", "property_taught", "study"]
    return found[[*columns, "self / cross", "advantage"]]


def _seeds(studies: Sequence[Path]) -> pd.DataFrame:
    found = _read(studies, SEEDS, {**POOLED, "property": BEGINNING})
    found["advantages"] = [
        ", ".join(f"{100 * one:+.1f}" for one in each) for each in found["advantages"]
    ]
    found["over seeds"] = _differences(found, "advantage", "seeds_low", "seeds_high")
    found["advantage"] = _differences(found, "advantage")
    columns = ["property", "target", "cross_predictor", "relation", "study", "advantages"]
    return found[[*columns, "advantage", "over seeds"]]


def _drift(studies: Sequence[Path]) -> pd.DataFrame:
    finetunes = ["wren-self", "finch-self", "lark-self", "wren-again"]
    found = _read(studies, DRIFT, {**OVERALL, "finetune": finetunes})
    found["same label / text"] = _shares(found, "same_label", "same_text")
    found["before / after"] = _shares(found, "before", "after")
    found["difference"] = _differences(found, "difference")
    columns = ["finetune", "study", "n_prompts", "same label / text", "before / after"]
    return found[[*columns, "difference"]]


def _calibration(studies: Sequence[Path]) -> pd.DataFrame:
    where = {"role": "test", "task": ALL, "property": ALL, "source": "samples", "rank": "all"}
    found = _read(studies, CALIBRATION, where)
    found["mad"] = found["mad"].round(1)
    found["ece / brier"] = _shares(found, "ece", "brier")
    columns = ["target", "predictor", "relation", "study", "n_prompts", "mad", "ece / brier"]
    return found[columns].sort_values(["relation", *columns[:2], "study"])


def _similarity(studies: Sequence[Path]) -> pd.DataFrame:
    where = {"role": "test", "property": ALL, "wrapper": WAYS[0]}
    found = _read(studies, SIMILARITY, where)
    found["coefficient"] = _differences(found, "coefficient")
    columns = ["measure", "unit", "term", "study", "n_pairs", "n_targets", "coefficient"]
    return found[columns].sort_values(columns[:4])


def _shares(rows: pd.DataFrame, *names: str) -> list[str]:
    values = rows[list(names)].astype(float).to_numpy()
    return [" / ".join(f"{100 * share:.1f}" for share in each) for each in values]


def _differences(rows: pd.DataFrame, name: str, low: str = "low", high: str = "high") -> list[str]:
    values = rows[[name, low, high]].astype(float).to_numpy()
    return [f"{100 * it:+.1f} [{100 * a:+.1f}, {100 * b:+.1f}]" for it, a, b in values]


if __name__ == "__main__":
    main([Path(argument) for argument in sys.argv[1:]])
