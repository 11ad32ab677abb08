"""Ways to ask in a configuration: what there is not, or could not be asked, is named in one line."""

from typing import Any

import pytest

from inward.errors import ConfigError

from .test_config import checked

BAD: dict[str, tuple[list[str], str]] = {
    "no wrapper of this name": (
        ["suposed"],
        "hypothetical.wrappers: there is no 'suposed'; did you mean supposed?",
    ),
    "no form of a name": (
        ["supposed.two"],
        (
            "hypothetical.wrappers: 'supposed.two' is no wrapper; write one like past, past.2 for"
            " its second paraphrase, past.2.3 for the third wording besides, or past+self for"
            " examples"
        ),
    ),
    "another name for the same": (
        ["supposed.1"],
        "hypothetical.wrappers: supposed.1 is supposed; write that",
    ),
    "no such paraphrase": (
        ["supposed", "supposed.9"],
        "hypothetical.wrappers: supposed has 3 paraphrases; give one of them, not 9",
    ),
    "no such wording": (
        ["supposed.1.9"],
        (
            "hypothetical.wrappers: supposed.1.9 asks in wording 9, but first_character has 2;"
            " lower it, or write another in its declaration"
        ),
    ),
    "wordings of terse": (
        ["terse.1.2"],
        "hypothetical.wrappers: terse has no other wordings; take out 2",
    ),
    "a model without a name": (
        ["terse", "third-person"],
        (
            "hypothetical.wrappers: third-person is about another model; name one in"
            " hypothetical.named"
        ),
    ),
    "a terse question about a model without a name": (
        ["terse", "terse-third-person"],
        (
            "hypothetical.wrappers: terse-third-person is about another model; name one in"
            " hypothetical.named"
        ),
    ),
    "wordings of any terse question": (
        ["terse-assistant.1.2"],
        "hypothetical.wrappers: terse-assistant has no other wordings; take out 2",
    ),
    "examples of nobody": (
        ["terse", "terse+finhc"],
        "hypothetical.wrappers: terse+finhc: there is no 'finhc'; did you mean finch?",
    ),
    "training with examples": (
        ["terse+self"],
        (
            "finetunes.finch-on-wren.wrappers: terse+self shows examples, which nobody is trained"
            " with; give terse"
        ),
    ),
}


@pytest.mark.parametrize(("ways", "said"), BAD.values(), ids=BAD)
def test_a_mistake_is_named_in_one_line(
    embedded: dict[str, Any], schema: dict[str, Any], ways: list[str], said: str
) -> None:
    """With the key and the mend, when the configuration is read."""
    with pytest.raises(ConfigError) as error:
        checked(embedded | {"hypothetical": {"wrappers": ways}}, schema)

    assert str(error.value) == f"config: {said}"


def test_a_finetune_is_taught_in_the_first_way_or_its_own(
    embedded: dict[str, Any], schema: dict[str, Any]
) -> None:
    """So that every other way is held out."""
    embedded["finetunes"]["wren-self"]["wrappers"] = ["terse.2", "past"]
    found = checked(embedded | {"hypothetical": {"wrappers": ["terse", "terse+self"]}}, schema)

    assert found.taught_by("wren-self") == ("terse.2", "past")
    assert found.taught_by("finch-self") == ("terse",)


def test_who_learns_behavior_is_taught_in_no_way(
    embedded: dict[str, Any], schema: dict[str, Any]
) -> None:
    """Wrappers would mean nothing there."""
    embedded["finetunes"]["wren-changed"]["wrappers"] = ["terse"]
    with pytest.raises(ConfigError, match=r"wren-changed.wrappers: mean nothing to who learns beh"):
        checked(embedded, schema)


def test_no_subject_is_called_as_examples_are(
    embedded: dict[str, Any], schema: dict[str, Any]
) -> None:
    """Else nobody would know whose are shown."""
    embedded["models"]["self"] = embedded["models"].pop("echo")
    with pytest.raises(ConfigError, match=r"self: no subject may have this name"):
        checked(embedded, schema)


def test_a_frame_has_a_place_for_the_prompt(
    embedded: dict[str, Any], schema: dict[str, Any]
) -> None:
    """And with it the task is another task."""
    birds = {**embedded["tasks"]["animals"], "frame": "Be a pirate. {prompt}"}
    assert checked(embedded | {"tasks": {**embedded["tasks"], "birds": birds}}, schema)
    with pytest.raises(ConfigError, match=r"tasks.birds.frame: has no \{prompt\}; write it where"):
        checked(embedded | {"tasks": {"birds": {**birds, "frame": "Be a pirate."}}}, schema)
