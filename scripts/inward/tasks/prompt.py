"""A prompt, as the tasks make it."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Prompt:
    """An object-level prompt and the item it was built from."""

    text: str
    item: str
    target_option: str | None = None
