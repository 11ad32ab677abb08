"""Power: how many prompts would show an advantage of a given size.

    n = ((z(1 - alpha / 2) + z(power)) sd / advantage)^2

with Student's t in place of z. `sd` is that of prompts' differences between self and cross, each
the share of a prompt's rows that one predictor has right less that of the other.
"""

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any

import numpy as np
import pandas as pd
from scipy.optimize import brentq
from scipy.stats import f, ncf

from inward.advantages import differences, paired
from inward.cells import ALL, Cell, Comparison
from inward.grids import Grid, grid
from inward.outlook import foreseen
from inward.stats import FEW_PROMPTS, Floats
from inward.tables import POWER

FEWEST = 3  # prompts, however large the effect
SMALL, LARGE = 1e-6, 1e3  # effects that are looked at, in standard deviations


@dataclass(frozen=True)
class Aim:
    """What a study is to show: advantages of these sizes, how surely, in a test at which level."""

    advantages: Sequence[float]
    power: float
    alpha: float


def power(table: pd.DataFrame, comparisons: Sequence[Comparison], aim: Aim) -> pd.DataFrame:
    """Return the power table of an items table: each comparison, over all tasks of a role."""
    rows: list[dict[str, Any]] = []
    for target in sorted({comparison.target for comparison in comparisons}):
        compared = [comparison for comparison in comparisons if comparison.target == target]
        names = {name for each in compared for name in (each.self_predictor, each.cross_predictor)}
        chosen = table[(table["target"] == target) & table["predictor"].isin(names)]
        for (role, wrapper), asked in chosen.groupby(["role", "wrapper"]):
            found = grid(asked)
            for comparison in compared:
                key = {
                    "target": target,
                    "cross_predictor": comparison.cross_predictor,
                    "relation": comparison.relation,
                    "role": role,
                    "wrapper": wrapper,
                }
                rows += [{**key, **row} for row in _of_comparison(found, comparison, aim)]
    return pd.DataFrame(rows, columns=list(POWER.columns))


def needed(sd: float, advantage: float, aim: Aim) -> int:
    """Return how many prompts show an advantage where prompts' differences vary by `sd`."""
    effect = advantage / sd
    if chance(effect, FEWEST, aim.alpha) >= aim.power:
        return FEWEST
    more = 2 * foreseen(sd, advantage, aim.power, aim.alpha) + 10  # than Student's t can add
    exact = brentq(lambda n: chance(effect, n, aim.alpha) - aim.power, FEWEST, more, xtol=1e-6)
    return math.ceil(exact)


def chance(effect: float, prompts: float, alpha: float) -> float:
    """Return how likely a two-sided t-test of so many prompts shows an effect in units of the sd.

    The square of t is F with 1 and n - 1 degrees of freedom, and noncentrality n effect^2.
    """
    beyond = f.isf(alpha, 1, prompts - 1)
    return float(ncf.sf(beyond, 1, prompts - 1, prompts * effect**2))


def _of_comparison(found: Grid, comparison: Comparison, aim: Aim) -> Iterator[dict[str, Any]]:
    pair = paired(found, comparison, "wrong")
    for name in (*found.properties, ALL):
        apart = differences(pair, found, Cell(ALL, name, "micro"))
        for advantage in aim.advantages:
            yield {
                "property": name,
                "advantage": advantage,
                "n_prompts_now": len(apart),
                **_chances(apart, advantage, aim),
                "power": aim.power,
                "alpha": aim.alpha,
            }


def _chances(apart: Floats, advantage: float, aim: Aim) -> dict[str, Any]:
    """Return what so many prompts can show, and how many are needed, as far as that is known."""
    n = len(apart)
    sd = float(apart.std(ddof=1)) if n > 1 else np.nan
    if n < FEWEST or sd == 0:
        reason = f"{n} prompts" if n < FEWEST else "all prompts differ alike"
        unknown = dict.fromkeys(("n_prompts_needed", "power_now", "smallest_advantage"))
        return {**unknown, "sd": sd, "warning": f"not known: {reason}"}
    return {
        "sd": sd,
        "n_prompts_needed": needed(sd, advantage, aim),
        "power_now": chance(advantage / sd, n, aim.alpha),
        "smallest_advantage": _smallest_effect(n, aim.alpha, aim.power) * sd,
        "warning": f"{n} prompts: the sd is rough below {FEW_PROMPTS}" if n < FEW_PROMPTS else None,
    }


@cache
def _smallest_effect(prompts: int, alpha: float, wanted: float) -> float:
    """Return the smallest effect, in standard deviations, that so many prompts show."""
    return float(brentq(lambda effect: chance(effect, prompts, alpha) - wanted, SMALL, LARGE))
