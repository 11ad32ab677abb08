"""Cells: what a number in a score table is about."""

from dataclasses import dataclass

import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

ITEM_ID = ("target", "predictor", "task", "property", "wrapper", "prompt_id")
SHOWN = 12  # digits of a prompt's ID in an item's
ALL = "all"  # in place of a task or a property: pooled over all of them


@dataclass(frozen=True)
class Cell:
    """One number that is reported: over which tasks and properties, and how it is averaged."""

    task: str
    property: str
    average: str  # micro: over rows; macro: over (task, property)


@dataclass(frozen=True)
class Comparison:
    """Self-prediction and another's prediction of one target, to be compared on the same prompts.

    What the other predictor is to the target is its relation, one of those in `relations`.
    """

    target: str
    self_predictor: str
    cross_predictor: str
    relation: str = "cross"


def item_ids(items: pd.DataFrame) -> pd.Series:
    """Return the IDs of the rows of an items table: their keys, the prompt's ID cut short."""
    return _joined([items[name] for name in ITEM_ID[:-1]] + [items["prompt_id"].str[:SHOWN]])


def cell_names(table: pd.DataFrame) -> pd.Series:
    """Return the names of the cells that rows are about: the first parts of their items' IDs."""
    return _joined([table[name] for name in ITEM_ID[:-1]])


def _joined(parts: list[pd.Series]) -> pd.Series:
    arrays = [pa.array(part, pa.large_string(), from_pandas=True) for part in parts]
    names = pc.binary_join_element_wise(*arrays, pa.scalar("/", pa.large_string()))
    return pd.Series(pd.array(names, dtype=pd.StringDtype("pyarrow")), index=parts[0].index)
