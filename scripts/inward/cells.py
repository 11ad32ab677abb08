"""Cells: what a number in a score table is about."""

from dataclasses import dataclass

ALL = "all"  # in place of a task or a property: pooled over all of them


@dataclass(frozen=True)
class Cell:
    """One number that is reported: over which tasks and properties, and how it is averaged."""

    task: str
    property: str
    average: str  # micro: over rows; macro: over (task, property)


@dataclass(frozen=True)
class Comparison:
    """Self-prediction and cross-prediction of one target, to be compared on the same prompts."""

    target: str
    self_predictor: str
    cross_predictor: str
