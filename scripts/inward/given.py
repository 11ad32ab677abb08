"""Given questions: hypothetical questions that came with the prompts, asked word for word."""

from collections.abc import Hashable, Mapping
from typing import Any

from inward.errors import InputError
from inward.hypotheticals import hypothetical_question, variant
from inward.properties import PROPERTIES

RELEASED = "released"  # the wrapper that asks them


def question_about(prompt: Mapping[Hashable, Any], name: str, wrapper: str, named: str) -> str:
    """Return the question for a property of the answer to a prompt, a row of its table.

    `wrapper` names a variant; `named` is the model that a third person is about.
    """
    if variant(wrapper).wrapper == RELEASED:
        return given_question(prompt, name)
    return hypothetical_question(wrapper, str(prompt["text"]), PROPERTIES[name], named)


def is_there(prompt: Mapping[Hashable, Any], name: str, wrapper: str) -> bool:
    """Return whether a wrapper can ask for a property: `released` only if the question came."""
    if variant(wrapper).wrapper != RELEASED:
        return True
    questions = prompt["questions"]
    return any(one["property"] == name for one in (questions if questions is not None else ()))


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
