"""Draws: responses sampled at a temperature, beside those that are scored, to see a distribution.

Only what calibration compares is drawn: behaviors of targets, and predictions of those who predict
them, of test prompts, asked by the study's first wrapper.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from inward.graph import Study
from inward.properties import PROPERTIES
from inward.relations import of_base

STAGES = ("behaviors", "predictions")


@dataclass(frozen=True)
class Pair:
    """A target, and one whose predictions are held against its behavior."""

    target: str
    predictor: str
    relation: str  # self, cross; untrained or earlier: the base that the target was trained from


def pairs(study: Study) -> list[Pair]:
    """Return who is held against whom; nobody where the study asks for no calibration."""
    if study.calibration is None:
        return []
    found = [
        pair
        for target, base in study.self_trained.items()
        for pair in (Pair(target, target, "self"), Pair(target, base, of_base(study, base)))
    ]
    return found + [
        Pair(each.target, each.cross_predictor, each.relation)
        for each in study.comparisons
        if each.relation == "cross"
    ]


def drawn(study: Study, stage: str) -> list[str]:
    """Return the subjects of which behaviors or predictions are drawn."""
    role = {"behaviors": "target", "predictions": "predictor"}[stage]
    return list(dict.fromkeys(getattr(pair, role) for pair in pairs(study)))


def properties_of_draws(study: Study) -> dict[str, list[str]]:
    """Return the properties of each task that are drawn: those that nobody has to judge."""
    found = {
        name: [wanted for wanted in task.properties if not PROPERTIES[wanted].judged]
        for name, task in study.tasks.items()
    }
    return {name: names for name, names in found.items() if names}


def reads_tokens(properties: Mapping[str, Sequence[str]]) -> bool:
    """Return whether any of these properties, by task, reads tokens and not the text alone."""
    return any(PROPERTIES[name].of_tokens for names in properties.values() for name in names)


def sampling_of_draws(study: Study, subject: str, stage: str) -> dict[str, Any]:
    """Return how a subject's behaviors or predictions are drawn.

    Alternatives of tokens are kept only where a property of behaviors reads them.
    """
    usual = study.sampling_of(subject, stage)
    read = stage == "behaviors" and reads_tokens(properties_of_draws(study))
    temperature = study.calibration["temperature"] if study.calibration else None
    kept = usual["top_logprobs"] if read else 0
    return {**usual, "temperature": temperature, "top_logprobs": kept}
