"""Hosted models in the configuration: what they need, and what they are known not to do."""

import copy
from typing import Any

import pytest
import yaml
from snakemake.utils import validate

from inward import config as configuration
from inward import shape
from inward.errors import ConfigError
from inward.graph import Study

from .conftest import ROOT
from .test_config import DELETE, edited

STUDY = yaml.safe_load((ROOT / "studies/loopback.yaml").read_text())
OWN_SERVER = "http://127.0.0.1:8000/v1"


def checked(edits: dict[str, Any], monkeypatch: pytest.MonkeyPatch) -> Study:
    """Return the loopback study with some edits, checked as the workflow does it."""
    monkeypatch.chdir(ROOT)
    config = edited(copy.deepcopy(STUDY), edits)
    validate(config, str(ROOT / "schemas/config.schema.json"))
    return configuration.study(shape.in_order(config))


BAD: dict[str, tuple[dict[str, Any], str]] = {
    "log-probabilities of a reasoning model": (
        {"models.heron.model": "o3-mini"},
        (
            "models.heron: o3-mini is a reasoning model, which gives no log-probabilities; set"
            " top_logprobs: 0, in models.heron.sampling.behaviors"
        ),
    ),
    "log-probabilities at one stage only": (
        {
            "models.heron.model": "vendor/gpt-5-mini",
            "models.heron.sampling": {"behaviors": {"top_logprobs": 0, "temperature": None}},
        },
        (
            "models.heron: vendor/gpt-5-mini is a reasoning model, which gives no log-probabilities;"
            " set top_logprobs: 0, in models.heron.sampling.predictions"
        ),
    ),
    "a temperature for a reasoning model": (
        {
            "models.heron.model": "o1",
            "models.heron.sampling": {"behaviors": {"top_logprobs": 0}},
        },
        (
            "models.heron: o1 is a reasoning model, which takes no temperature; set temperature: null,"
            " in models.heron.sampling.behaviors"
        ),
    ),
    "the wrong limit for a reasoning model": (
        {
            "models.heron.model": "o1",
            "models.heron.limit": "max_tokens",
            "sampling.behaviors": {"temperature": None, "max_tokens": 9, "top_logprobs": 0},
        },
        (
            "models.heron: o1 is a reasoning model, which wants limit: max_completion_tokens, in"
            " models.heron.sampling.behaviors"
        ),
    ),
    "the wrong limit for Together": (
        {"models.egret.limit": "max_completion_tokens"},
        "models.egret: Together only knows limit: max_tokens, in models.egret.sampling.behaviors",
    ),
    "no project for what Together serves": (
        {"models.egret.project": DELETE},
        (
            "models.egret.project: is missing, but finetunes.egret-on-heron is served in one; "
            "give its ID"
        ),
    ),
    "another provider's hyperparameter": (
        {"finetunes.heron-self.training": {"lora_rank": 8}},
        (
            "finetunes.heron-self.training.lora_rank: means nothing to provider openai; there are"
            " batch_size, epochs, learning_rate_multiplier"
        ),
    ),
    "a local finetune without settings": (
        {
            "models.wren": {"provider": "local", "checkpoint": "somewhere"},
            "finetunes.wren-self": {"base": "wren", "learns": "predictions", "of": "wren"},
        },
        "finetuning.local.batch_size: is missing, and finetunes.wren-self needs it; give it",
    ),
    "no temperature for a local model": (
        {
            "models.wren": {
                "provider": "local",
                "checkpoint": "somewhere",
                "sampling": {"behaviors": {"temperature": None}},
            },
        },
        "models.wren: a local model needs a temperature; set it in sampling.behaviors",
    ),
    "a hosted model without a name": (
        {"models.heron.model": DELETE},
        "models.heron: a model of provider openai needs model, and nothing else of the kind",
    ),
}


@pytest.mark.parametrize(("edits", "line"), BAD.values(), ids=BAD)
def test_what_a_server_would_refuse_is_refused_here(
    monkeypatch: pytest.MonkeyPatch, edits: dict[str, Any], line: str
) -> None:
    """In one line, with the place and the mend, before anything is sent."""
    with pytest.raises(ConfigError) as error:
        checked(edits, monkeypatch)

    assert str(error.value) == f"config: {line}"


@pytest.mark.parametrize(
    ("model", "base_url", "limit"),
    [
        ("gpt-4.1-mini-2025-04-14", DELETE, "max_completion_tokens"),
        ("qwen", OWN_SERVER, "max_tokens"),
    ],
)
def test_the_limit_goes_by_the_server(
    monkeypatch: pytest.MonkeyPatch, model: str, base_url: Any, limit: str
) -> None:
    """OpenAI and its reasoning models want another name for the longest answer than most."""
    study = checked({"models.heron.model": model, "models.heron.base_url": base_url}, monkeypatch)

    assert study.models["heron"].settings["limit"] == limit


def test_a_reasoning_model_can_be_asked(monkeypatch: pytest.MonkeyPatch) -> None:
    """With its own sampling, beside models that are asked for more."""
    bare = {"temperature": None, "top_logprobs": 0}
    study = checked(
        {
            "models.heron.model": "gateway/o3-mini",
            "models.heron.sampling": {"behaviors": bare, "predictions": bare},
        },
        monkeypatch,
    )
    asked = {"temperature": None, "max_tokens": 12, "top_logprobs": 0}

    assert study.models["heron"].settings["limit"] == "max_completion_tokens"
    assert study.sampling_of("heron-self", "predictions") == asked
    assert study.sampling_of("egret", "predictions")["top_logprobs"] == 5


def test_hosted_finetunes_read_their_rows_once_unless_told_otherwise(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """One epoch, as in the paper; what is not said is the server's choice."""
    study = checked({"finetuning": {"together": {"lora_rank": 16}}}, monkeypatch)

    assert study.finetunes["heron-self"].training == {"epochs": 1}
    assert study.finetunes["egret-self"].training == {"epochs": 1, "lora_rank": 16}


def test_simulated_subjects_are_named_as_such(monkeypatch: pytest.MonkeyPatch) -> None:
    """Whatever shows what a study found says whether its subjects are real."""
    real = {"models.heron.model": "real", "models.egret.model": "real"}

    assert checked({}, monkeypatch).title == "loopback (simulated subjects: no result)"
    assert checked(real, monkeypatch).title == "loopback"
