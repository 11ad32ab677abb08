"""Matching: as many rows of each label on one side as on the other.

Whoever's behavior is of few kinds is easy to predict. Where two behaviors are drawn upon so that
each label occurs as often in both, guessing the commonest gains as much on either side.
"""

from collections.abc import Sequence

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
    drawn_old = pd.Series(data=False, index=table.index)
    drawn_new = drawn_old.copy()
    there = table[table[old].notna() & table[new].notna()].sort_values("prompt_id")
    for (task, name), rows in there.groupby(["task", "property"]):
        draw = draws(seed, "matched", *names, str(task), str(name))
        for label in _commonest(rows[old]):
            before = rows.index[rows[old] == label]
            after = rows.index[rows[new] == label]
            count = min(len(before), len(after))
            drawn_old[draw.sample(list(before), count)] = True
            drawn_new[draw.sample(list(after), count)] = True
    return drawn_old, drawn_new


def _commonest(labels: pd.Series) -> Sequence[str]:
    counts = labels.astype(str).value_counts()
    ordered = sorted(counts.index, key=lambda label: (-counts[label], label))
    return ordered[:MOST_LABELS]
