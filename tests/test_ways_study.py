"""Many ways to ask, through Snakemake: what is sent, what the tables say, and what it costs again."""

import json
from pathlib import Path
from typing import Any

import pytest
import yaml

from inward.tables import ACCURACY, PREDICTIONS, PROMPTS, read_table

from .sampling import KEY, VARIABLE, site
from .workshop import Workshop, small_study

pytestmark = pytest.mark.workflow

WAYS = [
    "supposed",
    "past.2.2",
    "third-person",
    "assistant.3",
    "supposed+self",
    "supposed+scrambled",
    "supposed+other",
]
SHOWN = 3
FRAME = "Answer as a pirate would.\n\n{prompt}\n"


def framed_study(hosted: dict[str, Any]) -> dict[str, Any]:
    """Return the small study of two hosted models, one of whose tasks has a twin in a frame."""
    study = small_study() | {"models": {"hosted": hosted, "other": hosted}, "finetunes": {}}
    study["models"]["other"] = {**hosted, "model": "sim-egret"}
    task = next(name for name, task in study["tasks"].items() if task["role"] == "test")
    study["tasks"][f"{task}-pirate"] = {**study["tasks"][task], "frame": FRAME}
    for each in study["tasks"].values():
        each["vocabulary"] = 30  # so that there are examples enough in every task
    study["hypothetical"] = {"wrappers": WAYS, "named": "Aurora", "examples": SHOWN}
    return study


def test_every_way_is_asked_and_told_apart(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Examples are turns before the question, frames are quoted, and nothing is sent twice."""
    monkeypatch.setenv(VARIABLE, KEY)
    root = tmp_path / "project"
    root.mkdir()
    workshop = Workshop(root)
    with site(tmp_path / "beside", "openai") as hosted:
        study = framed_study(hosted.record(in_flight=8))
        (root / "config.yaml").write_text(yaml.safe_dump(study, sort_keys=False))
        before = workshop.run("plan")
        done = workshop.run("scores")
        after = workshop.run("plan")
        sent = hosted.app.sent
        again = workshop.run("predictions", "--forceall")
        bodies = [json.dumps(body) for body in hosted.app.bodies]

        assert before.returncode == 0, before.stderr[-3000:]
        assert done.returncode == 0, done.stderr[-3000:]
        assert again.returncode == 0, again.stderr[-3000:]
        assert hosted.app.sent == sent == len(set(bodies))
    assert "not known yet" in before.stdout
    assert "not known yet" not in after.stdout

    _check_predictions(workshop.results)
    _check_frames(workshop.results)
    scores = read_table(ACCURACY, workshop.results / "scores/accuracy.parquet")
    assert set(scores["wrapper"]) == set(WAYS)


def _check_predictions(results: Path) -> None:
    for path in results.glob("predictions/hosted/*.parquet"):
        table = read_table(PREDICTIONS, path)
        assert set(table["wrapper"]) == set(WAYS)
        assert table.groupby("wrapper").size().nunique() == 1
        for row in table.to_dict("records"):
            wanted = SHOWN if "+" in row["wrapper"] else 0
            shown = [] if row["examples"] is None else list(row["examples"])
            assert len(shown) == wanted
            assert row["question"] not in [one["question"] for one in shown]
            assert ("Aurora" in row["question"]) == (row["wrapper"] == "third-person")


def _check_frames(results: Path) -> None:
    (framed,) = results.glob("prompts/*-pirate.parquet")
    bare = read_table(PROMPTS, framed.with_name(framed.name.replace("-pirate", "")))
    prompts = read_table(PROMPTS, framed)
    start, _, end = FRAME.partition("{prompt}")

    assert sorted(prompts["text"]) == sorted(start + text + end for text in bare["text"])
    asked = read_table(PREDICTIONS, results / "predictions/hosted" / framed.name)
    texts = dict(zip(prompts["prompt_id"], prompts["text"], strict=True))
    assert all(
        texts[prompt] in question
        for prompt, question in zip(asked["prompt_id"], asked["question"], strict=True)
    )
