"""Training: a job is submitted, then waited for; the store sees to it that neither happens twice.

The machine is the local provider's own server: submitting writes the intent down, and waiting does
the work.
"""

from pathlib import Path
from typing import Any

from inward.digests import digest_folder
from inward.files import read_json_lines
from inward.progress import log
from inward.runs import RunStore, TrainingRun

# Raised whenever the same run may make other weights; a test holds it against the sources.
TRAINER = "local 1"


def identity(base: dict[str, Any]) -> dict[str, Any]:
    """Return what of a base subject decides what training makes of it, wherever its files lie."""
    if "architecture" in base:
        return {"architecture": base["architecture"]}
    return {
        "weights": base["weights"]["digest"],
        "adapters": [adapter["digest"] for adapter in base["adapters"]],
        "dtype": base["dtype"],
    }


def submit(run: TrainingRun, store: Path) -> dict[str, Any]:
    """Return the job that trains `run`; its intent is in the store before this returns."""
    RunStore(store).intend(run)
    return {"key": run.key, "id": f"local-{run.key[:16]}", "submitted": vars(run)}


def wait(job: dict[str, Any], base: dict[str, Any], rows: Path, store: Path) -> dict[str, Any]:
    """Return the result of a job, training now unless the store has it; `rows` is train.jsonl.

    The result says which weights there are now, by run and digest, and what is known of them.
    """
    runs, key = RunStore(store), job["key"]
    finished: dict[str, Any] | None = runs.result(key)
    if finished:
        log.info("run %s is in the store", key[:16])
        return finished
    from inward.providers import local_training  # noqa: PLC0415 - loads torch

    run = runs.intent(key)
    with runs.writing_weights(key) as folder:
        known = local_training.train(
            base=base,
            rows=read_json_lines(rows),
            hyperparameters=run.hyperparameters,
            seed=run.seed,
            store=store,
            folder=folder,
        )
    digest = digest_folder(runs.weights(key))
    result = {"weights": {"run": key, "digest": digest}, "training": known}
    runs.finish(key, result)
    return result
