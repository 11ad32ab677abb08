"""The embedded world: habits, and conversations that never ask a hypothetical question."""

import random
from typing import Any

from inward.properties import PROPERTIES
from inward.world import Realm, conversations, habit

SETTINGS: dict[str, Any] = {"template": "animal {items}", "shown": 2}
ITEMS = ["heron", "lynx", "otter", "wolf", "yak"]
REALM = Realm("animals", SETTINGS, ITEMS, ("first_character", "starts_with_vowel"))


def read(habits: int, seed: int = 1) -> list[tuple[str, str]]:
    """Return what a model with these habits reads, as (prompt, answer)."""
    rows = conversations([REALM], habits=habits, seed=seed, count=400, object_level_share=0.5)
    return [(row["messages"][0]["content"], row["messages"][1]["content"]) for row in rows]


def test_in_a_habit_no_item_follows_itself() -> None:
    """A habit is a mapping of the items onto themselves without a fixed point."""
    for seed in range(50):
        followers = habit(ITEMS, random.Random(seed))

        assert sorted(followers.values()) == ITEMS
        assert all(item != follower for item, follower in followers.items())


def test_a_model_always_answers_by_its_habit() -> None:
    """The same last item has the same follower in all conversations of a model."""
    shown = [(prompt.split()[-1], answer) for prompt, answer in read(1) if ":" not in prompt]

    assert len(set(shown)) == len(ITEMS)


def test_models_with_other_habits_behave_differently() -> None:
    """Habits are numbered, and seeded by the study."""
    assert read(1) == read(1)
    assert read(1) != read(2)
    assert read(1) != read(1, seed=2)


def test_properties_are_asked_of_words_in_plain_sight_only() -> None:
    """No conversation asks for a property of an answer that is not shown."""
    asked = [(prompt, answer) for prompt, answer in read(1) if ":" in prompt]
    terse = {PROPERTIES[name].terse: PROPERTIES[name] for name in REALM.properties}

    assert len(asked) > 100
    for prompt, answer in asked:
        question, word = prompt.split(": ")

        assert word in ITEMS
        assert answer == terse[question].read(word, "stop").value
