"""Known truth: whether intervals cover it, and whether tests reject as often as they say.

    python -m bench.known_truth      # minutes on two cores; prints, and writes a file of results
    python -m bench.known_truth --studies 300 --only equal --results /tmp/known-truth.json

Each scenario is a kind of simulated study (inward.known_truth) whose advantage and interaction are
known. Many such studies are drawn, and each goes through the statistics that score real ones.
"""

import argparse
import os
import time
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ProcessPoolExecutor
from dataclasses import replace
from datetime import UTC, datetime
from functools import partial
from itertools import count, islice
from multiprocessing import get_context
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from scipy.stats import norm

from inward.advantages import advantage
from inward.cells import ALL, Cell
from inward.files import write_json
from inward.grids import Bootstrap, Grid
from inward.interactions import interaction
from inward.known_truth import (
    Learner,
    World,
    simulated_items,
    true_advantage,
    true_interaction,
)
from inward.power import Aim, chance, needed
from inward.randomness import arrays, seed_of

RESULTS = Path(__file__).parent / "results/known-truth.json"
LEVEL = 0.05
WANTED = 0.8  # power
PILOT = 5_000  # prompts of each task, from which the power calculation takes its spread
KEY = ["what", "compliance", "average"]

EQUAL = Learner()
WEAKER = replace(EQUAL, skill=0.05)
WEAK = replace(EQUAL, access=0.15)
STRONG = replace(EQUAL, access=0.6)
GUESSER = replace(EQUAL, skill=0.4, collapse=1)  # of the commonest label, where it knows nothing

WITHOUT = {
    "equal": World((EQUAL, EQUAL)),
    "the other is weaker": World((EQUAL, WEAKER)),
    "the other collapses": World((replace(EQUAL, collapse=0), replace(EQUAL, collapse=1))),
    "the other refuses": World((EQUAL, replace(EQUAL, refuse=0.3))),
    "weaker, and easier to predict": World(
        (GUESSER, replace(GUESSER, skill=0.05, narrow=0.6)),
    ),
    "the same, labels nearly even": World(
        (GUESSER, replace(GUESSER, skill=0.05, narrow=0.6)), flattest=0.95
    ),
    "three, all of it": World(
        (
            GUESSER,
            replace(GUESSER, skill=0.05, refuse=0.2),
            replace(GUESSER, skill=0.2, narrow=0.5),
        )
    ),
    "nearly the same behavior": World((EQUAL, WEAKER), alike=0.9),
    "collapses, and easier to predict": World(
        (replace(EQUAL, collapse=0), replace(EQUAL, collapse=1, narrow=0.6))
    ),
}
WITH = {
    "weak access": World((WEAK, WEAK)),
    "strong access": World((STRONG, STRONG)),
    "strong; the other is weaker, refuses": World(
        (STRONG, replace(WEAKER, access=0.6, refuse=0.3)),
    ),
    "strong; nearly the same behavior": World((STRONG, STRONG), alike=0.9),
    "weak; three, unequal": World(
        (WEAK, replace(WEAK, skill=0.4), replace(WEAK, refuse=0.2, narrow=0.3))
    ),
    "weak; 40 prompts": World((WEAK, WEAK), prompts=(10, 10, 10, 10)),
    "weak; uneven tasks": World((WEAK, WEAK), prompts=(150, 40, 20, 12)),
}
SCENARIOS = {**WITHOUT, **WITH}
POWER = {
    "weak access": World((WEAK, WEAK)),
    "access on 30 %": World((replace(EQUAL, access=0.3), replace(EQUAL, access=0.3))),
    "strong; nearly the same behavior": World((STRONG, STRONG), alike=0.9),
}


def pooled(grid: Grid) -> list[Cell]:
    """Return the cells that are looked at: all there is, in both averages where they differ."""
    averages = ["macro"] if len(set(grid.sizes)) == 1 else ["micro", "macro"]
    return [Cell(ALL, ALL, average) for average in averages]


def found(world: World, resamples: int, seed: int) -> pd.DataFrame:
    """Return what the statistics find in one simulated study: estimates, intervals, p-values."""
    table = simulated_items(world, arrays(seed, "known truth"))
    bootstrap = Bootstrap(resamples, 1 - LEVEL, seed)
    [first, *_] = world.comparisons
    apart = advantage(table, [first], bootstrap, pooled)
    crossed = interaction(table, world.comparisons, world.roots, bootstrap, pooled)
    crossed = crossed[crossed["scope"] == ALL]
    parts = [
        apart.assign(what="advantage", estimate=apart["advantage"]),
        crossed.assign(what="interaction, " + crossed["scale"], estimate=crossed["gamma"]),
        naive(table, first.target, first.cross_predictor),
    ]
    return pd.concat([part[[*KEY, "estimate", "low", "high", "p_value"]] for part in parts])


def naive(table: pd.DataFrame, target: str, other: str) -> pd.DataFrame:
    """Return what one finds who takes rows for independent, and what cannot be read for wrong."""
    right = table[table["target"] == target].groupby("predictor")["correct"]
    rates, sizes = right.mean(), right.size()
    difference = rates[target] - rates[other]
    spread = sum(rates[name] * (1 - rates[name]) / sizes[name] for name in (target, other)) ** 0.5
    row = {
        "what": "naive",
        "compliance": "wrong",
        "average": "micro",
        "estimate": difference,
        "low": difference - 1.96 * spread,
        "high": difference + 1.96 * spread,
        "p_value": 2 * norm.sf(abs(difference) / spread),
    }
    return pd.DataFrame([row])


def truth(world: World, what: str, view: str, average: str) -> float:
    """Return the true value of what is estimated."""
    if what in ("advantage", "naive"):
        return true_advantage(world, 0, 1, view, average)
    return true_interaction(world, what.removeprefix("interaction, "), view, average)


def summary(world: World, studies: pd.DataFrame) -> Iterator[dict[str, Any]]:
    """Yield, for all that is estimated, how often intervals cover and tests reject."""
    for key, rows in studies.groupby(KEY):
        what, view, average = map(str, key)
        true = truth(world, what, view, average)
        near = 1e-9  # a true value may lie on a bound, but for its last digits
        covers = (rows["low"] <= true + near) & (rows["high"] >= true - near)
        yield {
            "what": what,
            "compliance": view,
            "average": average,
            "truth": round(true, 6),
            "mean": round(float(rows["estimate"].mean()), 6),
            "covers": round(float(covers.mean()), 4),
            "rejects": round(float((rows["p_value"] <= LEVEL).mean()), 4)
            if rows["p_value"].notna().all()
            else None,
        }


def spread_of(world: World, seed: int) -> float:
    """Return the standard deviation of prompts' differences within their task, from a pilot."""
    prompts = tuple(PILOT for _ in world.prompts)
    pilot = simulated_items(replace(world, prompts=prompts), arrays(seed, "pilot"))
    [first, *_] = world.comparisons
    right = pilot[pilot["target"] == first.target].pivot_table(
        index=["task", "prompt_id"], columns="predictor", values="correct", aggfunc="mean"
    )
    differences = right[first.target] - right[first.cross_predictor]
    return float(np.sqrt(differences.groupby("task").var().mean()))


def shown(world: World, resamples: int, seed: int) -> bool:
    """Return whether the permutation test shows the advantage in one simulated study."""
    table = simulated_items(world, arrays(seed, "power"))
    [first, *_] = world.comparisons
    apart = advantage(table, [first], Bootstrap(resamples, 1 - LEVEL, seed), pooled)
    return bool((apart.loc[apart["compliance"] == "wrong", "p_value"] <= LEVEL).all())


def power(
    world: World, studies: int, resamples: int, seed: int, run: Callable[..., Iterable[Any]]
) -> Iterator[dict[str, Any]]:
    """Yield the power that is calculated and that is seen, at half, once and twice the size."""
    true, spread = true_advantage(world, 0, 1, "wrong", "macro"), spread_of(world, seed)
    size = needed(spread, true, Aim([true], WANTED, LEVEL))
    for times in (0.5, 1, 2):
        of_task = max(2, round(times * size / len(world.prompts)))
        sized = replace(world, prompts=tuple(of_task for _ in world.prompts))
        n = sum(sized.prompts)
        seeds = islice(seeds_of(seed, f"power {times}"), studies)
        seen = list(run(partial(shown, sized, resamples), seeds))
        yield {
            "advantage": round(true, 4),
            "spread": round(spread, 4),
            "n_prompts": n,
            "calculated": round(chance(true / spread, n, LEVEL), 4),
            "seen": round(float(np.mean(seen)), 4),
        }


def seeds_of(seed: int, name: str) -> Iterator[int]:
    """Yield the seeds of the studies of one scenario."""
    return (seed_of(seed, name, number) for number in count())


def main() -> None:
    """Draw the studies, count, and write the file of results."""
    parser = argparse.ArgumentParser(
        description="Do intervals cover, and do tests hold their level?"
    )
    parser.add_argument("--studies", type=int, default=500, help="for each scenario")
    parser.add_argument("--resamples", type=int, default=399)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--cores", type=int, default=2)
    parser.add_argument("--only", action="append", help="a scenario; may be given again")
    parser.add_argument("--results", type=Path, default=RESULTS)
    given = parser.parse_args()
    os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")  # two processes are enough for two cores
    began = time.monotonic()
    results: dict[str, Any] = {
        "date": datetime.now(UTC).date().isoformat(),
        "studies": given.studies,
        "resamples": given.resamples,
        "seed": given.seed,
        "scenarios": [],
        "power": [],
    }
    chosen = given.only or [*SCENARIOS, *POWER]
    with ProcessPoolExecutor(given.cores, mp_context=get_context("spawn")) as pool:
        run = partial(pool.map, chunksize=20)
        for name, world in SCENARIOS.items():
            if name in chosen:
                seeds = islice(seeds_of(given.seed, name), given.studies)
                studies = pd.concat(run(partial(found, world, given.resamples), seeds))
                rows = list(summary(world, studies))
                said = {"scenario": name, "access": name in WITH, "found": rows}
                results["scenarios"].append(said)
                print(f"\n{name}\n{pd.DataFrame(rows).to_string(index=False)}")
                write_json(given.results, results)
        for name, world in POWER.items():
            if name in chosen:
                rows = list(power(world, given.studies, given.resamples, given.seed, run))
                results["power"].append({"scenario": name, "found": rows})
                print(f"\npower: {name}\n{pd.DataFrame(rows).to_string(index=False)}")
                write_json(given.results, results)
    print(f"\n{(time.monotonic() - began) / 60:.1f} minutes")


if __name__ == "__main__":
    main()
