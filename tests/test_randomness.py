"""Randomness: every draw has a name, and the name decides it."""

import os
import subprocess
import sys

import pytest

from inward.randomness import arrays, draws, seed_of

from .conftest import ROOT

NAMES: list[tuple[str | int, ...]] = [(), ("a",), ("a", "b"), ("ab",), ("a", 1), ("a", "1"), (1,)]


def test_other_names_have_other_seeds() -> None:
    """The study's seed and each name count, and so does where one name ends and the next begins."""
    seeds = [seed_of(seed, *names) for seed in (1, 2) for names in NAMES]

    assert 2 * len(NAMES) == len(set(seeds))


@pytest.mark.parametrize("names", NAMES)
def test_a_seed_fits_every_generator(names: tuple[str | int, ...]) -> None:
    """A seed is a whole number from 0 that fits 63 bits."""
    assert 0 <= seed_of(1, *names) < 2**63


def test_the_same_names_give_the_same_draws() -> None:
    """Naming a generator twice gives two that draw alike, however much was drawn elsewhere."""
    first = draws(1, "habits", 1).sample(range(1000), 5)
    draws(1, "habits", 2).random()

    assert first == draws(1, "habits", 1).sample(range(1000), 5)
    assert first != draws(1, "habits", 2).sample(range(1000), 5)
    assert arrays(1, "x").random(3).tolist() == arrays(1, "x").random(3).tolist()
    assert arrays(1, "x").random(3).tolist() != arrays(2, "x").random(3).tolist()


@pytest.mark.parametrize("hash_seed", ["0", "1"])
def test_seeds_are_the_same_in_every_process(hash_seed: str) -> None:
    """Python's own hashing, which differs from process to process, decides nothing."""
    environment = {
        **os.environ,
        "PYTHONHASHSEED": hash_seed,
        "PYTHONPATH": str(ROOT / "scripts"),
    }
    code = "from inward.randomness import seed_of; print(seed_of(1, 'habits', 2))"
    said = subprocess.run(
        [sys.executable, "-c", code], env=environment, capture_output=True, text=True, check=True
    )

    assert seed_of(1, "habits", 2) == int(said.stdout)
