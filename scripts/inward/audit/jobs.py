"""Jobs: the ledger in one table, and the sums that a page shows of it."""

from dataclasses import dataclass
from typing import Any

import pandas as pd

from inward.digests import canonical
from inward.tables import LEDGER

COUNTED = ("made", "reused", "retried", "failed", "prompt_tokens", "completion_tokens")


def job_name(record: dict[str, Any]) -> str:
    """Return the name of a job: its rule and its wildcards."""
    return " ".join([record["rule"], *record["wildcards"].values()])


def ledger_table(records: list[dict[str, Any]]) -> pd.DataFrame:
    """Return a row of the ledger table for each record."""
    rows = pd.DataFrame([_row(record) for record in records], columns=list(LEDGER.columns))
    counts = dict.fromkeys(COUNTED, "Int64")
    times = {name: pd.to_datetime(rows[name], format="ISO8601") for name in ("began", "ended")}
    return rows.assign(**times).astype({**counts, "cost": "Float64"})


def _row(record: dict[str, Any]) -> dict[str, Any]:
    asked = record["facts"].get("requests", {})
    return {
        "rule": record["rule"],
        "wildcards": canonical(record["wildcards"]).decode(),
        "began": record["began"],
        "ended": record["ended"],
        "seconds": float(record["seconds"]),
        "host": record["host"],
        "process": record["process"],
        "slurm_job": record["slurm"].get("job"),
        "commit": record["commit"],
        "python": record["python"],
        "platform": record["platform"],
        "versions": canonical(record["versions"]).decode(),
        **{part: len(record[part]) for part in ("inputs", "outputs", "sources")},
        **{name: asked.get(name) for name in (*COUNTED, "cost")},
    }


@dataclass(frozen=True)
class Account:
    """What some jobs took; the cost is None where one of them does not know its own."""

    jobs: int
    seconds: float
    counts: dict[str, int]
    cost: float | None

    @property
    def tokens(self) -> int:
        """Tokens sent and received."""
        return self.counts["prompt_tokens"] + self.counts["completion_tokens"]


def account(jobs: pd.DataFrame) -> Account:
    """Return what the jobs in a ledger table took together."""
    asked = jobs[jobs["made"].notna()]
    known = bool(asked["cost"].notna().all())
    return Account(
        jobs=len(jobs),
        seconds=float(jobs["seconds"].sum()),
        counts={name: int(asked[name].sum()) for name in COUNTED},
        cost=float(asked["cost"].sum()) if known else None,
    )


def source_versions(records: list[dict[str, Any]]) -> dict[str, int]:
    """Return for each of the project's own files in how many versions jobs ran it."""
    seen: dict[str, set[str]] = {}
    for record in records:
        for path, digest in record["sources"].items():
            seen.setdefault(path, set()).add(digest)
    return {path: len(digests) for path, digests in sorted(seen.items())}


def package_versions(records: list[dict[str, Any]]) -> dict[str, list[str]]:
    """Return the versions of each package, and of Python, that jobs ran with."""
    seen: dict[str, set[str]] = {"python": {record["python"] for record in records}}
    for record in records:
        for name, version in record["versions"].items():
            seen.setdefault(name, set()).add(version)
    return {name: sorted(versions) for name, versions in sorted(seen.items())}
