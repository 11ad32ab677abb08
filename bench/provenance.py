"""What provenance costs: a trace in a large study, a dry run of many jobs, a record of each job.

python -m bench.provenance              # all three; a quarter of an hour, most of it in jobs
python -m bench.provenance --only trace --items 1000000
"""

import argparse
import json
import os
import random
import re
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pandas as pd
import yaml

from inward.cells import item_ids
from inward.digests import digest_file
from inward.files import read_json, write_json, write_json_lines
from inward.ledger import sealed, write_record
from inward.requests import Request
from inward.splits import prompt_id
from inward.store import ResponseStore
from inward.tables import BEHAVIORS, ITEMS, LABELS, PREDICTIONS, PROMPTS, Table, write_table

ROOT = Path(__file__).parents[1]
RESULTS = ROOT / "bench" / "results" / "provenance.json"
PARTS = ["Snakefile", "prices.yaml", "rules", "scripts", "schemas", "envs", "profiles", "prompts"]
PROPERTIES = ["first_character", "last_character"]
TASKS = 10
SUBJECTS = 10  # each is a target and a predictor
TRACED = 10  # items
REPLY = {"text": "heron", "finish_reason": "stop", "padding": "." * 1000}
JOB = 1.0  # seconds: the length of job that a record is compared with
BASELINES = {"echo": {"provider": "baseline", "rule": "last_item"}}


def main() -> None:
    """Measure what was asked for, say it, and write it down."""
    parser = argparse.ArgumentParser(description="Measure what provenance costs.")
    parser.add_argument("--only", choices=["trace", "jobs"])
    parser.add_argument("--items", type=int, default=1_000_000)
    parser.add_argument("--jobs", type=int, default=1000)
    parser.add_argument("--results", type=Path, default=RESULTS)
    given = parser.parse_args()
    found: dict[str, Any] = read_json(given.results) if given.results.exists() else {}
    with tempfile.TemporaryDirectory() as folder:
        if given.only in (None, "trace"):
            found["trace"] = traces(Path(folder) / "items", given.items)
        if given.only in (None, "jobs"):
            found["jobs"] = dry_runs(Path(folder) / "jobs", given.jobs)
    found["when"] = f"{datetime.now(UTC):%Y-%m-%d}"
    write_json(given.results, found)
    print(json.dumps(found, indent=2))


def traces(folder: Path, items: int) -> dict[str, Any]:
    """Return how long it takes to trace items of a study of so many, each in a new process."""
    folder.mkdir()
    os.chdir(folder)
    names = large_study(items // (SUBJECTS * SUBJECTS * TASKS * len(PROPERTIES)))
    command = [sys.executable, str(ROOT / "scripts/trace_item.py"), "results/large", "--json"]
    seconds = []
    for name in random.Random(0).sample(names, TRACED):
        said, took = timed([*command, name])
        assert json.loads(said)[0]["row"]["item_id"] == name
        seconds.append(took)
    return {
        "items": len(names),
        "store_bytes": sum(path.stat().st_size for path in Path("store").rglob("*.jsonl")),
        "seconds": {"median": round(statistics.median(seconds), 2), "most": round(max(seconds), 2)},
    }


def large_study(prompts: int) -> list[str]:
    """Write a study with so many prompts in each task, as jobs would; return its items' names."""
    subjects = [f"subject-{number}" for number in range(SUBJECTS)]
    tasks = [f"task-{number}" for number in range(TASKS)]
    scored = []
    for task in tasks:
        texts = [f"{task} {number} lynx otter" for number in range(prompts)]
        ids = [prompt_id(text) for text in texts]
        asked = {"prompt_id": ids, "text": texts, "split": "test", "item": "otter"}
        made("prompts", f"{task}.parquet", PROMPTS, asked | {"options": [[]] * prompts})
        scored.append(pd.DataFrame({"task": task, "prompt_id": ids}))
    prompted = pd.concat(scored)
    for subject in subjects:
        answered(subject, prompted)
    every = [
        pd.DataFrame({name: values})
        for name, values in zip(
            ("target", "predictor", "property"), (subjects, subjects, PROPERTIES), strict=True
        )
    ]
    table = prompted
    for more in every:
        table = table.merge(more, how="cross")
    table = table.assign(role="test", wrapper="terse", label="h", answer="h", correct=True)
    table["item_id"] = item_ids(table)
    made("scores", "items.parquet", ITEMS, table)
    names: list[str] = table["item_id"].tolist()
    return names


def answered(subject: str, prompted: pd.DataFrame) -> None:
    """Write what a subject answered and predicted, its model, job, training file and responses."""
    sample: dict[str, Any] = {"sample": 0, "text": "heron", "finish_reason": "stop"}
    asked = prompted.merge(pd.DataFrame({"property": PROPERTIES}), how="cross")
    with ResponseStore(Path("store"), subject) as store:
        keys = {
            (row.prompt_id, name): kept(store, subject, f"{name}: {row.prompt_id}")
            for row in prompted.itertuples()
            for name in ("behavior", *PROPERTIES)
        }
    for task, rows in asked.groupby("task"):
        predicted = rows.assign(
            **sample,
            question="first: ...",
            wrapper="terse",
            tokens=pd.Series([[]] * len(rows), rows.index),
            request_key=[
                keys[pair] for pair in zip(rows["prompt_id"], rows["property"], strict=True)
            ],
        )
        file = f"{subject}/{task}.parquet"
        made("predictions", file, PREDICTIONS, predicted, subject)
        once = rows.drop_duplicates("prompt_id")
        behaved = once.assign(
            **sample,
            tokens=pd.Series([[]] * len(once), once.index),
            request_key=[keys[one, "behavior"] for one in once["prompt_id"]],
        )
        made("behaviors", file, BEHAVIORS, behaved, subject)
        read: dict[str, Any] = {
            "sample": 0,
            "property_version": 1,
            "raw": "h",
            "value": "h",
            "compliant": True,
        }
        made("labels", file, LABELS, rows.assign(**read), subject)
    taught = [{"messages": [{"role": "user", "content": f"first: {n}"}]} for n in range(20_000)]
    write_json_lines(Path(f"results/large/datasets/{subject}/train.jsonl"), taught)
    write_json(Path(f"results/large/jobs/{subject}.json"), {"id": subject})
    write_json(Path(f"results/large/models/{subject}.json"), {"lineage": [{"subject": subject}]})


def kept(store: ResponseStore, subject: str, question: str) -> str:
    """Put a response into the store; return the key of its request."""
    body = {"model": subject, "messages": [{"role": "user", "content": question}]}
    request = Request("local", None, body, 0)
    store.add(request, REPLY)
    return request.key


def made(stage: str, file: str, table: Table, rows: Any, model: str | None = None) -> None:
    """Write a table, and the record of the job that made it."""
    path = Path("results/large", stage, file)
    frame = pd.DataFrame(rows)
    frame = frame.assign(**dict.fromkeys(table.optional - set(frame.columns)))
    write_table(table, frame[list(table.columns)], path)
    facts = {"requests": {"model": model}} if model else {}
    record = {
        "rule": stage,
        "ended": datetime.now(UTC).isoformat(),
        "outputs": {path.as_posix(): digest_file(path)},
        "facts": facts,
    }
    write_json(Path("results/large/ledger", stage, file).with_suffix(".json"), sealed(record))


def dry_runs(folder: Path, jobs: int) -> dict[str, Any]:
    """Run a study of about so many jobs; return how long dry runs and records take."""
    folder.mkdir()
    for part in PARTS:
        copy: Callable[..., Any] = shutil.copytree if (ROOT / part).is_dir() else shutil.copy
        copy(ROOT / part, folder / part)
    config = yaml.safe_load((ROOT / "config.yaml").read_text())
    config |= {"study": "many", "finetunes": {}, "bootstrap": {"resamples": 100, "confidence": 0.9}}
    config["tasks"] = {"animals": config["tasks"]["animals"] | {"vocabulary": 5}}
    config["models"] = {f"echo-{n}": BASELINES["echo"] for n in range(jobs // 4)}
    (folder / "config.yaml").write_text(yaml.safe_dump(config))
    os.chdir(folder)
    command = [sys.executable, "-m", "snakemake", "--quiet", "host"]
    said, fresh = timed([*command, "--dry-run"])
    total = re.search(r"^total +(\d+)$", said, re.MULTILINE)
    assert total is not None
    _, run = timed([*command, "--cores", str(os.cpu_count()), "predictions", "labels"])
    _, finished = timed([*command, "--dry-run", "predictions", "labels"])
    return {
        "jobs": int(total[1]),
        "dry_run_seconds": {"nothing done": round(fresh, 1), "all done": round(finished, 1)},
        "seconds_per_job": round(run / int(total[1]), 3),
        "record_share_of_a_second": round(record_seconds(folder) / JOB, 4),
    }


def record_seconds(folder: Path) -> float:
    """Return how long it takes to write the record of a job that has many inputs."""
    path = max(
        (folder / "results/many/ledger").rglob("*.json"),
        key=lambda path: len(read_json(path)["sources"]),
    )
    known = read_json(path)
    log = Path("results/many/logs") / path.relative_to(folder / "results/many/ledger")
    began = time.perf_counter()
    for _ in range(TRACED):
        write_record(
            log.with_suffix(".log"),
            rule=known["rule"],
            wildcards=known["wildcards"],
            inputs=known["inputs"],
            sources=[f".snakemake/sources/{path}" for path in known["sources"]],
            outputs=known["outputs"],
            params=known["params"],
            began=datetime.now(UTC),
        )
    return (time.perf_counter() - began) / TRACED


def timed(command: list[str]) -> tuple[str, float]:
    """Return what a command says, and how many seconds it takes."""
    began = time.perf_counter()
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode:
        raise SystemExit(f"{command}: {done.stderr[-2000:]}")
    return done.stdout + done.stderr, time.perf_counter() - began


if __name__ == "__main__":
    main()
