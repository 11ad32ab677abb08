"""Visible questions: a response is shown, and a property of it is asked for."""

import pytest

from inward.properties import PROPERTIES
from inward.visible import visible_question
from inward.world import visible_property


def test_a_response_in_plain_sight_is_quoted() -> None:
    """Whoever understands English sees the response in fences, and what is asked of it."""
    assert visible_question("past.2", "heron", "second_character") == (
        "This is a response to a prompt:\n\n```\nheron\n```\n\n"
        "What is the second character of this response? (Of 'abc' it is 'b'.)"
        " Answer with that character only."
    )


def test_a_wording_is_kept() -> None:
    """The number of the wording is that of the hypothetical question; a paraphrase means nothing."""
    shown = visible_question("supposed.3.2", "heron", "first_character")

    assert "Which character does this response begin with?" in shown


def test_the_embedded_world_is_asked_as_it_was_raised() -> None:
    """A tiny model has read such questions, word for word, before."""
    raised = visible_property("heron", "first_character")["messages"][0]["content"]

    assert visible_question("terse", "heron", "first_character") == raised == "first: heron"


def test_a_response_in_plain_sight_is_nobodys() -> None:
    """Of whom a terse question is asked means nothing where the response is shown."""
    for person in ("terse-third-person", "terse-assistant"):
        assert visible_question(person, "heron", "first_character") == "first: heron"
        assert visible_question(f"{person}.2", "heron", "first_character") == "heron: first"


@pytest.mark.parametrize("name", PROPERTIES)
def test_every_property_can_be_asked_of_what_is_shown(name: str) -> None:
    """In all wordings, in the present, and not of whoever is asked."""
    for number in range(1, len(PROPERTIES[name].questions) + 1):
        asked = visible_question(f"supposed.1.{number}", "heron", name)
        words = asked.lower().replace("?", " ").split()

        assert not {"would", "you", "your", "did"} & set(words)
        assert "{" not in asked
