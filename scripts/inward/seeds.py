"""Seeds: what of an advantage is left when training is done again with other seeds.

Finetunes of a family differ in their training seed alone. Each seed gives an advantage; their mean
is reported, with intervals that widen: prompts drawn anew within tasks, then tasks too, then seeds
too. All seeds share the draws of prompts and tasks, as they were asked the same.
"""

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import numpy as np
import pandas as pd

from inward.cells import Comparison
from inward.grids import Bootstrap, made_by
from inward.measures import Measured, measure
from inward.randomness import arrays
from inward.sides import QUESTION, answered
from inward.stats import Floats, bounds
from inward.tables import SEEDS

FEW_SEEDS = 5  # below it, an interval over seeds is too narrow

Families = dict[tuple[str, str, str], list[Comparison]]


def seeds(
    items: pd.DataFrame,
    comparisons: Sequence[Comparison],
    family: Mapping[str, str],
    bootstrap: Bootstrap,
) -> pd.DataFrame:
    """Return the table of advantages of families, where a family has several seeds.

    `family` names the family of each finetune; who has none there is a family of its own.
    """
    rows = [
        {"target": target, "cross_predictor": cross, "relation": relation, **row}
        for (target, cross, relation), compared in _families(comparisons, family).items()
        if len(compared) > 1
        for row in _of_family(items, compared, bootstrap)
    ]
    return pd.DataFrame(rows, columns=list(SEEDS.columns))


def _families(comparisons: Sequence[Comparison], family: Mapping[str, str]) -> Families:
    """Return the comparisons of each family, one for each target, in the order of targets."""
    found: dict[tuple[str, str, str], dict[str, Comparison]] = defaultdict(dict)
    for one in comparisons:
        key = (
            family.get(one.target, one.target),
            family.get(one.cross_predictor, one.cross_predictor),
            one.relation,
        )
        if one.target in found[key]:
            first = found[key][one.target].cross_predictor
            raise ValueError(f"{first} and {one.cross_predictor} both stand against {one.target}")
        found[key][one.target] = one
    return {key: [of[name] for name in sorted(of)] for key, of in found.items()}


def _of_family(
    items: pd.DataFrame, compared: Sequence[Comparison], bootstrap: Bootstrap
) -> Iterator[dict[str, Any]]:
    table, names = _columns(items, compared)
    for (role, wrapper), asked in table.groupby(["role", "wrapper"]):
        for found in measure(asked, names, bootstrap):
            own, cross = found.observed[0:-2:2], found.observed[1:-2:2]
            values = own - cross
            counted = found.counts("asked")
            yield {
                "role": role,
                "wrapper": wrapper,
                **counted,
                "warning": _warning(counted["warning"], len(compared)),
                "n_dropped": found.count("dropped"),
                "n_seeds": len(compared),
                "targets": [one.target for one in compared],
                "advantages": values.tolist(),
                "self_accuracy": float(own.mean()),
                "cross_accuracy": float(cross.mean()),
                "advantage": float(values.mean()),
                "deviation": float(values.std(ddof=1)),
                **_intervals(found, bootstrap),
                **made_by(bootstrap),
            }


def _columns(items: pd.DataFrame, compared: Sequence[Comparison]) -> tuple[pd.DataFrame, list[str]]:
    """Return, question by question, whether self and cross of each seed are right.

    The last two measures say whether any seed has a label there, and whether any has none.
    """
    names: list[str] = []
    parts = []
    for number, one in enumerate(compared):
        for side, predictor in (("self", one.self_predictor), ("cross", one.cross_predictor)):
            names.append(f"{side} {number}")
            right = answered(items, predictor, one.target).set_index(QUESTION)["correct"]
            parts.append(right.astype("Float64").rename(names[-1]))
    table = pd.concat(parts, axis=1)
    labelled = table.notna()
    counted = {
        "asked": labelled.any(axis=1).astype("Float64").where(labelled.any(axis=1)),
        "dropped": (~labelled.all(axis=1)).astype("Float64"),
    }
    return table.assign(**counted).reset_index(), [*names, *counted]


def _intervals(found: Measured, bootstrap: Bootstrap) -> dict[str, float]:
    """Return the bounds of the mean over seeds, at three levels."""
    of_prompts = found.resampled[:, 0:-2:2] - found.resampled[:, 1:-2:2]
    levels = {"": of_prompts.mean(axis=1)}
    widest = of_prompts
    if found.of_tasks is not None:
        widest = found.of_tasks[:, 0:-2:2] - found.of_tasks[:, 1:-2:2]
        levels["tasks_"] = widest.mean(axis=1)
    levels["seeds_"] = _drawn_seeds(widest, bootstrap)
    limits = {prefix: bounds(values, bootstrap.confidence) for prefix, values in levels.items()}
    none = (np.array(np.nan), np.array(np.nan))
    return {
        f"{prefix}{bound}": float(limits.get(prefix, none)[place])
        for prefix in ("", "tasks_", "seeds_")
        for place, bound in enumerate(("low", "high"))
    }


def _drawn_seeds(values: Floats, bootstrap: Bootstrap) -> Floats:
    """Return means [resamples] of seeds that are drawn anew, of values [resamples, seeds]."""
    generator = arrays(bootstrap.seed, "bootstrap", "seeds")
    chosen = generator.integers(values.shape[1], size=values.shape)
    means: Floats = np.take_along_axis(values, chosen, axis=1).mean(axis=1)
    return means


def _warning(of_clusters: str | None, n_seeds: int) -> str | None:
    few = f"{n_seeds} seeds: intervals over seeds are too narrow below {FEW_SEEDS}"
    parts = [of_clusters, few if n_seeds < FEW_SEEDS else None]
    return "; ".join(filter(None, parts)) or None
