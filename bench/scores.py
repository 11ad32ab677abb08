"""What scoring costs: all score tables of a million predictions against a million labels.

python -m bench.scores                  # minutes; prints, and writes results/scores.json
python -m bench.scores --prompts 100 --resamples 500 --results /tmp/scores.json
"""

import argparse
import importlib.util
import json
import os
import resource
import sys
import tempfile
import time
from collections.abc import Callable
from datetime import UTC, datetime
from multiprocessing import get_context
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from scipy.stats import bootstrap

from inward.accuracies import accuracy
from inward.files import write_json
from inward.grids import Bootstrap
from inward.tables import ITEMS, read_table

from .large_study import HOME, PREDICTORS, PROPERTIES, ROOT, TARGETS, TASKS, paths, write_study

RESULTS = ROOT / "bench" / "results" / "scores.json"
CROSSED = [(TARGETS[0], TARGETS[1]), (TARGETS[1], TARGETS[0])]  # who learnt of whom
SECONDS, GIBIBYTES = 60, 4  # the limits
FORMER, LOOPED = 4, 20  # grids for scipy; draws for the loop: the rest is extrapolated


def main() -> None:
    """Write a study, score it, measure the others on it, say it, and write it down."""
    parser = argparse.ArgumentParser(description="Measure what scoring costs.")
    parser.add_argument("--prompts", type=int, default=2000, help="in each task")
    parser.add_argument("--resamples", type=int, default=10_000)
    parser.add_argument("--results", type=Path, default=RESULTS)
    given = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        os.chdir(folder)
        write_study(given.prompts)
        jobs, wall_seconds = as_a_workflow(given.resamples)
        others = {name: measured(way, given.resamples) for name, way in ACCURACIES.items()}
    for job in jobs.values():
        del job["answer"]
    ours = others["inward"]["answer"]
    found = {
        "when": f"{datetime.now(UTC):%Y-%m-%d}",
        "items": len(TARGETS) * len(PREDICTORS) * len(TASKS) * len(PROPERTIES) * given.prompts,
        "resamples": given.resamples,
        "cores": os.cpu_count(),
        "limits": {"seconds": SECONDS, "gibibytes": GIBIBYTES},
        "jobs": jobs,
        "all_jobs": {
            "wall_seconds": wall_seconds,
            "cpu_seconds": round(sum(job["cpu_seconds"] for job in jobs.values()), 1),
        },
        "accuracies": {
            name: {"cpu_seconds": round(of["answer"], 1), "to_ours": round(of["answer"] / ours, 1)}
            for name, of in others.items()
        },
    }
    write_json(given.results, found)
    print(json.dumps(found, indent=2))


def as_a_workflow(resamples: int) -> tuple[dict[str, dict[str, Any]], float]:
    """Return what each job took, and the seconds of all: first `score`, then two side by side."""
    began = time.perf_counter()
    first, *others = JOBS
    os.environ["OMP_NUM_THREADS"] = "2"  # as the rules have it
    found = {first: measured(JOBS[first], resamples)}
    os.environ["OMP_NUM_THREADS"] = "1"
    with get_context("spawn").Pool(2, maxtasksperchild=1) as pool:
        runs = [(JOBS[name], resamples) for name in others]
        found |= zip(others, pool.starmap(_measure, runs, chunksize=1), strict=True)
    return found, round(time.perf_counter() - began, 1)


def measured(job: Callable[[int], Any], resamples: int) -> dict[str, Any]:
    """Run a job in a new process; return its seconds, its peak of memory, and what it returns."""
    with get_context("spawn").Pool(1) as pool:
        return pool.apply(_measure, (job, resamples))


def _measure(job: Callable[[int], Any], resamples: int) -> dict[str, Any]:
    began, worked = time.perf_counter(), time.process_time()
    answer = job(resamples)
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return {
        "wall_seconds": round(time.perf_counter() - began, 1),
        "cpu_seconds": round(time.process_time() - worked, 1),
        "gibibytes": round(peak * (1 if sys.platform == "linux" else 1 / 1024) / 1024**2, 2),
        "answer": answer,
    }


def score(resamples: int) -> None:
    """Make items, accuracies and advantages."""
    script("score").main(
        labels=paths("labels", TARGETS),
        prompts=[HOME / "prompts" / f"{task}.parquet" for task in TASKS],
        predictions=paths("predictions", PREDICTORS),
        items_table=HOME / "scores/items.parquet",
        accuracy_table=HOME / "scores/accuracy.parquet",
        advantage_table=HOME / "scores/advantage.parquet",
        roles={task: "test" if task == TASKS[-1] else "train" for task in TASKS},
        comparisons=comparisons(),
        bootstrap=drawn(resamples),
        note=None,
    )


def score_interaction(resamples: int) -> None:
    """Make the crossed interaction of all predictors and targets."""
    script("score_interaction").main(
        items_table=HOME / "scores/items.parquet",
        table=HOME / "scores/interaction.parquet",
        comparisons=comparisons(),
        roots={predictor: predictor for predictor in PREDICTORS},
        bootstrap=drawn(resamples),
        note=None,
    )


def score_pairs(resamples: int) -> None:  # noqa: ARG001 - nothing is drawn
    """Make pairs, and their regression."""
    script("score_pairs").main(
        items_table=HOME / "scores/items.parquet",
        prompts=[HOME / "prompts" / f"{task}.parquet" for task in TASKS],
        behaviors=paths("behaviors", TARGETS),
        predictions=paths("predictions", TARGETS),
        pairs_table=HOME / "scores/pairs.parquet",
        similarity_table=HOME / "scores/similarity.parquet",
        relations={t: {p: "self" if p == t else "other" for p in TARGETS} for t in TARGETS},
        confidence=0.95,
        note=None,
    )


def score_power(resamples: int) -> None:  # noqa: ARG001 - nothing is drawn
    """Make the power of each comparison."""
    script("score_power").main(
        items_table=HOME / "scores/items.parquet",
        table=HOME / "scores/power.parquet",
        comparisons=comparisons(),
        aim={"advantages": [0.01, 0.02, 0.05, 0.1], "power": 0.8, "alpha": 0.05},
        note=None,
    )


def score_own_target(resamples: int) -> None:
    """Make the table of what two predictors answer that learnt of each other."""
    script("score_own_target").main(
        items_table=HOME / "scores/items.parquet",
        table=HOME / "scores/own_target.parquet",
        pairs=[{"predictor": p, "target": t} for p, t in CROSSED],
        bootstrap=drawn(resamples),
        note=None,
    )


def score_change(resamples: int) -> None:
    """Make the table of one change and its placebo."""
    before, donor, changed, placebo = TARGETS
    script("score_change").main(
        items_table=HOME / "scores/items.parquet",
        table=HOME / "scores/change.parquet",
        changes=[
            {
                "changed": after,
                "before": before,
                "donor": of,
                "arm": arm,
                "tasks": TASKS[:2],
                "predictors": {after: "changed", before: "before"},
            }
            for after, of, arm in ((changed, donor, "change"), (placebo, before, "placebo"))
        ],
        bootstrap=drawn(resamples),
        note=None,
    )


def score_scaling(resamples: int) -> None:
    """Make the table of two shares, for self and for cross."""
    datasets = [HOME / "datasets" / subject / "dataset.json" for subject in TARGETS]
    for path in datasets:
        write_json(path, {"train": {"used": {"task-0": 1000}}})
    script("score_scaling").main(
        items_table=HOME / "scores/items.parquet",
        datasets=datasets,
        table=HOME / "scores/scaling.parquet",
        shares=[
            {"finetune": p, "full": full, "of": TARGETS[0], "kind": kind, "share": share}
            for full, part, kind in ((*TARGETS[:2], "self"), (*TARGETS[2:], "cross"))
            for p, share in ((full, 1), (part, 0.1))
        ],
        bootstrap=drawn(resamples),
        note=None,
    )


def score_generalization(resamples: int) -> None:
    """Make the table of what was held out, of two comparisons."""
    taught = {"properties": dict.fromkeys(TASKS[:-1], PROPERTIES[:3]), "wrappers": ["terse"]}
    script("score_generalization").main(
        items_table=HOME / "scores/items.parquet",
        table=HOME / "scores/generalization.parquet",
        comparisons=[{"target": t, "self_predictor": t, "cross_predictor": p} for p, t in CROSSED],
        lessons=dict.fromkeys(TARGETS, taught),
        bootstrap=drawn(resamples),
        note=None,
    )


def score_drift(resamples: int) -> None:
    """Make the table of how far training moved two bases."""
    script("score_drift").main(
        items_table=HOME / "scores/items.parquet",
        behaviors=paths("behaviors", TARGETS),
        table=HOME / "scores/drift.parquet",
        finetunes=[
            {"finetune": t, "base": base, "learns": "predictions", "round": 1}
            for t, base in CROSSED
        ],
        bootstrap=drawn(resamples),
        note=None,
    )


def score_seeds(resamples: int) -> None:
    """Make the table of one family of two seeds, and of what stands against it."""
    one, two, three, four = TARGETS
    script("score_seeds").main(
        items_table=HOME / "scores/items.parquet",
        table=HOME / "scores/seeds.parquet",
        comparisons=[
            {"target": t, "self_predictor": t, "cross_predictor": p, "relation": "cross"}
            for t, p in ((one, three), (two, four))
        ],
        families={one: one, two: one, three: three, four: three},
        bootstrap=drawn(resamples),
        note=None,
    )


def as_we_do(resamples: int) -> float:
    """Return the seconds of work for the table of accuracies alone, all of it."""
    items = read_table(ITEMS, HOME / "scores/items.parquet")
    began = time.process_time()
    accuracy(items, Bootstrap(resamples=resamples, confidence=0.95, seed=1))
    return time.process_time() - began


def with_scipy(resamples: int) -> float:
    """Return the seconds of work for the same accuracy intervals by scipy's bootstrap.

    All properties of a target, predictor and task are drawn at once, as one array.
    """
    grids = [
        (rows.pivot_table(index="prompt_id", columns="property", values="correct").to_numpy(float))
        for _, rows in read_items().groupby(["target", "predictor", "task"])
    ]
    began = time.process_time()
    for grid in grids[:FORMER]:

        def accuracies(drawn: Any, axis: int, grid: Any = grid) -> Any:
            return np.nanmean(grid[drawn], axis=axis - 1).T

        bootstrap(
            (np.arange(len(grid)),),
            accuracies,
            n_resamples=resamples,
            method="percentile",
            batch=100,
            rng=np.random.default_rng(0),
        )
    return (time.process_time() - began) / FORMER * len(grids)


def with_pandas(resamples: int) -> float:
    """Return the seconds of work for the same accuracies by a loop of draws over groupby."""
    scored = read_items().dropna(subset="correct").astype({"correct": float})
    by_task = {task: rows.set_index("prompt_id") for task, rows in scored.groupby("task")}
    generator = np.random.default_rng(0)
    began = time.process_time()
    for _ in range(LOOPED):
        for rows in by_task.values():
            prompts = rows.index.unique()
            drawn = rows.loc[prompts[generator.integers(len(prompts), size=len(prompts))]]
            drawn.groupby(["target", "predictor", "property"])["correct"].mean()
    return (time.process_time() - began) / LOOPED * resamples


JOBS = {
    "score": score,
    "score_interaction": score_interaction,
    "score_change": score_change,
    "score_scaling": score_scaling,
    "score_pairs": score_pairs,
    "score_power": score_power,
    "score_own_target": score_own_target,
    "score_generalization": score_generalization,
    "score_drift": score_drift,
    "score_seeds": score_seeds,
}
ACCURACIES = {
    "inward": as_we_do,
    "scipy.stats.bootstrap": with_scipy,
    "a loop over groupby": with_pandas,
}


def read_items() -> pd.DataFrame:
    """Return what the others need of the items."""
    return read_table(
        ITEMS,
        HOME / "scores/items.parquet",
        ["target", "predictor", "task", "property", "prompt_id", "correct"],
    ).astype({"correct": "float"})


def drawn(resamples: int) -> dict[str, Any]:
    """Return how intervals and tests are to be drawn."""
    return {"resamples": resamples, "confidence": 0.95, "seed": 1}


def comparisons() -> list[dict[str, str]]:
    """Return each target with each other predictor."""
    return [
        {"target": t, "self_predictor": t, "cross_predictor": p, "relation": "cross"}
        for t in TARGETS
        for p in PREDICTORS
        if p != t
    ]


def script(name: str) -> Any:
    """Return a script of the workflow as a module."""
    spec = importlib.util.spec_from_file_location(name, ROOT / "scripts" / f"{name}.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


if __name__ == "__main__":
    main()
