"""Score how well predictors know the distribution of what their targets do."""

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import pandas as pd

from inward.calibration import calibration
from inward.distributions import Observed, behavior_counts, evidences, prediction_counts
from inward.draws import Pair, reads_tokens
from inward.grids import Bootstrap
from inward.job import run
from inward.labels import options_of
from inward.scoring import read_answers
from inward.tables import (
    BEHAVIORS,
    CALIBRATION,
    CALIBRATION_BINS,
    LABELS,
    PREDICTIONS,
    PROMPTS,
    Table,
    read_table,
    write_table,
)

TEXTS = ["prompt_id", "text", "finish_reason"]


def main(
    *,
    drawn_behaviors: list[Path],
    drawn_predictions: list[Path],
    behaviors: list[Path],
    labels: list[Path],
    predictions: list[Path],
    prompts: list[Path],
    calibration_table: Path,
    bins_table: Path,
    pairs: list[dict[str, str]],
    roles: dict[str, str],
    properties: dict[str, list[str]],
    wrapper: str,
    bootstrap: dict[str, Any],
    note: str | None,
) -> None:
    """Hold each predictor's distributions, and its confidence, against its target's behavior."""
    asked = {path.stem: _test(read_table(PROMPTS, path)) for path in prompts}

    def answers(table: pd.DataFrame, task: str) -> pd.DataFrame:
        inside = (table["wrapper"] == wrapper) & table["property"].isin(properties[task])
        return read_answers(_first(table[inside], asked[task]), options_of(asked[task]))

    observed = Observed(
        prompts=asked,
        properties=properties,
        behavior_counts=_by_subject(
            drawn_behaviors,
            BEHAVIORS,
            lambda table, task: behavior_counts(table, asked[task], properties[task]),
            [*TEXTS, *(["tokens"] if reads_tokens(properties) else [])],
        ),
        prediction_counts=_by_subject(
            drawn_predictions,
            PREDICTIONS,
            lambda table, task: prediction_counts(table, asked[task]),
            ["property", *TEXTS],
        ),
        behaviors=_by_subject(behaviors, BEHAVIORS, lambda t, task: _first(t, asked[task])),
        labels=_by_subject(labels, LABELS, lambda t, task: _first(t, asked[task])),
        predictions=_by_subject(predictions, PREDICTIONS, answers),
    )
    drawn = Bootstrap(**bootstrap)
    rows, bins = [], []
    for pair in (Pair(**each) for each in pairs):
        for role in sorted({roles[task] for task in asked}):
            ids = {task: sorted(asked[task]["prompt_id"]) for task in asked if roles[task] == role}
            for source, evidence in evidences(observed, pair, list(ids)):
                # One stream for each target and role: its predictors have the same draws.
                found, of_bins = calibration(source, evidence, ids, drawn)
                about = {**vars(pair), "role": role}
                rows += [about | row for row in found]
                bins += [about | row for row in of_bins]
    for table, known, path in (
        (CALIBRATION, rows, calibration_table),
        (CALIBRATION_BINS, bins, bins_table),
    ):
        write_table(table, pd.DataFrame(known, columns=list(table.columns)), path, note)


def _by_subject(
    paths: list[Path],
    table: Table,
    prepared: Callable[[pd.DataFrame, str], pd.DataFrame],
    columns: Sequence[str] | None = None,
) -> dict[tuple[str, str], pd.DataFrame]:
    """Return tables by subject and task, each prepared as soon as it is read."""
    return {
        (path.parent.name, path.stem): prepared(read_table(table, path, columns), path.stem)
        for path in paths
    }


def _test(prompts: pd.DataFrame) -> pd.DataFrame:
    return prompts[prompts["split"] == "test"]


def _first(table: pd.DataFrame, prompts: pd.DataFrame) -> pd.DataFrame:
    """Return the rows about first samples and these prompts."""
    inside = (table["sample"] == 0) & table["prompt_id"].isin(prompts["prompt_id"])
    return table[inside].reset_index(drop=True)


if __name__ == "__main__":
    run(main)
