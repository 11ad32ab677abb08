"""Lessons: the part of prompts and labels that a finetune learns from, and what is done to them.

    a share      the same prompts for every finetune, all of them among those of a larger share
    exchanged    labels change places within their task and property, so each stays as common
    drawn        labels are drawn from the values that there are: the form, without the facts

All of it follows from the study's seed, and from no finetune's own.
"""

from dataclasses import dataclass

import pandas as pd

from inward.digests import digest
from inward.randomness import draws


@dataclass(frozen=True)
class Change:
    """What makes labels the lessons of one finetune."""

    learns: str
    properties: tuple[str, ...]  # that it is asked about; none: all
    noise: float
    seed: int  # the study's

    def of(self, labels: pd.DataFrame, task: str) -> pd.DataFrame:
        """Return the labels that are taught of a task."""
        if self.properties:
            labels = labels[labels["property"].isin(self.properties)]
        if self.noise:
            labels = exchanged(labels, self.noise, self.seed, task)
        return drawn(labels, self.seed, task) if self.learns == "format" else labels


def share_of(prompts: pd.DataFrame, share: float, seed: int) -> pd.DataFrame:
    """Return a share of a task's prompts, at least one: the first in a seeded digest's order."""
    if share >= 1 or prompts.empty:
        return prompts
    wanted = max(1, round(share * len(prompts)))
    order = prompts["prompt_id"].map(lambda prompt_id: digest([seed, "share", prompt_id]))
    return prompts[prompts.index.isin(order.sort_values().index[:wanted])]


def exchanged(labels: pd.DataFrame, noise: float, seed: int, task: str) -> pd.DataFrame:
    """Return a task's labels, a share of which have changed places among those of their property.

    Only readable labels of first samples take part; none of those chosen keeps its place, and no
    label can change places alone, so of one there are two.
    """
    taught = _taught(labels)
    changed = labels.copy()
    for name, group in taught.groupby("property"):
        draw = draws(seed, "noise", task, str(name))
        wanted = round(noise * len(group))
        chosen = draw.sample(list(group.sort_values("prompt_id").index), len(group))
        chosen = chosen[: max(wanted, 2) if wanted else 0]
        changed.loc[chosen, "value"] = list(labels.loc[chosen[1:] + chosen[:1], "value"])
    return changed


def drawn(labels: pd.DataFrame, seed: int, task: str) -> pd.DataFrame:
    """Return a task's labels, each drawn anew from the values of its property, all as likely."""
    changed = labels.copy()
    for name, group in _taught(labels).groupby("property"):
        values = sorted(group["value"].unique())
        changed.loc[group.index, "value"] = [
            draws(seed, "format", task, str(name), prompt_id).choice(values)
            for prompt_id in group["prompt_id"]
        ]
    return changed


def _taught(labels: pd.DataFrame) -> pd.DataFrame:
    return labels[(labels["sample"] == 0) & labels["compliant"]]
