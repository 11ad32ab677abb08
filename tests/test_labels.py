"""Labels: one for each behavior and property, read once and accounted for."""

from pathlib import Path

import pandas as pd

from inward.labels import labels_of
from inward.properties import PROPERTIES
from inward.tables import LABELS, read_table, write_table


def behaviors(texts: list[str], finish_reason: str = "stop") -> pd.DataFrame:
    """Return behaviors with these texts, on prompts 0, 1, ..."""
    return pd.DataFrame(
        {
            "prompt_id": [str(number) for number in range(len(texts))],
            "sample": 0,
            "text": texts,
            "finish_reason": finish_reason,
        }
    )


def test_every_behavior_has_every_property() -> None:
    """Two behaviors and two properties are four labels, raw and normalized, with their version."""
    rows = labels_of(behaviors(["Heron", "a"]), ["first_character", "second_character"])
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
    texts = ["", "I'm sorry, no.", "heron", "8"]
    rows = labels_of(behaviors(texts), ["is_even"])
    cut = labels_of(behaviors(["<think>so"], "length"), ["is_even"])

    assert [row["reason"] for row in rows] == ["empty", "refused", "not a whole number", None]
    assert [row["compliant"] for row in rows] == [False, False, False, True]
    assert [row["reason"] for row in cut] == ["cut"]


def test_labels_survive_their_table(tmp_path: Path) -> None:
    """Labels such as None and 007 are still those texts after writing and reading."""
    texts = ["None", "007", "NA", "nan", "true", ""]
    rows = labels_of(behaviors(texts), ["first_word"])
    write_table(LABELS, pd.DataFrame(rows), tmp_path / "t.parquet")
    table = read_table(LABELS, tmp_path / "t.parquet")

    assert texts[:5] == table["raw"].tolist()[:5]
    assert table["value"].tolist()[:5] == ["none", "007", "na", "nan", "true"]
    assert table["value"].isna().tolist() == [False] * 5 + [True]
    assert table["reason"].tolist()[5] == "empty"


def test_each_sample_has_its_own_label() -> None:
    """Two samples of one prompt are two labels."""
    rows = labels_of(
        behaviors(["heron", "otter"]).assign(prompt_id="0", sample=[0, 1]), ["first_word"]
    )

    assert [(row["sample"], row["value"]) for row in rows] == [(0, "heron"), (1, "otter")]
