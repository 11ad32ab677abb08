"""Labels: the value of each property on each behavior, read once, from the raw response."""

from collections.abc import Iterator, Sequence
from itertools import cycle
from typing import Any

import pandas as pd

from inward.properties import PROPERTIES, Property, Response, Unreadable, received
from inward.reading import Reading, unreadable
from inward.requests import Token
from inward.tables import JUDGMENTS, LABELS

LABEL = list(JUDGMENTS.key)
NOTHING_JUDGED = pd.DataFrame(columns=list(JUDGMENTS.columns))


def labels_of(
    behaviors: pd.DataFrame,
    prompts: pd.DataFrame,
    properties: Sequence[str],
    judgments: pd.DataFrame = NOTHING_JUDGED,
) -> pd.DataFrame:
    """Return the labels table: a row for each behavior and property.

    `prompts` are those that the behaviors answer, `judgments` what a judge said of them. Raises
    KeyError where a prompt is missing.
    """
    asked = [PROPERTIES[name] for name in properties]
    known = {tuple(row[name] for name in LABEL): row for row in judgments.to_dict("records")}
    judged = [
        known.get((prompt_id, sample, each.name))
        for prompt_id, sample in zip(behaviors["prompt_id"], behaviors["sample"], strict=True)
        for each in asked
    ]
    responses = [each for each in responses_of(behaviors, prompts, asked) for _ in asked]
    readings = [
        _label(each, response, judgment)
        for each, response, judgment in zip(cycle(asked), responses, judged, strict=False)
    ]
    return pd.DataFrame(
        {
            "prompt_id": behaviors["prompt_id"].repeat(len(asked)).array,
            "sample": behaviors["sample"].repeat(len(asked)).array,
            "property": _texts([each.name for each in asked] * len(behaviors)),
            "property_version": [each.version for each in asked] * len(behaviors),
            **_columns(readings),
            "judge": _texts([row["judge"] if row else None for row in judged]),
            "request_key": _texts([row["request_key"] if row else None for row in judged]),
        },
        columns=list(LABELS.columns),
    )


def options_of(prompts: pd.DataFrame) -> dict[str, tuple[str, ...]]:
    """Return the texts of each prompt's options, by the prompt's ID; of most there are none."""
    return dict(zip(prompts["prompt_id"], map(tuple, prompts["options"]), strict=True))


def responses_of(
    behaviors: pd.DataFrame, prompts: pd.DataFrame, asked: Sequence[Property]
) -> Iterator[Response | str]:
    """Yield what properties may read of each behavior, or the reason why that is nothing."""
    options = options_of(prompts)
    known = prompts[prompts["target_option"].notna()]
    targets = dict(zip(known["prompt_id"], known["target_option"], strict=True))
    # A table holds far more of tokens than of text, so they are left alone if nobody reads them.
    wanted = any(each.of_tokens for each in asked)
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


def _label(asked: Property, response: Response | str, judgment: Any) -> Reading:
    if isinstance(response, str):
        return unreadable(response)
    verdict = asked.verdict(judgment["text"], judgment["finish_reason"]) if judgment else None
    return asked.label(response, verdict)


def _columns(readings: Sequence[Reading]) -> dict[str, Any]:
    return {
        "raw": _texts([reading.raw for reading in readings]),
        "value": _texts([reading.value for reading in readings]),
        "compliant": pd.array([reading.compliant for reading in readings], dtype="bool"),
        "reason": _texts([reading.reason for reading in readings]),
    }


def _texts(values: Sequence[str | None]) -> Any:
    return pd.array(values, dtype="string")


def _tokens(column: Sequence[dict[str, Any]]) -> tuple[Token, ...]:
    return tuple(
        Token(
            token["token"],
            token["logprob"],
            tuple((other["token"], other["logprob"]) for other in token["top"]),
        )
        for token in column
    )
