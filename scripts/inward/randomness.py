"""Randomness: every draw comes from the study's seed and the name of what it is for.

Two draws with other names are independent; the same names give the same draws on every machine.
"""

import random

import numpy as np

from inward.digests import digest


def seed_of(seed: int, *names: str | int) -> int:
    """Return a seed of 63 bits for what `names` name in the study with this `seed`."""
    return int(digest([seed, *names])[:16], 16) >> 1


def draws(seed: int, *names: str | int) -> random.Random:
    """Return Python's generator for shuffles and choices, seeded for what `names` name."""
    return random.Random(seed_of(seed, *names))


def arrays(seed: int, *names: str | int) -> np.random.Generator:
    """Return numpy's generator for arrays of numbers, seeded for what `names` name."""
    return np.random.default_rng(seed_of(seed, *names))
