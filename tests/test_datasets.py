"""Datasets: what goes into a finetune, what is left out, and what must not get in."""

import random

import pandas as pd
import pytest

from inward.datasets import (
    Account,
    Ways,
    behavior_rows,
    prediction_rows,
    property_rows,
    readable_responses,
    refuse_leaks,
    refuse_nothing,
    rehearsal,
    training_row,
)
from inward.errors import InputError

PROMPTS = pd.DataFrame(
    {"prompt_id": ["1", "2"], "text": ["animal otter", "animal lynx"], "split": "train"}
)


def test_a_label_becomes_a_hypothetical_question_with_its_answer() -> None:
    """Readable labels are taught, others are left out and counted with their reason."""
    labels = pd.DataFrame(
        {
            "prompt_id": ["1", "1", "2"],
            "sample": 0,
            "property": ["first_character", "second_character", "first_character"],
            "value": ["h", None, "o"],
            "compliant": [True, False, True],
            "reason": [None, "too short", None],
        }
    )
    account = Account()
    rows = prediction_rows("animals", PROMPTS, labels, Ways(("terse",)), account)

    assert rows == [
        training_row("first: animal otter", "h"),
        training_row("first: animal lynx", "o"),
    ]
    assert account.record() == {
        "used": {"animals: first_character": 2},
        "left_out": {"animals: second_character: too short": 1},
    }


def test_a_response_in_plain_sight_becomes_a_question_with_its_label() -> None:
    """The response is shown without its reasoning, the prompt not at all."""
    prompts = PROMPTS.assign(options="")
    behaviors = pd.DataFrame(
        {
            "prompt_id": ["1", "1", "2"],
            "sample": [0, 1, 0],
            "text": ["<think>a bird</think> heron", "wolf", ""],
            "finish_reason": "stop",
        }
    )
    labels = pd.DataFrame(
        {
            "prompt_id": ["1", "2"],
            "sample": 0,
            "property": "first_character",
            "value": ["h", None],
            "compliant": [True, False],
            "reason": [None, "empty"],
        }
    )
    account = Account()
    shown = readable_responses(prompts, behaviors)
    rows = property_rows("animals", labels, shown, Ways(("terse",)), account)

    assert rows == [training_row("first: heron", "h")]
    assert account.record() == {
        "used": {"animals: first_character": 1},
        "left_out": {"animals: first_character: empty": 1},
    }


def test_a_behavior_becomes_a_conversation() -> None:
    """Finished answers are taught, those that were cut or empty are left out and counted."""
    behaviors = pd.DataFrame(
        {
            "prompt_id": ["1", "2"],
            "sample": 0,
            "text": ["heron", "wol"],
            "finish_reason": ["stop", "length"],
        }
    )
    account = Account()

    assert behavior_rows("animals", PROMPTS, behaviors, account) == [
        training_row("animal otter", "heron")
    ]
    assert account.record()["left_out"] == {"animals: behavior: cut": 1}


def test_rehearsal_repeats_all_rows_alike() -> None:
    """Five rows out of two: one three times, the other twice."""
    rows = [training_row("a", "b"), training_row("c", "d")]
    chosen = rehearsal(rows, 5, random.Random(1))

    assert sorted(chosen.count(row) for row in rows) == [2, 3]
    assert rehearsal(rows, 0, random.Random(1)) == []


def test_rehearsing_nothing_is_refused() -> None:
    """There must be behavior where some is to be rehearsed."""
    with pytest.raises(InputError, match="no behavior to rehearse; set rehearse to 0"):
        rehearsal([], 1, random.Random(1))


def test_a_prompt_that_is_held_out_elsewhere_is_refused() -> None:
    """One prompt, trained on in one task and held out in another, stops the study."""
    held_out = PROMPTS.assign(split="test").head(1)

    with pytest.raises(
        InputError, match=r"tasks\.animals trains on the prompt 'animal otter', which"
    ):
        refuse_leaks({"animals": PROMPTS, "birds": held_out})
    refuse_leaks({"animals": PROMPTS, "birds": held_out.assign(prompt_id="3")})


def test_a_finetune_with_nothing_to_learn_is_refused() -> None:
    """Where all rows were left out, the reasons are named before anything is trained."""
    account = Account()
    account.left_out["animals: behavior: cut"] = 9

    with pytest.raises(InputError) as error:
        refuse_nothing([], account, "wren-changed")
    assert str(error.value) == (
        "finetunes.wren-changed: nothing to learn; left out: animals: behavior: cut (9)"
    )
