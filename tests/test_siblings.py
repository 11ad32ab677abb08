"""Siblings: the same finetunes with other training seeds."""

from dataclasses import replace
from typing import Any

import pytest

from inward.errors import ConfigError
from inward.graph import Finetune
from inward.siblings import with_siblings

from .test_config import checked

SELF = Finetune("self", "wren", "predictions", "wren", 0, {"epochs": 2}, share=0.5)
CROSS = Finetune("cross", "finch", "predictions", "self", 0.4, {}, seed=4)
MODELS = {"wren": None, "finch": None}


def test_siblings_lead_to_siblings() -> None:
    """All else is the same; what starts from or learns of a finetune does so of its sibling."""
    found = with_siblings({"self": SELF, "cross": CROSS}, MODELS, 3)

    assert list(found) == ["self", "self-2", "self-3", "cross", "cross-2", "cross-3"]
    assert found["self"] == SELF
    assert found["self-3"] == replace(SELF, name="self-3", seed=3)
    assert found["cross-2"] == replace(CROSS, name="cross-2", seed=6, of="self-2")


def test_one_seed_makes_no_siblings() -> None:
    """The default adds nothing."""
    assert list(with_siblings({"self": SELF}, MODELS, 1)) == ["self"]


@pytest.mark.parametrize("part", ["finetunes", "models"])
def test_a_name_that_is_taken_is_refused(part: str) -> None:
    """By a finetune or a model, in one line that names both."""
    more = {"self-2": replace(SELF, name="self-2")} if part == "finetunes" else {}
    models = {**MODELS, "self-2": None} if part == "models" else MODELS

    with pytest.raises(ConfigError) as error:
        with_siblings({"self": SELF, **more}, models, 2)
    assert str(error.value) == (
        f"training_seeds: 2 make a sibling self-2 of finetunes.self, but {part}.self-2 has this"
        " name; rename one of the two"
    )


def test_the_studys_own_seed_is_number_nothing(
    embedded: dict[str, Any], schema: dict[str, Any]
) -> None:
    """Existing runs keep their seed, and so their keys; each other number has a seed of its own."""
    wren = embedded["models"]["wren"]
    embedded["models"]["wren-twin"] = {**wren, "scratch": {**wren["scratch"], "seed": 2}}
    embedded["training_seeds"] = 3
    study = checked(embedded, schema)
    seeds = [study.training_seed(f"wren-self{end}") for end in ("", "-2", "-3")]

    assert seeds[0] == study.seed == study.training_seed("wren")
    assert len(set(seeds)) == 3
    assert study.training_seed("wren-twin") == seeds[1]
    assert all(seed < 2**31 for seed in seeds)


def test_the_adapter_alone_makes_no_other_run(
    embedded: dict[str, Any], schema: dict[str, Any]
) -> None:
    """Who behaves through its base is trained as who behaves itself, and that is one run."""
    fixed = {**embedded["finetunes"]["wren-self"], "actor": "base"}
    embedded["finetunes"] |= {"wren-still": fixed, "wren-twice": {**fixed, "seed": 3}}
    study = checked(embedded, schema)

    assert study.same_run("wren-still") == study.same_run("wren-self") == "wren-self"
    assert study.same_run("wren-twice") == "wren-twice"
    assert (study.actor("wren-still"), study.actor("wren-self")) == ("wren", "wren-self")
