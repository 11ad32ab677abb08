"""Given questions: hypothetical questions that came with the prompts, asked word for word."""

from collections.abc import Hashable, Mapping
from typing import Any

from inward.errors import InputError

RELEASED = "released"  # the wrapper that asks them


def given_question(prompt: Mapping[Hashable, Any], name: str) -> str:
    """Return the question for a property that came with a prompt, a row of its table.

    Raises InputError where none came.
    """
    questions = prompt["questions"]
    for question in questions if questions is not None else ():
        if question["property"] == name:
            return str(question["text"])
    raise InputError(
        f"prompt {prompt['prompt_id']}: came without a question for {name}; take {name} out of the"
        " task's properties, or choose another wrapper"
    )
