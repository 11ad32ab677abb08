"""Pairs: how alike two subjects are, and how well one predicts the other, on planted data."""

from collections import Counter
from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from inward.agreement import agreement_of
from inward.cells import ALL
from inward.pairs import correlation, kappa, pairs
from inward.tables import PAIRS

SUBJECTS = ("wren", "finch")
RELATIONS = {t: {p: "self" if p == t else "other" for p in SUBJECTS} for t in SUBJECTS}
PROMPTS = [f"p{number:03}" for number in range(400)]
TASKS = ("animals", "colors")
PROPERTIES = ("first", "last")
DRAWS = np.random.default_rng(0)
KEYS = pd.MultiIndex.from_product(
    [TASKS, PROPERTIES, PROMPTS], names=["task", "property", "prompt_id"]
)
LABELS = pd.DataFrame(
    {name: DRAWS.choice(list("aabc"), size=len(KEYS)) for name in SUBJECTS}, index=KEYS
).mask(DRAWS.random((len(KEYS), 2)) < 0.1)
ANSWERS = pd.DataFrame(
    {name: DRAWS.choice(list("abc"), size=len(KEYS)) for name in SUBJECTS}, index=KEYS
)


def items() -> pd.DataFrame:
    """Return items of two subjects that predict each other; a tenth of labels is lacking."""
    parts = []
    for target in SUBJECTS:
        for predictor in SUBJECTS:
            label, answer = LABELS[target], ANSWERS[predictor]
            rows = pd.DataFrame({"label": label, "answer": answer})
            rows["correct"] = (label == answer).astype("boolean").mask(label.isna())
            parts.append(rows.reset_index().assign(target=target, predictor=predictor))
    return pd.concat(parts).assign(role="test", wrapper="terse", noncompliant=None, repeated=None)


def margins() -> tuple[pd.DataFrame, pd.DataFrame]:
    """Return margins of behaviors and predictions.

    Those of finch's behavior are those of wren's and noise, so that r is 0.8; likewise those of
    wren's predictions, so that r is 0.6 with wren's behavior.
    """
    acted, predicted = [], []
    for task in TASKS:
        wren = DRAWS.normal(size=len(PROMPTS))
        behaviors = {"wren": wren, "finch": mixed(wren, 0.8)}
        for subject, values in behaviors.items():
            of_task = {"subject": subject, "task": task, "prompt_id": PROMPTS}
            acted.append(pd.DataFrame({**of_task, "margin": values}))
            for name in PROPERTIES:
                guessed = mixed(wren, 0.6) if subject == "wren" else np.full(len(PROMPTS), 2.0)
                more = {"property": name, "wrapper": "terse", "margin": guessed}
                predicted.append(pd.DataFrame({**of_task, **more}))
    return pd.concat(acted), pd.concat(predicted)


def mixed(values: np.ndarray, r: float) -> np.ndarray:
    """Return values whose correlation with `values` is just r."""
    noise = DRAWS.normal(size=len(values))
    one = (values - values.mean()) / values.std()
    noise -= noise.mean() + one * (noise * one).mean()
    mixture: np.ndarray = r * one + np.sqrt(1 - r**2) * noise / noise.std()
    return mixture


FOUND = pairs(items(), *margins(), RELATIONS)


def row(target: str, predictor: str, task: str = ALL, name: str = ALL) -> dict[str, Any]:
    """Return the one row of a pair's cell."""
    wanted = {"target": target, "predictor": predictor, "task": task, "property": name}
    [only] = FOUND[np.logical_and.reduce([FOUND[k] == v for k, v in wanted.items()])].to_dict(
        "records"
    )
    return {str(key): value for key, value in only.items()}


def test_agreement_is_of_labels_on_common_rows() -> None:
    """Rows where one of the two has no label are left out; kappa is that of judges and people."""
    both = LABELS.xs(("animals", "first")).dropna()
    one = row("wren", "finch", "animals", "first")
    known = agreement_of(both["wren"], both["finch"], 0.95)

    assert one["n_common"] == len(both)
    assert one["agreement"] == pytest.approx((both["wren"] == both["finch"]).mean())
    assert one["kappa"] == pytest.approx(known["kappa"])


def test_accuracy_is_that_of_the_accuracy_table() -> None:
    """Answers against labels, on rows that have a label."""
    known = LABELS["wren"].loc[("animals", "last")].dropna()
    answers = ANSWERS["finch"].loc[("animals", "last")].reindex(known.index)
    one = row("wren", "finch", "animals", "last")

    assert one["accuracy"] == pytest.approx((known == answers).mean())
    assert (one["n_rows"], one["n_prompts"]) == (len(known), len(known))


def test_a_subject_agrees_with_itself() -> None:
    """On all rows, and its margins with its own."""
    one = row("finch", "finch")

    assert (one["agreement"], one["kappa"], one["relation"]) == (1, 1, "self")
    assert one["r_behavior"] == pytest.approx(1)


def test_correlations_of_margins_are_those_that_were_planted() -> None:
    """Of behaviors with each other, and of predictions with the target's behavior."""
    assert row("wren", "finch")["r_behavior"] == pytest.approx(0.8)
    assert row("finch", "wren", "colors", "last")["r_behavior"] == pytest.approx(0.8)
    assert row("wren", "wren", "colors", "last")["r_prediction"] == pytest.approx(0.6)
    assert row("wren", "wren")["n_margins"] == len(KEYS)


def test_margins_that_never_vary_correlate_with_nothing() -> None:
    """All predictions of finch are as sure as each other: there is no number."""
    assert pd.isna([row("wren", "finch")["r_prediction"]]).all()


def test_what_is_pooled_is_the_mean_of_its_parts() -> None:
    """Over tasks, over properties, and over both."""
    for number in ("accuracy", "agreement", "kappa"):
        of = [[row("wren", "finch", t, p)[number] for p in PROPERTIES] for t in TASKS]
        assert row("wren", "finch")[number] == pytest.approx(np.mean(of))
        assert row("wren", "finch", TASKS[1])[number] == pytest.approx(np.mean(of[1]))
        by_property = [of_task[0] for of_task in of]
        assert row("wren", "finch", ALL, PROPERTIES[0])[number] == pytest.approx(
            np.mean(by_property)
        )


def test_each_cell_is_there_once() -> None:
    """Four pairs; of each (task, property), what they are pooled to, and all."""
    cells = Counter(FOUND[list(PAIRS.key)].itertuples(index=False, name=None))

    assert set(cells.values()) == {1}
    assert len(cells) == 4 * (4 + 2 + 2 + 1)


@given(st.lists(st.tuples(st.integers(0, 3), st.integers(0, 3)), min_size=1, max_size=30))
def test_kappa_is_cohens(labels: list[tuple[int, int]]) -> None:
    """As it is counted elsewhere in the project, of any two series of labels."""
    one, other = np.array(labels).T
    known = agreement_of(one.astype(str), other.astype(str), 0.95)["kappa"]

    assert kappa(one, other) == pytest.approx(np.nan if known is None else known, nan_ok=True)


def test_two_prompts_are_too_few_for_a_correlation() -> None:
    """Any two points lie on a line."""
    two, known = np.array([1.0, 2.0, np.nan]), np.array([3.0, 5.0, 6.0])

    assert np.isnan(correlation(two, known))
