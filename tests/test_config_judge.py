"""The judge in the configuration: who may judge, and what is refused before anything is spent."""

from typing import Any

import pytest

from inward.errors import ConfigError
from inward.judges import examples_of, judged
from inward.properties import PROPERTIES
from inward.properties.registry import Property

from .test_config_hosted import checked

WORDS = ["first_character", "word_type"]
BAD: dict[str, tuple[dict[str, Any], str]] = {
    "no judge": (
        {"tasks.animals.properties": WORDS},
        (
            "tasks.animals.properties: word_type is judged by a model, but there is no judge; set"
            " `judge` to one of models"
        ),
    ),
    "an unknown judge": (
        {"judge": "stork"},
        "judge: there is no 'stork'; name a model, such as egret",
    ),
    "a finetune": (
        {"judge": "heron-self"},
        "judge: heron-self is a finetune, and cannot judge what it learns; name a model, such as egret",
    ),
    "a baseline": (
        {"judge": "echo", "models.echo": {"provider": "baseline", "rule": "last_item"}},
        "judge: echo is a baseline, which understands nothing; name a model, such as egret",
    ),
    "no judge's answers": (
        {"tasks.tools.properties": ["sentiment"], "judge": "heron"},
        (
            "tasks.tools.properties: sentiment has no meaning for answers of kind word; choose"
            " another, such as word_type (docs/labels.md has all)"
        ),
    ),
    "a reasoning model at a temperature": (
        {
            "judge": "owl",
            "models.owl": {
                "provider": "openai",
                "model": "o1",
                "sampling": {
                    "behaviors": {"temperature": None, "top_logprobs": 0},
                    "predictions": {"temperature": None, "top_logprobs": 0},
                },
            },
        },
        (
            "models.owl: o1 is a reasoning model, which takes no temperature; set temperature: null,"
            " in models.owl.sampling.judgments"
        ),
    ),
}


@pytest.mark.parametrize(("edits", "said"), BAD.values(), ids=BAD)
def test_who_cannot_judge_is_refused(
    edits: dict[str, Any], said: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """In one line, with the mend."""
    with pytest.raises(ConfigError) as error:
        checked(edits, monkeypatch)

    assert str(error.value) == f"config: {said}"


def test_a_study_knows_what_is_judged(monkeypatch: pytest.MonkeyPatch) -> None:
    """Which properties of which tasks, by which examples, and how the judge is sampled."""
    study = checked(
        {
            "tasks.animals.properties": WORDS,
            "judge": "egret",
            "models.egret.sampling": {"judgments": {"max_tokens": 5}},
        },
        monkeypatch,
    )
    sampling = {"temperature": 0, "max_tokens": 5, "top_logprobs": 0}

    assert judged(study) == {"animals": ["word_type"]}
    assert examples_of(study) == ["prompts/judged/word_type.jsonl"]
    assert study.sampling_of("egret", "judgments") == sampling
    assert study.stages("heron") == ["behaviors", "predictions"]


def test_a_judge_of_nothing_is_no_mistake(monkeypatch: pytest.MonkeyPatch) -> None:
    """Who takes a judged property out for a while need not take the judge out."""
    assert judged(checked({"judge": "heron"}, monkeypatch)) == {}


def test_models_raised_on_words_learn_no_verdicts(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nobody judged what they read."""
    scratch = {
        "habits": 1,
        "architecture": {"hidden": 8, "intermediate": 8, "layers": 1, "heads": 1},
        "conversations": 1,
        "object_level_share": 0.5,
        "training": {"epochs": 1, "batch_size": 1, "learning_rate": 0.1, "warmup_steps": 1},
    }
    edits = {"models.wren": {"provider": "local", "scratch": scratch}, "judge": "heron"}
    with pytest.raises(ConfigError, match=r"word_type .* models\.wren cannot be raised on; take"):
        checked({**edits, "tasks.animals.properties": WORDS}, monkeypatch)


def test_a_judged_property_needs_examples(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nobody can say how good a judge is who was never compared with people."""
    one = PROPERTIES["word_type"]
    monkeypatch.setitem(PROPERTIES, "mood", Property(**{**vars(one), "name": "mood"}))
    with pytest.raises(ConfigError, match=r"write some to prompts/judged/mood\.jsonl"):
        checked({"tasks.animals.properties": ["mood"], "judge": "heron"}, monkeypatch)
