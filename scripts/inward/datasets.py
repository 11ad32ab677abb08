"""Datasets: the conversations a finetune is trained on, and an account of what was left out."""

from collections import Counter
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from random import Random
from typing import Any

import pandas as pd

from inward.errors import InputError
from inward.given import is_there, question_about
from inward.labels import options_of
from inward.properties import Unreadable, received
from inward.randomness import draws
from inward.visible import visible_question


@dataclass(frozen=True)
class Ways:
    """The ways in which the questions of a dataset are put."""

    wrappers: tuple[str, ...]
    named: str = ""  # the model that a third person is about
    seed: int = 0  # the study's

    def one(self, prompt_id: str, name: str) -> str:
        """Return the wrapper of the question for a property of the answer to a prompt."""
        return draws(self.seed, "wrapper", prompt_id, name).choice(self.wrappers)


@dataclass
class Account:
    """How many rows of each task went into a dataset, and how many did not, by reason."""

    used: Counter[str] = field(default_factory=Counter)
    left_out: Counter[str] = field(default_factory=Counter)

    def record(self) -> dict[str, dict[str, int]]:
        """Return the counts as plain dictionaries, sorted by name."""
        return {
            "used": dict(sorted(self.used.items())),
            "left_out": dict(sorted(self.left_out.items())),
        }


def training_row(prompt: str, answer: str) -> dict[str, Any]:
    """Return a conversation of one prompt and one answer, in the form all trainers read."""
    return {
        "messages": [
            {"role": "user", "content": prompt},
            {"role": "assistant", "content": answer},
        ]
    }


def prediction_rows(
    task: str, prompts: pd.DataFrame, labels: pd.DataFrame, ways: Ways, account: Account
) -> list[dict[str, Any]]:
    """Return one hypothetical question with its label for each prompt and property.

    Of several wrappers each question has one, drawn anew. A label that could not be read teaches
    nothing; it is left out and counted, and so is a question that did not come with its prompt.
    """
    rows = []
    first = labels[labels["sample"] == 0].merge(prompts, on="prompt_id", validate="many_to_one")
    for label in first.sort_values(["prompt_id", "property"]).to_dict("records"):
        name = label["property"]
        if not label["compliant"]:
            account.left_out[f"{task}: {name}: {label['reason']}"] += 1
            continue
        wrapper = ways.one(label["prompt_id"], name)
        if not is_there(label, name, wrapper):
            account.left_out[f"{task}: {name}: came without a question"] += 1
            continue
        question = question_about(label, name, wrapper, ways.named)
        rows.append(training_row(question, label["value"]))
        account.used[f"{task}: {name}"] += 1
    return rows


def property_rows(
    task: str, labels: pd.DataFrame, responses: Mapping[str, str], ways: Ways, account: Account
) -> list[dict[str, Any]]:
    """Return one question about each response in plain sight, with its label, for each property.

    `responses` are by prompt, and shown as the labels were read from them.
    """
    rows = []
    first = labels[labels["sample"] == 0]
    for label in first.sort_values(["prompt_id", "property"]).to_dict("records"):
        name, prompt_id = label["property"], label["prompt_id"]
        if not label["compliant"]:
            account.left_out[f"{task}: {name}: {label['reason']}"] += 1
            continue
        question = visible_question(ways.one(prompt_id, name), responses[prompt_id], name)
        rows.append(training_row(question, label["value"]))
        account.used[f"{task}: {name}"] += 1
    return rows


def behavior_rows(
    task: str, prompts: pd.DataFrame, behaviors: pd.DataFrame, account: Account
) -> list[dict[str, Any]]:
    """Return each prompt with the answer that a subject gave; unfinished answers are left out."""
    rows = []
    answered = behaviors[behaviors["sample"] == 0].merge(
        prompts, on="prompt_id", suffixes=("_answered", ""), validate="one_to_one"
    )
    for row in answered.sort_values("prompt_id").itertuples():
        if row.finish_reason != "stop" or not row.text_answered:
            account.left_out[f"{task}: behavior: {'cut' if row.text_answered else 'empty'}"] += 1
            continue
        rows.append(training_row(str(row.text), str(row.text_answered)))
        account.used[f"{task}: behavior"] += 1
    return rows


def readable_responses(prompts: pd.DataFrame, behaviors: pd.DataFrame) -> dict[str, str]:
    """Return the first responses to prompts, without reasoning, as far as they can be read."""
    options = options_of(prompts)
    first = behaviors.loc[behaviors["sample"] == 0, ["prompt_id", "text", "finish_reason"]]
    responses = {}
    for prompt_id, text, finish_reason in first.itertuples(index=False, name=None):
        with suppress(Unreadable):
            read = received(text, finish_reason, options=options[prompt_id])
            responses[prompt_id] = read.text
    return responses


def rehearsal(rows: list[dict[str, Any]], count: int, draw: Random) -> list[dict[str, Any]]:
    """Return `count` of a subject's own behavior rows, each as often as any other or once more."""
    if count and not rows:
        raise InputError("there is no behavior to rehearse; set rehearse to 0")
    rounds = -(-count // len(rows)) if rows else 0
    return [row for _ in range(rounds) for row in draw.sample(rows, len(rows))][:count]


def refuse_leaks(prompts: dict[str, pd.DataFrame]) -> None:
    """Raise InputError if a prompt is trained on, and held out in another task."""
    every = pd.concat(
        [table[["prompt_id", "split", "text"]].assign(task=task) for task, table in prompts.items()]
    )
    test = every[every["split"] == "test"]
    learnt = every[every["split"] != "test"].merge(test, on="prompt_id", suffixes=("", "_test"))
    if len(learnt):
        row = learnt.iloc[0]
        raise InputError(
            f"tasks.{row['task']} trains on the prompt {row['text']!r}, which"
            f" tasks.{row['task_test']} holds out; take it out of one of them"
        )


def refuse_nothing(rows: list[dict[str, Any]], account: Account, finetune: str) -> None:
    """Raise InputError if there is nothing to learn, with what was left out."""
    if not rows:
        reasons = ", ".join(f"{reason} ({n})" for reason, n in sorted(account.left_out.items()))
        left_out = reasons or "nothing, as no prompt is for training"
        raise InputError(f"finetunes.{finetune}: nothing to learn; left out: {left_out}")
