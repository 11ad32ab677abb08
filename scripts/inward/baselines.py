"""Baselines: subjects that answer by a rule, without a model behind them.

They stand in the matrix beside the models: whatever a rule predicts as well as a model does is no
evidence of introspection.
"""

from collections.abc import Callable, Iterable

from inward.properties import PROPERTIES
from inward.requests import Response


def last_item(prompt: str) -> str:
    """Return the last word of the prompt, as if the list went on with what it ended with."""
    return prompt.rsplit(maxsplit=1)[-1]


RULES: dict[str, Callable[[str], str]] = {"last_item": last_item}


def behave(rule: str, prompts: Iterable[str]) -> list[Response]:
    """Return the rule's answer to each prompt."""
    return [Response(RULES[rule](prompt), "stop", ()) for prompt in prompts]


def predict(rule: str, prompts: Iterable[str], properties: Iterable[str]) -> list[Response]:
    """Return, for each prompt and property, the property of the rule's answer."""
    readings = (
        PROPERTIES[name].read(RULES[rule](prompt), "stop")
        for prompt, name in zip(prompts, properties, strict=True)
    )
    return [Response(reading.value or "", "stop", ()) for reading in readings]
