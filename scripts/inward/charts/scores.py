"""What all figures are drawn from, and the names by which they show it."""

from dataclasses import dataclass, field

import pandas as pd

from inward.cells import ALL, cell_names

ROLES = {"train": "held-out prompts of held-in tasks", "test": "held-out tasks"}


@dataclass(frozen=True)
class Scores:
    """The score tables of a study, and the subjects trained on themselves, with their bases.

    `experiment` is the table of the experiment that a figure shows, if it shows one.
    """

    study: str
    accuracy: pd.DataFrame
    advantage: pd.DataFrame
    self_trained: dict[str, str]
    experiment: pd.DataFrame = field(default_factory=pd.DataFrame)

    def cells(self, table: pd.DataFrame) -> pd.DataFrame:
        """Return the rows over all tasks of a role: each property, and the macro average."""
        pooled = over_tasks(table)
        return pooled.assign(cell=cell_names(table.loc[pooled.index]))


def over_tasks(table: pd.DataFrame) -> pd.DataFrame:
    """Return the macro averages over all tasks of a role, with the names that figures show."""
    pooled = table[(table["task"] == ALL) & (table["average"] == "macro")]
    return pooled.assign(property=pooled["property"].map(readable), tasks=pooled["role"].map(ROLES))


def shown(table: pd.DataFrame, wrapper: str) -> pd.DataFrame:
    """Return the rows that figures and headline show: of one wrapper, what is unreadable wrong."""
    return table[(table["wrapper"] == wrapper) & (table["compliance"] == "wrong")]


def readable(name: str) -> str:
    """Return a property's name as a figure shows it."""
    return "all properties" if name == ALL else name.replace("_", " ")
