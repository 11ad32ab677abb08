"""A prompt, as the tasks make it."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Question:
    """A hypothetical question that came with a prompt, word for word."""

    property: str
    text: str


@dataclass(frozen=True)
class Prompt:
    """An object-level prompt and the item it was built from."""

    text: str
    item: str
    options: tuple[str, ...] = ()  # of a choice, in the order of their letters: A, B, ...
    target_option: str | None = None  # the letter of one of them
    perturbation: str | None = None  # what was done to the question, where that is the point
    sibling: str | None = None  # the prompt whose split this one shares; None for its own
    questions: tuple[Question, ...] = ()
