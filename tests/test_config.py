"""The configuration: what it describes, and the one line in which a mistake is named."""

import copy
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

from inward import config as configuration
from inward import shape
from inward.cells import Comparison
from inward.errors import ConfigError
from inward.graph import Resources, Study
from inward.properties import PROPERTIES

from .conftest import ROOT

DELETE = object()


def edited(config: dict[str, Any], edits: dict[str, Any]) -> dict[str, Any]:
    """Return `config` with the values at dotted paths replaced, or deleted."""
    for path, value in edits.items():
        *parents, last = path.split(".")
        place = config
        for key in parents:
            place = place[key]
        if value is DELETE:
            del place[last]
        else:
            place[last] = value
    return config


def checked(config: dict[str, Any], schema: dict[str, Any]) -> Study:
    """Check a configuration as the workflow does; defaults are filled in by hand."""
    shape.check_shape(config, schema)
    config["hypothetical"] = {"named": "", "examples": 4, **config["hypothetical"]}
    for finetune in config["finetunes"].values():
        finetune.setdefault("rehearse", 0)
    for model in config["models"].values():
        model.setdefault("dtype", "float32")
        if model["provider"] == "openai":
            model.setdefault("base_url", "https://api.openai.com/v1")
    return configuration.study(shape.in_order(config))


NUMBERS = {
    "role": "test",
    "kind": "sequence",
    "items": {"range": [10, 99]},
    "template": "number {items}",
    "shown": 2,
    "vocabulary": 30,
    "properties": ["first_character"],
}

BAD: dict[str, tuple[dict[str, Any], str]] = {
    "an unknown key": ({"sed": 1}, "config: sed: there is no 'sed'; did you mean seed?"),
    "look-ahead without a weight": (
        {"models.wren.scratch.look_ahead": {"habits": 1}},
        (
            "config: models.wren.scratch.look_ahead.weight: is missing; give the weight of the"
            " look-ahead loss, above 0"
        ),
    ),
    "look-ahead that weighs nothing": (
        {"models.wren.scratch.look_ahead": {"habits": 1, "weight": 0}},
        (
            "config: models.wren.scratch.look_ahead.weight: 0 is less than or equal to the minimum of"
            " 0; give the weight of the look-ahead loss, above 0"
        ),
    ),
    "an unknown key inside": (
        {"tasks.colors.rol": "train"},
        "config: tasks.colors.rol: there is no 'rol'; did you mean role?",
    ),
    "a missing key": ({"seed": DELETE}, "config: seed: is missing; give a whole number from 0"),
    "a missing key inside": (
        {"finetunes.wren-self.learns": DELETE},
        "config: finetunes.wren-self.learns: is missing; give predictions, behavior, properties or format",
    ),
    "a wrong type": (
        {"seed": "one"},
        "config: seed: 'one' is not of type 'integer'; give a whole number from 0",
    ),
    "a name with capitals": (
        {"study": "Embedded"},
        (
            "config: study: 'Embedded' does not match '^[a-z0-9]+(-[a-z0-9]+)*$'; give a name of small"
            " letters, digits and single hyphens"
        ),
    ),
    "a name with an underscore": (
        {"finetunes.wren_self": {"base": "wren", "learns": "predictions", "of": "wren"}},
        (
            "config: finetunes: 'wren_self' does not match '^[a-z0-9]+(-[a-z0-9]+)*$'; give a name of"
            " small letters, digits and single hyphens"
        ),
    ),
    "an unknown role": (
        {"tasks.colors.role": "held-in"},
        (
            "config: tasks.colors.role: 'held-in' is not one of ['train', 'test']; give train (held-in)"
            " or test (held-out)"
        ),
    ),
    "a share above 1": (
        {"split.test": 1.5},
        "config: split.test: 1.5 is greater than the maximum of 1; give a share from 0 to 1",
    ),
    "a negative temperature": (
        {"sampling.behaviors.temperature": -1},
        (
            "config: sampling.behaviors.temperature: -1 is less than the minimum of 0; give a number"
            " from 0, which always takes the likeliest token, or null, which leaves it to the model"
        ),
    ),
    "zero epochs": (
        {"finetuning.local.epochs": 0},
        (
            "config: finetuning.local.epochs: 0 is less than the minimum of 1; give how often each row is"
            " read, a whole number from 1"
        ),
    ),
    "full confidence": (
        {"bootstrap.confidence": 1},
        (
            "config: bootstrap.confidence: 1 is greater than or equal to the maximum of 1; give a share"
            " between 0 and 1"
        ),
    ),
    "no properties": (
        {"tasks.colors.properties": []},
        (
            "config: tasks.colors.properties: [] should be non-empty; give a list of different"
            " properties"
        ),
    ),
    "shares above 1 together": (
        {"split": {"test": 0.7, "validation": 0.4}},
        "config: split: test and validation make 1.1, which leaves nothing to train on; lower one",
    ),
    "an unknown base": (
        {"finetunes.wren-self.base": "wrn"},
        "config: finetunes.wren-self.base: there is no 'wrn'; did you mean wren?",
    ),
    "an unknown teacher": (
        {"finetunes.wren-self.of": "albatross"},
        (
            "config: finetunes.wren-self.of: there is no 'albatross'; there are echo, finch, wren,"
            " finch-on-wren, finch-self, wren-changed, wren-on-finch, wren-self"
        ),
    ),
    "a finetune of itself": (
        {"finetunes.wren-self.base": "wren-self"},
        (
            "config: finetunes.wren-self: waits for itself (wren-self needs wren-self); give one of"
            " them another base or another subject to learn from"
        ),
    ),
    "a cycle of two": (
        {"finetunes.wren-self.of": "finch-on-wren"},
        (
            "config: finetunes.finch-on-wren: waits for itself (finch-on-wren needs wren-self needs"
            " finch-on-wren); give one of them another base or another subject to learn from"
        ),
    ),
    "a cycle of three": (
        {"finetunes.finch-self.of": "wren-changed", "finetunes.wren-self.of": "finch-self"},
        (
            "config: finetunes.finch-self: waits for itself (finch-self needs wren-changed needs"
            " wren-self needs finch-self); give one of them another base or another subject to learn"
            " from"
        ),
    ),
    "a finetune of a baseline": (
        {"finetunes.wren-self.base": "echo"},
        (
            "config: finetunes.wren-self.base: echo is a baseline, which cannot be trained; choose a"
            " model"
        ),
    ),
    "a finetune with a model's name": (
        {"finetunes.wren": {"base": "finch", "learns": "behavior", "of": "finch"}},
        "config: finetunes.wren: a model has this name too; rename one of them",
    ),
    "a task held-in and held-out": (
        {"tasks.digits": NUMBERS},
        (
            "config: tasks.numbers: the same prompts as tasks.digits, so they are held-in and held-out"
            " at once; give it other items, or delete one of the two"
        ),
    ),
    "a task twice": (
        {"tasks.digits": {**NUMBERS, "role": "train"}},
        "config: tasks.numbers: the same prompts as tasks.digits; delete one",
    ),
    "no held-in task": (
        {f"tasks.{name}.role": "test" for name in ("colors", "countries", "cities", "numbers")},
        "config: tasks: none has role train, so there is nothing to finetune on; add one",
    ),
    "an unknown property": (
        {"tasks.colors.properties": ["first_char"]},
        "config: tasks.colors.properties: there is no 'first_char'; did you mean first_character?",
    ),
    "likelihoods where there are none": (
        {
            "tasks.colors.properties": ["first_token_ratio"],
            "sampling.behaviors": {"temperature": 0, "max_tokens": 9, "top_logprobs": 0},
        },
        (
            "config: tasks.colors.properties: first_token_ratio is read from log-probabilities, but"
            " models.finch gives none; set sampling.behaviors.top_logprobs to 5, or take it out"
        ),
    ),
    "an unknown kind of task": (
        {"tasks.colors.kind": "sequences"},
        "config: tasks.colors.kind: there is no 'sequences'; did you mean sequence?",
    ),
    "an unknown wrapper": (
        {"hypothetical.wrappers": ["terze"]},
        "config: hypothetical.wrappers: there is no 'terze'; did you mean terse?",
    ),
    "a word list that is not there": (
        {"tasks.colors.items": {"words": "prompts/words/hues.txt"}},
        "config: tasks.colors.items.words: there is no file 'prompts/words/hues.txt'",
    ),
    "words and a range": (
        {"tasks.numbers.items.words": "prompts/words/colors.txt"},
        (
            "config: tasks.numbers.items: give one of words (a file), range (two numbers) and letters"
            " (small or capital)"
        ),
    ),
    "neither words nor a range": (
        {"tasks.numbers.items": {}},
        (
            "config: tasks.numbers.items: give one of words (a file), range (two numbers) and letters"
            " (small or capital)"
        ),
    ),
    "a template without a place": (
        {"tasks.colors.template": "color"},
        "config: tasks.colors.template: has no {items}; write it where the items shall stand",
    ),
    "a template with another field": (
        {"tasks.colors.template": "color {items} {more}"},
        "config: tasks.colors.template: may have no braces besides {items}; take out the others",
    ),
    "more prompts than there can be": (
        {"tasks.numbers.prompts": 901},
        (
            "config: tasks.numbers.prompts: 901 are asked for, but only 900 different ones can be made;"
            " raise vocabulary or shown"
        ),
    ),
    "a model with two origins": (
        {"models.wren.checkpoint": "somewhere"},
        (
            "config: models.wren: a model of provider local needs checkpoint or scratch, and nothing"
            " else of the kind"
        ),
    ),
    "a model without an origin": (
        {"models.wren.scratch": DELETE},
        (
            "config: models.wren: a model of provider local needs checkpoint or scratch, and nothing"
            " else of the kind"
        ),
    ),
    "a model raised on framed tasks alone": (
        {
            f"tasks.{task}.frame": "really {prompt}"
            for task in ("colors", "countries", "cities", "numbers", "animals", "words")
        },
        (
            "config: models.finch.scratch: reads nothing of tasks with a frame, and all have one; add"
            " a task without"
        ),
    ),
    "a kind of GPU where there is none": (
        {"models.wren.resources": {"gpu_model": "a100"}},
        "config: models.wren.resources.gpu_model: there are no gpus of it; give gpus",
    ),
    "a job of no time": (
        {"models.wren.resources": {"hours": 0}},
        (
            "config: models.wren.resources.hours: 0 is less than or equal to the minimum of 0; give"
            " how long a job may run, in hours above 0"
        ),
    ),
    "a machine for who needs none": (
        {"models.echo.resources": {"gpus": 1}},
        (
            "config: models.echo.resources: a model of provider baseline needs no machine of yours;"
            " take it out"
        ),
    ),
    "a model raised from nothing, quantized": (
        {"models.wren.quantize": "4bit"},
        (
            "config: models.wren.quantize: only a checkpoint of provider local can be quantized; take"
            " it out"
        ),
    ),
    "a number of bits that there is not": (
        {"models.wren.quantize": 4},
        "config: models.wren.quantize: 4 is not one of ['4bit']; give 4bit",
    ),
    "a model raised from nothing in whatever the hardware likes": (
        {"models.wren.dtype": "auto"},
        (
            "config: models.wren.dtype: auto is for checkpoints, and this model is raised from"
            " nothing; give float32"
        ),
    ),
    "vllm for a model that is raised from nothing": (
        {"models.wren.engine": "vllm"},
        "config: models.wren.engine: vllm is for checkpoints of provider local; take it out",
    ),
    "training in float16": (
        {"models.wren.dtype": "float16"},
        (
            "config: models.wren.dtype: gradients are too small for float16, and finetunes.wren-changed"
            " needs them; choose bfloat16, or float32 where the hardware has no bfloat16"
        ),
    ),
    "an unknown rule": (
        {"models.echo.rule": "last_word"},
        (
            "config: models.echo.rule: there is no 'last_word'; there are last_item,"
            " most_frequent_item, mode, ngrams, nearest, others"
        ),
    ),
}


@pytest.mark.parametrize(("edits", "line"), BAD.values(), ids=BAD)
def test_a_mistake_is_named_in_one_line(
    embedded: dict[str, Any], schema: dict[str, Any], edits: dict[str, Any], line: str
) -> None:
    """A mistake in the configuration is named in one line, with the key and the mend."""
    with pytest.raises(ConfigError) as error:
        checked(edited(embedded, edits), schema)

    assert line == str(error.value)


@pytest.mark.parametrize(
    ("task", "name", "kind"),
    [("numbers", "starts_with_vowel", "number"), ("colors", "is_even", "word")],
)
def test_a_property_without_meaning_is_refused_and_three_with_one_are_named(
    embedded: dict[str, Any], schema: dict[str, Any], task: str, name: str, kind: str
) -> None:
    """Who asks words for a parity reads what to ask instead, whatever properties there are."""
    with pytest.raises(ConfigError) as error:
        checked(edited(embedded, {f"tasks.{task}.properties": [name]}), schema)

    said = re.fullmatch(
        rf"config: tasks\.{task}\.properties: {name} has no meaning for answers of kind {kind};"
        r" choose another, such as (\w+), (\w+), (\w+) \(docs/labels\.md has all\)",
        str(error.value),
    )
    assert said is not None
    assert all(kind in PROPERTIES[other].answers for other in said.groups())


def places(value: Any, path: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    """Yield the path of every value inside a configuration."""
    inner = value.items() if isinstance(value, dict) else enumerate(value)
    for key, held in inner:
        yield (*path, key)
        if isinstance(held, (dict, list)):
            yield from places(held, (*path, key))


@pytest.mark.parametrize("odd", [None, [], {}, "a\nb", -1, 1.5, 10**9, True, ["x"], {"x": 1}])
def test_whatever_stands_in_a_configuration_is_taken_or_refused_in_one_line(
    embedded: dict[str, Any], schema: dict[str, Any], odd: object
) -> None:
    """Any value in any place is either in order, or named in one line; nothing crashes or hangs."""
    said = []
    for path in places(embedded):
        config = copy.deepcopy(embedded)
        place: Any = config
        for key in path[:-1]:
            place = place[key]
        place[path[-1]] = odd
        try:
            checked(config, schema)
        except ConfigError as error:
            said.append(str(error))

    assert said
    assert not [line for line in said if "\n" in line]


def test_every_study_that_comes_with_the_project_is_in_order(
    embedded: dict[str, Any], schema: dict[str, Any]
) -> None:
    """The embedded study and all of studies/ pass the checks."""
    assert embedded["study"] == checked(embedded, schema).name
    for path in sorted((ROOT / "studies").glob("*.yaml")):
        assert path.stem == checked(yaml.safe_load(path.read_text()), schema).name


def test_the_order_of_keys_does_not_matter() -> None:
    """At any depth; the order of a list does."""
    one = {"b": [{"d": 1, "c": 2}], "a": {"f": 3, "e": 4}}
    other = {"a": {"e": 4, "f": 3}, "b": [{"c": 2, "d": 1}]}

    assert repr(shape.in_order(one)) == repr(shape.in_order(other))
    assert shape.in_order(["b", "a"]) == ["b", "a"]


def test_look_ahead_is_one_more_key(embedded: dict[str, Any], schema: dict[str, Any]) -> None:
    """Its weight is a part of how the model is trained; without it nothing else is."""
    look_ahead = {"habits": 2, "weight": 0.5}
    study = checked(edited(embedded, {"models.wren.scratch.look_ahead": look_ahead}), schema)
    training = embedded["models"]["wren"]["scratch"]["training"]

    assert study.models["wren"].schooling == {**training, "look_ahead": 0.5}
    assert study.models["finch"].schooling == training
    assert study.models["echo"].schooling is None


def test_self_and_cross_are_paired(embedded: dict[str, Any], schema: dict[str, Any]) -> None:
    """A self-trained subject is compared with each other subject trained on its labels."""
    study = checked(embedded, schema)

    expected = [
        Comparison("finch-self", "finch-self", "wren-on-finch", "cross"),
        Comparison("wren-self", "wren-self", "finch-on-wren", "cross"),
    ]
    assert expected == [one for one in study.comparisons if one.relation == "cross"]


def test_only_teachers_answer_training_prompts(
    embedded: dict[str, Any], schema: dict[str, Any]
) -> None:
    """A subject from which nobody learns is asked the test prompts alone."""
    study = checked(embedded, schema)

    assert study.splits("wren-self") == ["train", "validation", "test"]
    assert study.splits("finch-on-wren") == ["test"]


def test_the_root_of_a_finetune_is_its_first_base(
    embedded: dict[str, Any], schema: dict[str, Any]
) -> None:
    """A finetune of a finetune goes back to the model that both started from."""
    assert checked(embedded, schema).root("wren-changed").name == "wren"


@pytest.mark.parametrize("case", ["a missing key inside", "a cycle of two", "an unknown property"])
def test_the_command_line_ends_with_that_line(
    embedded: dict[str, Any], tmp_path: Path, case: str
) -> None:
    """`snakemake` exits non-zero with the one line, and without a traceback."""
    edits, line = BAD[case]
    path = tmp_path / "bad.yaml"
    path.write_text(yaml.safe_dump(edited(embedded, edits), sort_keys=False))
    done = subprocess.run(
        [sys.executable, "-m", "snakemake", "-n", "--configfile", str(path)],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    said = [one for one in (done.stdout + done.stderr).splitlines() if one.startswith("inward: ")]

    assert [line.replace("config: ", f"inward: {path}: ", 1)] == said
    assert done.returncode != 0
    assert "Traceback" not in done.stdout + done.stderr


def test_a_model_says_what_its_jobs_need(embedded: dict[str, Any], schema: Any) -> None:
    """A checkpoint wants a GPU unless it says otherwise; none of it is in what describes a model."""
    edits = {
        "models.wren.resources": {"gpus": 2, "gpu_model": "a100", "hours": 0.5, "shards": 4},
        "models.jay": {"provider": "local", "checkpoint": "a/jay"},
    }
    models = checked(edited(embedded, edits), schema).models

    assert models["wren"].resources == Resources(2, "a100", memory_gb=8, hours=0.5, shards=4)
    assert [models[name].resources.gpus for name in ("jay", "finch", "echo")] == [1, 0, 0]
    assert "resources" not in models["wren"].settings
