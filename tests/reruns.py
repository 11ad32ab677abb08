"""Reruns: for each edit, which rules run again, and how many requests and trainings that causes.

The table of docs/reruns.md is `rows()`. The tests hold it against what Snakemake plans to run, and
against some real runs; this holds it against all of them, in ten minutes, and writes the page:

    python -m tests.reruns
"""

import re
import shutil
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import yaml

from inward.loopback.serve import Served, served

from .workshop import ROOT, Workshop

PAGE = ROOT / "docs/reruns.md"


def study(server: str) -> dict[str, Any]:
    """Return a study of two hosted models, of which each finetune learns from the first."""
    made: dict[str, Any] = yaml.safe_load((ROOT / "studies/loopback.yaml").read_text())
    made |= {"study": "small", "store": "store"}
    made["tasks"] = {
        name: {
            **made["tasks"][name],
            "vocabulary": 20,
            "properties": ["first_character", "starts_with_vowel"],
        }
        for name in ("colors", "animals")
    }
    heron = {**made["models"]["heron"], "base_url": server}
    made["models"] = {"heron": heron, "egret": {**heron, "model": "sim-egret"}}
    made["finetunes"] = {
        "heron-self": {"base": "heron", "learns": "predictions", "of": "heron"},
        "egret-on-heron": {"base": "egret", "learns": "predictions", "of": "heron-self"},
    }
    made["bootstrap"]["resamples"] = 100
    return made


class Reruns(Workshop):
    """A finished study of hosted models, in which one thing is edited at a time."""

    def __init__(self, root: Path, server: Served) -> None:
        super().__init__(root)
        self.server = server
        self.environment["LOOPBACK_KEY"] = "none-needed"
        self.study = study(server.openai)
        self.write(self.study)

    def write(self, config: dict[str, Any]) -> None:
        """Write the configuration."""
        (self.root / "config.yaml").write_text(yaml.safe_dump(config, sort_keys=False))

    def paid(self) -> tuple[int, int]:
        """Return how many answers and training jobs the server was paid for so far."""
        jobs = list(self.server.app.services["openai"].jobs)
        return len(self.server.app.answered), len(jobs)

    def caused(self, *targets: str) -> "Caused":
        """Run the study, or targets of it, and return what that took."""
        answers, jobs = self.paid()
        done = self.run(*targets)
        said = done.stdout + done.stderr
        assert done.returncode == 0, said[-3000:]
        after_answers, after_jobs = self.paid()
        rules = {
            rule: int(count)
            for rule, count in re.findall(r"^(\w+) +(\d+)$", said, re.MULTILINE)
            if rule not in {"total", "all", "prompts"}
        }
        return Caused(rules, after_answers - answers, after_jobs - jobs)


@dataclass(frozen=True)
class Caused:
    """What an edit causes: jobs by rule, requests sent, trainings started."""

    rules: dict[str, int]
    requests: int
    trainings: int


@dataclass(frozen=True)
class Edit:
    """Something that a researcher changes, and what it causes."""

    what: str
    make: Callable[[Reruns], None]
    causes: Caused


def configured(path: str, value: Any) -> Callable[[Reruns], None]:
    """Return the edit of one configuration key, at a path such as models.heron.deadline."""

    def make(reruns: Reruns) -> None:
        config = yaml.safe_load(yaml.safe_dump(reruns.study))
        *parents, last = path.split(".")
        place = config
        for key in parents:
            place = place[key]
        place[last] = value
        reruns.write(config)

    return make


def replaced(path: str, old: str, new: str) -> Callable[[Reruns], None]:
    """Return the edit that puts `new` in the place of `old` in a file."""

    def make(reruns: Reruns) -> None:
        text = (reruns.root / path).read_text()
        assert text.count(old) >= 1, f"{path} has no {old!r}"
        (reruns.root / path).write_text(text.replace(old, new, 1))

    return make


def touched(reruns: Reruns) -> None:
    """Touch every source and every input, as a fresh clone does."""
    for path in reruns.root.rglob("*"):
        if not {"results", "store", ".snakemake", "server"} & set(path.parts):
            path.touch()


def recloned(reruns: Reruns) -> None:
    """Lose Snakemake's own records besides."""
    touched(reruns)
    shutil.rmtree(reruns.root / ".snakemake")


def cosmetic(reruns: Reruns) -> None:
    """Order the configuration otherwise, with a comment."""
    text = yaml.safe_dump(reruns.study, sort_keys=True)
    (reruns.root / "config.yaml").write_text(f"# A comment.\n{text}")


def lost(path: str) -> Callable[[Reruns], None]:
    """Return the edit that deletes a file."""
    return lambda reruns: (reruns.results / path).unlink()


def renamed(reruns: Reruns) -> None:
    """Give a model another name."""
    config = yaml.safe_load(yaml.safe_dump(reruns.study).replace("egret-on", "stork-on"))
    config["models"]["stork"] = config["models"].pop("egret")
    config["finetunes"]["stork-on-heron"]["base"] = "stork"
    reruns.write(config)


NOTHING = Caused({}, 0, 0)
SCORES = {
    "draw_figure": 5,
    "draw_similarity": 1,
    "score": 1,
    "score_drift": 1,
    "score_generalization": 1,
    "score_interaction": 1,
    "score_own_target": 1,
    "score_pairs": 1,
    "score_power": 1,
    "write_headline": 1,
}
EVERYTHING = {
    "build_dataset": 2,
    "describe_model": 2,
    "read_labels": 4,
    "ask_behaviors": 4,
    "ask_predictions": 4,
    "submit_job": 2,
    "await_model": 2,
    "write_prompts": 2,
    **SCORES,
}


def without(*rules: str, **other: int) -> dict[str, int]:
    """Return everything but these rules, and with other counts for some."""
    return {rule: n for rule, n in {**EVERYTHING, **other}.items() if rule not in rules}


NUMBERS = {
    "role": "test",
    "kind": "sequence",
    "items": {"range": [10, 99]},
    "template": "number {items}",
    "shown": 2,
    "vocabulary": 20,
    "prompts": 20,
    "properties": ["first_character"],
}
OF_FINETUNE = {"read_labels": 1, "ask_behaviors": 1, "ask_predictions": 1, **SCORES}
# Of the second model, and of its finetune.
OF_EGRET = {
    "describe_model": 1,
    "read_labels": 2,
    "ask_behaviors": 2,
    "ask_predictions": 2,
    "submit_job": 1,
    "await_model": 1,
    **SCORES,
}
EDITS = [
    Edit("nothing", lambda _: None, NOTHING),
    Edit("every source and input touched, as by a fresh clone", touched, NOTHING),
    Edit("the same, and Snakemake's own records lost", recloned, Caused(EVERYTHING, 0, 0)),
    Edit("the configuration's keys in another order, and a comment", cosmetic, NOTHING),
    Edit(
        "a comment in a provider",
        replaced("scripts/inward/providers/hosted.py", "UNNEEDED =", "# A comment.\nUNNEEDED ="),
        NOTHING,
    ),
    Edit(
        "a docstring in the store",
        replaced("scripts/inward/store.py", '"""The response store:', '"""The store of responses:'),
        NOTHING,
    ),
    Edit(
        "a price",
        replaced("prices.yaml", "sim-heron: {input: 0.10", "sim-heron: {input: 0.11"),
        NOTHING,
    ),
    Edit(
        "a chart's color",
        replaced("scripts/inward/charts/theme.py", "#1f5fa8", "#1f5fa9"),
        Caused({"draw_figure": 5, "draw_similarity": 1, "write_headline": 1}, 0, 0),
    ),
    Edit(
        "a prompt added to the held-out task",
        configured("tasks.animals.prompts", 21),
        Caused(without("describe_model", write_prompts=1), 4 * (1 + 2), 0),
    ),
    Edit(
        "a prompt removed from the held-out task",
        configured("tasks.animals.prompts", 19),
        Caused(without("describe_model", write_prompts=1), 0, 0),
    ),
    Edit(
        "every prompt of the held-out task reworded",
        configured("tasks.animals.template", "Which animal comes next? {items}"),
        Caused(without("describe_model", write_prompts=1), 4 * 20 * (1 + 2), 0),
    ),
    Edit(
        "a held-out task added, of 20 prompts and one property",
        configured("tasks.numbers", NUMBERS),
        Caused(without("describe_model", write_prompts=1), 4 * 20 * (1 + 1), 0),
    ),
    Edit(
        "a property added to the held-out task",
        configured(
            "tasks.animals.properties", ["first_character", "starts_with_vowel", "last_character"]
        ),
        Caused(without("describe_model", "write_prompts", ask_behaviors=2), 4 * 20, 0),
    ),
    Edit(
        "a property's definition, which changes no value",
        replaced(
            "scripts/inward/properties/characters.py",
            "return character(response.text, 0)",
            "return character(response.text.strip(), 0)",
        ),
        Caused(without("write_prompts"), 0, 0),
    ),
    Edit(
        "one model's temperature for predictions",
        configured("models.egret.sampling", {"predictions": {"temperature": 1}}),
        Caused({"ask_predictions": 2, **SCORES}, 104, 0),
    ),
    Edit(
        "a way of asking added",
        configured("hypothetical.wrappers", ["supposed", "past"]),
        Caused({"ask_predictions": 4, **SCORES}, 208, 0),
    ),
    Edit(
        "one finetune's epochs",
        configured("finetunes.egret-on-heron.training", {"epochs": 2}),
        Caused({**OF_FINETUNE, "submit_job": 1, "await_model": 1}, 78, 1),
    ),
    Edit(
        "a finetune added",
        configured(
            "finetunes.egret-self", {"base": "egret", "learns": "predictions", "of": "egret"}
        ),
        Caused(
            {
                **OF_FINETUNE,
                "build_dataset": 1,
                "read_labels": 2,
                "ask_behaviors": 2,
                "submit_job": 1,
                "await_model": 1,
            },
            92,
            1,
        ),
    ),
    Edit("the seed", configured("seed", 2), Caused(without("describe_model"), 320, 2)),
    Edit(
        "the number of resamples",
        configured("bootstrap.resamples", 200),
        Caused(SCORES, 0, 0),
    ),
    Edit(
        "a model's alias",
        renamed,
        Caused({**OF_EGRET, "build_dataset": 1}, 0, 0),
    ),
    Edit("an intermediate deleted", lost("labels/heron/colors.parquet"), NOTHING),
]


def rows() -> list[str]:
    """Return the table of docs/reruns.md."""
    table = ["| edit | rules that run again | requests | trainings |", "| --- | --- | --- | --- |"]
    for edit in EDITS:
        rules = ", ".join(f"{rule} {n}" for rule, n in sorted(edit.causes.rules.items())) or "none"
        if edit.causes.rules == EVERYTHING:
            rules = "all"
        table.append(
            f"| {edit.what} | {rules} | {edit.causes.requests} | {edit.causes.trainings} |"
        )
    return table


@contextmanager
def finished_study(root: Path) -> Iterator[Reruns]:
    """Give a finished study in a folder, and its server."""
    with served(root / "server", training_seconds=0.2) as server:
        reruns = Reruns(root, server)
        assert reruns.caused().requests == 340
        yield reruns


@contextmanager
def put_back(reruns: Reruns) -> Iterator[None]:
    """Let the study be edited; afterwards all is as it was, but for the server."""
    with TemporaryDirectory() as folder:
        kept = Path(folder) / "kept"
        shutil.copytree(reruns.root, kept, ignore=shutil.ignore_patterns("server"))
        yield
        for path in reruns.root.iterdir():
            if path.name != "server":
                shutil.rmtree(path) if path.is_dir() else path.unlink()
        for path in kept.iterdir():
            shutil.move(path, reruns.root / path.name)


def main() -> None:
    """Make every edit, and run the study after each; end with 1 where the table is wrong."""
    wrong = 0
    with TemporaryDirectory() as folder, finished_study(Path(folder)) as reruns:
        for edit in EDITS:
            with put_back(reruns):
                edit.make(reruns)
                took = reruns.caused()
            wrong += took != edit.causes
            said = "as said" if took == edit.causes else f"NOT as said, but {took}"
            sys.stdout.write(f"{edit.what}: {said}\n")
    page = PAGE.read_text()
    PAGE.write_text(re.sub(r"(?m)^\|.*\n(?:\|.*\n)*", "\n".join([*rows(), ""]), page, count=1))
    sys.exit(min(wrong, 1))


if __name__ == "__main__":
    main()
