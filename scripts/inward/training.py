"""Training: a job is submitted, then waited for; the store sees to it that neither happens twice.

The machine is the local provider's own server: submitting writes the intent down, and waiting does
the work.
"""

from pathlib import Path
from typing import Any

from inward.digests import digest_file, digest_folder
from inward.errors import ProviderError
from inward.files import read_json, read_json_lines
from inward.graph import HOSTED
from inward.money import Prices, spent, total_of
from inward.progress import log
from inward.providers import simulated
from inward.providers.simulated import ENGINE
from inward.runs import RunStore, TrainingRun

# Raised whenever the same run may make other weights; a test holds it against the sources.
TRAINER = "local 2"


def trainer(provider: str) -> str:
    """Return the name and version of the code that trains for a provider."""
    here = {"local": TRAINER, "simulated": ENGINE}
    return here.get(provider, f"{provider} 1")


def identity(base: dict[str, Any]) -> dict[str, Any]:
    """Return what of a base subject decides what training makes of it, wherever its files lie."""
    if "architecture" in base:
        return {"architecture": base["architecture"]}
    if base["provider"] in HOSTED:
        named = {key: base[key] for key in ("provider", "base_url", "model")}
        return {**named, "checkpoint": base.get("checkpoint")}
    adapters = [adapter["digest"] for adapter in base["adapters"]]
    if base["provider"] == "simulated":
        return {"simulated": base["simulated"], "adapters": adapters}
    quantized = {"quantize": base["quantize"]} if base.get("quantize") else {}
    weights = base["weights"]["digest"]
    return {"weights": weights, "adapters": adapters, "dtype": base["dtype"], **quantized}


def submit(run: TrainingRun, store: Path) -> dict[str, Any]:
    """Return the job that trains `run` here; its intent is in the store before this returns."""
    RunStore(store).intend(run)
    return {"key": run.key, "id": f"{run.provider}-{run.key[:16]}", "submitted": vars(run)}


def submit_hosted(
    run: TrainingRun, base: dict[str, Any], rows: dict[str, Path], schema: Path, store: Path
) -> dict[str, Any]:
    """Return the job that trains `run` at its provider, of which there is never a second.

    `rows` are the files train and validation; they are checked against the form in `schema`, and
    the intent is in the store, before anything is sent.
    """
    from inward import jobs  # noqa: PLC0415 - loads the SDKs
    from inward.jobs.rows import check_rows  # noqa: PLC0415

    check_rows(rows["train"], run.provider, read_json(schema))
    check_rows(rows["validation"], run.provider, read_json(schema), training=False)
    RunStore(store).intend(run)
    with jobs.opened(base, store, run.key) as bench:
        return jobs.submit(bench, run, rows, training_tokens(run, rows["train"]))


def wait(
    job: dict[str, Any], base: dict[str, Any], rows: dict[str, Path], store: Path
) -> dict[str, Any]:
    """Return the result of a job, training now unless the store has it.

    `rows` are the files train and validation. The result says which weights, or which model of a
    server, there are now, and what is known.
    """
    runs, key = RunStore(store), job["key"]
    finished: dict[str, Any] | None = runs.result(key)
    if finished:
        log.info("run %s is in the store", key[:16])
        return finished
    run, cost = runs.intent(key), None
    if run.provider in HOSTED:
        result = _waited(key, base, store)
    else:
        _check_rows(run, rows)
        result, cost = _trained(run, base, rows, store)
    runs.finish(key, result, cost)
    return result


def training_tokens(run: TrainingRun, rows: Path) -> int:
    """Return about how many tokens training on a file reads: a token is about four bytes."""
    return rows.stat().st_size * int(run.hyperparameters["epochs"]) // 4


def afford(run: TrainingRun, rows: Path, store: Path, prices: Prices, budget: float | None) -> None:
    """Raise ProviderError where a job that is yet to be created may pass the budget, in dollars."""
    if budget is None or run.provider not in HOSTED or RunStore(store).job(run.key):
        return
    model, tokens = run.base["model"], training_tokens(run, rows)
    bills = [(model, prices.of(model).of_training(tokens)), *spent(store, prices)]
    total = total_of(bills)
    if total > budget:
        raise ProviderError(
            f"the budget of ${budget:g} would be passed: with this job, about {tokens} tokens, it"
            f" comes to ${total:.4f}; raise `budget`, or train on less"
        )


def _check_rows(run: TrainingRun, rows: dict[str, Path]) -> None:
    """Raise ProviderError where the files are not those that the run's key is made of."""
    for name, wanted in (("train", run.training_rows), ("validation", run.validation_rows)):
        if digest_file(rows[name]) != wanted:
            raise ProviderError(
                f"{rows[name]}: was changed after the job was submitted; delete it and run again"
            )


def _trained(
    run: TrainingRun, base: dict[str, Any], rows: dict[str, Path], store: Path
) -> tuple[dict[str, Any], Any]:
    """Return the result of a run that is trained here and now, and the record of what it cost."""
    runs = RunStore(store)
    if run.provider == "simulated":
        with runs.writing_weights(run.key) as folder:
            known = simulated.train(base, read_json_lines(rows["train"]), store, folder)
        cost = None
    else:
        trained = _trained_locally(run, base, rows, store)
        with runs.writing_weights(run.key) as folder:
            trained.save(folder)
        known, cost = trained.known, trained.cost
    digest = digest_folder(runs.weights(run.key))
    return {"weights": {"run": run.key, "digest": digest}, "training": known}, cost


def _trained_locally(
    run: TrainingRun, base: dict[str, Any], rows: dict[str, Path], store: Path
) -> Any:
    from inward.providers import local_training  # noqa: PLC0415 - loads torch
    from inward.providers.training_checkpoint import TrainingCheckpoint  # noqa: PLC0415

    return local_training.train(
        base=base,
        rows=read_json_lines(rows["train"]),
        validation=read_json_lines(rows["validation"]),
        hyperparameters=run.hyperparameters,
        seed=run.seed,
        store=store,
        checkpoint=TrainingCheckpoint(RunStore(store).checkpoint(run.key), run.key),
    )


def _waited(key: str, base: dict[str, Any], store: Path) -> dict[str, Any]:
    from inward import jobs  # noqa: PLC0415 - loads the SDKs

    with jobs.opened(base, store, key) as bench:
        return jobs.wait(bench, key, base)
