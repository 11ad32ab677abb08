"""Similarity: how much better subjects predict themselves than their likeness to others explains.

    accuracy(p -> t)     = a + b agreement(p, t)  + c self + d twin + e family
    r_prediction(p -> t) = a + b r_behavior(p, t) + c self + d twin + e family

by least squares over ordered pairs of models, after Song, Hu and Mahowald 2025; c is the
privileged-access estimate. Errors are clustered by target. Rules are left out: what they know of
themselves is given. Where pairs come with each property, each property has a level of its own, and
the intercept is the mean of these levels.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
import statsmodels.api as sm
from numpy.typing import NDArray
from scipy.stats import t as student

from inward.cells import ALL
from inward.stats import Floats
from inward.tables import SIMILARITY

MEASURES = {
    "accuracy": ("accuracy", "agreement"),
    "log-probabilities": ("r_prediction", "r_behavior"),
}
KINDS = ("self", "twin", "family")
TERMS = ("intercept", "similarity", *KINDS)
UNITS = ("pair", "pair and property")
FEWEST_TARGETS = 3  # no errors below
FEW_TARGETS = 20  # errors clustered by target are too small below
PAIRS_PER_TERM = 2  # no estimate below
NEARLY_ONE = 0.95  # of the variance of a term that the other terms explain: collinear from here on


@dataclass(frozen=True)
class Design:
    """A regression: outcomes, and the columns that are to explain them."""

    outcome: Floats  # [units]
    columns: Floats  # [units, TERMS and levels]
    targets: NDArray[np.int64]  # [units]: codes

    def others(self, place: int) -> Floats:
        """Return all columns but one."""
        return np.delete(self.columns, place, axis=1)


def similarity(pairs: pd.DataFrame, confidence: float) -> pd.DataFrame:
    """Return the similarity table of a pairs table."""
    chosen = pairs[(pairs["task"] == ALL) & (pairs["relation"] != "baseline")]
    rows = [
        {"measure": measure, "role": role, "wrapper": wrapper, **row}
        for (role, wrapper), asked in chosen.groupby(["role", "wrapper"])
        for measure in MEASURES
        for row in _of_measure(asked, measure, confidence)
    ]
    return pd.DataFrame(rows, columns=list(SIMILARITY.columns))


def _of_measure(pairs: pd.DataFrame, measure: str, confidence: float) -> Iterator[dict[str, Any]]:
    single = pairs[pairs["property"] != ALL]
    units = [(name, UNITS[0], rows) for name, rows in pairs.groupby("property")]
    for name, unit, rows in [*units, (ALL, UNITS[1], single)]:
        for row in _fitted(design(rows, measure), confidence):
            yield {"property": name, "unit": unit, **row}


def design(pairs: pd.DataFrame, measure: str) -> Design:
    """Return the regression over the pairs of which both numbers are known."""
    outcome, likeness = MEASURES[measure]
    known = pairs[pairs[outcome].notna() & pairs[likeness].notna()]
    kinds = [(known["relation"] == kind).to_numpy(dtype=float) for kind in KINDS]
    columns = [np.ones(len(known)), known[likeness].to_numpy(dtype=float), *kinds]
    return Design(
        known[outcome].to_numpy(dtype=float),
        np.column_stack([*columns, _levels(known["property"])]),
        pd.factorize(known["target"])[0].astype(np.int64),
    )


def _levels(properties: pd.Series) -> Floats:
    """Return columns for how far each property lies from the mean of all; none for one property."""
    dummies = pd.get_dummies(properties.astype(str)).to_numpy(dtype=float)
    levels: Floats = dummies[:, :-1] - dummies[:, -1:]
    return levels


def _fitted(design: Design, confidence: float) -> Iterator[dict[str, Any]]:
    """Yield a row for each term: its coefficient, or why there is none."""
    n_pairs, n_targets = len(design.outcome), len(np.unique(design.targets))
    counted = {"n_pairs": n_pairs, "n_targets": n_targets, "confidence": confidence}
    problem = _problem(design)
    if problem:
        for term in TERMS:
            yield {**counted, "term": term, **_without(problem)}
        return
    values, errors = _least_squares(design)
    for place, term in enumerate(TERMS):
        lost = _unidentified(design, place)
        known = (
            _without(lost)
            if lost
            else {
                **_interval(values[place], errors[place], n_targets - 1, confidence),
                "warning": _warning(design, place),
            }
        )
        if not lost and _clusters(design, place) < FEWEST_TARGETS:
            known |= dict.fromkeys(("standard_error", "low", "high", "p_value"), np.nan)
        yield {**counted, "term": term, **known}


def _least_squares(design: Design) -> tuple[Floats, Floats]:
    """Return coefficients and their errors, NaN for columns that say what those before them do."""
    ranks = [0, *(np.linalg.matrix_rank(part) for part in _beginnings(design.columns))]
    kept = np.diff(ranks) > 0
    fit = sm.OLS(design.outcome, design.columns[:, kept]).fit(
        cov_type="cluster", cov_kwds={"groups": design.targets}, use_t=True
    )
    values, errors = np.full((2, len(kept)), np.nan)
    values[kept] = fit.params
    errors[kept] = np.sqrt(np.diag(fit.cov_params()).clip(0))
    return values, errors


def _beginnings(columns: Floats) -> list[Floats]:
    return [columns[:, : place + 1] for place in range(columns.shape[1])]


def _without(reason: str) -> dict[str, Any]:
    numbers = ("coefficient", "standard_error", "low", "high", "p_value")
    return {**dict.fromkeys(numbers, np.nan), "warning": reason}


def _interval(value: float, error: float, freedom: int, confidence: float) -> dict[str, float]:
    reach = float(student.ppf((1 + confidence) / 2, freedom)) * error
    distance = abs(value) / error if error > 0 else np.inf
    return {
        "coefficient": float(value),
        "standard_error": float(error),
        "low": float(value - reach),
        "high": float(value + reach),
        "p_value": float(2 * student.sf(distance, freedom)),
    }


def _problem(design: Design) -> str | None:
    """Return why nothing can be estimated at all, if so."""
    n_pairs, n_targets = len(design.outcome), len(np.unique(design.targets))
    terms = np.linalg.matrix_rank(design.columns) if n_pairs else 0
    if not n_pairs:
        return "not identified: no pair has both numbers"
    if n_targets < FEWEST_TARGETS:
        return f"not identified: {n_targets} targets, and errors need {FEWEST_TARGETS}"
    if n_pairs < PAIRS_PER_TERM * terms:
        return f"not identified: {n_pairs} pairs for {terms} terms"
    return None


def _unidentified(design: Design, place: int) -> str | None:
    """Return why one term cannot be told from the others, if so."""
    column = design.columns[:, place]
    if not column.any():
        return f"not identified: no {TERMS[place]} pairs"
    if _explained(design, place) > 1 - 1e-9:
        return "not identified: collinear with the other terms"
    return None


def _explained(design: Design, place: int) -> float:
    """Return the share of a column's squares that the other columns explain."""
    column, others = design.columns[:, place], design.others(place)
    left = column - others @ np.linalg.lstsq(others, column, rcond=None)[0]
    spread = ((column - column.mean()) ** 2).sum() if place else (column**2).sum()
    return 1 - float((left**2).sum() / spread) if spread > 0 else 1.0


def _clusters(design: Design, place: int) -> int:
    """Return how many targets have pairs for which a term is not zero."""
    return len(np.unique(design.targets[design.columns[:, place] != 0]))


def _warning(design: Design, place: int) -> str | None:
    """Return what to be wary of in the estimate of a term, if anything."""
    term, n_targets, own = TERMS[place], len(np.unique(design.targets)), _clusters(design, place)
    said = []
    if own < FEWEST_TARGETS:
        said.append(f"{term} pairs of {own} targets only: no error can be told")
    elif n_targets < FEW_TARGETS:
        said.append(f"{n_targets} targets: errors are too small below {FEW_TARGETS}")
    if term != "intercept" and _explained(design, place) > NEARLY_ONE:
        said.append("nearly collinear with the other terms")
    likeness, self_pairs = design.columns[:, 1], design.columns[:, 2] > 0
    if term == "self" and not self_pairs.all():
        most = likeness[~self_pairs].max()
        if most < likeness[self_pairs].min():
            said.append(f"extrapolated: no other pair is more alike than {most:.2f}")
    return "; ".join(said) or None
