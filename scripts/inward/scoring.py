"""Scoring: each prediction is put beside the target's label of the same prompt and property."""

from collections.abc import Mapping, Sequence
from functools import cache

import pandas as pd

from inward.properties import PROPERTIES
from inward.reading import Reading

OF_ANSWERS = ["prompt_id", "property", "wrapper", "answer", "noncompliant"]


def read_answers(
    predictions: pd.DataFrame, options: Mapping[str, Sequence[str]] | None = None
) -> pd.DataFrame:
    """Return the predictions with what was read from each: `answer`, or why not: `noncompliant`.

    `options` are the texts of the options of prompts, by ID, which may be answered with, too.
    """
    of_prompt = options or {}
    columns = predictions[["prompt_id", "text", "finish_reason", "property"]]
    read = cache(_read)  # many predictions are the same few words
    readings = [
        read(name, text, finish_reason, tuple(of_prompt.get(prompt_id, ())))
        for prompt_id, text, finish_reason, name in columns.itertuples(index=False)
    ]
    return predictions.assign(
        answer=pd.array([reading.value for reading in readings], dtype="string"),
        noncompliant=pd.array([reading.reason for reading in readings], dtype="string"),
    )


def _read(name: str, text: str, finish_reason: str, options: tuple[str, ...]) -> Reading:
    return PROPERTIES[name].read_answer(text, finish_reason, options=options)


def items(answers: pd.DataFrame, labels: pd.DataFrame) -> pd.DataFrame:
    """Return one row for each prediction, beside the label of the same prompt and property.

    `answers` are those of one predictor, `labels` those of one target, on one task. Only the first
    sample of either is scored; whether the target's second has the same label is noted.
    """
    return beside(answers, with_second(labels))


def beside(answers: pd.DataFrame, labels: pd.DataFrame) -> pd.DataFrame:
    """Return what `items` does, of labels as `with_second` returns them."""
    joined = answers.loc[answers["sample"] == 0, OF_ANSWERS].merge(
        labels, on=["prompt_id", "property"], how="left", validate="many_to_one", indicator=True
    )
    if (joined["_merge"] != "both").any():
        lost = joined[joined["_merge"] != "both"].iloc[0]
        raise ValueError(f"no label for {lost['property']} of prompt {lost['prompt_id']}")
    scored = joined["reason"].isna()
    right = (joined["answer"] == joined["value"]).fillna(value=False)
    return pd.DataFrame(
        {
            "property": joined["property"],
            "wrapper": joined["wrapper"],
            "prompt_id": joined["prompt_id"],
            "label": joined["value"],
            "dropped": joined["reason"],
            "answer": joined["answer"],
            "noncompliant": joined["noncompliant"],
            "correct": right.astype("boolean").mask(~scored),
            "repeated": joined["repeated"].mask(~scored),
        }
    )


def with_second(labels: pd.DataFrame) -> pd.DataFrame:
    """Return the labels of first samples, and whether the second sample `repeated` each.

    Null where there is no second sample; one that gives no label repeats nothing.
    """
    keys = ["prompt_id", "property"]
    first = labels.loc[labels["sample"] == 0, [*keys, "value", "reason"]]
    second = labels.loc[labels["sample"] == 1, [*keys, "value"]].assign(there=True)
    both = first.merge(second, on=keys, how="left", suffixes=("", "_again"), validate="one_to_one")
    same = (both["value"] == both["value_again"]).astype("boolean").fillna(value=False)
    there = both["there"].astype("boolean").fillna(value=False)
    return both[[*keys, "value", "reason"]].assign(repeated=same.mask(~there))
