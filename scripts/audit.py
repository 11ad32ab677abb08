"""Say what a study's ledger and tables say, for people and for other programs."""

from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pandas as pd

from inward import ledger
from inward.audit.crate import LICENSE, crate
from inward.audit.croissant import croissant
from inward.audit.files import Known
from inward.audit.graph import Graph, job_graph, rule_graph
from inward.audit.health import health
from inward.audit.jobs import ledger_table
from inward.audit.mermaid import mermaid
from inward.audit.overlap import overlaps
from inward.audit.page import Audit, page
from inward.audit.svg import svg
from inward.digests import digest_file
from inward.errors import InputError
from inward.files import write_json, write_text
from inward.job import run
from inward.progress import log
from inward.tables import (
    AGREEMENT,
    HEALTH,
    LABELS,
    LEDGER,
    OVERLAPS,
    PROMPTS,
    read_table,
    write_table,
)
from inward.verify import misfits

KINDS = {
    "rules": ("The rules, and the files between them", rule_graph),
    "jobs": ("The jobs", job_graph),
}


def main(
    *,
    prompts: list[Path],
    labels: list[Path],
    scores: list[Path],
    figures: list[Path],
    workflow: list[Path],
    study: str,
    title: str,
    store: str,
) -> None:
    """Write all parts of the audit to results/<study>/audit/."""
    del figures  # needed so that the audit comes last
    results = scores[0].parents[1]
    folder = results / "audit"
    records = ledger.records(results)
    if not records:
        raise InputError(f"{results}/ledger: nothing is on record; delete results and run again")
    jobs = ledger_table(records)
    write_table(LEDGER, jobs, folder / "ledger.parquet")
    seen = _label_health(prompts, labels, folder)
    pictures = {
        said: _draw(name, said, make(records), folder) for name, (said, make) in KINDS.items()
    }
    described = {path.as_posix(): Known.of(str(path), digest_file(path)) for path in workflow}
    write_json(folder / "ro-crate-metadata.json", crate(title, records, described))
    write_json(folder / "croissant.json", croissant(study, title, records, LICENSE))
    said = list(misfits(results, Path(store)))
    judge = [read_table(AGREEMENT, path) for path in scores if path.stem == "agreement"]
    shown = Audit(title, records, jobs, *seen, said, pictures, _made(), *judge)
    write_text(folder / "index.html", page(shown))
    log.info("%d jobs, %d misfits: see %s/index.html", len(jobs), len(said), folder)


def _label_health(
    prompts: list[Path], labels: list[Path], folder: Path
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Write and return the tables of label health and of overlaps."""
    read = {(path.parent.name, path.stem): read_table(LABELS, path) for path in labels}
    healthy = health(read)
    write_table(HEALTH, healthy, folder / "label-health.parquet")
    shared = overlaps({path.stem: read_table(PROMPTS, path) for path in prompts})
    write_table(OVERLAPS, shared, folder / "overlaps.parquet")
    return healthy, shared


def _draw(name: str, title: str, graph: Graph, folder: Path) -> str:
    """Write a graph as Mermaid and as SVG; return the SVG."""
    write_text(folder / f"{name}.mmd", mermaid(graph))
    picture = svg(graph, title, files=name == "rules")
    write_text(folder / f"{name}.svg", picture)
    return picture


def _made() -> str:
    now: Any = datetime.now(UTC)
    return f"Made on {now:%Y-%m-%d} at {now:%H:%M:%S} UTC, at commit {ledger.commit() or 'none'}."


if __name__ == "__main__":
    run(main)
