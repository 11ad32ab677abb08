"""The headline: for each target self, cross, mode baseline and advantage, in a few lines."""

from collections.abc import Hashable
from typing import Any

import pandas as pd

from inward.cells import ALL
from inward.charts.scores import ROLES, readable


def headline(study: str, advantage: pd.DataFrame, figures: str) -> str:
    """Return the study's outcome as text: one line for each target, role and property."""
    lines = [f"Study {study}: macro averages over tasks, in percent"]
    if advantage.empty:
        lines += ["", "No target has both self- and cross-prediction: add finetunes to compare."]
    pooled = advantage[(advantage["task"] == ALL) & (advantage["average"] == "macro")]
    for role, of_role in sorted(pooled.groupby("role"), reverse=True):
        for (target, cross), rows in of_role.groupby(["target", "cross_predictor"]):
            lines += ["", f"{target} on {ROLES[str(role)]} (cross: {cross})"]
            lines.append(f"  {'property':18} {'self':>6} {'cross':>6} {'mode':>6}   self - cross")
            lines += [_line(row) for row in _all_last(rows).to_dict("records")]
    return "\n".join([*lines, "", f"Figures: {figures}", ""])


def _all_last(rows: pd.DataFrame) -> pd.DataFrame:
    return rows.assign(last=rows["property"] == ALL).sort_values(["last", "property"])


def _line(row: dict[Hashable, Any]) -> str:
    shares = [_percent(row[name]) for name in ("self_accuracy", "cross_accuracy", "mode_baseline")]
    low, high = _percent(row["low"], sign="+"), _percent(row["high"], sign="+")
    return (
        f"  {readable(str(row['property'])):18} {shares[0]:>6} {shares[1]:>6} {shares[2]:>6}"
        f"   {_percent(row['advantage'], sign='+'):>6} [{low}, {high}]"
    )


def _percent(share: float, sign: str = "") -> str:
    return "-" if pd.isna(share) else format(100 * share, f"{sign}.1f")
