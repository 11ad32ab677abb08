"""Simulated subjects, whose truth is known."""

import pytest

from inward.datasets import training_row
from inward.hypotheticals import TERSE, WRAPPERS, Variant, hypothetical_question
from inward.properties import PROPERTIES
from inward.simulated import Subject, fit, question_in

from .hosted import PROMPTS, behavior, rows


@pytest.mark.parametrize("wrapper", WRAPPERS)
@pytest.mark.parametrize("prompt", ["a b c", "with ``` in it", "````", "last of: a\n\nb"])
def test_hypothetical_questions_are_recognized(wrapper: str, prompt: str) -> None:
    """In any paraphrase and wording, whatever they quote; all else is a prompt of its own."""
    for asked in PROPERTIES.values():
        for number in range(1, len(WRAPPERS[wrapper].paraphrases) + 1):
            way = Variant(wrapper, number, 1 if wrapper in TERSE else 2).name
            found = question_in(hypothetical_question(way, prompt, asked, "Aurora"))
            assert found == (asked, prompt)
    assert question_in("Continue: a b c") is None


def accuracy(predictor: Subject, subject: Subject, wrapper: str) -> float:
    """Return how often a predictor is right about a subject's answers to held-out prompts."""
    asked, held_out = PROPERTIES["second_character"], PROMPTS[100:]
    right = sum(
        behavior(predictor, hypothetical_question(wrapper, prompt, asked))
        == asked.read(behavior(subject, prompt), "stop").value
        for prompt in held_out
    )
    return right / len(held_out)


@pytest.mark.parametrize("access", [0.0, 0.5, 1.0])
@pytest.mark.parametrize("wrapper", WRAPPERS)
def test_self_prediction_gains_by_access_alone(access: float, wrapper: str) -> None:
    """Without access both predictors know the mode; with all of it the subject knows itself."""
    taught = rows(1, wrapper, 100)
    own = accuracy(fit(Subject(1, access), taught), Subject(1), wrapper)
    other = accuracy(fit(Subject(2, access), taught), Subject(1), wrapper)
    untrained = accuracy(Subject(1, access), Subject(1), wrapper)

    mode = accuracy(fit(Subject(1), taught), Subject(1), wrapper)
    assert own == pytest.approx(mode + access * (1 - mode), abs=0.08)
    assert other <= mode + 0.05
    assert (own - other > 0.2) == (access > 0)
    assert untrained < 0.45


def test_training_on_behaviors_changes_habits() -> None:
    """Prompts seen in training get their answers, and others partly do."""
    before = Subject(1)
    seen = [training_row(prompt, "zebra") for prompt in PROMPTS[:50]]
    after = fit(before, seen)
    unseen = [behavior(after, prompt) for prompt in PROMPTS[50:]]

    assert {behavior(after, prompt) for prompt in PROMPTS[:50]} == {"zebra"}
    assert 0.35 < unseen.count("zebra") / len(unseen) < 0.65


def test_subjects_have_habits_of_their_own() -> None:
    """Answers are skewed towards some words, and other subjects give others."""
    said = [[behavior(Subject(habits), prompt) for prompt in PROMPTS] for habits in (1, 2)]
    assert 20 < len(set(said[0])) < 200
    assert sum(one == two for one, two in zip(*said, strict=True)) < 0.1 * len(PROMPTS)
    assert max(said[0].count(word) for word in said[0]) > 20


ASKED = PROPERTIES["second_character"]


def predictions(subject: Subject) -> list[str]:
    """Return what a subject that has learnt its own labels says of its answers to other prompts."""
    taught = fit(subject, rows(subject.habits, "supposed", 100))
    questions = [hypothetical_question("supposed", prompt, ASKED) for prompt in PROMPTS[100:]]
    return [behavior(taught, question) for question in questions]


def test_who_collapses_gives_one_answer() -> None:
    """On the share of prompts that is stated, it is the commonest of the training file."""
    alike = predictions(Subject(1, collapse=1))
    half = predictions(Subject(1, access=1, skill=0, collapse=1))

    assert len(set(alike)) == 1
    assert len(set(half)) > 1


def test_who_lacks_skill_guesses() -> None:
    """The share that it lacks is guessed, as by one that was never trained."""
    asked = [hypothetical_question("supposed", prompt, ASKED) for prompt in PROMPTS[100:]]
    untrained = [behavior(Subject(1), question) for question in asked]
    alike = [
        said == guess
        for said, guess in zip(predictions(Subject(1, skill=0)), untrained, strict=True)
    ]

    assert all(alike)
    assert predictions(Subject(1, skill=0.5)) not in (untrained, predictions(Subject(1)))


def test_refusals_are_as_many_as_stated() -> None:
    """They are read as refusals, and behavior is as it was."""
    said = predictions(Subject(1, refuse=0.3))
    refused = [ASKED.read_answer(text, "stop", options=()).reason == "refused" for text in said]

    assert 0.2 < sum(refused) / len(refused) < 0.4
    assert behavior(Subject(1, refuse=1), PROMPTS[0]) == behavior(Subject(1), PROMPTS[0])


def test_habits_may_be_nearly_the_same() -> None:
    """On the share that is stated two subjects give the same answer, and elsewhere hardly ever."""
    one, near = Subject(1), Subject(2, like=1, alike=0.8)
    same = [behavior(one, prompt) == behavior(near, prompt) for prompt in PROMPTS]

    assert 0.72 < sum(same) / len(same) < 0.88
