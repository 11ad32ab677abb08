"""Baselines: rules that answer like subjects, without a model behind them."""

import pandas as pd
import pytest

from inward import classifiers
from inward.baselines import (
    COPY,
    behave,
    last_item,
    most_frequent_item,
    predict,
    predict_from,
)
from inward.classifiers import Classifier
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


@pytest.mark.parametrize(
    ("prompt", "expected"),
    [
        ("number 10 42 10", "10"),
        ("animal otter lynx", "lynx"),
        ("animals: Otter, lynx, otter", "otter"),
        ("b a b a", "a"),
        ("one", "one"),
    ],
)
def test_the_most_frequent_item_is_repeated(prompt: str, expected: str) -> None:
    """As it stands last; case and commas make no other word, and of several the last is taken."""
    assert expected == most_frequent_item(prompt)


def prompts_of(task: str, texts: dict[str, str], split: str) -> pd.DataFrame:
    """Return a table of prompts, by text and label."""
    ids = [f"{task}-{split}-{number}" for number in range(len(texts))]
    return pd.DataFrame({"prompt_id": ids, "text": list(texts), "split": split})


def labels_of(prompts: pd.DataFrame, values: list[str | None]) -> pd.DataFrame:
    """Return labels of one property on some prompts, and a second sample that must not count."""
    first = pd.DataFrame(
        {
            "prompt_id": prompts["prompt_id"],
            "sample": 0,
            "property": "first_character",
            "value": values,
            "compliant": [value is not None for value in values],
        }
    )
    return pd.concat([first, first.assign(sample=1, value="z", compliant=True)], ignore_index=True)


# The label is the last letter of the prompt; birds have mostly a, fish have b alone.
BIRDS = {f"sing {letter}{end}": end for letter in "cdefgh" for end in "ab"} | {"sing aa": "a"}
FISH = {f"swim {letter}b": "b" for letter in "mnop"}
TABLES = {
    task: pd.concat([prompts_of(task, texts, "train"), prompts_of(task, {"t": ""}, "test")])
    for task, texts in (("birds", BIRDS), ("fish", FISH))
}
LEARNT_FROM = {
    ("wren", task): labels_of(TABLES[task], [*texts.values(), "held-out"])
    for task, texts in (("birds", BIRDS), ("fish", FISH))
}


def said(rule: str, *asked: tuple[str, str], name: str = "first_character") -> list[str]:
    """Return what a rule that learnt from wren says of prompts of tasks."""
    questions = pd.DataFrame(asked, columns=["task", "prompt"]).assign(property=name, prompt_id="p")
    answers = predict_from(rule, ["wren"], questions, LEARNT_FROM, TABLES)
    return [answer.text for answer in answers]


def test_the_mode_is_of_task_and_property() -> None:
    """A held-out task has the commonest label of all held-in ones; held-out labels do not count."""
    assert said("mode", ("birds", "x"), ("fish", "x"), ("whales", "x")) == ["a", "b", "b"]


@pytest.mark.parametrize("rule", ["ngrams", "nearest"])
def test_letters_of_the_prompt_decide(rule: str) -> None:
    """What was planted in the prompts' endings is found again, also in tasks that are held out."""
    asked = [("birds", "sing wa"), ("whales", "sing tb"), ("whales", "sing ta"), ("fish", "b")]

    assert said(rule, *asked) == ["a", "b", "a", "b"]
    assert said(rule, *asked[::-1]) == ["b", "a", "b", "a"]


def test_the_nearest_prompt_is_itself() -> None:
    """On the training prompts it says just what it has learnt."""
    known = [(("birds", text), value) for text, value in BIRDS.items()]

    assert said("nearest", *(pair for pair, _ in known)) == [value for _, value in known]


@pytest.mark.parametrize("rule", ["mode", "ngrams", "nearest"])
def test_what_was_never_learnt_is_answered_with_nothing(rule: str) -> None:
    """A property that no held-in task has leaves the answer empty, and so unreadable."""
    assert said(rule, ("whales", "x"), name="last_character") == [""]


def test_one_value_is_all_that_a_regression_can_say() -> None:
    """Where all labels are the same there is nothing to tell apart."""
    assert Classifier("ngrams", ["aa", "bb"], ["x", "x"]).say(["cc"]) == ["x"]


def test_only_the_commonest_values_are_learnt(monkeypatch: pytest.MonkeyPatch) -> None:
    """A property of free text has too many; the rare ones are never said."""
    monkeypatch.setattr(classifiers, "MOST_VALUES", 2)
    texts, values = ["aa", "ab", "ba", "bb", "cc"], ["x", "x", "y", "y", "rare"]

    assert set(Classifier("ngrams", texts, values).say(texts)) == {"x", "y"}
    assert Classifier("nearest", texts, values).say(["cc"]) == ["rare"]


def test_the_others_say_what_most_of_them_have() -> None:
    """On the very prompt; of several labels that of who is named first, and of none nothing."""
    test = prompts_of("birds", {"one": "", "two": "", "three": "", "four": ""}, "test")
    by_subject: dict[str, list[str | None]] = {
        "finch": ["a", "a", None, None],
        "crow": ["b", "b", "c", None],
        "owl": ["b", "d", None, None],
    }
    labels = {(name, "birds"): labels_of(test, values) for name, values in by_subject.items()}
    questions = test.rename(columns={"text": "prompt"}).assign(
        task="birds", property="first_character"
    )

    for of, expected in (
        (["finch", "crow", "owl"], ["b", "a", "c", ""]),
        (["owl", "crow", "finch"], ["b", "d", "c", ""]),
    ):
        answers = predict_from("others", of, questions, labels, {"birds": test})
        assert [answer.text for answer in answers] == expected
