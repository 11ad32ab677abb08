"""Statistics: draws and tests against others that are written by hand, and at the edges."""

import itertools

import numpy as np
import pytest
from scipy.stats import binomtest, bootstrap
from statsmodels.stats.multitest import multipletests

from inward.stats import (
    Floats,
    bounds,
    chance_of,
    drawn_sums,
    drawn_tasks,
    flipped_sums,
    holm,
    ratio,
    warning,
)

DRAWS = np.random.default_rng(0)
RIGHT = (DRAWS.random((60, 4)) < 0.4).astype(float)
UNLIKE = DRAWS.random((60, 4))  # no prompt is like another
MANY = (DRAWS.random((5000, 2)) < 0.3).astype(float)  # prompts of four kinds


def sums(values: Floats, seed: int = 7, resamples: int = 4000) -> Floats:
    """Return sums over prompts drawn anew."""
    return drawn_sums(values, resamples, np.random.default_rng(seed))


@pytest.mark.parametrize("values", [RIGHT, UNLIKE, MANY], ids=["alike", "unlike", "many"])
def test_sums_of_draws_are_those_of_a_bootstrap(values: Floats) -> None:
    """Prompts come with all their rows, as in scipy's bootstrap of the same mean."""
    low, high = bounds(sums(values).sum(axis=1) / values.size, 0.95)
    other = bootstrap(
        (values.mean(axis=1),),
        np.mean,
        method="percentile",
        n_resamples=4000,
        rng=np.random.default_rng(3),
    ).confidence_interval
    width = other.high - other.low

    assert float(low) == pytest.approx(other.low, abs=0.06 * width)
    assert float(high) == pytest.approx(other.high, abs=0.06 * width)


@pytest.mark.parametrize("values", [RIGHT, UNLIKE, MANY], ids=["alike", "unlike", "many"])
def test_each_draw_takes_as_many_prompts_as_there_are(values: Floats) -> None:
    """A column of ones adds up to the number of prompts each time; rows of a prompt stay together."""
    ones = np.ones((len(values), 1))
    found = sums(np.concatenate([values, 2 * values[:, :1], ones], axis=1), resamples=300)

    assert found[:, -1] == pytest.approx(len(values))
    assert found[:, -2] == pytest.approx(2 * found[:, 0])


def test_sums_spread_as_far_as_the_sample_says_however_small() -> None:
    """The variance of a mean of six is theirs over six, with five degrees of freedom."""
    few = np.array([[0.0], [0.0], [1.0], [1.0], [1.0], [3.0]])

    assert sums(few, resamples=100_000).var() / 6 == pytest.approx(few.var(ddof=1), rel=0.03)


def test_few_resamples_make_no_narrower_interval() -> None:
    """Of 39 estimates the least and the greatest bound 95 %: a 40th falls beyond either in 1 of 40."""
    low, high = bounds(np.arange(1.0, 40.0), 0.95)

    assert (low, high) == pytest.approx((1, 39))


def test_few_resamples_are_the_first_of_many_that_fit_in_memory() -> None:
    """The same seed gives the same draws."""
    assert (sums(RIGHT) == sums(RIGHT)).all()
    assert (sums(RIGHT, seed=1) != sums(RIGHT, seed=2)).any()


def test_what_never_varies_has_no_width() -> None:
    """Where all predictions are right the interval is 100 % to 100 %."""
    low, high = bounds(sums(np.ones((20, 4))) / 20, 0.95)

    assert (low == 1).all()
    assert (high == 1).all()


def test_every_flip_of_signs_is_as_likely() -> None:
    """With four prompts there are 16 ways to choose signs, and all come up about as often."""
    values = np.array([[1.0], [2.0], [4.0], [8.0]])
    found = flipped_sums(values, 16_000, np.random.default_rng(5))[:, 0]
    ways = {
        sum(s * v for s, v in zip(signs, (1, 2, 4, 8), strict=True))
        for signs in itertools.product((-1, 1), repeat=4)
    }
    values_found, counts = np.unique(found, return_counts=True)

    assert set(values_found) == ways
    assert (abs(counts - 1000) < 150).all()


def test_the_chance_of_a_difference_is_that_of_a_sign_test() -> None:
    """On one row a prompt the permutation test is the exact test of McNemar."""
    differences = np.concatenate([np.ones(18), -np.ones(6), np.zeros(40)])[:, None]
    flipped = flipped_sums(differences, 100_000, np.random.default_rng(2))[:, 0]
    exact = binomtest(18, 24).pvalue

    assert float(chance_of(np.array(12.0), flipped)) == pytest.approx(exact, abs=0.003)


def test_no_chance_is_zero_and_none_is_made_up() -> None:
    """The observed difference counts as one of those there could have been; NaN stays NaN."""
    shuffled = np.zeros((99, 2))

    first, second = chance_of(np.array([5.0, np.nan]), shuffled)

    assert first == 0.01
    assert np.isnan(second)


@pytest.mark.parametrize("count", [1, 2, 5, 40])
def test_holms_correction_is_that_of_statsmodels(count: int) -> None:
    """Also of p-values that are the same, and of those that would rise above 1."""
    chances = np.round(np.random.default_rng(count).random(count), 1)

    assert holm(chances).tolist() == multipletests(chances, method="holm")[1].tolist()


def test_tasks_are_drawn_with_their_prompts() -> None:
    """Between-task variance comes in: as in a bootstrap of the tasks' means where prompts agree."""
    means = np.array([0.1, 0.4, 0.5, 0.9])
    of_tasks = np.repeat(means[:, None], 20_000, axis=1)
    low, high = bounds(drawn_tasks(of_tasks, np.random.default_rng(1)).mean(axis=0), 0.95)
    every = [np.mean(drawn) for drawn in itertools.product(means, repeat=4)]

    assert float(low) == pytest.approx(np.quantile(every, 0.025), abs=0.03)
    assert float(high) == pytest.approx(np.quantile(every, 0.975), abs=0.03)


def test_a_task_drawn_twice_has_two_draws_of_its_prompts() -> None:
    """So the variance of prompts within it is not counted twice over."""
    of_task = np.random.default_rng(4).normal(size=(1, 50_000)).repeat(2, axis=0)
    drawn = drawn_tasks(of_task, np.random.default_rng(6))

    assert abs(float(np.corrcoef(drawn[0], drawn[1]).min())) < 0.02


def test_nothing_divided_by_nothing_is_undefined() -> None:
    """A mean over no rows is NaN, not zero."""
    values = ratio(np.array([1.0, 0.0]), np.array([2.0, 0.0]))

    assert values[0] == 0.5
    assert np.isnan(values[1])


def test_few_clusters_are_said_so() -> None:
    """Intervals over few prompts, or few tasks, come with a warning; one task has no such interval."""
    assert warning(400, 8) is None
    assert warning(400, 1) is None
    assert str(warning(12, 3)).startswith("12 prompts: ")
    assert "3 tasks" in str(warning(400, 3))


def test_draws_that_are_kept_are_the_draws_that_would_be_made() -> None:
    """Of other tables, too; and a generator stands after them where it would have stood."""
    values = np.random.default_rng(0).normal(size=(40, 3))
    first, second = (np.random.default_rng(7) for _ in range(2))
    one, other = drawn_sums(values, 100, first), drawn_sums(values, 100, second)
    turned, again = flipped_sums(values, 100, first), flipped_sums(values, 100, second)

    assert np.array_equal(one, other)
    assert np.array_equal(turned, again)
    assert first.random() == second.random()
    assert np.allclose(drawn_sums(values * 2, 100, np.random.default_rng(7)), 2 * one)
    drawn = np.random.default_rng(7).integers(40, size=(100, 39))
    assert np.allclose(one, values[drawn].sum(axis=1) * 40 / 39)
