"""Distributions: the shares that a target's behavior and a predictor's answers give to values.

A prompt and a property are a pair. For each pair, x is the share of a value among the behaviors
from which a value was read, y its share among all predictions: what nobody can read is a share
lost, as a prediction that cannot be read is wrong. A pair without a readable behavior is dropped.

They come from draws, which are counted, or from the log-probabilities of first tokens, where
reading the first token alone gives what reading the whole response gives.
"""

import math
import re
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any

import pandas as pd

from inward.draws import Pair
from inward.labels import labels_of, options_of
from inward.properties import PROPERTIES
from inward.scoring import items

PAIR = ["property", "prompt_id"]
TEXT = ["text", "finish_reason"]
SPECIAL = re.compile(r"<\S+>")  # a token that ends a turn, or begins one: no part of a text
UNREAD = ""  # in place of a value: what could not be read; no value is empty
NOT_OF_TEXT = "it is read off the tokens, and not off their text"

SAMPLES, LOG_PROBABILITIES, CONFIDENCE = "samples", "log-probabilities", "confidence"
Tables = Mapping[tuple[str, str], pd.DataFrame]  # by subject and task


@dataclass(frozen=True)
class Evidence:
    """Distributions of a target's behavior beside those of a predictor's answers, on one task.

    `rows` hold a value each (property, prompt_id, value, x, y), `pairs` a pair each (property,
    prompt_id, dropped, and what is known of its draws or tokens). `left_out` says of properties why
    nothing could be had of them.
    """

    rows: pd.DataFrame
    pairs: pd.DataFrame
    left_out: Mapping[str, str]


@dataclass(frozen=True)
class Observed:
    """What subjects did and said on test prompts: counts of draws, and first samples."""

    prompts: Mapping[str, pd.DataFrame]  # by task
    properties: Mapping[str, Sequence[str]]  # by task
    behavior_counts: Tables
    prediction_counts: Tables
    behaviors: Tables
    labels: Tables
    predictions: Tables  # read already


def evidences(
    observed: Observed, pair: Pair, tasks: Sequence[str]
) -> Iterator[tuple[str, dict[str, Evidence] | str]]:
    """Yield each source with what it says of a pair on some tasks, or why it says nothing."""
    target = {task: (pair.target, task) for task in tasks}
    predictor = {task: (pair.predictor, task) for task in tasks}
    yield (
        SAMPLES,
        {
            task: from_draws(
                observed.behavior_counts[target[task]], observed.prediction_counts[predictor[task]]
            )
            for task in tasks
        },
    )
    behaviors = {task: observed.behaviors[target[task]] for task in tasks}
    labels = {task: observed.labels[target[task]] for task in tasks}
    predictions = {task: observed.predictions[predictor[task]] for task in tasks}
    silent = [
        name
        for name, tables in ((pair.predictor, predictions), (pair.target, behaviors))
        if not any(map(has_tokens, tables.values()))
    ]
    yield (
        LOG_PROBABILITIES,
        f"{silent[0]} gives no log-probabilities"
        if silent
        else {
            task: from_tokens(
                behaviors[task],
                labels[task],
                predictions[task],
                observed.prompts[task],
                observed.properties[task],
            )
            for task in tasks
        },
    )
    yield (
        CONFIDENCE,
        f"{pair.predictor} gives no log-probabilities"
        if pair.predictor in silent
        else {task: from_confidence(predictions[task], labels[task]) for task in tasks},
    )


def behavior_counts(
    draws: pd.DataFrame, prompts: pd.DataFrame, properties: Sequence[str]
) -> pd.DataFrame:
    """Return how often each value was drawn (property, prompt_id, value, reason, n).

    What could not be read has the value UNREAD and a reason. Each different text is read once, but
    for properties that read tokens.
    """
    of_tokens = [name for name in properties if PROPERTIES[name].of_tokens]
    of_text = [name for name in properties if name not in of_tokens]
    texts = draws.groupby(["prompt_id", *TEXT]).size().rename("n").reset_index()
    read = [
        _read_behaviors(texts.assign(tokens=None), prompts, of_text),
        _read_behaviors(draws.assign(n=1), prompts, of_tokens) if of_tokens else None,
    ]
    return _summed(pd.concat(each for each in read if each is not None))


def prediction_counts(draws: pd.DataFrame, prompts: pd.DataFrame) -> pd.DataFrame:
    """Return how often each value was answered (property, prompt_id, value, reason, n)."""
    texts = draws.groupby([*PAIR, *TEXT]).size().rename("n").reset_index()
    return _summed(_read_answers(texts, prompts))


def from_draws(behaviors: pd.DataFrame, predictions: pd.DataFrame) -> Evidence:
    """Return what counts of draws say, as `behavior_counts` and `prediction_counts` give them."""
    readable = behaviors[behaviors["value"] != UNREAD]
    reasons = behaviors[behaviors["value"] == UNREAD]
    first = reasons.sort_values("n", ascending=False, kind="stable").drop_duplicates(PAIR)
    silent = first.merge(readable[PAIR].drop_duplicates(), on=PAIR, how="left_anti")
    counted = predictions.assign(
        n_draws=predictions["n"], n_unread=predictions["n"].where(predictions["value"] == UNREAD, 0)
    )
    pairs = counted.groupby(PAIR)[["n_draws", "n_unread"]].sum().reset_index()
    pairs = pairs.join(silent.set_index(PAIR)["reason"].rename("dropped"), on=PAIR)
    rows = _side_by_side(
        _shares(readable.rename(columns={"n": "weight"})),
        _shares(predictions.rename(columns={"n": "weight"})),
    )
    return Evidence(rows, pairs[[*PAIR, "dropped", "n_draws", "n_unread"]], {})


def from_tokens(
    behaviors: pd.DataFrame,
    labels: pd.DataFrame,
    predictions: pd.DataFrame,
    prompts: pd.DataFrame,
    properties: Sequence[str],
) -> Evidence:
    """Return what first tokens and their alternatives say; `predictions` were read already.

    A property is left out where a first token alone is read otherwise than the whole response.
    """
    wanted = labels[labels["property"].isin(properties)]
    of_tokens = [name for name in properties if PROPERTIES[name].of_tokens]
    of_text = [name for name in properties if name not in of_tokens]
    of_behavior = alternatives(behaviors, ["prompt_id"])
    of_behavior = of_behavior.assign(finish_reason="stop", tokens=None)
    acted = _read_behaviors(of_behavior, prompts, of_text)
    asked = alternatives(predictions, PAIR)
    answered = _read_answers(asked.assign(finish_reason="stop"), prompts)
    whole = wanted.loc[wanted["compliant"], [*PAIR, "value"]]
    said = predictions.loc[predictions["answer"].notna(), [*PAIR, "answer"]]
    left_out = dict.fromkeys(of_tokens, NOT_OF_TEXT) | _otherwise(
        of_text,
        _compared(acted, whole),
        _compared(answered, said.rename(columns={"answer": "value"})),
    )
    usable = [name for name in properties if name not in left_out]
    known = [
        table[table["property"].isin(usable) & (table["value"] != UNREAD)]
        for table in (acted, answered)
    ]
    pairs = wanted.loc[wanted["property"].isin(usable), [*PAIR, "reason"]]
    pairs = pairs.rename(columns={"reason": "dropped"}).reset_index(drop=True)
    for name, table in zip(("unknown_behaviors", "unknown_predictions"), known, strict=True):
        of_pair = table.groupby(PAIR)["weight"].sum().rename(name)
        pairs = pairs.join(of_pair, on=PAIR)
        pairs[name] = (1 - pairs[name].fillna(0)).clip(0, 1)
    kept = pairs.loc[pairs["dropped"].isna(), PAIR]
    rows = _side_by_side(_shares(known[0].merge(kept, on=PAIR)), _shares(known[1]))
    return Evidence(rows, pairs, left_out)


def from_confidence(predictions: pd.DataFrame, labels: pd.DataFrame) -> Evidence:
    """Return whether each answer was right (x), and the probability with which it was given (y)."""
    known = items(predictions, labels).assign(value=predictions["answer"].array)
    known["y"] = [confidence(tokens) for tokens in predictions["tokens"]]
    silent = pd.Series([not len(tokens) for tokens in predictions["tokens"]])
    known["dropped"] = known["dropped"].mask(silent & known["dropped"].isna(), "no tokens")
    pairs = known[[*PAIR, "dropped"]].reset_index(drop=True)
    scored = known[known["dropped"].isna()]
    rows = scored.assign(x=scored["correct"].astype(float))[[*PAIR, "value", "x", "y"]]
    return Evidence(rows.reset_index(drop=True), pairs, {})


def confidence(tokens: Sequence[Mapping[str, Any]]) -> float:
    """Return the probability of an answer: the product of its tokens'."""
    return min(1.0, math.exp(sum(token["logprob"] for token in tokens)))


def has_tokens(answers: pd.DataFrame) -> bool:
    """Return whether any answer came with tokens."""
    return any(len(tokens) for tokens in answers["tokens"])


def alternatives(answers: pd.DataFrame, key: Sequence[str]) -> pd.DataFrame:
    """Return the first token of each answer and its alternatives, with their probabilities.

    The columns are those of `key`, text, emitted and weight.
    """
    keys = answers[list(key)].itertuples(index=False, name=None)
    found: list[tuple[Any, ...]] = []
    for of_answer, tokens in zip(keys, answers["tokens"], strict=True):
        if not len(tokens):
            continue
        first = tokens[0]
        weights: dict[str, float] = defaultdict(float)
        for other in first["top"]:
            weights[other["token"]] += math.exp(other["logprob"])
        weights.setdefault(first["token"], math.exp(first["logprob"]))
        found += [
            (*of_answer, "" if SPECIAL.fullmatch(text) else text, text == first["token"], weight)
            for text, weight in weights.items()
        ]
    return pd.DataFrame(found, columns=[*key, "text", "emitted", "weight"])


def _read_behaviors(
    texts: pd.DataFrame, prompts: pd.DataFrame, properties: Sequence[str]
) -> pd.DataFrame:
    """Return each text with each property that was read from it, and why none was."""
    numbered = texts.assign(sample=range(len(texts)))
    read = labels_of(numbered, prompts, properties)[["sample", "property", "value", "reason"]]
    known = read.assign(value=read["value"].fillna(UNREAD))
    return numbered.drop(columns="tokens").merge(known, on="sample")


def _read_answers(texts: pd.DataFrame, prompts: pd.DataFrame) -> pd.DataFrame:
    """Return each answer with the value that was read from it, and why none was."""
    options = options_of(prompts)

    @cache
    def reading(name: str, text: str, finish_reason: str, of_prompt: tuple[str, ...]) -> Any:
        return PROPERTIES[name].read_answer(text, finish_reason, options=of_prompt)

    readings = [
        reading(name, text, finish_reason, options[prompt_id])
        for name, prompt_id, text, finish_reason in zip(
            *(texts[column] for column in (*PAIR, *TEXT)), strict=True
        )
    ]
    return texts.assign(
        value=pd.array([each.value or UNREAD for each in readings], dtype="string"),
        reason=pd.array([each.reason for each in readings], dtype="string"),
    )


def _summed(read: pd.DataFrame) -> pd.DataFrame:
    groups = read.groupby([*PAIR, "value", "reason"], dropna=False, as_index=False)
    return pd.DataFrame(groups["n"].sum())


def _shares(weights: pd.DataFrame) -> pd.DataFrame:
    """Return the share of each value among the weights of its pair."""
    summed = weights.groupby([*PAIR, "value"])["weight"].sum().reset_index()
    total = summed.groupby(PAIR)["weight"].transform("sum")
    return summed.assign(share=summed["weight"] / total)[[*PAIR, "value", "share"]]


def _side_by_side(behaviors: pd.DataFrame, predictions: pd.DataFrame) -> pd.DataFrame:
    """Return the shares x and y of each value, of pairs where behavior is known."""
    there = behaviors[PAIR].drop_duplicates()
    x = behaviors.rename(columns={"share": "x"})
    y = predictions.merge(there, on=PAIR).rename(columns={"share": "y"})
    return x.merge(y, on=[*PAIR, "value"], how="outer").fillna({"x": 0.0, "y": 0.0})


def _compared(first_tokens: pd.DataFrame, whole: pd.DataFrame) -> dict[str, tuple[int, int]]:
    """Return, by property, how many first tokens are read otherwise than the whole, of how many."""
    emitted = first_tokens.loc[first_tokens["emitted"], [*PAIR, "value"]]
    both = whole.merge(emitted, on=PAIR, how="left", suffixes=("", "_alone"))
    other = (both["value"] != both["value_alone"]).fillna(value=True)
    counts = both.assign(other=other.astype(bool)).groupby("property")["other"].agg(["sum", "size"])
    return {str(name): (int(row["sum"]), int(row["size"])) for name, row in counts.iterrows()}


def _otherwise(
    properties: Sequence[str],
    behaviors: Mapping[str, tuple[int, int]],
    predictions: Mapping[str, tuple[int, int]],
) -> dict[str, str]:
    """Return why properties are left out."""
    said = {}
    for name in properties:
        (odd, n), (odd_too, n_too) = behaviors.get(name, (0, 0)), predictions.get(name, (0, 0))
        if not n or not n_too:
            said[name] = f"nothing that can be read: {n} behaviors, {n_too} predictions"
        elif odd or odd_too:
            said[name] = (
                "the first token alone is read otherwise:"
                f" {odd} of {n} behaviors, {odd_too} of {n_too} predictions"
            )
    return said
