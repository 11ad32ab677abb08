"""Drift: how far training moved a behavior, and which of the two behaviors predictions fit.

A finetune is put beside its base: on how many rows have both the same label, how many responses are
the same to the letter; and its predictions are scored against the behavior before, which is its
base's, and after, which is its own.
"""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import pandas as pd

from inward.grids import Bootstrap, made_by
from inward.measures import measure
from inward.sides import QUESTION, answered, sides
from inward.tables import DRIFT

Texts = Mapping[tuple[str, str], Mapping[str, str]]  # by subject and task, then by prompt
DRAWN = ["same_label", "same_text", "after", "before"]
COUNTED = ["base", "unreadable", "dropped"]


def drift(
    items: pd.DataFrame,
    finetunes: Sequence[Mapping[str, Any]],
    texts: Texts,
    bootstrap: Bootstrap,
) -> pd.DataFrame:
    """Return the table of `finetunes`, each with its `base`, and its `round` if it is retrained.

    `texts` are the responses of all of them.
    """
    rows = [
        {
            "finetune": one["finetune"],
            "base": one["base"],
            "learns": one["learns"],
            "round": one["round"],
            **row,
        }
        for one in finetunes
        for row in _of_finetune(items, one["finetune"], one["base"], texts, bootstrap)
    ]
    return pd.DataFrame(rows, columns=list(DRIFT.columns)).astype({"round": "Int64"})


def first_texts(behaviors: pd.DataFrame) -> dict[str, str]:
    """Return the first response to each prompt."""
    first = behaviors[behaviors["sample"] == 0]
    return dict(zip(first["prompt_id"], first["text"], strict=True))


def _of_finetune(
    items: pd.DataFrame, finetune: str, base: str, texts: Texts, bootstrap: Bootstrap
) -> Iterator[dict[str, Any]]:
    itself = answered(items, base, base)[[*QUESTION, "correct"]]
    both = sides(items, finetune, finetune, base).merge(
        itself.rename(columns={"correct": "of_base"}), on=QUESTION, how="left"
    )
    both = both.assign(
        same_label=(~both["differ"]).astype("Float64").where(both["there"]),
        same_text=[
            float(texts[finetune, task][prompt] == texts[base, task][prompt])
            for task, prompt in zip(both["task"], both["prompt_id"], strict=True)
        ],
        after=both["first_right"],
        before=both["second_right"],
        base=both["of_base"].astype("Float64").where(both["there"]),
    )
    pair = ("after", "before")
    for (role, wrapper), asked in both.groupby(["role", "wrapper"]):
        for found in measure(asked, DRAWN, bootstrap, counted=COUNTED, pairs=[pair]):
            yield {
                "role": role,
                "wrapper": wrapper,
                **found.counts("same_label"),
                "n_dropped": found.count("dropped"),
                "n_noncompliant": found.count("unreadable"),
                "same_label": found.value("same_label"),
                **found.over_prompts("same_label", as_="same_label"),
                "same_text": found.value("same_text"),
                **found.over_prompts("same_text", as_="same_text"),
                "before": found.value("before"),
                "after": found.value("after"),
                "difference": found.difference(*pair),
                **found.interval(*pair),
                "p_value": found.chance(*pair),
                "base_accuracy": found.value("base"),
                **made_by(bootstrap),
            }
