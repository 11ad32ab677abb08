"""Experiments: what their tables have in common."""

from collections.abc import Callable
from functools import partial
from pathlib import Path

import pandas as pd
import pytest

from inward.changes import change
from inward.drift import drift
from inward.generalization import generalization
from inward.own_target import own_target
from inward.scaling import scaling
from inward.seeds import seeds
from inward.tables import (
    CHANGE,
    DRIFT,
    GENERALIZATION,
    OWN_TARGET,
    SCALING,
    SEEDS,
    Table,
    read_table,
    write_table,
)

from . import (
    test_changes,
    test_drift,
    test_generalization,
    test_own_target,
    test_scaling,
    test_seeds,
)
from .planted import BOOTSTRAP, items

Make = Callable[[pd.DataFrame], pd.DataFrame]
SEEDS_SAY = test_seeds.said([test_seeds.RIGHT, test_seeds.HALF, test_seeds.HALF], ["abab" * 2] * 3)
EXPERIMENTS: dict[str, tuple[Table, pd.DataFrame, Make]] = {
    "own_target": (
        OWN_TARGET,
        test_own_target.table(),
        partial(own_target, pairs=test_own_target.PAIRS, bootstrap=BOOTSTRAP),
    ),
    "change": (
        CHANGE,
        items(test_changes.LABELS, test_changes.ANSWERS),
        partial(change, changes=[test_changes.CHANGED], bootstrap=BOOTSTRAP),
    ),
    "scaling": (
        SCALING,
        items(test_scaling.LABELS, test_scaling.ANSWERS),
        partial(
            scaling,
            shares=test_scaling.SHARES,
            training_rows=test_scaling.ROWS,
            bootstrap=BOOTSTRAP,
        ),
    ),
    "generalization": (
        GENERALIZATION,
        items(test_generalization.LABELS, test_generalization.ANSWERS),
        partial(
            generalization,
            comparisons=[test_generalization.PAIR],
            lessons=test_generalization.TAUGHT,
            bootstrap=BOOTSTRAP,
        ),
    ),
    "drift": (
        DRIFT,
        items(test_drift.LABELS, test_drift.ANSWERS),
        partial(drift, finetunes=[test_drift.ONE], texts=test_drift.TEXTS, bootstrap=BOOTSTRAP),
    ),
    "seeds": (
        SEEDS,
        items(test_seeds.TARGETS, SEEDS_SAY),
        partial(seeds, comparisons=test_seeds.PAIRS, family=test_seeds.FAMILY, bootstrap=BOOTSTRAP),
    ),
}


@pytest.mark.parametrize(("table", "planted", "make"), EXPERIMENTS.values(), ids=EXPERIMENTS)
def test_a_table_is_the_same_bytes_whatever_the_order_of_items(
    tmp_path: Path, table: Table, planted: pd.DataFrame, make: Make
) -> None:
    """And it fits its schema, and comes back whole."""
    write_table(table, make(planted), tmp_path / "a.parquet")
    write_table(table, make(planted.sample(frac=1, random_state=3)), tmp_path / "b.parquet")

    assert (tmp_path / "a.parquet").read_bytes() == (tmp_path / "b.parquet").read_bytes()
    assert len(read_table(table, tmp_path / "a.parquet")) > 0


@pytest.mark.parametrize(("table", "planted", "make"), EXPERIMENTS.values(), ids=EXPERIMENTS)
def test_nothing_to_score_is_an_empty_table(
    tmp_path: Path, table: Table, planted: pd.DataFrame, make: partial[pd.DataFrame]
) -> None:
    """With all its columns, so that it can be written and read."""
    about = next(
        name
        for name in ("pairs", "changes", "shares", "comparisons", "finetunes")
        if name in make.keywords
    )
    write_table(table, make(planted, **{about: []}), tmp_path / "t.parquet")

    assert read_table(table, tmp_path / "t.parquet").empty
