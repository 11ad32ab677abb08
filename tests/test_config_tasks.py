"""The configuration of tasks of all kinds: what is taken, and the line in which a mistake is named."""

import json
from pathlib import Path
from typing import Any

import pytest

from inward.errors import ConfigError
from inward.tasks import KINDS

from .test_config import checked

SHA256 = "0123456789abcdef" * 4
REVISION = "0" * 40
URL = "https://example.org/data/birds.jsonl?download=true"
TEMPLATE = "{question}\n{options}"


def task(kind: str, **settings: Any) -> dict[str, Any]:
    """Return a held-out task of a kind."""
    return {"role": "test", "kind": kind, "properties": ["first_character"], **settings}


def sourced(kind: str = "text", template: str | None = None, **source: Any) -> dict[str, Any]:
    """Return a task of words with this source."""
    more: dict[str, Any] = {"answers": "word"} if kind in {"text", "released"} else {}
    if template or kind in {"choice", "perturbed"}:
        more["template"] = template or TEMPLATE
    if kind == "perturbed":
        more["perturbations"] = ["hint"]
    return task(kind, source=source, **more)


@pytest.fixture
def study(embedded: dict[str, Any], tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Any:
    """Return a configuration of one baseline, in a folder with a few files of prompts."""
    monkeypatch.chdir(tmp_path)
    for name in ("birds.jsonl", "birds.txt", "fish_long_first_character.jsonl"):
        Path(name).write_text('{"text": "a"}\n')
    Path("fish_long_odd.jsonl").write_text(json.dumps({"original_dataset": "fish_long"}) + "\n")
    Path("broken").mkdir()
    Path("broken/fish_long_odd.jsonl").write_text("{\n")
    baseline = {"echo": {"provider": "baseline", "rule": "last_item"}}
    return embedded | {"models": baseline, "finetunes": {}, "tasks": {}}


GOOD = {
    "a file": (sourced(file="birds.jsonl"), ["birds.jsonl"]),
    "two files": (sourced(file=["birds.jsonl", "fish_long_odd.jsonl"]), None),
    "an address": (sourced(url=URL, sha256=SHA256), [f"sources/{SHA256}/birds.jsonl"]),
    "the hub": (
        sourced("choice", hub="a/b", revision=REVISION, path="c/d.parquet", sha256=SHA256),
        [f"sources/{SHA256}/d.parquet"],
    ),
    "opinions": (
        {
            **sourced("perturbed", url=URL, sha256=SHA256),
            "perturbations": ["none", "opinion"],
            "opinions": "birds.jsonl",
        },
        [f"sources/{SHA256}/birds.jsonl", "birds.jsonl"],
    ),
    "a release": (
        sourced("released", release="fish_long_odd.jsonl", dataset="fish_long"),
        ["fish_long_odd.jsonl"],
    ),
}


@pytest.mark.parametrize(("one", "files"), GOOD.values(), ids=GOOD)
def test_every_file_that_a_task_reads_is_known(
    study: dict[str, Any],
    schema: dict[str, Any],
    monkeypatch: pytest.MonkeyPatch,
    one: dict[str, Any],
    files: list[str] | None,
) -> None:
    """Those that are there, and those that will be fetched, below the study's results."""
    monkeypatch.setattr(
        "inward.config._check_tasks", lambda _: None
    )  # other properties fit choices
    found = checked(study | {"tasks": {"birds": one}}, schema)
    settings = found.tasks["birds"].settings
    named = KINDS[one["kind"]].files(settings)

    assert [path.removeprefix("results/embedded/") for path in named] == (
        files or one["source"]["file"]
    )
    assert [f"sources/{name}" for name in found.fetched] == [
        path for path in files or [] if path.startswith("sources/")
    ]


def test_what_is_fetched_is_known_by_its_digest(
    study: dict[str, Any], schema: dict[str, Any]
) -> None:
    """Two tasks with the same file fetch it once, and nothing else of a source is asked for."""
    one = sourced(url=URL, sha256=SHA256, columns={"text": "a"})
    tasks = {"a": one, "b": {**one, "template": "Say more: {text}"}}

    assert checked(study | {"tasks": tasks}, schema).fetched == {
        f"{SHA256}/birds.jsonl": {"url": URL, "sha256": SHA256}
    }


BAD: dict[str, tuple[dict[str, Any], str]] = {
    "a setting of another kind": (
        {**sourced(file="birds.jsonl"), "shown": 2},
        (
            "shown: there is no 'shown'; there are role, kind, properties, frame, source, template,"
            " answers, prompts"
        ),
    ),
    "no source": (
        task("text"),
        "source: is missing; give a source: file, url or hub, and form or columns",
    ),
    "no place": (sourced(form="rows"), "source: give one of file, url, hub"),
    "two places": (
        sourced(file="birds.jsonl", url=URL, sha256=SHA256),
        "source: give one of file, url, hub",
    ),
    "columns beside the source": (
        {**sourced(file="birds.jsonl"), "columns": {"text": "a"}},
        "columns: there is no 'columns' here; write it within source",
    ),
    "a file that is not there": (
        sourced(file="bird.jsonl"),
        "source.file: there is no file 'bird.jsonl'",
    ),
    "a file of an unknown form": (
        sourced(file="birds.txt"),
        (
            "source: 'birds.txt' does not end with .jsonl or .csv or .parquet, as the form rows"
            " does; convert it, or rename it"
        ),
    ),
    "a form that others write otherwise": (
        sourced("choice", file="birds.csv", form="arc"),
        (
            "source: 'birds.csv' does not end with .jsonl or .parquet, as the form arc does;"
            " convert it, or rename it"
        ),
    ),
    "columns of a form": (
        sourced("choice", file="birds.jsonl", form="arc", columns={"text": "a"}),
        "source.columns: the form arc has its own columns; take it out",
    ),
    "an unknown column": (
        sourced(file="birds.jsonl", columns={"txt": "a"}),
        "source.columns.txt: there is no 'txt'; did you mean text?",
    ),
    "an address without a digest": (
        sourced(url=URL),
        "source.sha256: is missing; give the file's SHA-256, 64 hexadecimal digits",
    ),
    "a digest of another length": (
        sourced(url=URL, sha256="abc"),
        (
            "source.sha256: 'abc' does not match '^[0-9a-f]{64}$'; give the file's SHA-256, 64"
            " hexadecimal digits"
        ),
    ),
    "an address with a password": (
        sourced(url="https://me:secret@example.org/birds.jsonl", sha256=SHA256),
        "source.url: holds a name or a password; take them out",
    ),
    "an address without a name": (
        sourced(url="https://example.org/%2e.jsonl", sha256=SHA256),
        "source: '%2e.jsonl' is no name for a file; choose another address",
    ),
    "a branch of the hub": (
        sourced(hub="a/b", revision="main", path="c.csv", sha256=SHA256),
        (
            "source.revision: 'main' does not match '^[0-9a-f]{40}$'; give the data set's commit, 40"
            " hexadecimal digits"
        ),
    ),
    "a digest of a file": (
        sourced(file="birds.jsonl", sha256=SHA256),
        "source.sha256: means nothing beside file; take it out",
    ),
    "a text without a place": (
        sourced(template="Go on.", file="birds.jsonl"),
        "template: has no {text}; write it where the text shall stand",
    ),
    "a choice without options": (
        sourced("choice", "{question}", file="birds.jsonl"),
        "template: has no {options}; write it where the options shall stand",
    ),
    "a choice with another field": (
        sourced("choice", "{question} {options} {more}", file="birds.jsonl"),
        "template: may have no braces besides {question} and {options}; take out the others",
    ),
    "options that are inside already": (
        sourced("choice", file="birds.jsonl", form="model-written"),
        ("template: has {options}, but model-written questions have them inside; take it out"),
    ),
    "an unknown perturbation": (
        {**sourced("perturbed", file="birds.jsonl"), "perturbations": ["bribe"]},
        (
            "perturbations.0: 'bribe' is not one of ['none', 'are-you-sure', 'hint', 'opinion'];"
            " give one of none, are-you-sure, hint, opinion"
        ),
    ),
    "opinions that are not there": (
        {**sourced("perturbed", file="birds.jsonl"), "perturbations": ["opinion"]},
        "opinions: is missing; give a JSONL file with a text a line",
    ),
    "opinions for nothing": (
        {**sourced("perturbed", file="birds.jsonl"), "opinions": "birds.jsonl"},
        "opinions: none is asked for; add opinion to perturbations",
    ),
    "a release that is not there": (
        sourced("released", release="fish", dataset="fish_long"),
        "source.release: there is no file or folder 'fish'",
    ),
    "a dataset that is not there": (
        sourced("released", release=".", dataset="birds_long"),
        "source.dataset: there is no file birds_long_*.jsonl; give the name of another dataset",
    ),
    "a release that is broken": (
        sourced("released", release="broken", dataset="fish_long"),
        (
            "source.release: broken/fish_long_odd.jsonl, line 1: not JSON (Expecting property name"
            " enclosed in double quotes at character 2); mend or delete the line"
        ),
    ),
    "a release without a dataset": (
        sourced("released", release="."),
        "source.dataset: is missing; give the name of a dataset, such as animals_long",
    ),
    "an unknown kind of answer": (
        {**sourced(file="birds.jsonl"), "answers": "words"},
        (
            "answers: 'words' is not one of ['word', 'number', 'letter', 'items', 'text',"
            " 'option']; give what a compliant answer is: word, number, letter, items, text, option"
        ),
    ),
    "three items": (
        task(
            "sequence",
            items={"letters": "small"},
            template="{items}",
            shown=2,
            vocabulary=9,
            asks=3,
        ),
        "asks: 3 is not one of [1, 5]; give how many items the template asks for, 1 or 5",
    ),
}


@pytest.mark.parametrize(("one", "said"), BAD.values(), ids=BAD)
def test_a_mistake_in_a_task_is_named_in_one_line(
    study: dict[str, Any], schema: dict[str, Any], one: dict[str, Any], said: str
) -> None:
    """With the key and the mend, when the configuration is read."""
    with pytest.raises(ConfigError) as error:
        checked(study | {"tasks": {"birds": one}}, schema)

    assert str(error.value) == f"config: tasks.birds.{said}"


def test_the_released_wrapper_wants_released_tasks(
    study: dict[str, Any], schema: dict[str, Any]
) -> None:
    """And asks only what came with them."""
    wrapped = study | {"hypothetical": {"wrappers": ["released"]}}
    path = "fish_long_first_character.jsonl"
    fish = sourced("released", release=path, dataset="fish_long")

    assert checked(wrapped | {"tasks": {"fish": fish}}, schema).tasks["fish"].kind == "released"
    with pytest.raises(
        ConfigError, match=r"tasks.fish.properties: there is no 'first_word'; there"
    ):
        checked(wrapped | {"tasks": {"fish": {**fish, "properties": ["first_word"]}}}, schema)
    with pytest.raises(
        ConfigError, match=r"released has no questions for tasks.birds, which is of"
    ):
        checked(wrapped | {"tasks": {"birds": sourced(file="birds.jsonl")}}, schema)


def test_the_same_source_is_the_same_task(study: dict[str, Any], schema: dict[str, Any]) -> None:
    """Under another template it is another."""
    one = sourced(file="birds.jsonl")
    other = {**one, "template": "Go on: {text}", "role": "train"}

    assert len(checked(study | {"tasks": {"a": one, "b": other}}, schema).tasks) == 2
    with pytest.raises(ConfigError, match=r"tasks.b: the same prompts as tasks.a; delete one"):
        checked(study | {"tasks": {"a": one, "b": one}}, schema)


@pytest.mark.parametrize("odd", [None, [], {}, "a\nb", -1, 1.5, 10**9, True, ["x"], {"x": 1}])
def test_whatever_stands_in_a_task_is_taken_or_refused_in_one_line(
    study: dict[str, Any], schema: dict[str, Any], odd: object
) -> None:
    """Any value in any place of any kind's settings; nothing crashes."""
    said = []
    for good, _ in GOOD.values():
        for key in good:
            places = [{**good, key: odd}]
            if isinstance(good[key], dict):
                places += [{**good, key: {**good[key], inner: odd}} for inner in good[key]]
            for one in places:
                try:
                    checked(study | {"tasks": {"birds": one}}, schema)
                except ConfigError as error:
                    said.append(str(error))

    assert said
    assert not [line for line in said if "\n" in line]
