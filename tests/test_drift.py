"""Drift: what training moved, on labels and texts that are written down."""

import pandas as pd
import pytest

from inward.drift import drift, first_texts

from .planted import BOOTSTRAP, LAST, items, only

ONE = {"finetune": "wren-self", "base": "wren", "learns": "predictions", "round": 1}
LABELS = {"wren": "aabbccdd", "wren-self": "aabbxxx-"}
ANSWERS = {"wren": "aabbcxxx", "wren-self": "aabcxxdd"}
TEXTS = {
    ("wren", "animals"): {f"animals-{number:03}": f"text {number}" for number in range(8)},
    ("wren-self", "animals"): {
        f"animals-{number:03}": f"text {min(number, 5)}" for number in range(8)
    },
}


def scores(rounds: int | None = 1) -> pd.DataFrame:
    """Return the drift table of one task with two properties."""
    table = pd.concat([items(LABELS, ANSWERS), items(LABELS, ANSWERS, name=LAST)])
    return drift(table, [{**ONE, "round": rounds}], TEXTS, BOOTSTRAP)


def test_labels_and_texts_that_stayed_are_counted() -> None:
    """Four labels of seven, and six texts of eight, though one of these has no label."""
    row = only(scores())

    assert row["same_label"] == pytest.approx(4 / 7)
    assert row["same_text"] == 6 / 8
    assert (row["n_rows"], row["n_prompts"], row["n_dropped"]) == (14, 7, 2)


def test_predictions_are_scored_before_and_after() -> None:
    """Of seven rows three fit the base's behavior and one of d, five the own; its base had five."""
    row = only(scores(), task="animals", property=LAST)

    assert row["before"] == pytest.approx(4 / 7)
    assert row["after"] == pytest.approx(5 / 7)
    assert row["difference"] == pytest.approx(1 / 7)
    assert row["base_accuracy"] == pytest.approx(5 / 7)


def test_rounds_are_counted_where_a_model_is_retrained() -> None:
    """Other training has none."""
    assert only(scores(2))["round"] == 2
    assert pd.isna(scores(None)["round"]).all()


def test_the_first_response_is_what_was_scored() -> None:
    """More samples do not count."""
    behaviors = pd.DataFrame(
        {"prompt_id": ["a", "a", "b"], "sample": [0, 1, 0], "text": ["x", "y", "z"]}
    )

    assert first_texts(behaviors) == {"a": "x", "b": "z"}
