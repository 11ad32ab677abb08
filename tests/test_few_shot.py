"""Few-shot: examples before a question, whose answers they have, and what they leave alone."""

from collections import Counter
from typing import Any

import pandas as pd
import pytest

from inward.errors import InputError
from inward.few_shot import with_examples
from inward.questions import prediction_questions

PROMPTS = [f"prompt-{n}" for n in range(9)]
WAYS = ["terse", "terse+self", "terse+scrambled", "terse+finch"]
TABLES = {
    "animals": pd.DataFrame(
        {
            "prompt_id": PROMPTS,
            "text": [f"animal {chr(97 + n)}" for n in range(9)],
            "split": ["test"] * 9,
        }
    )
}


def labels(mark: str, *, unread: int = 0) -> pd.DataFrame:
    """Return labels that say whose they are, and of which prompt."""
    return pd.DataFrame(
        {
            "prompt_id": PROMPTS,
            "sample": 0,
            "property": "first_word",
            "value": [None if n < unread else f"{mark}{n}" for n in range(9)],
            "compliant": [n >= unread for n in range(9)],
        }
    )


def shown(count: int = 3, **changes: Any) -> dict[str, dict[str, list[dict[str, str]]]]:
    """Return the examples by wrapper and prompt."""
    known = {"wren": labels("wren"), "finch": labels("finch"), **changes}
    asked = with_examples(
        prediction_questions(TABLES, {"animals": ["first_word"]}, WAYS, 1),
        {(name, "animals"): table for name, table in known.items()},
        subject="wren",
        count=count,
        seed=1,
    )
    return {
        str(way): dict(zip(rows["prompt_id"], rows["examples"], strict=True))
        for way, rows in asked.groupby("wrapper")
    }


def test_examples_have_the_answers_of_their_teacher() -> None:
    """Each is another prompt's question in the same way, with that prompt's own label."""
    found = shown()

    assert set(found["terse"].values()) == {None}
    for way, mark in (("terse+self", "wren"), ("terse+finch", "finch")):
        for prompt, examples in found[way].items():
            places = [ord(example["question"][-1]) - 97 for example in examples]
            assert [example["answer"] for example in examples] == [f"{mark}{n}" for n in places]
            assert all(example["question"].startswith("word: animal ") for example in examples)
            assert len(set(places)) == 3
            assert PROMPTS.index(prompt) not in places


def test_scrambled_examples_have_each_others_answers() -> None:
    """The same questions and the same answers; none beside the other it belongs to."""
    found = shown()
    for prompt in PROMPTS:
        own, scrambled = found["terse+self"][prompt], found["terse+scrambled"][prompt]
        assert [one["question"] for one in own] == [one["question"] for one in scrambled]
        answers = [[one["answer"] for one in examples] for examples in (own, scrambled)]
        assert Counter(answers[0]) == Counter(answers[1])
        assert all(one != other for one, other in zip(*answers, strict=True))


def test_all_are_shown_equally_often_and_about_the_same_prompts() -> None:
    """Whoever's answers they are."""
    found = shown()
    times = Counter(one["question"] for shown in found["terse+self"].values() for one in shown)

    assert set(times.values()) == {3}
    for prompt in PROMPTS:
        own, others = found["terse+self"][prompt], found["terse+finch"][prompt]
        assert [one["question"] for one in own] == [one["question"] for one in others]


def test_answers_without_a_label_are_not_shown() -> None:
    """And too few to show are refused, with what to do."""
    found = shown(finch=labels("finch", unread=4))

    answers = {one["answer"] for shown in found["terse+finch"].values() for one in shown}
    assert answers == {f"finch{n}" for n in range(4, 9)}
    with pytest.raises(InputError, match=r"tasks.animals: 3 answers of finch have a first_word"):
        shown(finch=labels("finch", unread=6))
