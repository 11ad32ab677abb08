"""Tasks: sets of object-level prompts of one kind, one module for each kind.

A module of this package offers `prompts(settings, seed)`, which returns the prompts of a task, and
`answer_kind(settings)`, which says what a compliant answer is made of: word or number.
"""

from collections.abc import Callable
from typing import Any, NamedTuple

from inward.tasks import sequence
from inward.tasks.prompt import Prompt


class Kind(NamedTuple):
    """What a kind of task must offer."""

    prompts: Callable[[dict[str, Any], int], list[Prompt]]
    answer_kind: Callable[[dict[str, Any]], str]


KINDS = {"sequence": Kind(sequence.prompts, sequence.answer_kind)}
