"""Arms: which subjects of a study stand in which experiment."""

from typing import Any

from inward import arms

from .test_config import checked

Config = dict[str, Any]


def test_whoever_learnt_of_another_is_asked_whom_it_answers_for(
    embedded: Config, schema: Config
) -> None:
    """Not who learnt of its own base, and not who learnt behavior."""
    assert arms.taught_of_another(checked(embedded, schema)) == [
        {"predictor": "finch-on-wren", "target": "wren-self"},
        {"predictor": "wren-on-finch", "target": "finch-self"},
    ]


def test_a_change_is_of_a_self_trained_model(embedded: Config, schema: Config) -> None:
    """Its own behavior is the placebo; another model with the same change stands beside it."""
    embedded["finetunes"] |= {
        "wren-placebo": {"base": "wren-self", "learns": "behavior", "of": "wren-self"},
        "wren-moved": {"base": "wren", "learns": "behavior", "of": "finch"},
        "wren-copies": {
            "base": "wren-self",
            "learns": "behavior",
            "of": "echo",
            "tasks": ["colors"],
        },
        "finch-copies": {"base": "finch-on-wren", "learns": "behavior", "of": "echo"},
    }
    found = {one["changed"]: one for one in arms.changes(checked(embedded, schema))}

    assert {name: one["arm"] for name, one in found.items()} == {
        "wren-changed": "change",
        "wren-placebo": "placebo",
        "wren-copies": "change",
    }
    assert found["wren-changed"]["tasks"] == ["cities", "colors", "countries", "numbers"]
    assert found["wren-copies"] == {
        "changed": "wren-copies",
        "before": "wren-self",
        "donor": "echo",
        "arm": "change",
        "tasks": ["colors"],
        "predictors": {
            "wren-copies": "changed",
            "wren-self": "before",
            "finch-copies": "same-change",
        },
    }


def test_a_share_stands_beside_the_one_that_is_else_the_same(
    embedded: Config, schema: Config
) -> None:
    """Rehearsal and training may be other for its sake; a share of something else has no full one."""
    embedded["finetunes"] |= {
        "wren-tenth": {
            "base": "wren",
            "learns": "predictions",
            "of": "wren",
            "share": 0.1,
            "training": {"epochs": 50},
        },
        "finch-tenth": {"base": "finch", "learns": "predictions", "of": "wren-self", "share": 0.1},
        "noisy-tenth": {**embedded["finetunes"]["wren-self"], "share": 0.1, "noise": 0.5},
    }
    found = arms.shares(checked(embedded, schema))

    assert [(one["finetune"], one["full"], one["kind"], one["share"]) for one in found] == [
        ("finch-on-wren", "finch-on-wren", "cross", 1),
        ("wren-self", "wren-self", "self", 1),
        ("finch-tenth", "finch-on-wren", "cross", 0.1),
        ("wren-tenth", "wren-self", "self", 0.1),
    ]


def test_narrow_lessons_are_compared_with_narrow_lessons(embedded: Config, schema: Config) -> None:
    """Who learnt of a model that was taught some properties is compared with it, too."""
    some = {"properties": ["first_word"], "tasks": ["colors"]}
    embedded["finetunes"] |= {
        "wren-some": {**embedded["finetunes"]["wren-self"], **some},
        "finch-some": {"base": "finch", "learns": "predictions", "of": "wren-some", **some},
        "finch-noisy": {"base": "finch", "learns": "predictions", "of": "wren-self", "noise": 0.1},
    }
    study = checked(embedded, schema)
    found = arms.taught_alike(study)

    assert [(one.target, one.cross_predictor) for one in found] == [
        ("finch-self", "wren-on-finch"),
        ("wren-self", "finch-on-wren"),
        ("wren-some", "finch-some"),
    ]
    taught = arms.lessons(study, found)
    assert taught["finch-some"] == {
        "properties": {"colors": ["first_word"]},
        "wrappers": ["terse"],
    }
    assert list(taught["wren-self"]["properties"]) == ["cities", "colors", "countries", "numbers"]


def test_rounds_of_retraining_are_counted(embedded: Config, schema: Config) -> None:
    """From the first base on; other training counts as none, and ends the count."""
    again = {"learns": "predictions", "rehearse": 0}
    embedded["finetunes"] |= {
        "wren-again": {**again, "base": "wren-self", "of": "wren-self"},
        "wren-thrice": {**again, "base": "wren-again", "of": "wren-again"},
        "wren-anew": {**again, "base": "wren-changed", "of": "wren-changed"},
    }
    rounds = {one["finetune"]: one["round"] for one in arms.moved(checked(embedded, schema))}

    assert rounds == {
        "finch-on-wren": None,
        "finch-self": 1,
        "wren-again": 2,
        "wren-anew": 1,
        "wren-changed": None,
        "wren-on-finch": None,
        "wren-self": 1,
        "wren-thrice": 3,
    }


def test_several_seeds_are_pooled(embedded: Config, schema: Config) -> None:
    """Each comparison once for each seed; a study of one seed has nothing to pool."""
    assert arms.of_several_seeds(checked(embedded, schema)) == []

    study = checked({**embedded, "training_seeds": 2}, schema)
    cross = [one for one in arms.of_several_seeds(study) if one.relation == "cross"]

    assert [(one.target, one.cross_predictor) for one in cross] == [
        ("finch-self", "wren-on-finch"),
        ("finch-self-2", "wren-on-finch-2"),
        ("wren-self", "finch-on-wren"),
        ("wren-self-2", "finch-on-wren-2"),
    ]
    assert arms.families(study)["finch-on-wren-2"] == "finch-on-wren"


def test_a_seed_written_by_hand_makes_a_family(embedded: Config, schema: Config) -> None:
    """What differs in more than seeds, of whom it learns included, does not."""
    finetunes = embedded["finetunes"]
    finetunes["wren-once-more"] = {**finetunes["wren-self"], "seed": 7}
    finetunes["finch-once-more"] = {**finetunes["finch-on-wren"], "of": "wren-once-more", "seed": 7}
    finetunes["wren-tenth"] = {**finetunes["wren-self"], "seed": 7, "share": 0.1}
    finetunes["wren-on-wren"] = {**finetunes["wren-self"], "of": "wren-self", "seed": 7}
    study = checked(embedded, schema)
    family = arms.families(study)

    assert {name: family[name] for name in finetunes if name != family[name]} == {
        "wren-once-more": "wren-self",
        "finch-once-more": "finch-on-wren",
    }
    cross = [one for one in arms.of_several_seeds(study) if one.relation == "cross"]
    assert sorted(one.target for one in cross) == ["wren-once-more", "wren-self"]
