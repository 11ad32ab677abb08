"""Building a dataset: the files that a finetune is trained and validated with."""

import json
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from build_dataset import main
from inward.tables import BEHAVIORS, LABELS, PROMPTS, write_table

SPLITS = {"train": 10, "validation": 3, "test": 2}
PLAIN: dict[str, Any] = {
    "learns": "predictions",
    "wrappers": ["terse"],
    "named": "",
    "rehearse": 0,
    "properties": [],
    "share": 1,
    "noise": 0,
    "order": 0,
    "seed": 1,
}


@pytest.fixture
def tables(tmp_path: Path) -> dict[str, list[Path]]:
    """Return the tables of one task whose prompts each had the answer of their own number."""
    names = [f"{split}{number}" for split, count in SPLITS.items() for number in range(count)]
    prompts = pd.DataFrame(
        {
            "prompt_id": names,
            "text": [f"say {name}" for name in names],
            "split": [name.rstrip("0123456789") for name in names],
            "item": names,
            "options": [[] for _ in names],
        }
    ).assign(target_option=None)
    behaviors = pd.DataFrame(
        {
            "prompt_id": names,
            "sample": 0,
            "text": [f"word{name}" for name in names],
            "finish_reason": "stop",
            "tokens": [[] for _ in names],
        }
    ).assign(request_key=None)
    labels = pd.DataFrame(
        [
            {
                "prompt_id": name,
                "sample": 0,
                "property": asked,
                "property_version": 1,
                "raw": f"{asked[0]}{name}",
                "value": f"{asked[0]}{name}",
                "compliant": True,
            }
            for name in names
            for asked in ("first_word", "last_word")
        ]
    ).assign(reason=None, judge=None, request_key=None)
    paths = {}
    for kind, (table, frame) in {
        "prompts": (PROMPTS, prompts),
        "behaviors": (BEHAVIORS, behaviors),
        "labels": (LABELS, labels),
    }.items():
        path = tmp_path / kind / "birds.parquet"
        path.parent.mkdir()
        write_table(table, frame, path)
        paths[kind] = [path]
    return paths


def built(tables: dict[str, list[Path]], **other: Any) -> dict[str, list[tuple[str, str]]]:
    """Return the questions and answers that a finetune with other settings has in each file."""
    folder = tables["prompts"][0].parents[1] / "some-finetune"
    folder.mkdir(exist_ok=True)
    shows = other.get("learns") == "properties"
    main(
        prompts=tables["prompts"],
        lessons=tables["labels"],
        shown=tables["behaviors"] if shows else [],
        rehearsed=tables["behaviors"],
        train=folder / "train.jsonl",
        validation=folder / "validation.jsonl",
        dataset=folder / "dataset.json",
        **{**PLAIN, **other},
    )
    found = {}
    for split in ("train", "validation"):
        rows = map(json.loads, (folder / f"{split}.jsonl").read_text().splitlines())
        texts = [[message["content"] for message in row["messages"]] for row in rows]
        found[split] = [(question, answer) for question, answer in texts]
    return found


def test_a_smaller_share_has_rows_of_a_larger(tables: dict[str, list[Path]]) -> None:
    """All of its prompts' properties are asked; what is validated with stays whole."""
    small, large, whole = (built(tables, share=share) for share in (0.1, 0.5, 1))

    assert [len(part["train"]) for part in (small, large, whole)] == [2, 10, 20]
    assert set(small["train"]) < set(large["train"]) < set(whole["train"])
    assert small["validation"] == whole["validation"]


def test_held_out_properties_are_in_no_row(tables: dict[str, list[Path]]) -> None:
    """Neither in training nor in validation."""
    found = built(tables, properties=["last_word"])

    assert [len(found[split]) for split in ("train", "validation")] == [10, 3]
    assert all(answer.startswith("l") for rows in found.values() for _, answer in rows)


def test_noise_is_in_training_rows_alone(tables: dict[str, list[Path]]) -> None:
    """So many answers are others, and all together the same; validation says how it went."""
    plain, noisy = built(tables), built(tables, noise=0.4)
    changed = set(noisy["train"]) - set(plain["train"])

    assert len(changed) == 2 * 4
    assert sorted(a for _, a in noisy["train"]) == sorted(a for _, a in plain["train"])
    assert [q for q, _ in noisy["train"]] == [q for q, _ in plain["train"]]
    assert noisy["validation"] == plain["validation"]


def test_another_seed_is_another_order(tables: dict[str, list[Path]]) -> None:
    """Of the same rows, among them the rehearsed ones."""
    own, other = built(tables, rehearse=0.5), built(tables, rehearse=0.5, order=2)

    assert own["train"] != other["train"]
    assert sorted(own["train"]) == sorted(other["train"])
    assert len(own["train"]) == 30


def test_random_answers_have_the_form_of_labels(tables: dict[str, list[Path]]) -> None:
    """The questions are the same; the answers are values of the same property."""
    plain, form = built(tables), built(tables, learns="format")

    assert [q for q, _ in form["train"]] == [q for q, _ in plain["train"]]
    assert {a for _, a in form["train"]} < {a for _, a in plain["train"]}
    assert all(a[0] == b[0] for (_, a), (_, b) in zip(form["train"], plain["train"], strict=True))


def test_who_sees_the_response_sees_no_prompt(tables: dict[str, list[Path]]) -> None:
    """The response stands where the prompt stood, with the very same label."""
    plain, seen = built(tables), built(tables, learns="properties")

    assert [a for _, a in seen["train"]] == [a for _, a in plain["train"]]
    assert not [q for q, _ in seen["train"] if "say" in q]
    assert all("wordtrain" in question for question, _ in seen["train"])
