"""The audit: what it says of a ledger, of labels and of prompts."""

import json
import re
import xml.etree.ElementTree as ET
from collections import Counter
from itertools import pairwise
from pathlib import Path

import pandas as pd
import pytest

from inward.audit.graph import job_graph, reduced, rule_graph
from inward.audit.health import entropy, health
from inward.audit.jobs import account, ledger_table
from inward.audit.layout import layout
from inward.audit.mermaid import mermaid
from inward.audit.overlap import alike_sets, normalized, overlaps
from inward.audit.page import Audit, page
from inward.audit.svg import svg
from inward.tables import HEALTH, LEDGER, OVERLAPS, read_table, write_table

from .tiny import REQUESTS, tiny


def test_the_ledger_is_one_table(tmp_path: Path) -> None:
    """A row for each job; what asks nobody has no counts; sums are those of the records."""
    write_table(LEDGER, ledger_table(tiny()), tmp_path / "ledger.parquet")
    rows = read_table(LEDGER, tmp_path / "ledger.parquet").to_dict("records")
    jobs = {(row["rule"], row["wildcards"]): row for row in rows}
    asked = jobs["sample_behaviors", '{"subject":"one"}']
    whole = account(ledger_table(tiny()))

    assert len(jobs) == 8
    assert (asked["made"], asked["reused"], asked["cost"], asked["outputs"]) == (3, 4, 0.5, 2)
    assert asked["began"] == pd.Timestamp("2026-01-02T03:04:05Z")
    assert pd.isna(jobs["score", "{}"]["made"])
    assert (whole.jobs, whole.seconds, whole.tokens, whole.cost) == (8, 12.0, 72, 1.0)


def test_an_unknown_price_makes_the_sum_unknown() -> None:
    """A cost is not stated as long as one of its parts is not known."""
    records = tiny()
    records[3]["facts"] = {"requests": {**REQUESTS, "cost": None}}

    assert account(ledger_table(records)).cost is None


def test_rules_are_joined_by_their_files() -> None:
    """Also in circles: models make behaviors, and behaviors make models."""
    graph = rule_graph(tiny())

    assert list(graph.nodes)[:2] == ["write_prompts", "sample_behaviors"]
    assert graph.nodes["write_prompts"].line == "2 jobs, 3.0 s"
    assert set(graph.edges) == {
        ("write_prompts", "sample_behaviors"),
        ("write_prompts", "build_dataset"),
        ("sample_behaviors", "build_dataset"),
        ("sample_behaviors", "score"),
        ("build_dataset", "train_model"),
        ("train_model", "sample_behaviors"),
    }
    assert '|"4 behaviors"|' in mermaid(graph)
    assert '|"1 dataset"|' in mermaid(graph)


def test_jobs_alike_are_one_node() -> None:
    """What follows from other edges is left out: two's behaviors need prompts, but by way of one's."""
    graph = job_graph(tiny())

    assert graph.nodes["write_prompts a"].jobs == ("write_prompts a", "write_prompts b")
    assert graph.nodes["write_prompts a"].line == "a, b"
    assert ("write_prompts a", "sample_behaviors one") in graph.edges
    assert ("write_prompts a", "sample_behaviors two") not in graph.edges
    assert reduced({("a", "b"): (), ("b", "c"): (), ("a", "c"): ()}) == {
        ("a", "b"): (),
        ("b", "c"): (),
    }


def test_a_layout_has_no_node_on_another() -> None:
    """Edges lead down, but for those that close a circle; nodes of one layer keep their distance."""
    graph = rule_graph(tiny())
    placed = layout(dict.fromkeys(graph.nodes, 80.0), graph.edges, gap=10, step=50)

    assert placed.back == {("train_model", "sample_behaviors")}
    for source, target in set(graph.edges) - placed.back:
        assert placed.places[source][1] < placed.places[target][1]
    spots = sorted((y, x) for x, y in placed.places.values())
    for (y, x), (next_y, next_x) in pairwise(spots):
        assert y != next_y or next_x - x >= 89.9
    assert all(40 <= x <= placed.width - 40 for x, _ in placed.places.values())


def test_pictures_are_valid_svg() -> None:
    """Every node is there by name, whatever is in it."""
    records = tiny()
    records[0]["wildcards"] = {"task": "<&>"}
    for graph in (rule_graph(records), job_graph(records)):
        root = ET.fromstring(svg(graph, "<graph>", files=True))  # noqa: S314 - our own
        said = [text.text for text in root.iter("{http://www.w3.org/2000/svg}text")]

        assert {node.head for node in graph.nodes.values()} <= set(said)


def labels(values: list[str | None], reason: str = "refused") -> pd.DataFrame:
    """Return a labels table with these values; None has the reason."""
    return pd.DataFrame(
        {
            "prompt_id": [f"{number}" for number in range(len(values))],
            "property": "first_word",
            "value": values,
            "reason": [None if value else reason for value in values],
        }
    )


HEALTHY: list[str | None] = ["a", "b", "c", "d"] * 6
SICK: dict[str, tuple[list[str | None], list[str]]] = {
    "in order": (HEALTHY, []),
    "one value": (HEALTHY[:1] * 39 + HEALTHY[1:2], ["98% are 'a'"]),
    "the same always": (HEALTHY[:1] * 30, ["100% are 'a'"]),
    "few": (HEALTHY[:2], ["only 2 labels"]),
    "unreadable": ([*HEALTHY, *[None] * 6], ["20% unreadable"]),
    "nothing": ([None] * 3, ["only 0 labels", "100% unreadable"]),
}


@pytest.mark.parametrize(("values", "said"), SICK.values(), ids=SICK)
def test_degenerate_labels_are_noticed(
    tmp_path: Path, values: list[str | None], said: list[str]
) -> None:
    """Too few, too uniform, or unreadable: in a few words each."""
    write_table(HEALTH, health({("s", "t"): labels(values)}), tmp_path / "h.parquet")
    row = read_table(HEALTH, tmp_path / "h.parquet").iloc[0]

    assert json.loads(row["warnings"]) == said
    assert row["refused"] == row["unreadable"] == values.count(None) / len(values)
    assert row["n_labels"] == sum(json.loads(row["values"]).values())


def test_entropy_is_in_bits() -> None:
    """Four values as often as each other are two bits, one value is none."""
    assert entropy(Counter("abcd" * 6)) == pytest.approx(2)
    assert str(entropy(Counter("aaa"))) == "0.0"


def test_overlaps_are_counted_across_splits_and_tasks(tmp_path: Path) -> None:
    """The same but for case, or with nine words in ten in common; within a split they do no harm."""
    long = "one two three four five six seven eight nine ten eleven twelve"
    colors = {
        "Red, blue": "train",
        "red blue": "test",
        "blue RED": "test",
        "red": "train",
        "!": "test",
    }
    others = {
        long: "test",
        long.replace("ten", "TEN"): "test",
        f"{long} more": "test",
        "red": "test",
    }
    prompts = {
        name: pd.DataFrame({"text": list(of), "split": list(of.values())})
        for name, of in (("colors", colors), ("others", {**others, "green": "test"}))
    }
    prompts["third"] = pd.DataFrame({"text": [long[:-1]], "split": ["train"]})
    write_table(OVERLAPS, overlaps(prompts), tmp_path / "o.parquet")
    found = read_table(OVERLAPS, tmp_path / "o.parquet").set_index(["kind", "task", "other_task"])

    assert found["pairs"].to_dict() == {
        ("near", "colors", "colors"): 1,
        ("same", "colors", "colors"): 1,
        ("same", "colors", "others"): 1,
    }
    assert found.loc[("same", "colors", "others"), "other_example"] == "red"


def test_near_duplicates_are_all_found() -> None:
    """Those that comparing all pairs would find, whatever the sizes."""
    sets = [
        frozenset(f"w{(start + step) % 23}" for step in range(size))
        for start in range(23)
        for size in (1, 9, 10, 11, 19, 20)
    ]
    sets = sorted(set(sets), key=sorted)
    wanted = {
        frozenset((one, other))
        for one in sets
        for other in sets
        if one != other and 10 * len(one & other) >= 9 * len(one | other)
    }

    assert {frozenset(pair) for pair in alike_sets(sets, 0.9)} == wanted
    assert len(wanted) > 50
    assert normalized("  \uff32ed,\tBLUE! ") == "red blue"
    assert normalized("?!") == "?!"


def test_the_page_escapes_what_it_shows() -> None:
    """Whatever a subject is called or answers."""
    sick = health({("<s>", "t"): labels(["<b>"] * 30)})
    prompts = pd.DataFrame({"text": ["<i>"], "split": ["test"]})
    shared = overlaps({"x": prompts, "y": prompts})
    records = tiny()
    shown = page(
        Audit("<tiny>", records, ledger_table(records), sick, shared, ["a < b"], {}, "now")
    )

    assert not re.search(r"<(tiny|s|b>:|i)>", shown)
    assert "a &lt; b" in shown
    assert "<script" not in shown
    assert "http" not in shown
