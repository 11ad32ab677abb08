"""A made-up ledger, for tests of what is drawn from ledgers."""

from typing import Any

from inward.digests import digest_text

HOME = "results/tiny"
REQUESTS = {
    "model": "m",
    "made": 3,
    "reused": 4,
    "retried": 1,
    "failed": 0,
    "prompt_tokens": 30,
    "completion_tokens": 6,
    "cost": 0.5,
    "responses": digest_text("r"),
}


def digests(paths: list[str]) -> dict[str, str]:
    """Return made-up digests."""
    return {path: digest_text(path) for path in paths}


def record(rule: str, about: str, inputs: list[str], outputs: list[str], **more: Any) -> Any:
    """Return a record of a made-up job."""
    return {
        "version": 2,
        "study": "tiny",
        "rule": rule,
        "wildcards": {"subject": about} if about else {},
        "inputs": digests([f"{HOME}/{path}" for path in inputs] or ["prompts/words/a list.txt"]),
        "sources": digests([f"scripts/{rule}.py", "scripts/inward/job.py"]),
        "outputs": digests([f"{HOME}/{path}" for path in outputs]),
        "params": {"seed": 1},
        "versions": {"pandas": "3.1.1"},
        "python": "3.11.7",
        "platform": "Linux",
        "commit": "c" * 40,
        "host": "a-host",
        "process": 7,
        "slurm": {},
        "began": "2026-01-02T03:04:05.000+00:00",
        "ended": "2026-01-02T03:04:06.500+00:00",
        "seconds": 1.5,
        "facts": {},
        **more,
    }


def tiny() -> list[Any]:
    """Return the ledger of a study in which a model learns from its own labels."""
    asked = {"facts": {"requests": REQUESTS}}
    return [
        record("write_prompts", "a", [], ["prompts/a.parquet"]),
        record("write_prompts", "b", [], ["prompts/b.parquet"]),
        *(
            step
            for name, learnt in (("one", []), ("two", ["datasets/two/train.jsonl"]))
            for step in (
                record("train_model", name, learnt, [f"models/{name}.json"]),
                record(
                    "sample_behaviors",
                    name,
                    [f"models/{name}.json", "prompts/a.parquet", "prompts/b.parquet"],
                    [f"behaviors/{name}/a.parquet", f"behaviors/{name}/b.parquet"],
                    **asked,
                ),
            )
        ),
        record(
            "build_dataset",
            "two",
            ["behaviors/one/a.parquet", "prompts/a.parquet"],
            ["datasets/two/train.jsonl"],
        ),
        record(
            "score",
            "",
            [f"behaviors/{name}/{task}.parquet" for name in ("one", "two") for task in "ab"],
            ["scores/items.parquet"],
        ),
    ]
