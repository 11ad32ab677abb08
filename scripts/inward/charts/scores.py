"""What all figures are drawn from, and the names by which they show it."""

from dataclasses import dataclass

import pandas as pd

from inward.cells import ALL, cell_names

ROLES = {"train": "held-out prompts of held-in tasks", "test": "held-out tasks"}


@dataclass(frozen=True)
class Scores:
    """The score tables of a study, and the subjects trained on themselves, with their bases."""

    study: str
    accuracy: pd.DataFrame
    advantage: pd.DataFrame
    self_trained: dict[str, str]

    def cells(self, table: pd.DataFrame) -> pd.DataFrame:
        """Return the rows over all tasks of a role: each property, and the macro average."""
        over_tasks = table[(table["task"] == ALL) & (table["average"] == "macro")]
        return over_tasks.assign(
            cell=cell_names(over_tasks),
            property=over_tasks["property"].map(readable),
            tasks=over_tasks["role"].map(ROLES),
        )


def shown(table: pd.DataFrame, wrapper: str) -> pd.DataFrame:
    """Return the rows that figures and headline show: of one wrapper, what is unreadable wrong."""
    return table[(table["wrapper"] == wrapper) & (table["compliance"] == "wrong")]


def readable(name: str) -> str:
    """Return a property's name as a figure shows it."""
    return "all properties" if name == ALL else name.replace("_", " ")
