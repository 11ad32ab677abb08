"""Statistics: intervals against an independent bootstrap, and at the edges."""

import numpy as np

from inward.stats import Floats, Indices, interval, ratio

RIGHT = np.random.default_rng(0).random((60, 4)) < 0.4
OTHER = np.random.default_rng(1).random((25, 4)) < 0.7


def mean_of(*tasks: Floats) -> object:
    """Return an estimate: the mean over all rows of the prompts that are drawn."""

    def estimate(indices: object) -> Floats:
        assert isinstance(indices, (list, tuple))
        sums = sum(
            task[drawn].sum(axis=(-2, -1)) for task, drawn in zip(tasks, indices, strict=True)
        )
        rows = sum(drawn.shape[-1] for drawn in indices) * 4
        return np.asarray([sums / rows])

    return estimate


def bounds(*tasks: Floats, seed: int = 7, resamples: int = 4000) -> tuple[float, float]:
    """Return the 95 % interval of the mean."""
    low, high = interval(
        [len(task) for task in tasks],
        mean_of(*tasks),  # type: ignore[arg-type]
        resamples=resamples,
        confidence=0.95,
        generator=np.random.default_rng(seed),
    )
    return float(low[0]), float(high[0])


def test_intervals_agree_with_a_bootstrap_written_by_hand() -> None:
    """Prompts are drawn anew within their task, all rows of a prompt together."""
    draw = np.random.default_rng(11)
    means = []
    for _ in range(4000):
        rows = np.concatenate(
            [task[draw.integers(len(task), size=len(task))] for task in (RIGHT, OTHER)]
        )
        means.append(rows.mean())
    low, high = bounds(RIGHT.astype(float), OTHER.astype(float))

    assert abs(low - np.quantile(means, 0.025)) < 0.01
    assert abs(high - np.quantile(means, 0.975)) < 0.01


def test_rows_of_one_prompt_do_not_count_as_many() -> None:
    """Four copies of each row make the interval no narrower."""
    once = RIGHT[:, :1].astype(float)
    copies = np.repeat(once, 4, axis=1)
    draw = np.random.default_rng(3)
    means = [once[draw.integers(60, size=60)].mean() for _ in range(4000)]
    low, high = bounds(copies)

    assert abs((high - low) - np.subtract(*np.quantile(means, [0.975, 0.025]))) < 0.02


def test_the_same_seed_gives_the_same_interval() -> None:
    """Intervals are seeded, and other seeds give others."""
    right = RIGHT.astype(float)

    assert bounds(right, seed=1) == bounds(right, seed=1)
    assert bounds(right, seed=1, resamples=200) != bounds(right, seed=2, resamples=200)


def test_what_never_varies_has_no_width() -> None:
    """Where all predictions are right the interval is 100 % to 100 %."""
    assert bounds(np.ones((20, 4))) == (1.0, 1.0)


def test_one_prompt_has_no_interval() -> None:
    """A task with a single prompt cannot be resampled, and nothing is made up for it."""
    assert np.isnan(bounds(np.ones((1, 4)))).all()


def test_nothing_divided_by_nothing_is_undefined() -> None:
    """A mean over no rows is NaN, not zero."""
    values = ratio(np.array([1.0, 0.0]), np.array([2.0, 0.0]))

    assert values[0] == 0.5
    assert np.isnan(values[1])


def test_estimates_share_their_draws() -> None:
    """The difference of an estimate and itself is exactly zero in every resample."""

    def difference(indices: object) -> Floats:
        estimate = mean_of(RIGHT.astype(float))
        value: Floats = estimate(indices)  # type: ignore[operator]
        return value - value

    sizes: list[int] = [60]
    low, high = interval(
        sizes, difference, resamples=200, confidence=0.95, generator=np.random.default_rng(0)
    )

    assert (low[0], high[0]) == (0.0, 0.0)


def test_indices_are_of_prompts() -> None:
    """An estimate gets one array of indices for each task, as long as the task has prompts."""
    seen: list[Indices] = []

    def estimate(indices: object) -> Floats:
        assert isinstance(indices, (list, tuple))
        seen.extend(indices)
        return np.zeros((1, *indices[0].shape[:-1]))

    interval([5, 3], estimate, resamples=100, confidence=0.9, generator=np.random.default_rng(0))

    assert {drawn.shape[-1] for drawn in seen} == {5, 3}
