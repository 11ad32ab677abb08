"""Known truth: what simulated studies hold, and that the statistics find it as often as they say."""

from collections.abc import Iterator
from dataclasses import replace
from functools import partial
from itertools import islice
from typing import Any

import numpy as np
import pandas as pd
import pytest
from bench.known_truth import EQUAL, POWER, WITH, WITHOUT, found, power, seeds_of, summary

from inward.accuracies import accuracy
from inward.cells import ALL
from inward.grids import Bootstrap
from inward.known_truth import (
    Learner,
    World,
    averaged,
    modes,
    simulated_items,
    true_accuracy,
    true_advantage,
    true_interaction,
)

LARGE = (12_000, 6_000)
ODD = World(
    (
        Learner(access=0.3, skill=0.5, collapse=0.8, refuse=0.2),
        Learner(access=0.1, skill=0.1, collapse=0.0, narrow=0.4),
        Learner(skill=0.3, collapse=1.0, refuse=0.05),
    ),
    prompts=LARGE,
    alike=0.6,
)


@pytest.fixture(scope="module")
def pooled() -> pd.DataFrame:
    """Return the accuracies in a study so large that there is hardly any chance in it."""
    table = simulated_items(ODD, np.random.default_rng(1))
    scores = accuracy(table, Bootstrap(20, 0.95, 1))
    return scores[(scores["task"] == ALL) & (scores["property"] == ALL)]


@pytest.mark.parametrize("average", ["micro", "macro"])
@pytest.mark.parametrize("view", ["wrong", "dropped"])
def test_true_accuracies_are_those_of_a_very_large_study(
    pooled: pd.DataFrame, view: str, average: str
) -> None:
    """For every learner and target, whatever it knows, guesses, refuses and shares with others."""
    chosen = pooled[(pooled["average"] == average) & (pooled["compliance"] == view)]
    seen = chosen.set_index(["target", "predictor"])["accuracy"]
    for of in range(3):
        for learner in range(3):
            there = seen[ODD.targets[of], ODD.predictor(learner, of)]
            true = true_accuracy(ODD, learner, of, view, average)
            assert there == pytest.approx(true, abs=0.015)


def test_true_modes_are_those_of_a_very_large_study(pooled: pd.DataFrame) -> None:
    """Of every target, also where it often answers as another."""
    chosen = pooled[(pooled["average"] == "macro") & (pooled["compliance"] == "wrong")]
    seen = chosen.groupby("target")["mode_baseline"].first()
    for of in range(3):
        true = averaged(ODD, modes(ODD, of), "macro")
        assert seen[ODD.targets[of]] == pytest.approx(true, abs=0.015)


def test_rows_of_a_prompt_depend_on_each_other() -> None:
    """Who is right about one property of an answer is more often right about another of it."""
    table = simulated_items(World((EQUAL, EQUAL), prompts=(2000,)), np.random.default_rng(2))
    own = table[table["predictor"] == "l0-self"]
    right = own.pivot_table(index="prompt_id", columns="property", values="correct")

    assert right.astype(float).corr().to_numpy()[0, 1] > 0.3


@pytest.mark.parametrize("name", WITHOUT)
def test_without_access_the_true_interaction_is_nothing(name: str) -> None:
    """On the scale of skill, but where a learner alone collapses and targets differ besides."""
    interaction = true_interaction(WITHOUT[name], "skill", "compliant", "macro")

    assert (abs(interaction) < 1e-9) == (name not in NOT_ADDITIVE)


NOT_ADDITIVE = {"nearly the same behavior", "collapses, and easier to predict"}


def test_access_is_worth_nothing_where_behavior_is_the_same() -> None:
    """The more alike two models behave, the less self-prediction has over the other's."""
    far, near, same = (replace(WITH["strong access"], alike=share) for share in (0, 0.9, 1))
    advantages = [true_advantage(world, 0, 1, "wrong", "macro") for world in (far, near, same)]

    assert advantages[0] > 0.2
    assert advantages == sorted(advantages, reverse=True)
    assert advantages[2] == pytest.approx(0)


STUDIES = 60
SLACK = 0.085  # three standard errors of a share of 60 at 95 %


def of_scenario(world: World, name: str) -> Iterator[dict[str, Any]]:
    """Yield how often intervals cover and tests reject in some studies."""
    seeds = islice(seeds_of(7, name), STUDIES)
    return summary(world, pd.concat(map(partial(found, world, 199), seeds)))


@pytest.mark.slow
@pytest.mark.parametrize("name", ["the other refuses", "weak access"])
def test_intervals_cover_the_truth_and_tests_hold_their_level(name: str) -> None:
    """Some studies each; bench/known_truth.py draws a thousand and many more kinds of them."""
    world = {**WITHOUT, **WITH}[name]
    rows = {(row["what"], row["compliance"]): row for row in of_scenario(world, name)}

    for what in ("advantage", "interaction, accuracy", "interaction, skill"):
        assert rows[what, "compliant"]["covers"] == pytest.approx(0.95, abs=SLACK)
    if name in WITHOUT:
        assert rows["advantage", "compliant"]["rejects"] == pytest.approx(0.05, abs=SLACK)
        assert rows["interaction, skill", "compliant"]["rejects"] == pytest.approx(0.05, abs=SLACK)
        assert rows["naive", "wrong"]["rejects"] > 0.9
    else:
        assert rows["interaction, skill", "compliant"]["rejects"] > 0.5


@pytest.mark.slow
def test_power_follows_the_calculation() -> None:
    """At the size that is calculated for a power of 80 % so many studies show the advantage."""
    name = "access on 30 %"
    half, once, twice = power(POWER[name], 40, 199, 3, map)

    assert once["calculated"] == pytest.approx(0.8, abs=0.02)
    assert half["calculated"] < once["calculated"] < twice["calculated"]
    for row in (half, once, twice):
        assert row["seen"] == pytest.approx(row["calculated"], abs=0.2)
