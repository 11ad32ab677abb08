"""Draws: of whom, how they are asked for, what a plan says of them, and what they cost again."""

import re
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

import plan
import sample_behaviors
import sample_predictions
import score_calibration
from inward.draws import Pair, drawn, pairs, properties_of_draws, sampling_of_draws
from inward.errors import ConfigError
from inward.files import write_json
from inward.labels import labels_of
from inward.tables import (
    BEHAVIORS,
    CALIBRATION,
    CALIBRATION_BINS,
    LABELS,
    PREDICTIONS,
    PROMPTS,
    read_table,
    write_table,
)

from .sampling import KEY, VARIABLE, Site, site
from .test_config import checked, edited

DRAWS = {"samples": 3, "temperature": 1}
MONEY: dict[str, Any] = {"prices": "prices.yaml", "budget": None}
ASKED = {"animals": ["first_character"]}


def test_only_who_is_compared_is_drawn(embedded: dict[str, Any], schema: dict[str, Any]) -> None:
    """Behaviors of self-trained targets; predictions of them, their bases and cross-predictors."""
    embedded["calibration"] = dict(DRAWS)
    study = checked(embedded, schema)

    assert set(pairs(study)) == {
        Pair("wren-self", "wren-self", "self"),
        Pair("wren-self", "wren", "untrained"),
        Pair("wren-self", "finch-on-wren", "cross"),
        Pair("finch-self", "finch-self", "self"),
        Pair("finch-self", "finch", "untrained"),
        Pair("finch-self", "wren-on-finch", "cross"),
    }
    assert drawn(study, "behaviors") == ["finch-self", "wren-self"]
    assert sorted(drawn(study, "predictions")) == [
        "finch",
        "finch-on-wren",
        "finch-self",
        "wren",
        "wren-on-finch",
        "wren-self",
    ]


def test_without_the_section_nothing_is_drawn(
    embedded: dict[str, Any], schema: dict[str, Any]
) -> None:
    """A study that says nothing of calibration has no draws."""
    study = checked(embedded, schema)

    assert not pairs(study)
    assert not drawn(study, "behaviors")
    assert not drawn(study, "predictions")


def test_draws_are_sampled_as_samples_are_but_for_the_temperature(
    embedded: dict[str, Any], schema: dict[str, Any]
) -> None:
    """Alternatives of tokens, which make most of the bytes, are kept only where they are read."""
    embedded["calibration"] = {**DRAWS, "temperature": 0.5}
    plain = checked(embedded, schema)
    embedded["tasks"]["animals"]["properties"] = ["first_character", "first_token_ratio"]
    reading = checked(embedded, schema)

    assert sampling_of_draws(plain, "wren", "behaviors") == {
        "temperature": 0.5,
        "max_tokens": 12,
        "top_logprobs": 0,
    }
    assert sampling_of_draws(reading, "wren", "behaviors")["top_logprobs"] == 5
    assert sampling_of_draws(reading, "wren", "predictions")["top_logprobs"] == 0
    assert "first_token_ratio" in properties_of_draws(reading)["animals"]


@pytest.mark.parametrize(
    ("edits", "line"),
    [
        (
            {"finetunes": {}},
            (
                "config: calibration: no finetune learns to predict its own base, so there is nothing"
                " to hold draws against; add one to finetunes, or take calibration out"
            ),
        ),
        (
            {"calibration.temperature": None},
            (
                "config: calibration.temperature: models.finch is a local model, which needs one; give"
                " a number above 0"
            ),
        ),
        (
            {"calibration.sample": 3},
            "config: calibration.sample: there is no 'sample'; did you mean samples?",
        ),
    ],
)
def test_what_cannot_be_calibrated_is_refused(
    embedded: dict[str, Any], schema: dict[str, Any], edits: dict[str, Any], line: str
) -> None:
    """In one line, before anything is asked."""
    embedded["calibration"] = dict(DRAWS)
    with pytest.raises(ConfigError) as error:
        checked(edited(embedded, edits), schema)

    assert str(error.value) == line


@pytest.fixture
def study(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Return a folder with a hosted model's prompts, where the project's prices are; go there."""
    prices = (Path(__file__).parents[1] / "prices.yaml").read_text()
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv(VARIABLE, KEY)
    Path("prices.yaml").write_text(prices)
    words = ["ant", "bee", "cat", "dog", "elk"]
    table = pd.DataFrame(
        {
            "prompt_id": [f"{number}" for number in range(len(words))],
            "text": [f"Which animal comes next after these: {word}?" for word in words],
            "split": ["train", "test", "test", "test", "validation"],
            "item": words,
            "options": [[] for _ in words],
            "target_option": None,
        }
    )
    Path("results/small/prompts").mkdir(parents=True)
    write_table(PROMPTS, table, Path("results/small/prompts/animals.parquet"))
    return tmp_path


def stage(name: str, sampling: dict[str, Any], samples: int, hosted: Site) -> Path:
    """Sample a stage as its rule does; return where its table is."""
    model = Path("models/heron.json")
    model.parent.mkdir(exist_ok=True)
    write_json(model, hosted.record())
    made = Path(f"draws/{name}" if sampling["temperature"] else name) / "heron/animals.parquet"
    made.parent.mkdir(parents=True, exist_ok=True)
    shared: dict[str, Any] = {
        "model": model,
        "prompts": [Path("results/small/prompts/animals.parquet")],
        "sampling": sampling,
        "samples": samples,
        "store": str(hosted.store),
        "shards": [],
        **MONEY,
    }
    if name == "behaviors":
        sample_behaviors.main(behaviors=[made], splits=["test"], **shared)
    else:
        sample_predictions.main(
            predictions=[made],
            properties=ASKED,
            labels=[],
            learnt=[],
            wrappers=["supposed"],
            named="",
            examples=4,
            seed=1,
            **shared,
        )
    return made


USUAL = {"temperature": 0, "max_tokens": 8, "top_logprobs": 2}
HOW = {**USUAL, "temperature": 1, "top_logprobs": 0}


def planned(hosted: Site, capsys: pytest.CaptureFixture[str]) -> dict[str, tuple[int, int]]:
    """Return, by stage, how many requests a plan counts, and how many are in the store."""
    plan.main(
        prompts=[Path("results/small/prompts/animals.parquet")],
        by_hand=[],
        study="small",
        roles={"animals": "test"},
        power={"advantages": [0.1], "power": 0.8, "alpha": 0.05},
        subjects=[
            {
                "name": "heron",
                "run": "heron",
                "actor": "heron",
                "behaves": True,
                "provider": "openai",
                "model": "sim-heron",
                "base_url": None,
                "record": hosted.record(),
                "machine": None,
                "splits": ["test"],
                "sampling": {
                    "behaviors": USUAL,
                    "predictions": HOW,
                    "draws of behaviors": HOW,
                    "draws of predictions": HOW,
                },
                "learns": None,
            }
        ],
        properties=ASKED,
        judge=None,
        judged={},
        wrappers=["supposed"],
        named="",
        examples=4,
        seed=1,
        samples={"behaviors": 1, "predictions": 1},
        drawn=ASKED,
        draws=3,
        store=str(hosted.store),
        hardware="hardware.yaml",
        **MONEY,
    )
    found = re.findall(r"^heron +([a-z ]+?) +(\d+) +(\d+) ", capsys.readouterr().out, re.MULTILINE)
    return {name: (int(requests), int(stored)) for name, requests, stored in found}


def test_draws_are_paid_once_and_beside_what_is_scored(
    study: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """A plan says how many are sent; a rerun sends none; each draw has a key of its own."""
    with site(study, "openai") as hosted:
        before = planned(hosted, capsys)
        made = [
            stage("behaviors", USUAL, 1, hosted),
            stage("behaviors", HOW, 3, hosted),
            stage("predictions", HOW, 3, hosted),
        ]
        sent = len(hosted.app.answered)
        after = planned(hosted, capsys)
        again = [stage("behaviors", HOW, 3, hosted), stage("predictions", HOW, 3, hosted)]

        assert len(hosted.app.answered) == sent == 3 + 9 + 9
        assert again == made[1:]
    # Predictions are sampled as they are drawn here, so the first draws are samples already.
    assert before == {
        "behaviors": (3, 0),
        "predictions": (3, 0),
        "draws of behaviors": (9, 0),
        "draws of predictions": (6, 0),
    }
    assert after == {name: (requests, requests) for name, (requests, _) in before.items()}
    scored = read_table(BEHAVIORS, made[0])
    draws = read_table(BEHAVIORS, made[1])
    assert set(draws["sample"]) == {0, 1, 2}
    assert len({*scored["request_key"], *draws["request_key"]}) == 3 + 9
    assert read_table(PREDICTIONS, made[2])["request_key"].nunique() == 9


def test_what_is_drawn_is_scored(study: Path) -> None:
    """From draws, from log-probabilities and by confidence, each with its bins."""
    prompts = Path("results/small/prompts/animals.parquet")
    with site(study, "openai") as hosted:
        drawn_behaviors = stage("behaviors", HOW, 3, hosted)
        drawn_predictions = stage("predictions", HOW, 3, hosted)
        behaviors = stage("behaviors", USUAL, 1, hosted)
        predictions = stage("predictions", USUAL, 1, hosted)
    labels = Path("labels/heron/animals.parquet")
    labels.parent.mkdir(parents=True)
    acted, asked = read_table(BEHAVIORS, behaviors), read_table(PROMPTS, prompts)
    write_table(LABELS, labels_of(acted, asked, ASKED["animals"]), labels)
    score_calibration.main(
        drawn_behaviors=[drawn_behaviors],
        drawn_predictions=[drawn_predictions],
        behaviors=[behaviors],
        labels=[labels],
        predictions=[predictions],
        prompts=[prompts],
        calibration_table=Path("calibration.parquet"),
        bins_table=Path("bins.parquet"),
        pairs=[{"target": "heron", "predictor": "heron", "relation": "self"}],
        roles={"animals": "test"},
        properties=ASKED,
        wrapper="supposed",
        bootstrap={"resamples": 100, "confidence": 0.95, "seed": 1},
        note=None,
    )
    scores = read_table(CALIBRATION, Path("calibration.parquet"))
    bins = read_table(CALIBRATION_BINS, Path("bins.parquet"))
    cell = scores[(scores["task"] == "animals") & (scores["property"] == "first_character")]
    of_draws = cell[(cell["source"] == "samples") & (cell["rank"] == "all")].iloc[0]

    assert set(cell["source"]) == {"samples", "log-probabilities", "confidence"}
    assert (of_draws["n_prompts"], of_draws["n_draws"]) == (3, 9)
    key = ["source", "task", "property", "rank"]
    points = bins.groupby(key)["n"].sum().to_dict()
    binned = scores[scores["mad"].notna()].set_index(key)["n_points"].to_dict()
    assert points == binned
