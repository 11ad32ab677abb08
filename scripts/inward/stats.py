"""Statistics: intervals and tests that respect what depends on what.

One prompt gives rows under several properties, which are right or wrong together; so what is drawn
anew is prompts, within their task, never rows. All that is compared is compared on the same draws.
"""

import json
from collections.abc import Callable
from functools import lru_cache
from typing import Any

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Numbers = NDArray[np.number[Any]]
Weights = Callable[[NDArray[np.int64], int, np.random.Generator], Numbers]

AT_ONCE = 10_000_000  # draws of prompts held in memory at once
KEPT = 32  # such batches of draws, of a byte for each
AT_A_TIME = 64  # resamples whose draws are counted together: as many as a processor keeps at hand
EXACT = 2**24  # up to here, sums of whole numbers are exact in 32 bits
MANY_ALIKE = 8  # prompts of a kind from which on it is faster to draw kinds than prompts
FEW_PROMPTS = 30  # below it, an interval over prompts is a rough guess
FEW_TASKS = 6  # likewise over tasks


def drawn_sums(values: Floats, resamples: int, generator: np.random.Generator) -> Floats:
    """Return the sums [resamples, columns] over prompts drawn with replacement.

    `values` [prompts, columns] are what each prompt adds to each sum. One prompt fewer is drawn
    than there are, and counts for that much more: so the sums spread as far as the sample says,
    also where it has few prompts (Rao and Wu 1988).
    """
    size = len(values)
    drawn: Floats = _weighted_sums(values, resamples, generator, _times_drawn)
    return drawn * (size / max(size - 1, 1))


def flipped_sums(values: Floats, resamples: int, generator: np.random.Generator) -> Floats:
    """Return the sums [resamples, columns] over prompts, each prompt's values with a random sign.

    Where `values` are differences of two predictors, that is what chance would make of them if it
    did not matter which predictor is which.
    """
    return _weighted_sums(values, resamples, generator, _signs)


def drawn_tasks(sums: Floats, generator: np.random.Generator) -> Floats:
    """Return sums [tasks, resamples, ...] of tasks that are drawn anew themselves.

    `sums` are those of prompts drawn within each task. A task that is drawn twice comes with two
    draws of its prompts.
    """
    tasks, resamples = sums.shape[:2]
    chosen = generator.integers(tasks, size=(tasks, resamples))
    places = np.stack([generator.permutation(resamples) for _ in range(tasks)])
    drawn: Floats = sums[chosen, places]
    return drawn


def bounds(estimates: Floats, confidence: float) -> tuple[Floats, Floats]:
    """Return the percentile interval of resampled estimates [resamples, ...].

    A further estimate is as likely to lie between two neighbors among them as beyond the last one,
    so few resamples make no narrower interval. A bound is NaN where a draw has left its estimate
    undefined.
    """
    tail = (1 - confidence) / 2
    low, high = np.quantile(estimates, [tail, 1 - tail], axis=0, method="weibull")
    return low, high


def chance_of(observed: Floats, shuffled: Floats) -> Floats:
    """Return the two-sided p-values of `observed` [...] among `shuffled` [resamples, ...].

    The observed one counts among them, so that no p-value is zero (Phipson and Smyth 2010).
    """
    # Sums of the same terms in another order may differ in the last digit.
    extreme = np.abs(shuffled) >= np.abs(observed) * (1 - 1e-9) - 1e-12
    chances = (1 + extreme.sum(axis=0)) / (1 + len(shuffled))
    known: Floats = np.where(np.isnan(observed), np.nan, chances)
    return known


def holm(chances: Floats) -> Floats:
    """Return p-values corrected for their number by Holm's method (1979).

    That of statsmodels returns the same, and collects garbage at each call, which takes longer than
    all else that is done to a family of five.
    """
    order = np.argsort(chances)
    raised = chances[order] * np.arange(len(chances), 0, -1)
    corrected = np.empty(len(chances))
    corrected[order] = np.minimum(np.maximum.accumulate(raised), 1)
    return corrected


def ratio(numerator: Floats, denominator: Floats) -> Floats:
    """Return numerator / denominator, NaN where there is nothing to divide by."""
    numerator, denominator = np.broadcast_arrays(numerator, denominator)
    quotients: Floats = np.divide(
        numerator, denominator, out=np.full(numerator.shape, np.nan), where=denominator > 0
    )
    return quotients


def warning(n_prompts: int, n_tasks: int) -> str | None:
    """Return what to be wary of in an interval over so many prompts and tasks, if anything."""
    few = []
    if n_prompts < FEW_PROMPTS:
        few.append(f"{n_prompts} prompts: intervals are rough below {FEW_PROMPTS}")
    if 1 < n_tasks < FEW_TASKS:
        few.append(f"{n_tasks} tasks: intervals over tasks are too narrow below {FEW_TASKS}")
    return "; ".join(few) or None


def _weighted_sums(
    values: Floats, resamples: int, generator: np.random.Generator, weights: Weights
) -> Floats:
    """Return sums [resamples, columns] of prompts with random weights.

    Prompts that add the same to all sums are the same to any draw, so only how many there are of
    each kind need be drawn; and columns that are the same have the same sum.
    """
    columns, place = np.unique(values, axis=1, return_inverse=True)
    kinds, counts = np.unique(columns, axis=0, return_counts=True)
    alike = len(kinds) * MANY_ALIKE < len(columns)
    if not alike:
        kinds = columns
    if (kinds == np.rint(kinds)).all() and len(columns) * np.abs(kinds).max(initial=0) < EXACT:
        kinds = kinds.astype(np.float32)
    sums = np.empty((resamples, columns.shape[1]))
    batch = max(1, AT_ONCE // len(kinds))
    for start in range(0, resamples, batch):
        size = min(batch, resamples - start)
        drawn = (
            weights(counts, size, generator)
            if alike
            else _of_each(weights, len(columns), size, generator)
        )
        sums[start : start + size] = drawn.astype(kinds.dtype) @ kinds
    return sums[:, place]


def _of_each(
    weights: Weights, prompts: int, resamples: int, generator: np.random.Generator
) -> Numbers:
    """Return the weights of prompts one by one [resamples, prompts].

    All tables of a study draw the same prompts of a task, so what was drawn before is kept.
    """
    state = json.dumps(generator.bit_generator.state)
    drawn, after = _drawn_once(weights, prompts, resamples, state)
    generator.bit_generator.state = json.loads(after)
    return drawn


@lru_cache(maxsize=KEPT)
def _drawn_once(weights: Weights, prompts: int, resamples: int, state: str) -> tuple[Numbers, str]:
    """Return weights, as small as integers go, and the state of the generator after them."""
    generator = np.random.default_rng()
    generator.bit_generator.state = json.loads(state)
    drawn = weights(np.ones(prompts, dtype=np.int64), resamples, generator)
    small = np.min_scalar_type(-int(np.abs(drawn).max()))
    return drawn.astype(small), json.dumps(generator.bit_generator.state)


def _times_drawn(
    counts: NDArray[np.int64], resamples: int, generator: np.random.Generator
) -> Numbers:
    """Return how often prompts of each kind are drawn [resamples, kinds], together one too few."""
    prompts = int(counts.sum())
    size = max(prompts - 1, 1)
    if len(counts) < prompts:
        return generator.multinomial(size, counts / prompts, size=resamples)
    times = np.empty((resamples, prompts), dtype=np.min_scalar_type(size))
    for start in range(0, resamples, AT_A_TIME):
        part = times[start : start + AT_A_TIME]
        drawn = generator.integers(prompts, size=(len(part), size))
        drawn += np.arange(len(part))[:, None] * prompts
        part[:] = np.bincount(drawn.ravel(), minlength=part.size).reshape(part.shape)
    return times


def _signs(counts: NDArray[np.int64], resamples: int, generator: np.random.Generator) -> Numbers:
    """Return the sums of random signs of the prompts of each kind [resamples, kinds]."""
    if len(counts) < counts.sum():
        signs = generator.binomial(counts, 0.5, size=(resamples, len(counts)))
    else:
        signs = generator.integers(2, size=(resamples, len(counts)))
    signs *= 2
    signs -= counts
    return signs
