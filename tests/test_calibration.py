"""Calibration: planted distributions whose numbers are known beforehand."""

from typing import Any

import numpy as np
import pandas as pd
import pytest

from inward.calibration import bins_of, calibration, ranks
from inward.cells import ALL
from inward.distributions import CONFIDENCE, SAMPLES, Evidence
from inward.grids import Bootstrap

BOOTSTRAP = Bootstrap(resamples=200, confidence=0.95, seed=1)
FIRST = "first_character"


def rows(shares: dict[str, dict[str, tuple[float, float]]], name: str = FIRST) -> pd.DataFrame:
    """Return rows by prompt and value, each with the shares x and y."""
    return pd.DataFrame(
        [
            {"property": name, "prompt_id": prompt, "value": value, "x": x, "y": y}
            for prompt, values in shares.items()
            for value, (x, y) in values.items()
        ]
    )


def evidence(found: pd.DataFrame, left_out: dict[str, str] | None = None) -> Evidence:
    """Return evidence of rows, of which no prompt is dropped."""
    pairs = found[["property", "prompt_id"]].drop_duplicates().assign(dropped=None)
    return Evidence(found, pairs, left_out or {})


def scored(
    found: Evidence | dict[str, Evidence], source: str = SAMPLES, bootstrap: Bootstrap = BOOTSTRAP
) -> tuple[dict[tuple[str, str, str], dict[str, Any]], list[dict[str, Any]]]:
    """Return the rows of the table by task, property and rank, and the rows of bins."""
    by_task = {"animals": found} if isinstance(found, Evidence) else found
    prompts = {task: sorted(set(each.pairs["prompt_id"])) for task, each in by_task.items()}
    table, bins = calibration(source, by_task, prompts, bootstrap)
    return {(row["task"], row["property"], row["rank"]): row for row in table}, bins


def test_what_is_predicted_as_it_is_has_no_deviation() -> None:
    """Equal shares: no MAD, no ECE, no variation, and the Brier score of behavior's own spread."""
    found, _ = scored(evidence(rows({p: {"a": (0.75, 0.75), "b": (0.25, 0.25)} for p in "pqrs"})))
    row = found["animals", FIRST, ALL]

    assert (row["mad"], row["ece"], row["total_variation"]) == (0, 0, 0)
    assert (row["mad_low"], row["mad_high"], row["ece_low"], row["ece_high"]) == (0, 0, 0, 0)
    assert row["brier"] == pytest.approx(1 - 0.75**2 - 0.25**2)
    assert (row["n_prompts"], row["n_points"]) == (4, 8)


def test_a_planted_distance_comes_back() -> None:
    """Two bins, four points each, 10 and 30 points of a percent away: MAD 20, ECE 0.2."""
    found, bins = scored(
        evidence(rows({p: {"a": (0.8, 0.5), "b": (0.2, 0.1), "c": (0.0, 0.4)} for p in "pqrs"}))
    )
    row = found["animals", FIRST, ALL]

    assert row["mad"] == pytest.approx(20)
    assert row["ece"] == pytest.approx(0.2)
    assert row["total_variation"] == pytest.approx((0.3 + 0.1 + 0.4) / 2)
    assert row["brier"] == pytest.approx(0.3**2 + 0.16 + 0.1**2 + 0.16 + 0.4**2)
    of_cell = [each for each in bins if (each["task"], each["rank"]) == ("animals", ALL)]
    assert [
        (e["bin"], e["mean_x"], e["mean_y"], e["n"]) for e in of_cell if e["property"] == FIRST
    ] == [
        (1, pytest.approx(0.2), pytest.approx(0.1), 4),
        (2, pytest.approx(0.8), pytest.approx(0.5), 4),
    ]


def test_ece_counts_points_where_mad_counts_bins() -> None:
    """Three points that fit, and one in a bin of its own that is 40 away: MAD 20, ECE 0.1."""
    fitting = {p: {"a": (0.5, 0.5)} for p in "pqr"}
    found, _ = scored(evidence(rows({**fitting, "s": {"a": (1.0, 0.6)}})))
    row = found["animals", FIRST, ALL]

    assert row["mad"] == pytest.approx(20)
    assert row["ece"] == pytest.approx(0.1)


def test_each_rank_is_scored_by_itself() -> None:
    """The likeliest value of each prompt, the second, the third; what never was has no rank."""
    shares = {"a": (0.6, 0.3), "b": (0.3, 0.5), "c": (0.1, 0.1), "d": (0.0, 0.1)}
    found, _ = scored(evidence(rows(dict.fromkeys("pqrs", shares))))

    assert [found["animals", FIRST, rank]["mad"] for rank in "123"] == pytest.approx([30, 20, 0])
    parts = [found["animals", FIRST, rank]["total_variation"] for rank in "123"]
    assert parts == pytest.approx([0.15, 0.1, 0])
    assert found["animals", FIRST, ALL]["total_variation"] == pytest.approx(sum(parts) + 0.05)
    assert found["animals", FIRST, "3"]["n_points"] == 4


def test_of_equals_the_first_in_the_alphabet_is_likelier() -> None:
    """So that ranks do not depend on the order of rows."""
    found = rows({"p": {"b": (0.4, 0), "a": (0.4, 0), "c": (0.2, 0), "d": (0, 1)}}).assign(task="t")

    assert dict(zip(found["value"], ranks(found), strict=True)) == {"a": 1, "b": 2, "c": 3, "d": 0}


@pytest.mark.parametrize("seed", range(5))
@pytest.mark.parametrize("draws", [2, 20])
def test_bins_are_those_of_quantiles(seed: int, draws: int) -> None:
    """Ten of equal frequency; edges that are equal are one, as many draws are alike."""
    values = np.random.default_rng(seed).integers(1, draws + 1, 300) / draws
    edges = np.unique(np.quantile(values, np.linspace(0, 1, 11)))
    expected = np.maximum(np.searchsorted(edges, values, side="left") - 1, 0)

    assert bins_of(values).tolist() == expected.tolist()


def test_values_that_are_all_the_same_are_one_bin() -> None:
    """Where quantiles leave no edge, nothing is lost; nor is a single point."""
    assert bins_of(np.full(7, 0.5)).tolist() == [0] * 7
    assert bins_of(np.array([1.0])).tolist() == [0]
    assert bins_of(np.array([0.1, 0.9])).tolist() == [0, 9]


def test_empty_bins_between_points_do_not_count() -> None:
    """Two points lie in the first and the last of ten bins: MAD is the mean of two."""
    found, bins = scored(evidence(rows({"p": {"a": (0.1, 0.2)}, "q": {"a": (0.9, 0.6)}})))

    assert found["animals", FIRST, ALL]["mad"] == pytest.approx((10 + 30) / 2)
    assert {each["bin"] for each in bins} == {1, 2}


def test_intervals_draw_prompts_with_all_their_values() -> None:
    """Bounds are quantiles of what prompts drawn by hand give, within each task, bins as they were."""
    draw = np.random.default_rng(5)
    tables = {}
    for task, size in (("animals", 30), ("words", 12)):
        shares = {}
        for prompt in range(size):
            x, y = draw.dirichlet([2, 1, 1]), draw.dirichlet([1, 1, 1])
            shares[f"{task}{prompt}"] = dict(zip("abc", zip(x, y, strict=True), strict=True))
        tables[task] = evidence(rows(shares))
    found, _ = scored(tables, bootstrap=Bootstrap(4000, 0.95, 1))
    every = pd.concat([each.rows for each in tables.values()], ignore_index=True)
    every["bin"] = pd.qcut(every["x"], 10, labels=False, duplicates="drop")
    blocks = [
        [block for _, block in every[every["prompt_id"].str.startswith(task)].groupby("prompt_id")]
        for task in tables
    ]
    again = []
    for _ in range(600):
        sample = pd.concat([of[i] for of in blocks for i in draw.integers(len(of), size=len(of))])
        means = sample.groupby("bin")[["x", "y"]].mean()
        again.append(100 * (means["x"] - means["y"]).abs().mean())
    row = found[ALL, FIRST, ALL]

    assert row["mad_low"] == pytest.approx(np.quantile(again, 0.025), abs=0.7)
    assert row["mad_high"] == pytest.approx(np.quantile(again, 0.975), abs=0.7)


def test_confidence_is_held_against_being_right() -> None:
    """Sure and right three times, sure and wrong once: 15 away; the Brier score is of one outcome."""
    found, _ = scored(
        evidence(rows({p: {"a": (float(p != "s"), 0.9)} for p in "pqrs"})), source=CONFIDENCE
    )
    row = found["animals", FIRST, ALL]

    assert row["mad"] == pytest.approx(15)
    assert row["ece"] == pytest.approx(0.15)
    assert row["brier"] == pytest.approx((3 * 0.01 + 0.81) / 4)
    assert row["total_variation"] is None
    assert not [rank for _, _, rank in found if rank != ALL]


def test_what_gives_no_numbers_says_why() -> None:
    """A source that is silent, a property that is left out, a cell without behavior."""
    silent, _ = calibration(SAMPLES, "heron is mute", {}, BOOTSTRAP)
    assert [(row["task"], row["left_out"], row["mad"]) for row in silent] == [
        (ALL, "heron is mute", None)
    ]
    found = evidence(rows({p: {"a": (1, 1)} for p in "pq"}), {"first_word": "cannot be had"})
    lost = pd.DataFrame({"property": "last_word", "prompt_id": ["p", "q"], "dropped": "refused"})
    found = Evidence(found.rows, pd.concat([found.pairs, lost]), found.left_out)
    table, _ = scored(found)

    assert table["animals", "first_word", ALL]["left_out"] == "cannot be had"
    row = table["animals", "last_word", ALL]
    assert (row["n_dropped"], row["dropped"]) == (2, "refused: 2")
    assert row["left_out"] == "no behavior can be read"
    assert table["animals", ALL, ALL]["n_dropped"] == 2
