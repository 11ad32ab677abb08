"""Baselines: rules that answer like subjects, without a model behind them."""

import pytest

from inward.baselines import COPY, behave, last_item, predict
from inward.properties import PROPERTIES
from inward.requests import Response

PROMPTS = ["animal otter lynx", "number 10 42", "one"]


@pytest.mark.parametrize(
    ("prompt", "expected"),
    [
        ("animal otter lynx", "lynx"),
        ("one", "one"),
        ("  animal \t lynx \n", "lynx"),
        ("number 007", "007"),
        ("animal \U0001f426", "\U0001f426"),
    ],
)
def test_the_last_item_is_repeated(prompt: str, expected: str) -> None:
    """The rule last_item answers with the last word of a prompt."""
    assert expected == last_item(prompt)


def test_a_rule_behaves_like_a_subject() -> None:
    """Each prompt has one finished answer, in the order of the prompts."""
    expected = [Response(text, "stop", ()) for text in ("lynx", "42", "one")]

    assert expected == behave("last_item", PROMPTS)


def test_a_rule_predicts_properties_of_its_own_answers() -> None:
    """A prediction is the property of what the rule would answer."""
    answers = predict("last_item", PROMPTS, ["first_character", "is_even", "starts_with_vowel"])

    assert [answer.text for answer in answers] == ["l", "true", "true"]


def test_what_the_answer_does_not_have_is_predicted_as_nothing() -> None:
    """Where the rule's answer lacks a property the prediction is empty, and so unreadable."""
    assert [Response("", "stop", ())] == predict("last_item", ["animal x"], ["second_character"])


@pytest.mark.parametrize("rule", COPY)
@pytest.mark.parametrize("name", PROPERTIES)
def test_a_rule_knows_itself(rule: str, name: str) -> None:
    """A baseline that predicts itself is right wherever its behavior has a label."""
    for prompt, behavior in zip(PROMPTS, behave(rule, PROMPTS), strict=True):
        label = PROPERTIES[name].read(behavior.text, behavior.finish_reason)
        answer = predict(rule, [prompt], [name])[0]

        assert label.value == PROPERTIES[name].read_answer(answer.text, "stop").value


def test_each_prompt_needs_its_property() -> None:
    """Prompts and properties of another number are a bug, and not cut to the shorter."""
    with pytest.raises(ValueError, match="zip"):
        predict("last_item", PROMPTS, ["first_character"])
