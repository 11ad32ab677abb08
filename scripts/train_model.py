"""Wait for one training run, which on this machine means to train, and describe what came of it."""

from pathlib import Path

from inward.files import read_json, write_json
from inward.job import run
from inward.training import wait


def main(
    *, job: Path, train: Path, model: Path, store: str, dtype: str, base: Path | None = None
) -> None:
    """Write how to call the trained subject: new weights, or its base with one more adapter."""
    submitted = read_json(job)
    subject = read_json(base) if base else submitted["submitted"]["base"]
    result = wait(submitted, subject, train, Path(store))
    step = {"subject": model.stem, "job": submitted["id"], "key": submitted["key"]}
    if base:
        record = {**subject, "adapters": [*subject["adapters"], result["weights"]]}
    else:
        record = {"provider": "local", "weights": result["weights"], "adapters": [], "dtype": dtype}
    lineage = [*subject.get("lineage", []), {**step, "training": result["training"]}]
    write_json(model, {**record, "lineage": lineage})


if __name__ == "__main__":
    run(main)
