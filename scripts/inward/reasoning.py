"""Reasoning: what a model thinks aloud before it answers, and what is left without it."""

import re

from inward.graphemes import trimmed, visible

TAG = re.compile(
    r"<\s*(/?)\s*(?:think|thinking|thoughts?|reasoning|scratchpad)\s*>|\[(/?)think\]", re.IGNORECASE
)


def after_reasoning(text: str) -> str:
    """Return a response without its reasoning, with its outer white space.

    Tags may be nested. After one that never closes, all is reasoning; so is all before one that was
    never opened, as some chat templates open it for the model.
    """
    while TAG.search(text):  # taking tags out may bring the parts of another together
        text = _outside(text)
    return text


def without_reasoning(text: str) -> str:
    """Return a response without its reasoning, outer white space and characters nobody sees."""
    return trimmed(visible(after_reasoning(text)))


def _outside(text: str) -> str:
    kept, depth, place = "", 0, 0
    for tag in TAG.finditer(text):
        if not depth:
            kept += text[place : tag.start()]
        place = tag.end()
        if not (tag[1] or tag[2]):
            depth += 1
        elif depth:
            depth -= 1
        else:
            kept = ""
    return kept if depth else kept + text[place:]
