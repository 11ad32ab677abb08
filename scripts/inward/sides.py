"""Sides: whose behavior an answer fits, where two subjects may be meant.

Two subjects' labels stand beside each answer of one predictor. On rows where the labels differ an
answer fits one, the other, or neither; guessing well gains nothing there.
"""

import pandas as pd

from inward.measures import ROW

QUESTION = ["role", "wrapper", *ROW]
ROWS = ("all", "differing", "same")


def answered(items: pd.DataFrame, predictor: str, target: str) -> pd.DataFrame:
    """Return the items of one predictor and one target."""
    return items[(items["predictor"] == predictor) & (items["target"] == target)]


def sides(items: pd.DataFrame, predictor: str, first: str, second: str) -> pd.DataFrame:
    """Return the answers of a predictor beside the labels of two targets.

    `first_right`, `second_right` and `neither` are ones and zeros where both behaviors give a
    label, and nothing elsewhere; `dropped` is one where a row is left out for that.
    """
    both = beside(answered(items, predictor, first), answered(items, predictor, second))
    there = both["first_correct"].notna() & both["second_correct"].notna()
    differ = both["first_label"] != both["second_label"]
    right = {
        side: both[f"{side}_correct"].astype("Float64").where(there) for side in ("first", "second")
    }
    unread = both["first_noncompliant"].notna()
    return both.assign(
        there=there,
        differ=differ.fillna(value=False).astype(bool) & there,
        first_label=both["first_label"].where(there),
        second_label=both["second_label"].where(there),
        first_right=right["first"],
        second_right=right["second"],
        neither=((right["first"] + right["second"]) == 0).astype("Float64").where(there),
        unreadable=unread.astype("Float64").where(there),
        dropped=(~there).astype(float),
    )


def beside(first: pd.DataFrame, second: pd.DataFrame) -> pd.DataFrame:
    """Return two sets of items question by question, with names that begin with whose they are.

    Raises ValueError where one was asked what the other was not.
    """
    kept = ["label", "answer", "noncompliant", "correct"]
    both = first[[*QUESTION, *kept]].merge(
        second[[*QUESTION, *kept]],
        on=QUESTION,
        how="outer",
        suffixes=("_first", "_second"),
        validate="one_to_one",
        indicator="_from",
    )
    if (both["_from"] != "both").any():
        row = both[both["_from"] != "both"].iloc[0]
        raise ValueError(f"only one of two was asked {row['property']} of {row['prompt_id']}")
    names = {f"{name}_{side}": f"{side}_{name}" for name in kept for side in ("first", "second")}
    return both.drop(columns="_from").rename(columns=names)


def among(table: pd.DataFrame, rows: str) -> pd.Series:
    """Return which rows of two sides are meant: all with both labels, differing, or the same."""
    masks = {
        "all": table["there"],
        "differing": table["differ"],
        "same": table["there"] & ~table["differ"],
    }
    return masks[rows]
