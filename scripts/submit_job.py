"""Submit one training run: write down what is to be trained, and the ID under which it is known."""

from pathlib import Path
from typing import Any

from inward.digests import digest_file
from inward.files import read_json, write_json
from inward.job import run
from inward.money import read_prices
from inward.progress import log
from inward.runs import TrainingRun
from inward.training import afford, identity, submit, submit_hosted, trainer


def main(
    *,
    train: Path,
    validation: Path,
    job: Path,
    hyperparameters: dict[str, Any],
    seed: int,
    store: str,
    prices: str,
    budget: float | None,
    base: Path | None = None,
    architecture: dict[str, Any] | None = None,
    schema: Path | None = None,
) -> None:
    """Start from the base subject, or from nothing by an architecture."""
    known = read_prices(Path(prices))
    nothing = {"provider": "local", "architecture": architecture}
    subject: dict[str, Any] = read_json(base) if base else nothing
    wanted = TrainingRun(
        provider=subject["provider"],
        base=identity(subject),
        training_rows=digest_file(train),
        validation_rows=digest_file(validation),
        hyperparameters=hyperparameters,
        seed=seed,
        trainer=trainer(subject["provider"]),
    )
    last_day = known.last_day_of_finetuning(str(subject.get("base_url")))
    if last_day:
        log.warning("%s takes training jobs until %s only", subject["base_url"], last_day)
    afford(wanted, train, Path(store), known, budget)
    if schema:
        rows = {"train": train, "validation": validation}
        submitted = submit_hosted(wanted, subject, rows, schema, Path(store))
    else:
        submitted = submit(wanted, Path(store))
    write_json(job, {**submitted, "base_subject": base.stem if base else None})


if __name__ == "__main__":
    run(main)
