"""Label health: whether a task, with a property, gives a subject anything to predict."""

import json
import math
from collections import Counter
from typing import Any

import pandas as pd

from inward.tables import HEALTH

SHOWN = 10  # values in a histogram
ONE_VALUE = 0.95
NO_ENTROPY = 0.1  # bits
FEW = 20
UNREADABLE = 0.1


def health(labels: dict[tuple[str, str], pd.DataFrame]) -> pd.DataFrame:
    """Return a row of the health table for each subject, task and property.

    `labels` are tables of labels by subject and task.
    """
    rows = [
        {"subject": subject, "task": task, "property": str(name), **row_of(own)}
        for (subject, task), table in sorted(labels.items())
        for name, own in table.groupby("property", sort=True)
    ]
    return pd.DataFrame(rows, columns=list(HEALTH.columns))


def row_of(labels: pd.DataFrame) -> dict[str, Any]:
    """Return what is to be said of one subject's labels of one property in one task."""
    values = Counter(str(value) for value in labels["value"].dropna())
    reasons = Counter(str(reason) for reason in labels["reason"].dropna())
    n, read = len(labels), values.total()
    top_value, top = min(values.items(), key=_commonest) if values else (None, 0)
    row = {
        "n": n,
        "n_labels": read,
        "unreadable": (n - read) / n,
        **{reason: reasons[reason] / n for reason in ("refused", "empty", "cut")},
        "reasons": _json(dict(sorted(reasons.items(), key=_commonest))),
        "n_values": len(values),
        "values": _json(dict(sorted(values.items(), key=_commonest)[:SHOWN])),
        "entropy": entropy(values) if values else None,
        "top_value": top_value,
        "top_share": top / read if read else None,
    }
    return {**row, "warnings": _json(warnings(row))}


def entropy(values: Counter[str]) -> float:
    """Return the entropy of a distribution, in bits."""
    total = values.total()
    bits = sum(count / total * math.log2(total / count) for count in values.values())
    return abs(bits)  # not -0.0


def warnings(row: dict[str, Any]) -> list[str]:
    """Return why a row of the health table is degenerate, in a few words each."""
    found = []
    if row["n_labels"] < FEW:
        found.append(f"only {row['n_labels']} labels")
    if row["unreadable"] > UNREADABLE:
        found.append(f"{row['unreadable']:.0%} unreadable")
    if row["n_labels"] and row["top_share"] > ONE_VALUE:
        found.append(f"{row['top_share']:.0%} are '{row['top_value']}'")
    elif row["n_labels"] and row["entropy"] < NO_ENTROPY:
        found.append(f"entropy {row['entropy']:.2f} bits")
    return found


def _commonest(counted: tuple[str, int]) -> tuple[int, str]:
    return (-counted[1], counted[0])


def _json(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False)
