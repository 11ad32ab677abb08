"""The stress test, at a size that takes half a minute; `python -m tests.stress` has more."""

from pathlib import Path

import pytest

from .stress import KINDS, stress


@pytest.mark.parametrize("dialect", ["openai", "together"])
def test_every_answer_is_there_once_whatever_happens(tmp_path: Path, dialect: str) -> None:
    """With every fifth request failing in some way, and two kills: all are stored, none paid twice.

    Those alone are asked again that were in flight at a kill.
    """
    outcome = stress(tmp_path, dialect, count=750, faults=0.2, kills=2, in_flight=64, seed=7)

    assert outcome.well, outcome
    assert set(outcome.faults) == set(KINDS)
    assert outcome.sent > 750 * 1.15
