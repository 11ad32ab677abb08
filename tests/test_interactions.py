"""Interactions: own advantage freed of who predicts well and who is easy to predict."""

from itertools import product
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from inward.cells import ALL, Comparison
from inward.grids import Bootstrap
from inward.interactions import UNKNOWN, contrast, entries, interaction
from inward.tables import INTERACTION, read_table, write_table

BOOTSTRAP = Bootstrap(resamples=400, confidence=0.95, seed=1)
NAME = "first_character"
PROMPTS = 100


def comparison(learner: str, of: str) -> Comparison:
    """Return the comparison of a target with another learner's predictor of it."""
    return Comparison(f"{of}-self", f"{of}-self", f"{learner}-on-{of}", "cross")


def roots(learners: str) -> dict[str, str]:
    """Return the learners behind all predictors."""
    return {
        (f"{of}-self" if learner == of else f"{learner}-on-{of}"): learner
        for learner, of in product(learners, repeat=2)
    }


def planted(
    known: dict[tuple[str, str], float],
    modes: dict[str, float],
    *,
    unread: dict[tuple[str, str], int] | None = None,
    task: str = "animals",
) -> pd.DataFrame:
    """Return items of 100 prompts: (learner, target) is right on so large a share, the first prompts.

    The commonest label of a target is that of so many prompts; all others have one of their own.
    The last prompts of `unread` cannot be read.
    """
    frames = []
    for (learner, of), share in known.items():
        number = np.arange(PROMPTS)
        readable = number < PROMPTS - (unread or {}).get((learner, of), 0)
        label = np.where(number < modes[of] * PROMPTS, "x", number.astype(str).astype(object))
        frames.append(
            pd.DataFrame(
                {
                    "target": f"{of}-self",
                    "predictor": f"{of}-self" if learner == of else f"{learner}-on-{of}",
                    "role": "test",
                    "task": task,
                    "property": NAME,
                    "wrapper": "terse",
                    "prompt_id": [f"p{n:03}" for n in number],
                    "label": label,
                    "dropped": None,
                    "answer": label,
                    "noncompliant": [None if read else "refused" for read in readable],
                    "correct": (number < round(share * PROMPTS)) & readable,
                    "repeated": None,
                }
            )
        )
    return pd.concat(frames)


def every(table: pd.DataFrame, learners: str) -> pd.DataFrame:
    """Return the interactions of all learners with each other, pooled, by scope, scale and view."""
    pairs = [comparison(one, other) for one, other in product(learners, repeat=2) if one != other]
    found = interaction(table, pairs, roots(learners), BOOTSTRAP)
    pooled = found[(found["task"] == ALL) & (found["property"] == ALL)]
    return pooled[pooled["average"] == "micro"].set_index(["scope", "scale", "compliance"])


def at(found: pd.DataFrame, scope: str) -> dict[str, Any]:
    """Return the row of a scope on the scale of accuracy, where unreadable is wrong."""
    every_row = found.reset_index().to_dict("records")
    names = ("scope", "scale", "compliance")
    rows = [r for r in every_row if tuple(r[n] for n in names) == (scope, "accuracy", "wrong")]
    assert len(rows) == 1
    return {str(name): value for name, value in rows[0].items()}


TWO = {("a", "a"): 0.8, ("b", "a"): 0.5, ("b", "b"): 0.6, ("a", "b"): 0.4}
EVEN = {"a": 0.2, "b": 0.2, "c": 0.2}


def test_for_two_learners_it_is_the_mean_of_both_advantages() -> None:
    """Half of (0.8 - 0.5) + (0.6 - 0.4) is 0.25, and 0.25 / 0.8 on the scale of skill."""
    found = every(planted(TWO, EVEN), "ab")

    for scope in ("a|b", ALL):
        row = at(found, scope)
        assert row["gamma"] == pytest.approx(0.25)
        assert row["low"] < 0.25 < row["high"]
        assert (row["n_prompts"], row["n_pairs"]) == (100, 1)
        assert found.loc[(scope, "skill", "wrong"), "gamma"] == pytest.approx(0.25 / 0.8)


def test_what_cancels_leaves_nothing_whose_sign_could_be_counted() -> None:
    """Equal learners have an interval that holds 0, and not one a hair's breadth beside it."""
    for shares in ((0.83, 0.41), (0.37, 0.11), (0.59, 0.29)):
        known = {(learner, of): shares["ab".index(of)] for learner, of in product("ab", repeat=2)}
        bounds = every(planted(known, {"a": 0.3, "b": 0.1}), "ab")[["gamma", "low", "high"]]

        assert (bounds == 0).all(axis=None)


def test_good_learners_and_easy_targets_make_no_interaction() -> None:
    """Where accuracies are a sum of learner and target, gamma is nothing, over three learners."""
    good, easy = {"a": 0.3, "b": 0.1, "c": 0.2}, {"a": 0.1, "b": 0.4, "c": 0.2}
    added = {(learner, of): good[learner] + easy[of] for learner, of in product("abc", repeat=2)}
    own = {pair: share + 0.15 * (pair[0] == pair[1]) for pair, share in added.items()}

    found = every(planted(added, EVEN), "abc")
    assert found.loc[(ALL, "accuracy", "wrong"), "gamma"] == pytest.approx(0, abs=1e-9)
    assert found.loc[(ALL, "accuracy", "wrong"), "n_pairs"] == 3

    found = every(planted(own, EVEN), "abc")
    assert found.loc[(ALL, "accuracy", "wrong"), "gamma"] == pytest.approx(0.15)
    assert found.loc[("a|c", "accuracy", "wrong"), "gamma"] == pytest.approx(0.15)


def test_who_guesses_the_mode_has_the_same_skill_for_every_target() -> None:
    """Knowing a share k and guessing the mode else makes an interaction of accuracy, none of skill."""
    share, modes = {"a": 0.6, "b": 0.2}, {"a": 0.25, "b": 0.5}
    mode_guessers = {
        (learner, of): share[learner] + (1 - share[learner]) * modes[of]
        for learner, of in product("ab", repeat=2)
    }
    found = every(planted(mode_guessers, modes), "ab")

    expected = 0.5 * (0.6 - 0.2) * (0.5 - 0.25)
    assert found.loc[(ALL, "accuracy", "wrong"), "gamma"] == pytest.approx(expected)
    assert found.loc[(ALL, "skill", "wrong"), "gamma"] == pytest.approx(0, abs=1e-9)


def test_least_squares_use_the_cells_that_are_there() -> None:
    """With one predictor lost the rest still tells gamma; as an independent solver has it."""
    seven = {
        **TWO,
        ("c", "c"): 0.9,
        ("c", "a"): 0.3,
        ("b", "c"): 0.7,
        ("a", "c"): 0.35,
    }
    found = every(planted(seven, EVEN), "abc")

    cells = sorted(seven)
    design = [
        [learner == of, *(learner == one for one in "abc"), *(of == one for one in "abc")]
        for learner, of in cells
    ]
    solved = np.linalg.lstsq(np.array(design, float), [seven[cell] for cell in cells], rcond=None)
    assert found.loc[(ALL, "accuracy", "wrong"), "gamma"] == pytest.approx(solved[0][0])
    assert found.loc[(ALL, "accuracy", "wrong"), "n_pairs"] == 2
    assert {scope for scope, *_ in found.index} == {ALL, "a|b", "a|c"}


def test_what_cannot_be_identified_is_said_so() -> None:
    """One target, or learners that predict in one direction only, cannot tell gamma."""
    one_way = {("a", "a"): 0.8, ("b", "a"): 0.5}
    row = at(every(planted(one_way, EVEN), "ab"), ALL)

    assert np.isnan(row["gamma"])
    assert row["n_pairs"] == 0
    assert row["warning"] == UNKNOWN
    assert contrast(entries([comparison("b", "a")], roots("ab"))) is None


def test_compliant_rows_are_those_that_all_predictors_of_a_target_answered_readably() -> None:
    """B's 20 unreadable predictions of a leave 80 of a's rows, for both; of b's labels all stay."""
    found = every(planted(TWO, EVEN, unread={("b", "a"): 20}), "ab")
    gamma = found.xs((ALL, "accuracy"), level=("scope", "scale"))["gamma"]

    assert gamma["wrong"] == pytest.approx(0.25)
    assert gamma["dropped"] == pytest.approx(0.5 * ((0.8 - 50 / 80) + 0.2))
    assert gamma["compliant"] == pytest.approx(0.5 * ((80 / 80 - 50 / 80) + 0.2))


def test_only_who_has_learnt_a_targets_labels_stands_in_the_matrix() -> None:
    """Untrained models, rules and twins of the same model do not; a twin with another root does."""
    pairs = [
        comparison("b", "a"),
        comparison("a", "b"),
        Comparison("a-self", "a-self", "a", "untrained"),
        Comparison("a-self", "a-self", "mode", "baseline"),
        Comparison("a-self", "a-self", "a-again", "twin"),
        Comparison("a-self", "a-self", "c-on-a", "twin"),
    ]
    known = {**roots("abc"), "a": "a", "mode": "mode", "a-again": "a"}

    assert [(entry.learner, entry.target) for entry in entries(pairs, known)] == [
        ("a", "a-self"),
        ("b", "a-self"),
        ("c", "a-self"),
        ("a", "b-self"),
        ("b", "b-self"),
    ]


def test_targets_share_their_draws(tmp_path: Path) -> None:
    """What hits the same prompts for both targets cancels in every draw, so the interval is a point."""
    same = dict.fromkeys(TWO, 0.5)
    found = every(pd.concat([planted(same, EVEN), planted(same, EVEN, task="foods")]), "ab")
    row = at(found, ALL)

    bounds = ["gamma", "low", "high", "tasks_low", "tasks_high"]
    assert [row[name] for name in bounds] == pytest.approx([0] * 5, abs=1e-9)
    assert row["p_value"] == 1

    write_table(INTERACTION, found.reset_index(), tmp_path / "interaction.parquet")
    assert len(read_table(INTERACTION, tmp_path / "interaction.parquet")) == len(found)


def test_one_task_has_no_interval_over_tasks(tmp_path: Path) -> None:
    """The table says nothing of it, and can be written and read."""
    pairs = [comparison("a", "b"), comparison("b", "a")]
    found = interaction(planted(TWO, EVEN), pairs, roots("ab"), BOOTSTRAP)
    write_table(INTERACTION, found, tmp_path / "interaction.parquet")
    table = read_table(INTERACTION, tmp_path / "interaction.parquet")

    assert table["tasks_low"].isna().all()
    assert table["low"].notna().all()


def test_other_prompts_are_refused() -> None:
    """Targets whose predictors were asked about other prompts cannot be drawn together."""
    table = planted(TWO, EVEN)
    fewer = table[~((table["target"] == "a-self") & (table["prompt_id"] == "p007"))]

    with pytest.raises(ValueError, match="a-self and of b-self"):
        every(fewer, "ab")


def test_a_study_without_comparisons_has_an_empty_table(tmp_path: Path) -> None:
    """Nothing is compared, and nothing fails."""
    write_table(INTERACTION, interaction(planted(TWO, EVEN), [], {}, BOOTSTRAP), tmp_path / "none")

    assert read_table(INTERACTION, tmp_path / "none").empty
