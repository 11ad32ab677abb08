"""A prompt, as the tasks make it."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Prompt:
    """An object-level prompt and the item it was built from."""

    text: str
    item: str
    options: tuple[str, ...] = ()  # of a choice, in the order of their letters: A, B, ...
    target_option: str | None = None  # the letter of one of them
