"""Matching: as many rows of each label on one side as on the other.

Whoever's behavior is of few kinds is easy to predict. Where two behaviors are drawn upon so that
each label occurs as often in both, guessing the commonest gains as much on either side.
"""

from collections import defaultdict
from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd

from inward.randomness import draws

MOST_LABELS = 100  # of a (task, property): only so many of the old behavior's commonest are drawn


def matched(
    table: pd.DataFrame, old: str, new: str, seed: int, *names: str
) -> tuple[pd.Series, pd.Series]:
    """Return which rows are drawn for the labels in `old`, and which for those in `new`.

    Within (task, property), min(count in old, count in new) rows of each label are drawn from both,
    of the rows where both have a label. `names` say what the draws are for.
    """
    drawn_old, drawn_new = np.zeros((2, len(table)), dtype=bool)
    placed = table.assign(place=np.arange(len(table)))
    there = placed[table[old].notna() & table[new].notna()].sort_values("prompt_id")
    for (task, name), rows in there.groupby(["task", "property"]):
        draw = draws(seed, "matched", *names, str(task), str(name))
        before, after = _places(rows, old), _places(rows, new)
        for label in _commonest(rows[old]):
            count = min(len(before[label]), len(after[label]))
            drawn_old[draw.sample(before[label], count)] = True
            drawn_new[draw.sample(after[label], count)] = True
    return pd.Series(drawn_old, index=table.index), pd.Series(drawn_new, index=table.index)


def _places(rows: pd.DataFrame, side: str) -> Mapping[str, list[int]]:
    """Return where each label stands, in the order of the rows."""
    places = defaultdict(list)
    for label, place in zip(rows[side].astype(str), rows["place"], strict=True):
        places[label].append(place)
    return places


def _commonest(labels: pd.Series) -> Sequence[str]:
    counts = labels.astype(str).value_counts()
    ordered = sorted(counts.index, key=lambda label: (-counts[label], label))
    return ordered[:MOST_LABELS]
