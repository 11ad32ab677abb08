"""The plan: what a study would ask, train and pay, before anything is sent.

Tokens are estimated: a token is about four bytes. What cannot be known yet is said to be unknown.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pandas as pd

from inward.asking import conversations
from inward.hypotheticals import variant
from inward.judging import BEHAVIOR, judge_question, questions_about
from inward.money import FREE, Price, Prices
from inward.properties import PROPERTIES
from inward.providers import open_provider
from inward.requests import Sampling, Usage
from inward.store import ResponseStore

BYTES_PER_TOKEN = 4


@dataclass(frozen=True)
class Line:
    """What one subject is asked at one stage, or trained on."""

    subject: str
    stage: str
    requests: int | None  # None for training
    stored: int | None  # of the requests; None where it cannot be known before the subject is there
    tokens: int  # of what is yet to be asked or trained
    cost: float | None  # dollars; None where a price is unknown


def asked(
    subject: str,
    stage: str,
    questions: pd.DataFrame,
    sampling: Sampling,
    *,
    record: dict[str, Any] | None,
    price: Price,
    store: Path,
) -> Line:
    """Return what a stage asks of a subject; `record` is None until the subject is there."""
    count, new = len(questions), questions
    stored = None if count else 0
    if record is not None and record["provider"] != "baseline":
        provider = open_provider(record, store)
        responses = ResponseStore(store, provider.model)
        there = [
            provider.request(messages, sampling, int(sample)) in responses
            for messages, sample in zip(conversations(questions), questions["sample"], strict=True)
        ]
        stored, new = sum(there), questions.loc[[not known for known in there]]
    if record is not None and record["provider"] == "baseline":
        stored, new = count, questions[:0]
    usage = Usage(
        prompt=sum(
            len(message["content"].encode())
            for messages in conversations(new)
            for message in messages
        )
        // BYTES_PER_TOKEN,
        completion=len(new) * sampling.max_tokens,
    )
    return Line(subject, stage, count, stored, usage.total, price.of(usage) if len(new) else 0.0)


def judge_questions(
    wanted: pd.DataFrame,
    behaviors: pd.DataFrame,
    prompts: pd.DataFrame,
    properties: Sequence[str],
    longest: int,
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Return the questions to a judge about behaviors that are there, and about those to come.

    `wanted` are the behaviors of a task that the study asks for, `behaviors` those there are. One
    that is to come is taken to be as long as it may be, `longest` in tokens.
    """
    there = behaviors.merge(wanted[BEHAVIOR], on=BEHAVIOR)
    to_come = wanted[BEHAVIOR].merge(there[BEHAVIOR], on=BEHAVIOR, how="left", indicator=True)
    text = "x" * (BYTES_PER_TOKEN * longest)
    questions = [judge_question(PROPERTIES[name], text) for name in properties]
    foreseen = questions * int((to_come["_merge"] == "left_only").sum())
    return questions_about(there, prompts, properties), pd.DataFrame({"question": foreseen})


def with_stand_ins(questions: pd.DataFrame, count: int) -> pd.DataFrame:
    """Return the questions with examples whose answers are yet to come."""
    shown = [
        [{"question": question, "answer": ""}] * count if variant(wrapper).examples else None
        for question, wrapper in zip(questions["question"], questions["wrapper"], strict=True)
    ]
    return questions.assign(examples=pd.Series(shown, index=questions.index, dtype=object))


def trained(subject: str, rows_bytes: int, epochs: int, price: Price, *, done: bool) -> Line:
    """Return what training a subject at a provider comes to; nothing where it is done."""
    tokens = 0 if done else rows_bytes * epochs // BYTES_PER_TOKEN
    cost = 0.0 if done else price.of_training(tokens)
    return Line(subject, "training", None, None, tokens, cost)


def price_of(provider: str, base: str | None, prices: Prices, *, finetuned: bool) -> Price:
    """Return the price of a subject's answers; a finetune that is yet to come costs as `ft:base`.

    What Together serves for its asker alone is billed by the minute, which nobody can know before.
    """
    if provider in FREE:
        return Price(0.0, 0.0, 0.0)
    if provider == "together" and finetuned:
        return Price(training=prices.of(str(base)).training)
    listed = prices.of(str(base))
    if not finetuned:
        return listed
    answers = prices.of(f"ft:{base}")
    return Price(answers.input, answers.output, listed.training)


def table(lines: Sequence[Line]) -> str:
    """Return the lines as a table for people, with their sum."""
    rows = [("subject", "stage", "requests", "in the store", "tokens, about", "at most")]
    rows += [
        (
            line.subject,
            line.stage,
            _count(line.requests, none=""),
            _count(line.stored, none="" if line.requests is None else "not known yet"),
            f"{line.tokens:,}",
            _dollars(line.cost),
        )
        for line in lines
    ]
    rows.append(
        (
            "all",
            "",
            f"{sum(line.requests or 0 for line in lines):,}",
            f"{sum(line.stored or 0 for line in lines):,}",
            f"{sum(line.tokens for line in lines):,}",
            _sum([line.cost for line in lines]),
        )
    )
    widths = [max(len(row[column]) for row in rows) for column in range(len(rows[0]))]
    return "\n".join(_aligned(row, widths) for row in rows)


def endings(models: Iterable[str], prices: Prices) -> list[str]:
    """Return a line for each model that has ended, or will."""
    today = datetime.now(UTC).date().isoformat()
    return [
        f"{model} {'stopped' if prices.ends[model] < today else 'stops'} answering on"
        f" {prices.ends[model]}"
        for model in sorted(set(models))
        if model in prices.ends
    ]


def closings(servers: Iterable[str], prices: Prices) -> list[str]:
    """Return a line for each server that will take no more training jobs."""
    days = {server: prices.last_day_of_finetuning(server) for server in sorted(set(servers))}
    return [f"{server} takes training jobs until {day} only" for server, day in days.items() if day]


def _count(number: int | None, none: str) -> str:
    return none if number is None else f"{number:,}"


def _sum(costs: Sequence[float | None]) -> str:
    """Return what is known to be paid; what is unknown is added in words, never as nothing."""
    known = sum(cost for cost in costs if cost is not None)
    if None not in costs:
        return _dollars(known)
    return f"{_dollars(known)} + unknown" if known else "unknown"


def _dollars(cost: float | None) -> str:
    if cost is None:
        return "unknown"
    return f"${cost:,.2f}" if cost >= 1 or not cost else f"${cost:.4f}"


def _aligned(row: Sequence[str], widths: Sequence[int]) -> str:
    texts = [
        cell.ljust(width) if column < 2 else cell.rjust(width)
        for column, (cell, width) in enumerate(zip(row, widths, strict=True))
    ]
    return "  ".join(texts).rstrip()
