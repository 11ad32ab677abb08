"""Power: how many prompts show an advantage of a size, against formulas and simulations."""

import numpy as np
import pandas as pd
import pytest
from scipy.stats import ttest_1samp
from statsmodels.stats.power import TTestPower

from inward.cells import ALL, Comparison
from inward.outlook import foreseen, most_sd, outlook
from inward.power import Aim, _smallest_effect, chance, needed, power
from inward.tables import POWER

AIM = Aim(advantages=[0.02, 0.1], power=0.8, alpha=0.05)
PAIR = Comparison("wren", "wren", "finch")


def items(prompts: int, cross: float = 0.3) -> pd.DataFrame:
    """Return items of wren, predicted by itself and by finch, on two properties."""
    draws = np.random.default_rng(0)
    return pd.concat(
        pd.DataFrame(
            {
                "target": "wren",
                "predictor": predictor,
                "task": "animals",
                "role": "test",
                "property": name,
                "wrapper": "terse",
                "prompt_id": [f"p{number:05}" for number in range(prompts)],
                "label": "a",
                "noncompliant": None,
                "repeated": None,
                "correct": pd.array(draws.random(prompts) < share, dtype="boolean"),
            }
        )
        for predictor, share in (("wren", 0.4), ("finch", cross))
        for name in ("first", "last")
    )


def test_the_papers_smallest_advantage_takes_57_000_rows_an_arm() -> None:
    """GPT-3.5 was 0.8 points ahead of cross-prediction, with 37.3 % right: rows taken unpaired."""
    rows = foreseen(most_sd(0.373, 0.365), 0.008, power=0.8, alpha=0.05)

    assert rows == pytest.approx(57_000, rel=0.01)
    assert needed(most_sd(0.373, 0.365), 0.008, AIM) == pytest.approx(rows, rel=1e-3)


def test_paired_prompts_need_fewer() -> None:
    """The sd of differences is that of the study's own prompts, both of whose rows count."""
    table = items(3000)
    found = power(table, [PAIR], AIM)
    wide = table.pivot_table(index="prompt_id", columns=["property", "predictor"], values="correct")
    of_first = (wide["first"]["wren"].astype(float) - wide["first"]["finch"].astype(float)).std()
    rows = found.set_index(["property", "advantage"])

    assert rows.loc[("first", 0.1), "sd"] == pytest.approx(of_first)
    assert rows.loc[(ALL, 0.1), "sd"] < of_first
    assert (found["n_prompts_now"] == 3000).all()
    assert len(found) == 3 * len(AIM.advantages)
    assert set(found.columns) == set(POWER.columns)


def test_so_many_prompts_show_it_in_80_of_100_studies() -> None:
    """A test of simulated differences of that size rejects as often as was aimed at."""
    sd, size = 0.6, 0.1
    prompts = needed(sd, size, AIM)
    draws = np.random.default_rng(1).normal(size, sd, size=(4000, prompts))
    rejected = ttest_1samp(draws, 0, axis=1).pvalue < AIM.alpha

    assert np.mean(rejected) == pytest.approx(AIM.power, abs=0.02)


def test_the_smallest_advantage_is_the_one_for_which_there_are_just_enough() -> None:
    """There and back: as many prompts as there are show it with the power aimed at."""
    row = power(items(500), [PAIR], AIM).iloc[0]

    assert needed(row["sd"], row["smallest_advantage"], AIM) == pytest.approx(500, abs=1)
    exact = Aim([row["smallest_advantage"]], 0.8, 0.05)
    assert power(items(500), [PAIR], exact).iloc[0]["power_now"] == pytest.approx(0.8)


def test_what_cannot_be_told_is_null_with_a_reason() -> None:
    """Two prompts; prompts that all differ alike; and few prompts say their sd is rough."""
    two = power(items(2), [PAIR], AIM)
    copies = items(40).query("predictor == 'wren'")
    alike = power(pd.concat([copies, copies.assign(predictor="finch")]), [PAIR], AIM)
    rough = power(items(20), [PAIR], AIM)

    for table, said in ((two, "2 prompts"), (alike, "all prompts differ alike")):
        assert table["n_prompts_needed"].isna().all()
        assert set(table["warning"]) == {f"not known: {said}"}
    assert set(rough["warning"]) == {"20 prompts: the sd is rough below 30"}
    assert rough["n_prompts_needed"].notna().all()


def test_an_advantage_that_is_huge_still_needs_a_few_prompts() -> None:
    """However far ahead, a spread cannot be told from fewer than three."""
    assert needed(0.001, 0.5, AIM) == 3


def test_the_most_sd_is_never_exceeded() -> None:
    """Predictors that are right independently, on one row a prompt, come up to it, and no more."""
    draws = np.random.default_rng(2)
    apart = (draws.random(200_000) < 0.4).astype(float) - (draws.random(200_000) < 0.3)

    assert apart.std() == pytest.approx(most_sd(0.4, 0.3), rel=0.01)
    assert most_sd() == pytest.approx(np.sqrt(0.5))


def test_a_plan_says_what_is_there_and_what_is_needed() -> None:
    """Before there is any data: the most that can be needed."""
    said = outlook({"held-in": 80, "held-out": 1600}, [0.05], power=0.8, alpha=0.05)

    assert said == (
        "test prompts: 80 of held-in tasks, 1,600 of held-out tasks; needed at most to show an"
        " advantage of so many points, with 80% power: 1,570 for 5"
    )


def test_nothing_compared_is_an_empty_table() -> None:
    """A study without comparisons has a power table without rows."""
    assert power(items(40), [], AIM).empty


@pytest.mark.parametrize("wanted", [0.5, 0.8, 0.9, 0.99])
def test_what_is_enough_is_known_for_any_number_of_prompts(wanted: float) -> None:
    """Solvers that start from a guess lose their way at 73 prompts, and at large effects."""
    aim = Aim(advantages=[], power=wanted, alpha=0.05)
    for prompts in [*range(4, 200), 10_000]:
        effect = _smallest_effect(prompts, 0.05, wanted)
        assert chance(effect, prompts, 0.05) == pytest.approx(wanted)
        assert needed(1, effect * 1.000001, aim) == prompts


def test_a_large_advantage_is_sure_to_be_seen() -> None:
    """It is no gap in the table."""
    for effect in (0.1, 1, 10, 100):
        for prompts in (3, 100, 100_000):
            assert 0.05 < chance(effect, prompts, 0.05) <= 1
    assert chance(0.3, 50, 0.05) == pytest.approx(TTestPower().power(0.3, 50, 0.05))
