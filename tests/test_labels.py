"""Labels: one for each behavior and property, read once and accounted for."""

from pathlib import Path
from typing import Any

import pandas as pd

from inward.labels import labels_of
from inward.properties import PROPERTIES
from inward.tables import BEHAVIORS, LABELS, PROMPTS, read_table, write_table


def behaviors(texts: list[str], finish_reason: str = "stop") -> pd.DataFrame:
    """Return behaviors with these texts, on prompts 0, 1, ..."""
    return pd.DataFrame(
        {
            "prompt_id": [str(number) for number in range(len(texts))],
            "sample": 0,
            "text": texts,
            "finish_reason": finish_reason,
            "tokens": [[] for _ in texts],
            "request_key": None,
        }
    )


def prompts(count: int, *options: str, target: str | None = None) -> pd.DataFrame:
    """Return prompts 0, 1, ... with these options."""
    return pd.DataFrame(
        {
            "prompt_id": [str(number) for number in range(count)],
            "text": "What comes next?",
            "split": "test",
            "item": "",
            "options": [list(options) for _ in range(count)],
            "target_option": target,
        }
    )


def rows_of(texts: list[str], properties: list[str], **known: Any) -> list[dict[str, Any]]:
    """Return the labels of behaviors with these texts."""
    answered = behaviors(texts, known.get("finish_reason", "stop"))
    table = labels_of(answered, prompts(len(texts)), properties)
    return table.astype(object).where(table.notna(), None).to_dict("records")  # type: ignore[return-value]


def test_every_behavior_has_every_property() -> None:
    """Two behaviors and two properties are four labels, raw and normalized, with their version."""
    rows = rows_of(["Heron", "a"], ["first_character", "second_character"])
    read = [(row["prompt_id"], row["property"], row["raw"], row["value"]) for row in rows]

    assert read == [
        ("0", "first_character", "H", "h"),
        ("0", "second_character", "e", "e"),
        ("1", "first_character", "a", "a"),
        ("1", "second_character", None, None),
    ]
    assert {PROPERTIES["first_character"].version} == {
        row["property_version"] for row in rows if row["property"] == "first_character"
    }


def test_what_has_no_label_has_a_reason() -> None:
    """Empty, cut, refused and unfit behaviors keep their row, each with its own reason."""
    rows = rows_of(["", "I'm sorry, no.", "heron", "8"], ["is_even"])
    cut = rows_of(["<think>so"], ["is_even"], finish_reason="length")

    assert [row["reason"] for row in rows] == ["empty", "refused", "not a whole number", None]
    assert [row["compliant"] for row in rows] == [False, False, False, True]
    assert [row["reason"] for row in cut] == ["cut"]


def test_labels_survive_their_table(tmp_path: Path) -> None:
    """Labels such as None and 007 are still those texts after writing and reading."""
    texts = ["None", "007", "NA", "nan", "true", ""]
    labels = labels_of(behaviors(texts), prompts(len(texts)), ["first_word"])
    write_table(LABELS, labels, tmp_path / "t.parquet")
    table = read_table(LABELS, tmp_path / "t.parquet")

    assert texts[:5] == table["raw"].tolist()[:5]
    assert table["value"].tolist()[:5] == ["none", "007", "na", "nan", "true"]
    assert table["value"].isna().tolist() == [False] * 5 + [True]
    assert table["reason"].tolist()[5] == "empty"


def test_each_sample_has_its_own_label() -> None:
    """Two samples of one prompt are two labels."""
    answered = behaviors(["heron", "otter"]).assign(prompt_id="0", sample=[0, 1])
    labels = labels_of(answered, prompts(1), ["first_word"])

    assert list(zip(labels["sample"], labels["value"], strict=True)) == [(0, "heron"), (1, "otter")]


def test_options_and_the_target_come_from_the_prompt() -> None:
    """A choice is read against its own prompt's options, by letter or by what an option says."""
    asked = prompts(3, "stay on", "I will not answer", target="B")
    labels = labels_of(
        behaviors(["(A)", "I will not answer.", "C"]), asked, ["chosen_option", "matches_target"]
    )

    assert labels["value"].fillna("-").tolist() == ["a", "false", "b", "true", "-", "-"]
    assert labels["reason"].fillna("").tolist() == [""] * 4 + ["not an option"] * 2


def test_tokens_come_from_the_behavior(tmp_path: Path) -> None:
    """Log-probabilities are read from the table of behaviors as it was written."""
    top = [{"token": "her", "logprob": -0.1}, {"token": " ott", "logprob": -2.4}]
    tokens = [
        {"token": "her", "logprob": -0.1, "top": top},
        {"token": "on", "logprob": 0, "top": []},
    ]
    path = tmp_path / "behaviors.parquet"
    write_table(BEHAVIORS, behaviors(["heron"]).assign(tokens=pd.Series([tokens])), path)
    write_table(PROMPTS, prompts(1), tmp_path / "prompts.parquet")
    labels = labels_of(
        read_table(BEHAVIORS, path),
        read_table(PROMPTS, tmp_path / "prompts.parquet"),
        [
            "number_of_tokens",
            "second_likeliest_token",
            "first_token_confidence",
            "first_token_ratio",
        ],
    )

    assert labels["value"].tolist() == ["2", "ott", "90 to 100", "5 to 9"]
