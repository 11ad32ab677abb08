"""Scoring: tables small enough to be checked by eye."""

from collections import Counter
from pathlib import Path

import pandas as pd
import pytest

from inward.accuracies import accuracy
from inward.advantages import advantage
from inward.cells import ALL, Comparison
from inward.grids import Bootstrap
from inward.scoring import items, read_answers
from inward.tables import ADVANTAGE, read_table, write_table

BOOTSTRAP = Bootstrap(resamples=200, confidence=0.95, seed=1)


def labels(values: dict[tuple[str, str], str | None]) -> pd.DataFrame:
    """Return labels by (prompt, property); None stands for a behavior that is empty."""
    return pd.DataFrame(
        {
            "prompt_id": [prompt for prompt, _ in values],
            "property": [name for _, name in values],
            "sample": 0,
            "value": list(values.values()),
            "reason": ["empty" if value is None else None for value in values.values()],
        }
    )


def answers(texts: dict[tuple[str, str], str]) -> pd.DataFrame:
    """Return predictions by (prompt, property), read."""
    return read_answers(
        pd.DataFrame(
            {
                "prompt_id": [prompt for prompt, _ in texts],
                "property": [name for _, name in texts],
                "wrapper": "terse",
                "sample": 0,
                "text": list(texts.values()),
                "finish_reason": "stop",
            }
        )
    )


FIRST, LAST = "first_character", "last_character"
LABELS = {
    ("a", FIRST): "x",
    ("a", LAST): "n",
    ("b", FIRST): "x",
    ("b", LAST): None,
    ("c", FIRST): "y",
    ("c", LAST): "n",
    ("d", FIRST): "z",
    ("d", LAST): "m",
}
OWN = {
    ("a", FIRST): "x",
    ("a", LAST): "n",
    ("b", FIRST): "x.",
    ("b", LAST): "n",
    ("c", FIRST): "Y",
    ("c", LAST): "k",
    ("d", FIRST): "I can't say.",
    ("d", LAST): "mm",
}
OTHER = dict.fromkeys(OWN, "x")


def table() -> pd.DataFrame:
    """Return items of one task, of a target predicted by itself and by another."""
    return pd.concat(
        items(answers(texts), labels(LABELS)).assign(
            target="wren", predictor=predictor, task="animals", role="test"
        )
        for predictor, texts in (("wren", OWN), ("finch", OTHER))
    )


def cell(frame: pd.DataFrame, name: str, average: str, **keys: str) -> dict[str, object]:
    """Return the row of a score table over all tasks for a property, or all, and an average."""
    wanted = {"task": ALL, "property": name, "average": average, "compliance": "wrong", **keys}
    rows = frame
    for key, value in wanted.items():
        rows = rows[rows[key] == value]
    assert len(rows) == 1
    return {str(key): value for key, value in rows.iloc[0].to_dict().items()}


def test_accuracy_counts_what_is_right_of_what_has_a_label() -> None:
    """Rows without a label are dropped and counted; unreadable predictions are wrong and counted."""
    scores = accuracy(table(), BOOTSTRAP)
    first = cell(scores, FIRST, "micro", predictor="wren")
    last = cell(scores, LAST, "micro", predictor="wren")

    assert (first["accuracy"], first["n_rows"], first["n_noncompliant"]) == (0.75, 4, 1)
    assert first["noncompliant"] == "refused: 1"
    assert (last["accuracy"], last["n_rows"], last["n_dropped"]) == (1 / 3, 3, 1)
    assert (last["dropped"], last["noncompliant"]) == ("empty: 1", "not one character: 1")


def test_micro_is_over_rows_and_macro_over_properties() -> None:
    """Micro weighs rows alike, macro properties: 4 of 7, against the mean of 3/4 and 1/3."""
    scores = accuracy(table(), BOOTSTRAP)

    assert cell(scores, ALL, "micro", predictor="wren")["accuracy"] == pytest.approx(4 / 7)
    assert cell(scores, ALL, "macro", predictor="wren")["accuracy"] == pytest.approx(13 / 24)


def test_the_mode_baseline_has_the_weights_of_the_accuracy_beside_it() -> None:
    """Always the commonest label: 2 of 4 and 2 of 3, pooled like the accuracies."""
    scores = accuracy(table(), BOOTSTRAP)

    assert cell(scores, FIRST, "micro", predictor="wren")["mode_baseline"] == 0.5
    assert cell(scores, ALL, "micro", predictor="wren")["mode_baseline"] == pytest.approx(4 / 7)
    assert cell(scores, ALL, "macro", predictor="wren")["mode_baseline"] == pytest.approx(7 / 12)


def test_the_advantage_is_paired() -> None:
    """Self minus cross on the same rows, with the same drops for both."""
    pair = Comparison("wren", "wren", "finch")
    compared = cell(advantage(table(), [pair], BOOTSTRAP), FIRST, "micro")

    assert (compared["self_accuracy"], compared["cross_accuracy"]) == (0.75, 0.5)
    assert (compared["advantage"], compared["n_rows"], compared["n_dropped"]) == (0.25, 4, 0)


def test_predictors_are_compared_on_the_same_draws() -> None:
    """A predictor against its own copy has an advantage of zero, with an interval of zero."""
    copies = pd.concat([table(), table().assign(predictor=lambda t: t["predictor"] + "-copy")])
    pair = Comparison("wren", "wren", "wren-copy")
    compared = cell(advantage(copies, [pair], BOOTSTRAP), ALL, "macro")

    assert (compared["low"], compared["advantage"], compared["high"]) == (0.0, 0.0, 0.0)


def test_every_score_can_be_made_again_from_the_items() -> None:
    """Plain counting over items gives each accuracy of a single task and property."""
    rows = table()
    scores = accuracy(rows, BOOTSTRAP)
    wrong = scores[scores["compliance"] == "wrong"]
    single = wrong[(wrong["task"] != ALL) & (wrong["property"] != ALL)]
    for score in single.to_dict("records"):
        of_cell = [
            item
            for item in rows.to_dict("records")
            if item["predictor"] == score["predictor"]
            and item["property"] == score["property"]
            and pd.notna(item["correct"])
        ]
        commonest = Counter(item["label"] for item in of_cell).most_common(1)[0][1]

        assert (
            sum(item["answer"] == item["label"] for item in of_cell) / len(of_cell)
            == (score["accuracy"])
        )
        assert commonest / len(of_cell) == score["mode_baseline"]
    assert len(single) == 4


def test_a_prediction_without_a_label_row_is_a_bug() -> None:
    """Labels and predictions of other prompts are never joined in silence."""
    with pytest.raises(ValueError, match="no label for first_character of prompt e"):
        items(answers({("e", FIRST): "x"}), labels(LABELS))


def test_a_target_that_never_answers_has_no_score() -> None:
    """Where all rows are dropped there is no accuracy, and no baseline."""
    silent = dict.fromkeys(LABELS)
    rows = items(answers(OWN), labels(silent)).assign(
        target="wren", predictor="wren", task="animals", role="test"
    )
    pooled = cell(accuracy(rows, BOOTSTRAP), ALL, "micro")

    assert pd.isna([pooled["accuracy"], pooled["mode_baseline"], pooled["low"]]).all()
    assert (pooled["n_rows"], pooled["n_dropped"]) == (0, 8)


def test_a_study_without_comparisons_has_an_empty_table(tmp_path: Path) -> None:
    """Where nothing is compared the advantage table is there, without rows."""
    nothing = advantage(table(), [], BOOTSTRAP)
    write_table(ADVANTAGE, nothing, tmp_path / "advantage.parquet")

    assert read_table(ADVANTAGE, tmp_path / "advantage.parquet").empty


def test_three_views_of_what_cannot_be_read() -> None:
    """It is wrong; or dropped, for that predictor; or left out for both that are compared."""
    rows = table()
    pair = Comparison("wren", "wren", "finch")
    found = advantage(rows, [pair], BOOTSTRAP)
    views = {
        view: cell(found, FIRST, "micro", compliance=view)
        for view in ("wrong", "dropped", "compliant")
    }

    assert [views[view]["self_accuracy"] for view in views] == [3 / 4, 1, 1]
    assert [views[view]["cross_accuracy"] for view in views] == [1 / 2, 1 / 2, 2 / 3]
    assert [views[view]["n_compared"] for view in views] == [4, 3, 3]
    assert pd.isna([views["dropped"]["p_value"]]).all()
    kept = cell(accuracy(rows, BOOTSTRAP), FIRST, "micro", predictor="wren", compliance="dropped")
    assert (kept["accuracy"], kept["n_noncompliant"]) == (1, 1)


def test_skill_is_the_way_from_the_mode_baseline_to_perfection() -> None:
    """Three of four where the mode has two: half of the way."""
    scores = accuracy(table(), BOOTSTRAP)

    assert cell(scores, FIRST, "micro", predictor="wren")["skill"] == 0.5
    assert cell(scores, FIRST, "micro", predictor="finch")["skill"] == 0


def test_the_noise_ceiling_is_the_second_sample_as_a_prediction() -> None:
    """Of rows with a second sample; one that gives no label repeats nothing."""
    second = labels({("a", FIRST): "x", ("b", FIRST): "k", ("c", FIRST): None}).assign(sample=1)
    both = pd.concat([labels(LABELS), second])
    rows = items(answers(OWN), both).assign(
        target="wren", predictor="wren", task="animals", role="test"
    )
    scores = accuracy(rows, BOOTSTRAP)

    assert cell(scores, FIRST, "micro")["noise_ceiling"] == pytest.approx(1 / 3)
    assert pd.isna([cell(scores, LAST, "micro")["noise_ceiling"]]).all()


def test_the_effect_is_in_standard_deviations_of_prompts() -> None:
    """Differences of prompts' shares 0, 1/2, 1/2 and -1/2 or so; n is prompts and not rows."""
    [compared] = (
        advantage(table(), [Comparison("wren", "wren", "finch")], BOOTSTRAP)
        .query(
            "task == 'all' and property == 'all' and average == 'micro' and compliance == 'wrong'"
        )
        .to_dict("records")
    )
    differences = pd.Series([1 - 0.5, 1 - 1, 0.5 - 0, 0 - 0])

    assert compared["effect"] == pytest.approx(differences.mean() / differences.std())
    assert compared["n_prompts"] == 4


def test_holm_corrects_over_the_properties_of_a_comparison() -> None:
    """The smaller of two p-values is doubled, the larger is kept unless it would be smaller."""
    found = advantage(table(), [Comparison("wren", "wren", "finch")], BOOTSTRAP).query(
        "task == 'all' and property != 'all' and average == 'micro' and compliance == 'wrong'"
    )
    small, large = sorted(found["p_value"])

    assert sorted(found["p_holm"]) == pytest.approx(
        [min(1, 2 * small), max(min(1, 2 * small), large)]
    )


def test_predictors_that_were_asked_otherwise_are_not_compared() -> None:
    """A predictor that lacks a prompt is an error, not a smaller n."""
    rows = table()
    lacking = rows[(rows["predictor"] != "finch") | (rows["prompt_id"] != "a")]
    with pytest.raises(ValueError, match="were asked about other prompts"):
        accuracy(lacking, BOOTSTRAP)
