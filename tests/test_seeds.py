"""Seeds: an advantage over training seeds, at three levels of doubt."""

import pandas as pd
import pytest

from inward.cells import Comparison
from inward.seeds import seeds

from .planted import BOOTSTRAP, items, only

NAMES = ["wren-self", "wren-self-2", "wren-self-3"]
FAMILY = {
    name: name[: len(name) - 2] if name[-1].isdigit() else name
    for stem in ("wren-self", "finch-on-wren")
    for name in (stem, f"{stem}-2", f"{stem}-3")
}
PAIRS = [Comparison(name, name, name.replace("wren-self", "finch-on-wren")) for name in NAMES]
TARGETS = dict.fromkeys(NAMES, "a" * 8)
RIGHT, WRONG, HALF = "a" * 8, "b" * 8, "aaaabbbb"


def said(own: list[str], cross: list[str]) -> dict[str, str]:
    """Return the answers of self and cross of each seed."""
    others = [name.replace("wren-self", "finch-on-wren") for name in NAMES]
    return dict(zip(NAMES, own, strict=True)) | dict(zip(others, cross, strict=True))


def scores(answers: dict[str, str], labels: dict[str, str] = TARGETS) -> pd.DataFrame:
    """Return the seeds table of two tasks that are alike."""
    table = pd.concat(
        [items(labels, answers, task=task) for task in ("animals", "words")], ignore_index=True
    )
    return seeds(table, PAIRS, FAMILY, BOOTSTRAP)


def test_the_mean_is_over_seeds_and_each_seed_is_told() -> None:
    """Advantages of 1, 1/2 and 0."""
    row = only(scores(said([RIGHT, RIGHT, HALF], [WRONG, HALF, HALF])))

    assert (row["target"], row["cross_predictor"]) == ("wren-self", "finch-on-wren")
    assert (row["targets"], row["advantages"]) == (NAMES, [1, 0.5, 0])
    assert (row["advantage"], row["deviation"], row["n_seeds"]) == (0.5, 0.5, 3)
    assert row["self_accuracy"] == pytest.approx(5 / 6)
    assert row["cross_accuracy"] == pytest.approx(1 / 3)


def test_seeds_alone_widen_the_interval_where_prompts_agree() -> None:
    """All prompts of a seed say the same, so only which seeds are drawn matters: from 0 to 1."""
    row = only(scores(said([RIGHT, RIGHT, RIGHT], [WRONG, RIGHT, RIGHT])))

    assert row["low"] == row["high"] == row["tasks_low"] == row["tasks_high"]
    assert (row["seeds_low"], row["seeds_high"]) == (0, 1)


def test_seeds_that_agree_widen_nothing() -> None:
    """They share their draws of prompts, so three copies of a seed are as wide as one."""
    row = only(scores(said([HALF] * 3, [WRONG] * 3)))

    assert row["low"] < row["advantage"] < row["high"]  # type: ignore[operator]
    assert (row["seeds_low"], row["seeds_high"]) == (row["tasks_low"], row["tasks_high"])
    assert row["deviation"] == 0


def test_few_seeds_are_said_so() -> None:
    """Beside few prompts and few tasks."""
    row = only(scores(said([HALF] * 3, [WRONG] * 3)))

    assert "3 seeds: intervals over seeds are too narrow below 5" in str(row["warning"])
    assert str(row["warning"]).startswith("16 prompts")


def test_rows_without_a_label_are_left_out_for_that_seed_alone() -> None:
    """The second seed has six labels; all prompts are asked of, and four rows lack one label."""
    labels = {**TARGETS, "wren-self-2": "a" * 6 + "--"}
    row = only(scores(said([RIGHT, HALF, RIGHT], [WRONG] * 3), labels))

    assert row["advantages"] == [1, pytest.approx(4 / 6), 1]
    assert (row["n_rows"], row["n_prompts"], row["n_dropped"]) == (16, 16, 4)


def test_twins_of_a_family_stand_together() -> None:
    """Where several predictors of a family stand against one target, their mean does."""
    pairs = [
        Comparison("wren-self", "wren-self", "wren-self-2", "twin"),
        Comparison("wren-self", "wren-self", "wren-self-3", "twin"),
        Comparison("wren-self-2", "wren-self-2", "wren-self", "twin"),
    ]
    table = items(TARGETS, said([RIGHT, HALF, WRONG], [WRONG] * 3))
    row = only(seeds(table, pairs, FAMILY, BOOTSTRAP))

    assert (row["cross_predictor"], row["relation"]) == ("wren-self", "twin")
    assert row["advantages"] == [1 - 0.25, 0.5 - 1]


def test_one_seed_is_no_family() -> None:
    """A study without siblings has nothing here."""
    table = items(TARGETS, said([RIGHT] * 3, [WRONG] * 3))

    assert seeds(table, PAIRS[:1], FAMILY, BOOTSTRAP).empty
