"""Errors for people: one line that says what is wrong, where, and how to mend it.

InwardError          anything a user can mend; printed without a traceback
├── ConfigError      the configuration asks for what cannot be done
├── InputError       a file that was given to the study is not as it should be
├── TableError       a table is of another version, or breaks its own rules
├── StoreError       the store holds what it should not
└── ProviderError    a model could not be called, loaded or trained
"""

from collections.abc import Iterable
from difflib import get_close_matches


class InwardError(Exception):
    """Something the user can mend; its text is one line."""


class ConfigError(InwardError):
    """The configuration asks for what cannot be done."""


class InputError(InwardError):
    """A file that was given to the study is not as it should be."""


class TableError(InwardError):
    """A table is of another version, or breaks its own rules."""


class StoreError(InwardError):
    """The store holds what it should not."""


class ProviderError(InwardError):
    """A model could not be called, loaded or trained."""


def unknown(where: str, name: str, known: Iterable[str]) -> str:
    """Return the line for a name that leads nowhere: the nearest one there is, or all."""
    known = list(known)
    near = get_close_matches(name, known, n=1)
    mend = f"did you mean {near[0]}?" if near else f"there are {', '.join(known)}"
    return f"{where}: there is no {name!r}; {mend}"
