"""Reruns: for each edit, which rules run again, and how many requests and trainings that causes.

docs/reruns.md is written from this table: `PYTHONPATH=scripts python -m tests.reruns`.
"""

import re
import shutil
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from inward.loopback.serve import Served

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

    def caused(self) -> "Caused":
        """Run the study, and return what that took."""
        answers, jobs = self.paid()
        done = self.run()
        said = done.stdout + done.stderr
        assert done.returncode == 0, said[-3000:]
        after_answers, after_jobs = self.paid()
        rules = {
            rule: int(count)
            for rule, count in re.findall(r"^(\w+) +(\d+)$", said, re.MULTILINE)
            if rule not in {"total", "all"}
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


def configured(**changes: Any) -> Callable[[Reruns], None]:
    """Return the edit of configuration keys at paths such as models__heron__deadline."""

    def make(reruns: Reruns) -> None:
        config = yaml.safe_load(yaml.safe_dump(reruns.study))
        for path, value in changes.items():
            *parents, last = path.split("__")
            place = config
            for key in parents:
                place = place[key.replace("_to_", "-")]
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


def added(reruns: Reruns) -> None:
    """Add a finetune."""
    more = {"egret-self": {"base": "egret", "learns": "predictions", "of": "egret"}}
    configured(finetunes={**reruns.study["finetunes"], **more})(reruns)


NOTHING = Caused({}, 0, 0)
