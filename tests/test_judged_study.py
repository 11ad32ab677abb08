"""A study with a judged property, through Snakemake, against a server on this machine."""

import json
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
import yaml

from inward.judging import judge_question
from inward.loopback.serve import Served, served
from inward.properties import PROPERTIES
from inward.simulated import verdict
from inward.tables import AGREEMENT, BEHAVIORS, EXAMPLES, ITEMS, LABELS, Table, read_table

from .reruns import study
from .workshop import Workshop

pytestmark = pytest.mark.workflow

ASKED = PROPERTIES["word_type"]
PROPERTIES_ASKED = ["first_word", "word_type"]


class Judged(Workshop):
    """A study of two models, of which one judges both."""

    def __init__(self, root: Path, server: Served) -> None:
        super().__init__(root)
        self.server = server
        self.environment["LOOPBACK_KEY"] = "none-needed"
        made = study(server.openai)
        made["judge"] = "egret"
        made["finetunes"] = {}
        made["tasks"] = {"animals": {**made["tasks"]["animals"], "properties": PROPERTIES_ASKED}}
        (root / "config.yaml").write_text(yaml.safe_dump(made, sort_keys=False))

    def table(self, kind: Table, path: str) -> list[dict[str, Any]]:
        """Return the rows of a table of results."""
        rows = read_table(kind, self.results / path)
        return rows.astype(object).where(rows.notna(), None).to_dict("records")  # type: ignore[return-value]

    def said(self, script: str, *arguments: str) -> str:
        """Return what a script prints, run in the study's folder."""
        done = subprocess.run(
            [sys.executable, f"scripts/{script}.py", "results/small", *arguments],
            cwd=self.root,
            env=self.environment,
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == 0, done.stderr
        return done.stdout

    def planned_judgments(self) -> list[str]:
        """Return the numbers in the plan's line of judgments."""
        said = self.run("plan").stdout
        line = re.search(r"^egret +judgments +(.*)$", said, re.MULTILINE)
        assert line, said
        return line[1].split()


@pytest.fixture(scope="module")
def judged(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Judged]:
    """Give the finished study, whose plan was asked for before anything was sent."""
    root = tmp_path_factory.mktemp("judged")
    with served(root / "server", training_seconds=0.2) as server:
        workshop = Judged(root, server)
        before = workshop.planned_judgments()
        done = workshop.run("all", "audit")
        assert done.returncode == 0, done.stderr[-4000:]
        (root / "before.json").write_text(json.dumps(before))
        yield workshop


def test_labels_are_verdicts_and_name_their_judge(judged: Judged) -> None:
    """Of the response itself, with the request that gave it; what a rule reads names nobody."""
    said = {
        row["prompt_id"]: row["text"]
        for row in judged.table(BEHAVIORS, "behaviors/heron/animals.parquet")
    }
    rows = judged.table(LABELS, "labels/heron/animals.parquet")
    by_judge = [row for row in rows if row["property"] == "word_type"]

    assert len(by_judge) == len(said) == 20
    for row in rows:
        assert (row["judge"], bool(row["request_key"])) == (
            ("egret", True) if row["property"] == "word_type" else (None, False)
        )
    for row in by_judge:
        assert row["value"] == verdict(ASKED, said[row["prompt_id"]])


def test_agreement_with_people_is_in_the_scores_and_in_the_audit(judged: Judged) -> None:
    """One row for the property, counted on all examples that are labelled by hand."""
    examples = judged.table(EXAMPLES, "scores/examples.parquet")
    (row,) = judged.table(AGREEMENT, "scores/agreement.parquet")
    page = (judged.results / "audit/index.html").read_text()

    assert (row["property"], row["judge"], row["n"]) == ("word_type", "egret", 30)
    assert row["agreement"] == sum(one["label"] == one["value"] for one in examples) / 30
    assert "egret judges word_type as people do in" in page
    assert "judge_behaviors" in page


def test_every_score_table_says_that_its_subjects_are_simulated(judged: Judged) -> None:
    """In each of its rows, so that no number goes anywhere without it."""
    tables = sorted((judged.results / "scores").glob("*.parquet"))

    assert {"items", "advantage", "power", "examples", "agreement"} <= {t.stem for t in tables}
    for path in tables:
        assert set(pd.read_parquet(path)["note"]) <= {"simulated subjects: no result"}


def test_all_is_as_recorded_and_a_score_leads_to_the_judge(judged: Judged) -> None:
    """Verification looks at judges' responses, too, and a trace goes through them."""
    assert "are what their records say" in judged.said("verify")
    items = judged.table(ITEMS, "scores/items.parquet")
    item = next(row["item_id"] for row in items if row["property"] == "word_type")
    steps = {
        step["what"]: step
        for step in reversed(json.loads(judged.said("trace_item", item, "--json")))
    }
    asked = steps["judgment: response"]["row"]

    assert steps["label"]["row"]["request_key"] == asked["key"]
    assert asked["request"]["body"]["messages"][0]["content"] == judge_question(
        ASKED, steps["behavior"]["row"]["text"]
    )
    assert steps["judge"]["row"]["model"] == "sim-egret"


def test_the_plan_counts_judges_and_a_rerun_sends_nothing(judged: Judged) -> None:
    """Before, as many as there may be; after, those there were. The store has all of them."""
    before = json.loads((judged.root / "before.json").read_text())
    sent, digests = len(judged.server.app.answered), judged.digests()
    after = judged.planned_judgments()
    examples = "results/small/scores/examples.parquet"
    again = judged.run("judgments", examples, "--forcerun", "judge_behaviors", "judge_examples")
    assert before[1:4] == ["not", "known", "yet"]
    assert after[0] == after[1]
    assert int(before[0]) >= int(after[0]) > 30
    assert again.returncode == 0, again.stderr[-2000:]
    assert len(judged.server.app.answered) == sent
    assert judged.digests() == digests
