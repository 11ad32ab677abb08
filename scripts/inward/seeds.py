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

COUNTED = ["asked", "dropped"]
FEW_SEEDS = 5  # below it, an interval over seeds is too narrow

Families = dict[tuple[str, str, str], dict[str, list[Comparison]]]


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
    """Return the comparisons of each family by target, of which there is one for each seed."""
    found: Families = defaultdict(lambda: defaultdict(list))
    for one in sorted(comparisons, key=lambda one: one.target):
        other = family.get(one.cross_predictor, one.cross_predictor)
        found[family.get(one.target, one.target), other, one.relation][one.target].append(one)
    return found


def _of_family(
    items: pd.DataFrame, compared: Mapping[str, Sequence[Comparison]], bootstrap: Bootstrap
) -> Iterator[dict[str, Any]]:
    table, names = _columns(items, compared)
    for (role, wrapper), asked in table.groupby(["role", "wrapper"]):
        for found in measure(asked, names, bootstrap, counted=COUNTED):
            own, cross = found.observed[: len(names) : 2], found.observed[1 : len(names) : 2]
            values = own - cross
            counted = found.counts("asked")
            yield {
                "role": role,
                "wrapper": wrapper,
                **counted,
                "warning": _warning(counted["warning"], len(compared)),
                "n_dropped": found.count("dropped"),
                "n_seeds": len(compared),
                "targets": list(compared),
                "advantages": values.tolist(),
                "self_accuracy": float(own.mean()),
                "cross_accuracy": float(cross.mean()),
                "advantage": float(values.mean()),
                "deviation": float(values.std(ddof=1)),
                **_intervals(found, bootstrap),
                **made_by(bootstrap),
            }


def _columns(
    items: pd.DataFrame, compared: Mapping[str, Sequence[Comparison]]
) -> tuple[pd.DataFrame, list[str]]:
    """Return, question by question, whether self and cross of each seed are right.

    Self and cross take turns. What is counted is whether any seed has a label, and any has none.
    """
    columns = {}
    for number, of_target in enumerate(compared.values()):
        for side in ("self", "cross"):
            right = [
                answered(items, vars(one)[f"{side}_predictor"], one.target)
                .set_index(QUESTION)["correct"]
                .astype("Float64")
                for one in of_target
            ]
            # Twins of a target are of one family: what stands against it is their mean.
            columns[f"{side} {number}"] = sum(right[1:], right[0]) / len(right)
    table = pd.DataFrame(columns)
    labelled = table.notna()
    counted = {
        "asked": labelled.any(axis=1).astype("Float64").where(labelled.any(axis=1)),
        "dropped": (~labelled.all(axis=1)).astype("Float64"),
    }
    return table.assign(**counted).reset_index(), list(columns)


def _intervals(found: Measured, bootstrap: Bootstrap) -> dict[str, float]:
    """Return the bounds of the mean over seeds, at three levels."""
    widest = _advantages(found.resampled)
    levels = {"": widest.mean(axis=1)}
    if found.of_tasks is not None:
        widest = _advantages(found.of_tasks)
        levels["tasks_"] = widest.mean(axis=1)
    levels["seeds_"] = _drawn_seeds(widest, bootstrap)
    limits = {prefix: bounds(values, bootstrap.confidence) for prefix, values in levels.items()}
    none = (np.array(np.nan), np.array(np.nan))
    return {
        f"{prefix}{bound}": float(limits.get(prefix, none)[place])
        for prefix in ("", "tasks_", "seeds_")
        for place, bound in enumerate(("low", "high"))
    }


def _advantages(values: Floats) -> Floats:
    """Return self minus cross [resamples, seeds], which take turns in `values`."""
    return values[:, 0::2] - values[:, 1::2]


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
