"""Labels: the value of each property on each behavior, read once, from the raw response."""

from collections.abc import Iterator, Sequence
from typing import Any

import pandas as pd

from inward.properties import PROPERTIES, Property, Response, Unreadable, received
from inward.reading import Reading, unreadable
from inward.requests import Token
from inward.tables import LABELS


def labels_of(
    behaviors: pd.DataFrame, prompts: pd.DataFrame, properties: Sequence[str]
) -> pd.DataFrame:
    """Return the labels table: a row for each behavior and property.

    `prompts` are those that the behaviors answer. Raises KeyError where one is missing.
    """
    asked = [PROPERTIES[name] for name in properties]
    responses = list(_responses(behaviors, prompts, asked))
    readings = [
        unreadable(response) if isinstance(response, str) else each.label(response)
        for response in responses
        for each in asked
    ]
    return pd.DataFrame(
        {
            "prompt_id": behaviors["prompt_id"].repeat(len(asked)).array,
            "sample": behaviors["sample"].repeat(len(asked)).array,
            "property": [each.name for each in asked] * len(behaviors),
            "property_version": [each.version for each in asked] * len(behaviors),
            **_columns(readings),
        },
        columns=list(LABELS.columns),
    )


def options_of(prompts: pd.DataFrame) -> dict[str, tuple[str, ...]]:
    """Return the texts of each prompt's options, by the prompt's ID; of most there are none."""
    return dict(zip(prompts["prompt_id"], map(tuple, prompts["options"]), strict=True))


def _columns(readings: Sequence[Reading]) -> dict[str, Any]:
    return {
        "raw": pd.array([reading.raw for reading in readings], dtype="string"),
        "value": pd.array([reading.value for reading in readings], dtype="string"),
        "compliant": pd.array([reading.compliant for reading in readings], dtype="bool"),
        "reason": pd.array([reading.reason for reading in readings], dtype="string"),
    }


def _responses(
    behaviors: pd.DataFrame, prompts: pd.DataFrame, asked: Sequence[Property]
) -> Iterator[Response | str]:
    """Yield what properties may read of each behavior, or the reason why that is nothing."""
    options = options_of(prompts)
    known = prompts[prompts["target_option"].notna()]
    targets = dict(zip(known["prompt_id"], known["target_option"], strict=True))
    # A table holds far more of tokens than of text, so they are left alone if nobody reads them.
    wanted = any(each.reads & {"tokens", "log-probabilities"} for each in asked)
    tokens = map(_tokens, behaviors["tokens"]) if wanted else [()] * len(behaviors)
    for prompt_id, text, finish_reason, of_text in zip(
        behaviors["prompt_id"], behaviors["text"], behaviors["finish_reason"], tokens, strict=True
    ):
        try:
            yield received(
                text,
                finish_reason,
                tokens=of_text,
                options=options[prompt_id],
                target=targets.get(prompt_id),
            )
        except Unreadable as problem:
            yield str(problem)


def _tokens(column: Sequence[dict[str, Any]]) -> tuple[Token, ...]:
    return tuple(
        Token(
            token["token"],
            token["logprob"],
            tuple((other["token"], other["logprob"]) for other in token["top"]),
        )
        for token in column
    )
