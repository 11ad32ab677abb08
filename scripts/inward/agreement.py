"""Agreement: how often a judge says what people said of the same responses."""

from collections.abc import Iterable
from typing import Any

import pandas as pd
from scipy.stats import binomtest

from inward.tables import AGREEMENT

UNREADABLE = "(unreadable)"  # no label: those are without parentheses


def agreement(examples: pd.DataFrame, confidence: float) -> pd.DataFrame:
    """Return a row of the agreement table for each property of judged examples."""
    rows = [
        {"property": name, "judge": judge, **agreement_of(own["label"], own["value"], confidence)}
        for (name, judge), own in examples.groupby(["property", "judge"])
    ]
    return pd.DataFrame(rows, columns=list(AGREEMENT.columns))


def agreement_of(
    by_hand: Iterable[str], by_judge: Iterable[Any], confidence: float
) -> dict[str, Any]:
    """Return how well two series of labels agree; what is missing agrees with nothing.

        kappa = (agreement - chance) / (1 - chance)

    Chance is how often two would agree who knew only how common each label is (Cohen 1960).
    """
    hand = pd.Series(list(by_hand), dtype="string")
    judge = pd.Series(list(by_judge), dtype="string").fillna(UNREADABLE)
    n, n_agreed = len(hand), int((hand == judge).sum())
    shares = hand.value_counts(normalize=True) * judge.value_counts(normalize=True)
    chance = float(shares.sum())
    interval = binomtest(n_agreed, n).proportion_ci(confidence, method="wilson")
    return {
        "n": n,
        "n_unreadable": int((judge == UNREADABLE).sum()),
        "agreement": n_agreed / n,
        "low": interval.low,
        "high": interval.high,
        "confidence": confidence,
        "kappa": (n_agreed / n - chance) / (1 - chance) if chance < 1 else None,
    }
