"""Kinship: what two subjects have in common."""

from typing import Any

import pytest

from inward.kinship import kinship

from .test_config import checked

OWN = {"base": "wren", "learns": "predictions", "of": "wren", "rehearse": 0.4}
KIN = {
    "itself": ("wren-self", "wren-self", "self"),
    "its base": ("wren", "wren-self", "family"),
    "another seed": ("wren-again", "wren-self", "twin"),
    "another seed, the other way": ("wren-self", "wren-again", "twin"),
    "the same base, taught by it": ("wren-later", "wren-self", "twin"),
    "raised with another seed": ("wren-twin", "wren", "twin"),
    "raised with another seed, and finetuned": ("twin-self", "wren-self", "twin"),
    "the twin's finetune and the model": ("twin-self", "wren", "family"),
    "other training": ("wren-tenth", "wren-self", "family"),
    "changed": ("wren-changed", "wren-self", "family"),
    "another model": ("finch", "wren", "other"),
    "another model, taught by it": ("finch-on-wren", "wren-self", "other"),
    "a rule": ("echo", "wren", "baseline"),
    "a rule and itself": ("echo", "echo", "baseline"),
}


@pytest.mark.parametrize(("one", "other", "kin"), KIN.values(), ids=KIN)
def test_two_subjects_are_what_they_share(
    embedded: dict[str, Any], schema: dict[str, Any], one: str, other: str, kin: str
) -> None:
    """The same but for seeds are twins, of the same model family; rules are kin to nobody."""
    wren = embedded["models"]["wren"]
    embedded["models"]["wren-twin"] = {**wren, "scratch": {**wren["scratch"], "seed": 1}}
    embedded["finetunes"] |= {
        "wren-again": {**OWN, "seed": 5},
        "wren-later": {**OWN, "of": "wren-self"},
        "twin-self": {**OWN, "base": "wren-twin", "of": "wren-twin"},
        "wren-tenth": {**OWN, "share": 0.1},
    }
    study = checked(embedded, schema)

    assert kinship(study, one, other) == kin


def test_siblings_are_twins(embedded: dict[str, Any], schema: dict[str, Any]) -> None:
    """Each number is a study of its own, and its finetunes are twins of the first's."""
    embedded["training_seeds"] = 2
    study = checked(embedded, schema)

    assert kinship(study, "wren-self-2", "wren-self") == "twin"
    assert kinship(study, "finch-on-wren", "finch-on-wren-2") == "twin"
    assert kinship(study, "wren-changed-2", "wren-self") == "family"
