"""Verification: whether every file of a study is what its record says, and made from what it says.

It follows the records from raw prompts to figures; each misfit is one line that names the file, and
what to run.
"""

from collections import Counter
from collections.abc import Callable, Iterator
from functools import cache
from pathlib import Path
from typing import Any

import pandas as pd

from inward import ledger
from inward.digests import digest, digest_file, digest_folder, digest_text
from inward.errors import InputError
from inward.files import read_json
from inward.requests import Request
from inward.runs import RunStore
from inward.sources import stripped
from inward.store import ResponseStore
from inward.tables import BEHAVIORS, EXAMPLES, JUDGMENTS, PREDICTIONS, read_table

STAGES = (
    "sources",
    "prompts",
    "behaviors",
    "judgments",
    "labels",
    "datasets",
    "jobs",
    "models",
    "predictions",
    "draws",
    "scores",
    "figures",
)
# What the rules that ask a subject make of its answers.
ANSWERED = {
    "sample_behaviors": BEHAVIORS,
    "ask_behaviors": BEHAVIORS,
    "sample_predictions": PREDICTIONS,
    "ask_predictions": PREDICTIONS,
    "draw_behaviors": BEHAVIORS,
    "ask_draws_of_behaviors": BEHAVIORS,
    "draw_predictions": PREDICTIONS,
    "ask_draws_of_predictions": PREDICTIONS,
    "judge_behaviors": JUDGMENTS,
    "judge_examples": EXAMPLES,
}
RUN = "run `snakemake`"
AGAIN = "run `snakemake` to make it again"
REMAKE = "delete it and run `snakemake`"


def misfits(results: Path, store: Path) -> Iterator[str]:
    """Yield a line for each thing below `results` that does not fit its record, first causes first.

    `results` is given relative to the working folder, as the records name files; `store` is where
    the study keeps responses and training runs.
    """
    broken = list(_broken(results))
    yield from broken
    if broken:
        return
    records = sorted(ledger.records(results), key=_stage)
    if not records:
        yield f"{results}: nothing is on record there; {AGAIN}"
        return
    makers = {path: record for record in records for path in record["outputs"]}
    yield from _claimed_twice(records)
    now = cache(_source_digest)  # most jobs share most of their sources
    for record in records:
        yield from _foreign(record, results)
        yield from _outputs(record)
        yield from _inputs(record, makers)
        yield from _sources(record, now)
    yield from _nobodys(results, makers)
    for record in records:
        yield from _responses(record, store)
        yield from _run(record, store)


def responses_digest(raw: dict[str, Any]) -> str:
    """Return one digest for raw responses by their request keys."""
    return digest({key: digest(response) for key, response in raw.items()})


def _broken(results: Path) -> Iterator[str]:
    for path in ledger.places(results):
        try:
            ledger.read_record(path)
        except InputError as error:
            yield str(error)


def _claimed_twice(records: list[dict[str, Any]]) -> Iterator[str]:
    claims = Counter(path for record in records for path in record["outputs"])
    for path, claimed in claims.items():
        if claimed > 1:
            yield f"{path}: {claimed} records say who made it; delete them and it, and {RUN}"


def _stage(record: dict[str, Any]) -> tuple[int, str]:
    first = next(iter(record["outputs"]), "")
    parts = Path(first).parts
    stage = parts[2] if len(parts) > 2 else ""
    return (STAGES.index(stage) if stage in STAGES else len(STAGES), first)


def _foreign(record: dict[str, Any], results: Path) -> Iterator[str]:
    home = f"{results.as_posix()}/"
    for path in record["outputs"]:
        if record["study"] != results.name or not path.startswith(home):
            yield f"{path}: was made for study {record['study']}, not here; {REMAKE}"


def _outputs(record: dict[str, Any]) -> Iterator[str]:
    for path, recorded in record["outputs"].items():
        if not Path(path).is_file():
            yield f"{path}: is gone, though {record['rule']} made it on {record['ended']}; {AGAIN}"
        elif digest_file(Path(path)) != recorded:
            yield f"{path}: was changed after {record['rule']} made it; {REMAKE}"


def _inputs(record: dict[str, Any], makers: dict[str, Any]) -> Iterator[str]:
    first = next(iter(record["outputs"]))
    for path, recorded in record["inputs"].items():
        maker = makers.get(path)
        if maker:
            if maker["outputs"][path] != recorded:
                yield f"{first}: was made from another {path}; {AGAIN}"
        elif path.startswith("results/"):
            yield f"{path}: nothing on record says who made it, but {first} needs it; {REMAKE}"
        elif not Path(path).is_file():
            yield f"{path}: is gone, though {first} was made from it; put it back"
        elif digest_file(Path(path)) != recorded:
            yield f"{first}: was made from another {path}; {AGAIN}"


def _sources(record: dict[str, Any], now: Callable[[str], str | None]) -> Iterator[str]:
    first = next(iter(record["outputs"]))
    for path, recorded in record["sources"].items():
        if now(path) != recorded:
            yield f"{first}: was made by another {path}; {AGAIN}"
            return


def _source_digest(path: str) -> str | None:
    """Return the digest of what a source does; None where it is gone, or is no Python any more."""
    try:
        return digest_text(stripped(Path(path)))
    except (OSError, SyntaxError, ValueError):
        return None


def _nobodys(results: Path, makers: dict[str, Any]) -> Iterator[str]:
    for path in sorted(results.rglob("*")):
        stage = path.relative_to(results).parts[0]
        kept_apart = stage in {"logs", "ledger", "audit"} or path.suffix == ".partial"
        if path.is_file() and not kept_apart and path.as_posix() not in makers:
            yield f"{path}: nothing on record says who made it; delete it"


def _responses(record: dict[str, Any], store: Path) -> Iterator[str]:
    """Compare what the store holds with what the job got from there, or put there.

    A shard's answers are compared with the job that makes a table of them.
    """
    asked = record["facts"].get("requests")
    if not asked or "_shard_of_" in record["rule"]:
        return
    responses = ResponseStore(store, asked["model"])
    table = ANSWERED[record["rule"]]
    rows = pd.concat(read_table(table, Path(path)) for path in record["outputs"])
    kept = {key: responses.record(key) for key in rows["request_key"]}
    lost = [key for key, found in kept.items() if found is None]
    first = next(iter(record["outputs"]))
    if lost:
        yield f"{first}: the store has lost the response {lost[0]}; put the store back"
        return
    raw = {key: found["response"] for key, found in kept.items() if found}
    if responses_digest(raw) != asked["responses"]:
        yield f"{responses.folder}: a response was changed after {first} was made; put it back"
    for key, found in kept.items():
        if found and Request(**found["request"]).key != key:
            yield f"{responses.folder}: the request {key} was changed after {first}; put it back"
            return


def _run(record: dict[str, Any], store: Path) -> Iterator[str]:
    """Compare a training run in the store with what its job and its model say of it."""
    runs, path = RunStore(store), next(iter(record["outputs"]))
    if record["rule"] == "submit_job":
        job = read_json(Path(path))
        key, kept = job["key"], runs.job(job["key"])
        if kept and kept["id"] != job["id"]:
            yield f"{path}: the store knows this run as job {kept['id']}; {REMAKE}"
        intent = runs.folder / key / "intent.json"
        if not intent.is_file() or digest(read_json(intent)) != key:
            yield f"{intent}: not the run that {path} names; put the store back"
    if record["rule"] in {"train_model", "await_model"}:
        key = record["facts"]["run"]["key"]
        if digest(runs.result(key)) != record["facts"]["run"]["result"]:
            yield f"{runs.folder / key}: its result is not what {path} was made of; put it back"
        for weights in _weights(read_json(Path(path))):
            folder = runs.weights(weights["run"])
            if not folder.is_dir() or digest_folder(folder) != weights["digest"]:
                yield f"{folder}: not the weights that {path} names; put the store back"


def _weights(model: dict[str, Any]) -> Iterator[dict[str, Any]]:
    for part in [model.get("weights"), *model.get("adapters", [])]:
        if part and "run" in part:
            yield part
