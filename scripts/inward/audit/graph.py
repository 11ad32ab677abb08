"""The graph of what ran, from the ledger: who made a file, and who needed it."""

from collections.abc import Iterable
from dataclasses import dataclass
from itertools import groupby
from pathlib import Path
from typing import Any

from inward.audit.jobs import job_name
from inward.verify import STAGES


@dataclass(frozen=True)
class Node:
    """A rule, a job, or several jobs alike: two lines of text, its stage, and all it stands for."""

    head: str
    line: str
    stage: str
    jobs: tuple[str, ...]


@dataclass(frozen=True)
class Graph:
    """Nodes by name, in the order of stages, and the files that go from one node to another."""

    nodes: dict[str, Node]
    edges: dict[tuple[str, str], tuple[str, ...]]


def stage_of(path: str) -> str:
    """Return the stage of a file results/<study>/<stage>/..."""
    parts = Path(path).parts
    return parts[2] if len(parts) > 3 and parts[0] == "results" else ""


def rule_graph(records: list[dict[str, Any]]) -> Graph:
    """Return the rules that ran, and the files between them."""
    ordered = sorted(records, key=_order)
    nodes = {}
    for rule, found in groupby(ordered, key=lambda record: str(record["rule"])):
        own = list(found)
        seconds = sum(record["seconds"] for record in own)
        line = f"{_counted(len(own), 'job')}, {seconds:.1f} s"
        nodes[rule] = Node(rule, line, _stage(own[0]), tuple(map(job_name, own)))
    return Graph(nodes, _edges(records, {job_name(record): record["rule"] for record in records}))


def job_graph(records: list[dict[str, Any]]) -> Graph:
    """Return the jobs that ran, without edges that follow from others; those alike are one node.

    Alike are jobs of one rule that need files of the same jobs, and whose files the same jobs need.
    """
    ordered = {job_name(record): record for record in sorted(records, key=_order)}
    edges = reduced(_edges(records, {name: name for name in ordered}))
    before: dict[str, set[str]] = {name: set() for name in ordered}
    after: dict[str, set[str]] = {name: set() for name in ordered}
    for source, target in edges:
        before[target].add(source)
        after[source].add(target)
    alike: dict[Any, list[str]] = {}
    for name, record in ordered.items():
        kind = (record["rule"], frozenset(before[name]), frozenset(after[name]))
        alike.setdefault(kind, []).append(name)
    first = {name: names[0] for names in alike.values() for name in names}
    nodes = {names[0]: _bundle([ordered[name] for name in names]) for names in alike.values()}
    merged: dict[tuple[str, str], set[str]] = {}
    for (source, target), files in edges.items():
        merged.setdefault((first[source], first[target]), set()).update(files)
    return Graph(nodes, {edge: tuple(sorted(files)) for edge, files in merged.items()})


def reduced(
    edges: dict[tuple[str, str], tuple[str, ...]],
) -> dict[tuple[str, str], tuple[str, ...]]:
    """Return `edges`, which have no circles, without those that a longer way makes needless."""
    after: dict[str, set[str]] = {}
    for source, target in edges:
        after.setdefault(source, set()).add(target)
    reach: dict[str, set[str]] = {}

    def reached(start: str) -> set[str]:
        """Return all that lies behind `start`."""
        if start not in reach:
            nearest = after.get(start, set())
            reach[start] = nearest.union(*(reached(near) for near in nearest))
        return reach[start]

    return {
        (source, target): files
        for (source, target), files in edges.items()
        if not any(target in reached(near) for near in after[source] - {target})
    }


def _edges(
    records: Iterable[dict[str, Any]], names: dict[str, str]
) -> dict[tuple[str, str], tuple[str, ...]]:
    """Return the files between nodes; `names` says which node stands for a job."""
    records = list(records)
    makers = {path: names[job_name(record)] for record in records for path in record["outputs"]}
    files: dict[tuple[str, str], set[str]] = {}
    for record in records:
        for path in record["inputs"]:
            if path in makers:
                files.setdefault((makers[path], names[job_name(record)]), set()).add(path)
    return {edge: tuple(sorted(paths)) for edge, paths in sorted(files.items())}


def _bundle(records: list[dict[str, Any]]) -> Node:
    names = [" ".join(record["wildcards"].values()) for record in records]
    count = f" x {len(records)}" if len(records) > 1 else ""
    line = ", ".join(filter(None, names))
    short = line if len(line) <= 24 else f"{line[:22].rsplit(',', 1)[0]}, …"
    head = f"{records[0]['rule']}{count}"
    return Node(head, short, _stage(records[0]), tuple(map(job_name, records)))


def _stage(record: dict[str, Any]) -> str:
    return next((stage_of(path) for path in record["outputs"]), "")


def _order(record: dict[str, Any]) -> tuple[int, str, str]:
    stage = _stage(record)
    place = STAGES.index(stage) if stage in STAGES else len(STAGES)
    return (place, record["rule"], job_name(record))


def _counted(number: int, what: str) -> str:
    return f"{number} {what}{'' if number == 1 else 's'}"
