"""Frames: words around all prompts of a task, such as a persona that the subject shall take on.

A framed prompt is a prompt: it is sent with its frame, and quoted with it by whoever asks for a
property of the answer. It shares the split of the bare one.
"""

from collections.abc import Iterable
from dataclasses import replace
from typing import Any

from inward.tasks.prompt import Prompt
from inward.tasks.templates import check_template, filled

FRAME = {
    "type": "string",
    "minLength": 1,
    "description": "words around each prompt, with {prompt} in them",
}


def check_frame(where: str, settings: dict[str, Any]) -> None:
    """Raise ConfigError where a task has a frame without a place for the prompt."""
    if "frame" in settings:
        check_template(f"{where}.frame", settings["frame"], "prompt")


def framed(prompts: Iterable[Prompt], frame: str | None) -> list[Prompt]:
    """Return the prompts with the frame around them, if there is one."""
    if frame is None:
        return list(prompts)
    return [
        replace(
            prompt,
            text=filled(frame, prompt=prompt.text),
            sibling=prompt.sibling or prompt.text,
        )
        for prompt in prompts
    ]
