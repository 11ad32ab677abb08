"""Wait for one training run, which on this machine means to train, and describe what came of it."""

from pathlib import Path

from inward.digests import digest
from inward.files import read_json, write_json
from inward.job import run
from inward.ledger import note
from inward.runs import RunStore
from inward.training import wait


def main(
    *,
    job: Path,
    train: Path,
    validation: Path,
    model: Path,
    store: str,
    dtype: str | None,
    base: Path | None = None,
) -> None:
    """Write how to call the trained subject: a server's model, or weights, or one more adapter."""
    submitted = read_json(job)
    subject = read_json(base) if base else submitted["submitted"]["base"]
    runs = RunStore(Path(store))
    runs.remember(submitted)
    rows = {"train": train, "validation": validation}
    key = submitted["key"]
    with runs.alone(key):
        result = wait(submitted, subject, rows, Path(store))
    note("run", {"key": key, "result": digest(runs.result(key))})
    cost = runs.training(key)
    if cost is not None:
        note("training", {name: cost[name] for name in cost if name != "curve"})
    if "changed" in result:
        record = {**subject, **result["changed"]}
        known = {"trained_tokens": result["trained_tokens"]}
    elif base:
        record = {**subject, "adapters": [*subject["adapters"], result["weights"]]}
        known = result["training"]
    else:
        record = {"provider": "local", "weights": result["weights"], "adapters": [], "dtype": dtype}
        known = result["training"]
    job_id = result.get("job", submitted)["id"]  # the job that was kept of several of one run
    step = {"subject": model.stem, "job": job_id, "key": key}
    lineage = [*subject.get("lineage", []), {**step, "training": known}]
    write_json(model, {**record, "lineage": lineage})


if __name__ == "__main__":
    run(main)
