"""Draws: of whom, how they are asked for, what a plan says of them, and what they cost again."""

import re
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

import plan
import sample_behaviors
import sample_predictions
from inward.draws import Pair, drawn, pairs, properties_of_draws, sampling_of_draws
from inward.errors import ConfigError
from inward.files import write_json
from inward.tables import BEHAVIORS, PREDICTIONS, PROMPTS, read_table, write_table

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
    made = Path(f"{name}-{sampling['temperature']}/animals.parquet")
    made.parent.mkdir(exist_ok=True)
    shared: dict[str, Any] = {
        "model": model,
        "prompts": [Path("results/small/prompts/animals.parquet")],
        "sampling": sampling,
        "samples": samples,
        "store": str(hosted.store),
        **MONEY,
    }
    if name == "behaviors":
        sample_behaviors.main(behaviors=[made], splits=["test"], **shared)
    else:
        sample_predictions.main(
            predictions=[made],
            properties=ASKED,
            labels=[],
            wrappers=["supposed"],
            named="",
            examples=4,
            seed=1,
            **shared,
        )
    return made


def planned(hosted: Site, capsys: pytest.CaptureFixture[str]) -> dict[str, tuple[int, int]]:
    """Return, by stage, how many requests a plan counts, and how many are in the store."""
    usual = {"temperature": 0, "max_tokens": 8, "top_logprobs": 2}
    how = {**usual, "temperature": 1, "top_logprobs": 0}
    plan.main(
        prompts=[Path("results/small/prompts/animals.parquet")],
        by_hand=[],
        study="small",
        subjects=[
            {
                "name": "heron",
                "provider": "openai",
                "model": "sim-heron",
                "base_url": None,
                "record": hosted.record(),
                "splits": ["test"],
                "sampling": {
                    "behaviors": usual,
                    "predictions": how,
                    "draws of behaviors": how,
                    "draws of predictions": how,
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
        **MONEY,
    )
    found = re.findall(r"^heron +([a-z ]+?) +(\d+) +(\d+) ", capsys.readouterr().out, re.MULTILINE)
    return {name: (int(requests), int(stored)) for name, requests, stored in found}


def test_draws_are_paid_once_and_beside_what_is_scored(
    study: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """A plan says how many are sent; a rerun sends none; each draw has a key of its own."""
    usual = {"temperature": 0, "max_tokens": 8, "top_logprobs": 2}
    how = {**usual, "temperature": 1, "top_logprobs": 0}
    with site(study, "openai") as hosted:
        before = planned(hosted, capsys)
        made = [
            stage("behaviors", usual, 1, hosted),
            stage("behaviors", how, 3, hosted),
            stage("predictions", how, 3, hosted),
        ]
        sent = len(hosted.app.answered)
        after = planned(hosted, capsys)
        again = [stage("behaviors", how, 3, hosted), stage("predictions", how, 3, hosted)]

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
