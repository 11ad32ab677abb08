"""The simulated provider: sampled and trained like any other, and open about what it is."""

from collections import Counter
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
import yaml

from inward.asking import ask
from inward.digests import digest_file
from inward.errors import ConfigError
from inward.files import read_json, write_json_lines
from inward.requests import Sampling
from inward.runs import RunStore, TrainingRun
from inward.simulated import Subject, answer, fit
from inward.tables import ADVANTAGE, INTERACTION, read_table
from inward.training import identity, submit, trainer, wait

from .conftest import ROOT
from .hosted import PROMPTS, rows
from .test_config import checked
from .workshop import Workshop

SCHEMA = read_json(ROOT / "schemas/config.schema.json")
SETTINGS: dict[str, Any] = {"habits": 1, "access": 0.5}
BASE: dict[str, Any] = {"provider": "simulated", "simulated": SETTINGS, "adapters": []}
QUESTIONS = pd.DataFrame({"question": PROMPTS[:20], "sample": 0})
SAMPLING = Sampling(temperature=0, max_tokens=12, top_logprobs=3)


def trained(store: Path, folder: Path) -> dict[str, Any]:
    """Return the record of a subject after training, as the workflow makes it."""
    path = folder / "train.jsonl"
    write_json_lines(path, rows(1, "supposed", 100))
    run = TrainingRun(
        provider="simulated",
        base=identity(BASE),
        training_rows=digest_file(path),
        validation_rows=digest_file(path),
        hyperparameters={},
        seed=1,
        trainer=trainer("simulated"),
    )
    result = wait(submit(run, store), BASE, {"train": path, "validation": path}, store)
    return {**BASE, "adapters": [result["weights"]]}


def test_answers_come_with_their_chances_and_are_kept(tmp_path: Path) -> None:
    """They are those of the simulated subject; the store has them, each marked as simulated."""
    answered = ask(BASE, QUESTIONS, SAMPLING, tmp_path, "heron")
    said = [
        answer(Subject(**SETTINGS), [{"role": "user", "content": text}], 0)
        for text in QUESTIONS["question"]
    ]

    assert list(answered["text"]) == [one.text for one in said]
    assert {len(tokens[0]["top"]) for tokens in answered["tokens"]} == {3}
    [segment] = tmp_path.glob("responses/*/*.jsonl")
    assert all('"simulated": true' in line for line in segment.read_text().splitlines())
    again = ask(BASE, QUESTIONS, SAMPLING, tmp_path, "heron")
    assert again.equals(answered)
    assert len(segment.read_text().splitlines()) == len(QUESTIONS)


def test_training_is_kept_under_the_runs_key(tmp_path: Path) -> None:
    """What was learnt is loaded again from the store, and is what fitting alone would teach."""
    store = tmp_path / "store"
    record = trained(store, tmp_path)
    [adapter] = record["adapters"]
    learnt = read_json(RunStore(store).weights(adapter["run"]) / "learned.json")
    taught = fit(Subject(**SETTINGS), rows(1, "supposed", 100))

    assert taught.learned is not None
    assert learnt["answers"] == taught.learned.answers
    assert trained(store, tmp_path) == record
    asked = pd.DataFrame({"question": [rows(1, "supposed", 1)[0]["messages"][0]["content"]]})
    [text] = ask(record, asked.assign(sample=0), SAMPLING, store, "heron-self")["text"]
    assert text == answer(taught, rows(1, "supposed", 1)[0]["messages"][:1], 0).text


def study() -> dict[str, Any]:
    """Return the study of known truth, as it is in the project."""
    found: dict[str, Any] = yaml.safe_load((ROOT / "studies/known-truth.yaml").read_text())
    return found


def test_the_study_says_that_its_subjects_are_simulated() -> None:
    """In its title, which headline, figures and audit carry."""
    found = checked(study(), SCHEMA)

    assert found.title == "known-truth (simulated subjects: no result)"
    assert Counter(one.relation for one in found.comparisons)["cross"] == 14


@pytest.mark.parametrize(
    ("settings", "said"),
    [
        ({"provider": "simulated"}, "needs simulated"),
        ({"provider": "simulated", "simulated": {"habits": 1, "access": 2}}, "from 0 to 1"),
        ({"provider": "simulated", "simulated": {"habits": 1, "acess": 1}}, "access"),
        ({"provider": "simulated", "simulated": {"habits": 1, "like": 2}}, "like and alike"),
    ],
)
def test_odd_settings_are_refused(settings: dict[str, Any], said: str) -> None:
    """In one line that names the mend."""
    config = study()
    config["models"]["plain"] = settings
    with pytest.raises(ConfigError, match=said):
        checked(config, SCHEMA)


@pytest.mark.workflow
def test_a_simulated_study_runs_through_the_workflow(tmp_path: Path) -> None:
    """Without a server: the one with access knows itself, the plain one does not, as was put in."""
    workshop = Workshop(tmp_path)
    small = study()
    names = ("plain", "strong")
    small["study"] = "small"
    small["tasks"] = {name: small["tasks"][name] for name in ("colors", "animals")}
    small["models"] = {name: small["models"][name] for name in names}
    small["finetunes"] = {
        name: finetune
        for name, finetune in small["finetunes"].items()
        if {finetune["base"], finetune["of"].removesuffix("-self")} <= {*names}
    }
    (tmp_path / "config.yaml").write_text(yaml.safe_dump(small, sort_keys=False))
    done = workshop.run()
    assert done.returncode == 0, done.stderr[-3000:]

    scores = workshop.results / "scores"
    wanted = {
        "task": "all",
        "property": "all",
        "role": "test",
        "compliance": "compliant",
        "average": "macro",
    }
    low = {
        row["target"]: row["low"]
        for row in read_table(ADVANTAGE, scores / "advantage.parquet").to_dict("records")
        if row["relation"] == "cross" and all(row[key] == value for key, value in wanted.items())
    }
    assert low["strong-self"] > 0.2
    assert low["plain-self"] < 0.05
    interactions = read_table(INTERACTION, scores / "interaction.parquet")
    assert set(interactions["scope"]) == {"plain|strong", "all"}
    assert "simulated subjects: no result" in (workshop.results / "headline.txt").read_text()
    assert workshop.run("-n").stdout.count("Nothing to be done") == 1
