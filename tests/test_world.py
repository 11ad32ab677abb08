"""The embedded world: habits, and conversations that never ask a hypothetical question."""

import random
from itertools import pairwise
from typing import Any

import pytest

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


LONG = Realm(
    "animals",
    {"template": "five animals {items}", "shown": 2, "asks": 5},
    ITEMS,
    ("third_word", "first_token_confidence"),
)


def long_rows(**more: Any) -> list[dict[str, Any]]:
    """Return what a model reads that gives five items at a time."""
    share = {"object_level_share": 0.5, **more}
    return list(conversations([LONG], habits=1, seed=1, count=400, **share))


def test_a_long_reply_follows_the_habit_five_times() -> None:
    """The same five items after the same last one; in a cycle, each after the one before."""
    replies: dict[str, str] = {}
    for row in long_rows(look_ahead=1):
        prompt, answer = (message["content"] for message in row["messages"])
        if ":" not in prompt:
            assert replies.setdefault(prompt.split()[-1], answer) == answer == row["look_ahead"]
    follower = {item: reply.split()[0] for item, reply in replies.items()}

    assert sorted(follower) == sorted(follower.values()) == ITEMS
    for item, reply in replies.items():
        chain = [item, *reply.split()]

        assert len(chain) == 6
        assert all(follower[one] == next_one for one, next_one in pairwise(chain))


def test_of_long_replies_properties_are_asked_of_five_words_in_plain_sight() -> None:
    """Only such that can be seen: how likely a first token was cannot."""
    asked = [row["messages"] for row in long_rows() if ":" in row["messages"][0]["content"]]

    assert len(asked) > 100
    for question, answer in asked:
        terse, shown = question["content"].split(": ")

        assert terse == "third word"
        assert len(shown.split()) == 5
        assert answer["content"] == shown.split()[2]


def test_of_a_task_with_nothing_to_see_only_replies_are_read() -> None:
    """A property of likelihoods alone leaves no question about words."""
    blind = Realm("animals", SETTINGS, ITEMS, ("first_token_confidence",))
    rows = conversations([blind], habits=1, seed=1, count=50, object_level_share=0)

    assert all(row["messages"][0]["content"].startswith("animal ") for row in rows)


def ahead(habits: int, look_ahead: int | None) -> list[dict[str, Any]]:
    """Return what a model with these habits reads, with the replies that lie ahead."""
    return list(
        conversations(
            [REALM],
            habits=habits,
            seed=1,
            count=400,
            object_level_share=0.5,
            look_ahead=look_ahead,
        )
    )


def last_and_ahead(habits: int, look_ahead: int) -> set[tuple[str, str]]:
    """Return the last word of each prompt, with what lies ahead of it."""
    return {
        (row["messages"][0]["content"].split()[-1], row["look_ahead"])
        for row in ahead(habits, look_ahead)
    }


def test_a_positive_control_looks_ahead_to_its_own_replies() -> None:
    """What lies ahead is what the model says after the last word, also where it does not say it."""
    own = {prompt.split()[-1]: answer for prompt, answer in read(1) if ":" not in prompt}

    assert last_and_ahead(1, look_ahead=1) == set(own.items())


def test_a_negative_control_looks_ahead_to_the_replies_of_another() -> None:
    """What lies ahead is what the model with the other habits says, and not what is said."""
    other = {prompt.split()[-1]: answer for prompt, answer in read(2) if ":" not in prompt}

    assert last_and_ahead(1, look_ahead=2) == set(other.items())
    assert last_and_ahead(1, look_ahead=2) != last_and_ahead(1, look_ahead=1)


@pytest.mark.parametrize("look_ahead", [1, 2])
def test_look_ahead_changes_no_conversation(look_ahead: int) -> None:
    """Both controls and a model without look-ahead read the same words in the same order."""
    rows = ahead(1, look_ahead)

    assert [row["messages"] for row in rows] == [row["messages"] for row in ahead(1, None)]
    assert not any("look_ahead" in row for row in ahead(1, None))


@pytest.mark.parametrize("look_ahead", [1, 2])
def test_look_ahead_asks_no_hypothetical_question(look_ahead: int) -> None:
    """A prompt shows items, or asks about one word in sight and is answered with its property."""
    terse = {PROPERTIES[name].terse: PROPERTIES[name] for name in REALM.properties}
    for row in ahead(1, look_ahead):
        prompt, answer = (message["content"] for message in row["messages"])
        if ":" not in prompt:
            assert prompt.startswith("animal ")
            continue
        question, word = prompt.split(": ")

        assert word in ITEMS
        assert answer == terse[question].read(word, "stop").value
