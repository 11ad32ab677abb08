"""Outlook: how many prompts a study needs, before it has any data.

    n = ((z(1 - alpha / 2) + z(power)) sd / advantage)^2

The sd is the most that it can be. `power` says it again from the study's own items, where it is
mostly far less, as predictors that know anything are right on the same prompts.
"""

import math
from collections.abc import Mapping, Sequence
from statistics import NormalDist

UNKNOWN = 0.5  # an accuracy of which nothing is known: none varies more


def most_sd(self_accuracy: float = UNKNOWN, cross_accuracy: float = UNKNOWN) -> float:
    """Return the sd of prompts' differences where only accuracies are known, or not even these.

    It is that of one row a prompt, and of predictors that are right independently of each other.
    """
    return math.sqrt(sum(share * (1 - share) for share in (self_accuracy, cross_accuracy)))


def foreseen(sd: float, advantage: float, power: float, alpha: float) -> int:
    """Return how many prompts show an advantage where prompts' differences vary by `sd`."""
    normal = NormalDist()
    reach = normal.inv_cdf(1 - alpha / 2) + normal.inv_cdf(power)
    return math.ceil((reach * sd / advantage) ** 2)


def outlook(
    prompts: Mapping[str, int], advantages: Sequence[float], power: float, alpha: float
) -> str:
    """Return what a plan says of so many test prompts, those of held-in and held-out tasks."""
    there = ", ".join(f"{count:,} of {tasks} tasks" for tasks, count in prompts.items())
    needed = ", ".join(
        f"{foreseen(most_sd(), size, power, alpha):,} for {100 * size:g}" for size in advantages
    )
    return (
        f"test prompts: {there}; needed at most to show an advantage of so many points, with"
        f" {power:.0%} power: {needed}"
    )
