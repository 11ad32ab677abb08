"""Controls in the configuration: what cannot be had is refused in one line."""

from typing import Any

import pytest

from inward.errors import ConfigError

from .test_config import checked, edited

SELF = "finetunes.wren-self"
HELD_IN = "cities, colors, countries, numbers"
OF_WORDS = "first_character, first_word, last_character, second_character, starts_with_vowel"


def baseline(**more: Any) -> dict[str, Any]:
    """Return the edit that adds a baseline."""
    return {"models.guess": {"provider": "baseline", **more}}


BAD: dict[str, tuple[dict[str, Any], str]] = {
    "a share of nothing": (
        {f"{SELF}.share": 0},
        (
            f"{SELF}.share: 0 is less than or equal to the minimum of 0; give the share of training"
            " prompts, above 0 and up to 1"
        ),
    ),
    "more than all labels": (
        {f"{SELF}.noise": 1.5},
        f"{SELF}.noise: 1.5 is greater than the maximum of 1; give the share of labels that change places, from 0 to 1",
    ),
    "another actor": (
        {f"{SELF}.actor": "finch"},
        f"{SELF}.actor: 'finch' is not one of ['self', 'base']; give self or base, who answers object-level prompts for it",
    ),
    "no such task": (
        {f"{SELF}.tasks": ["colours"]},
        f"{SELF}.tasks: there is no 'colours'; did you mean colors?",
    ),
    "a held-out task": (
        {f"{SELF}.tasks": ["animals"]},
        f"{SELF}.tasks: animals is held-out, so nobody is trained on it; choose among {HELD_IN}",
    ),
    "a property that no task has": (
        {f"{SELF}.properties": ["is_even"]},
        f"{SELF}.properties: no task that it learns from has is_even; choose among {OF_WORDS}",
    ),
    "a property that none of its tasks has": (
        {f"{SELF}.tasks": ["numbers"], f"{SELF}.properties": ["starts_with_vowel"]},
        (
            f"{SELF}.properties: no task that it learns from has starts_with_vowel; choose among"
            " first_character, first_word, last_character, second_character"
        ),
    ),
    "properties of behavior": (
        {f"{SELF}.learns": "behavior", f"{SELF}.properties": ["first_word"]},
        f"{SELF}.properties: means nothing to who learns behavior; delete it",
    ),
    "noise in behavior": (
        {f"{SELF}.learns": "behavior", f"{SELF}.noise": 0.1},
        f"{SELF}.noise: means nothing to who learns behavior; delete it",
    ),
    "noise in random answers": (
        {f"{SELF}.learns": "format", f"{SELF}.noise": 0.1},
        f"{SELF}.noise: means nothing to who learns format; delete it",
    ),
    "behavior that nobody sees": (
        {f"{SELF}.learns": "behavior", f"{SELF}.actor": "base"},
        (
            f"{SELF}.actor: its base behaves for it, so the behavior that it learns would never be"
            " seen; delete it"
        ),
    ),
    "a likelihood in plain sight": (
        {f"{SELF}.learns": "properties", "tasks.colors.properties": ["first_token_ratio"]},
        (
            f"{SELF}.properties: first_token_ratio cannot be read off a response alone; list others,"
            f" of {OF_WORDS}"
        ),
    ),
    "nothing in plain sight": (
        {
            f"{SELF}.learns": "properties",
            f"{SELF}.tasks": ["colors"],
            "tasks.colors.properties": ["first_token_ratio"],
        },
        (
            f"{SELF}.properties: first_token_ratio cannot be read off a response alone; delete this"
            " finetune"
        ),
    ),
    "a finetune of who only predicts": (
        {**baseline(rule="mode", of="wren"), f"{SELF}.of": "guess"},
        (
            f"{SELF}.of: guess only predicts, so there is nothing to learn of it; choose a model, or"
            " a baseline that behaves"
        ),
    ),
    "a baseline of nobody": (
        baseline(rule="mode"),
        "models.guess.of: is missing; mode learns from labels, so give one subject",
    ),
    "a mean of nobody": (
        baseline(rule="others"),
        "models.guess.of: is missing; others learns from labels, so give a list of subjects",
    ),
    "a baseline of several": (
        baseline(rule="ngrams", of=["wren", "finch"]),
        "models.guess.of: ngrams wants one subject; give that",
    ),
    "a mean of one": (
        baseline(rule="others", of="wren"),
        "models.guess.of: others wants a list of subjects; give that",
    ),
    "a copy of somebody": (
        baseline(rule="last_item", of="wren"),
        "models.guess.of: last_item learns from nobody this way; delete it",
    ),
    "a model of somebody": (
        {"models.wren.of": "finch"},
        "models.wren.of: a model of provider local learns from nobody this way; delete it",
    ),
    "a baseline of a stranger": (
        baseline(rule="nearest", of="wrens"),
        "models.guess.of: there is no 'wrens'; did you mean wren?",
    ),
    "a baseline of itself": (
        baseline(rule="nearest", of="guess"),
        (
            "models.guess.of: guess only predicts, so it has no labels to learn from; name a subject"
            " that behaves"
        ),
    ),
    "a circle of baselines": (
        {
            **baseline(rule="others", of=["wren", "rest"]),
            "models.rest": {"provider": "baseline", "rule": "others", "of": ["guess"]},
        },
        (
            "models.guess.of: rest only predicts, so it has no labels to learn from; name a subject"
            " that behaves"
        ),
    ),
    "nothing to learn from": (
        {
            **baseline(rule="mode", of="wren"),
            "finetunes": {},
            **{f"tasks.{task}.role": "test" for task in HELD_IN.split(", ")},
        },
        (
            "models.guess.rule: mode learns from held-in tasks, and no task has role train; add one,"
            " or delete the baseline"
        ),
    ),
    "examples of who only predicts": (
        {**baseline(rule="mode", of="wren"), "hypothetical.wrappers": ["terse+guess"]},
        (
            "hypothetical.wrappers: terse+guess: there is no 'guess'; there are self, scrambled,"
            " echo, finch, wren, finch-on-wren, finch-self, wren-changed, wren-on-finch, wren-self"
        ),
    ),
    "a way to show behavior": (
        {"finetunes.wren-changed.wrappers": ["terse.2"]},
        "finetunes.wren-changed.wrappers: mean nothing to who learns behavior; delete them",
    ),
    "no training at all": (
        {"training_seeds": 0},
        (
            "training_seeds: 0 is less than the minimum of 1; give how often each finetune is"
            " trained, each time with another seed, a whole number from 1 to 100"
        ),
    ),
}


@pytest.mark.parametrize(("edits", "line"), BAD.values(), ids=BAD)
def test_what_cannot_be_had_is_refused_in_one_line(
    embedded: dict[str, Any], schema: dict[str, Any], edits: dict[str, Any], line: str
) -> None:
    """The line names the key and the mend."""
    with pytest.raises(ConfigError) as error:
        checked(edited(embedded, edits), schema)

    assert f"config: {line}" == str(error.value)
