"""Statistics: intervals that respect what depends on what.

One prompt gives rows under several properties, which are right or wrong together; so what is drawn
anew is prompts, within their task, never rows. Two predictors are compared on the same draws.
"""

import warnings
from collections.abc import Callable, Sequence

import numpy as np
from numpy.typing import NDArray
from scipy.stats import DegenerateDataWarning, bootstrap

Floats = NDArray[np.float64]
Indices = NDArray[np.int64]

BATCH = 500  # resamples held in memory at once


def interval(
    sizes: Sequence[int],
    estimate: Callable[[Sequence[Indices]], Floats],
    *,
    resamples: int,
    confidence: float,
    generator: np.random.Generator,
) -> tuple[Floats, Floats]:
    """Return the lower and the upper bounds of a percentile bootstrap, clustered and stratified.

    `sizes` are the numbers of prompts in each task. `estimate` gets, for each task, indices of its
    prompts [..., prompts], and returns estimates [estimates, ...]; all of them share the draws.
    A bound is NaN where a draw leaves its estimate undefined, or a task has one prompt only.
    """
    if min(sizes) < 2:
        undefined = np.full(len(estimate([np.arange(size) for size in sizes])), np.nan)
        return undefined, undefined
    with warnings.catch_warnings():
        # Where an estimate is undefined in some draw its bounds are NaN, which says so already.
        warnings.simplefilter("ignore", DegenerateDataWarning)
        result = bootstrap(
            [np.arange(size) for size in sizes],
            lambda *indices, axis: estimate(indices),  # noqa: ARG005 - scipy names the last axis
            vectorized=True,
            paired=False,
            n_resamples=resamples,
            batch=BATCH,
            confidence_level=confidence,
            method="percentile",
            rng=generator,
        )
    bounds = result.confidence_interval
    return np.asarray(bounds.low), np.asarray(bounds.high)


def ratio(numerator: Floats, denominator: Floats) -> Floats:
    """Return numerator / denominator, NaN where there is nothing to divide by."""
    defined = denominator > 0
    quotients: Floats = np.divide(
        numerator, denominator, out=np.full(np.shape(numerator), np.nan), where=defined
    )
    return quotients
