"""Relations: which predictors stand against which targets, and as what."""

from typing import Any

import pytest

from .test_config import checked

OWN = {"base": "wren", "learns": "predictions", "of": "wren"}
CROSS = {"base": "finch", "learns": "predictions", "of": "wren-self"}
HELD_IN = ["cities", "colors"]

STANDS: dict[str, tuple[dict[str, Any], str | None]] = {
    "another model trained on its labels": (CROSS, "cross"),
    "the same model with another seed": ({**OWN, "seed": 5}, "twin"),
    "the same model trained on its labels": ({**OWN, "of": "wren-self"}, "twin"),
    "another with the same habits": ({**CROSS, "base": "wren-twin"}, "twin"),
    "the same model, changed": ({**CROSS, "base": "wren-changed"}, "changed"),
    "shuffled labels": ({**OWN, "noise": 1}, "noisy"),
    "another with shuffled labels": ({**CROSS, "noise": 0.3}, "noisy"),
    "fewer prompts": ({**OWN, "share": 0.1}, "scaled"),
    "another with fewer prompts": ({**CROSS, "share": 0.1}, "scaled"),
    "a seed of its own, and fewer prompts": ({**OWN, "share": 0.1, "seed": 9}, "scaled"),
    "held-out properties": ({**OWN, "properties": ["first_character"]}, "narrowed"),
    "fewer tasks": ({**CROSS, "tasks": HELD_IN}, "narrowed"),
    "another way of asking": ({**CROSS, "wrappers": ["terse.2"]}, "wrapper"),
    "the adapter off": ({**OWN, "actor": "base"}, "actor"),
    "responses in plain sight": ({**OWN, "learns": "properties"}, "property-only"),
    "another with responses in plain sight": ({**CROSS, "learns": "properties"}, "property-only"),
    "random answers": ({**OWN, "learns": "format"}, "format-only"),
    "somebody else's labels": ({**CROSS, "of": "finch"}, None),
    "the very same": (OWN, None),
    "what comes after the target": ({**OWN, "base": "wren-self", "of": "wren-self"}, None),
    "changed behavior": ({**OWN, "learns": "behavior", "of": "finch"}, None),
}
BASELINES: dict[str, tuple[dict[str, Any], bool]] = {
    "a copy": ({"rule": "most_frequent_item"}, True),
    "its own mode": ({"rule": "mode", "of": "wren-self"}, True),
    "its base's mode": ({"rule": "mode", "of": "wren"}, True),
    "another's mode": ({"rule": "mode", "of": "finch-self"}, False),
    "the others": ({"rule": "others", "of": ["finch", "finch-self"]}, True),
    "the others, and itself": ({"rule": "others", "of": ["finch", "wren-self"]}, False),
}


def relations(config: dict[str, Any], schema: dict[str, Any], target: str) -> dict[str, str]:
    """Return what each predictor that stands against a target is to it."""
    study = checked(config, schema)
    return {one.cross_predictor: one.relation for one in study.comparisons if one.target == target}


@pytest.mark.parametrize(("line", "relation"), STANDS.values(), ids=STANDS)
def test_a_line_stands_against_a_target_as_what_it_is(
    embedded: dict[str, Any], schema: dict[str, Any], line: dict[str, Any], relation: str | None
) -> None:
    """One more finetune has one relation to wren-self, or none."""
    wren = embedded["models"]["wren"]
    embedded["models"]["wren-twin"] = {**wren, "scratch": {**wren["scratch"], "seed": 1}}
    embedded["finetunes"]["one-more"] = line

    found = relations(embedded, schema, "wren-self")
    assert found.get("one-more") == relation
    assert (found["wren"], found["finch-on-wren"]) == ("untrained", "cross")


def test_a_second_round_stands_against_the_first(
    embedded: dict[str, Any], schema: dict[str, Any]
) -> None:
    """Its base has been trained, so it is not called untrained."""
    again = {"base": "wren-self", "learns": "predictions", "of": "wren-self"}
    embedded["finetunes"]["wren-again"] = again

    assert relations(embedded, schema, "wren-again")["wren-self"] == "earlier"


@pytest.mark.parametrize(("line", "stands"), BASELINES.values(), ids=BASELINES)
def test_a_rule_stands_against_those_of_whom_it_has_learnt(
    embedded: dict[str, Any], schema: dict[str, Any], line: dict[str, Any], *, stands: bool
) -> None:
    """And the mean of other models against those that are not among them."""
    embedded["models"]["one-more"] = {"provider": "baseline", **line}

    assert ("one-more" in relations(embedded, schema, "wren-self")) == stands


def test_who_only_predicts_is_no_target(embedded: dict[str, Any], schema: dict[str, Any]) -> None:
    """It is a subject; there is no behavior of it, and whom it learns from answers everything."""
    embedded["models"]["guess"] = {"provider": "baseline", "rule": "mode", "of": "finch-on-wren"}
    study = checked(embedded, schema)

    assert set(study.subjects) - set(study.targets) == {"guess"}
    assert "echo" in study.targets
    assert study.splits("finch-on-wren") == ["train", "validation", "test"]


def test_a_control_is_no_target_of_comparisons(
    embedded: dict[str, Any], schema: dict[str, Any]
) -> None:
    """What differs in more than its seed from plain self-prediction is compared, and no target."""
    for number, (line, _) in enumerate(STANDS.values()):
        if line.get("base") == "wren":
            embedded["finetunes"][f"control-{number}"] = line
    targets = checked(embedded, schema).self_trained

    plain = [name for name in targets if name.startswith("control")]
    assert {name for name in targets if name not in plain} == {"wren-self", "finch-self"}
    assert [embedded["finetunes"][name] for name in plain] == [{**OWN, "seed": 5}, OWN]


def test_where_all_are_taught_otherwise_that_is_plain(
    embedded: dict[str, Any], schema: dict[str, Any]
) -> None:
    """Finetunes that are all taught in ways of their own are compared as any others."""
    for finetune in embedded["finetunes"].values():
        if finetune["learns"] == "predictions":
            finetune["wrappers"] = ["terse", "terse.2"]

    assert relations(embedded, schema, "wren-self")["finch-on-wren"] == "cross"


def test_siblings_stand_against_siblings(embedded: dict[str, Any], schema: dict[str, Any]) -> None:
    """Each number is a study of its own; the target's siblings are its twins."""
    embedded["training_seeds"] = 3
    embedded["finetunes"]["wren-noisy"] = {**OWN, "noise": 0.3}
    found = relations(embedded, schema, "wren-self-2")

    assert {name: relation for name, relation in found.items() if relation == "cross"} == {
        "finch-on-wren-2": "cross"
    }
    assert {name for name, relation in found.items() if relation == "noisy"} == {"wren-noisy-2"}
    assert {name for name, relation in found.items() if relation == "twin"} == {
        "wren-self",
        "wren-self-3",
    }


def test_whose_base_behaves_for_it_is_a_target_of_who_learns_from_it(
    embedded: dict[str, Any], schema: dict[str, Any]
) -> None:
    """Its behavior is one that training has not moved, and self and cross are held against it."""
    wren = embedded["finetunes"]["wren-self"]
    embedded["finetunes"]["wren-fixed"] = {**wren, "actor": "base"}
    assert relations(embedded, schema, "wren-fixed") == {}
    assert relations(embedded, schema, "wren-self")["wren-fixed"] == "actor"

    embedded["finetunes"]["finch-on-fixed"] = {**wren, "base": "finch", "of": "wren-fixed"}
    found = relations(embedded, schema, "wren-fixed")
    assert (found["wren"], found["finch-on-fixed"]) == ("untrained", "cross")
    assert "wren-self" not in found
    assert relations(embedded, schema, "wren-self")["wren-fixed"] == "actor"
    assert "finch-on-fixed" not in relations(embedded, schema, "wren-self")
