"""The study as a graph of tasks, subjects and finetunes."""

from dataclasses import dataclass
from typing import Any

from inward.cells import Comparison

HOSTED = ("openai", "together")
FETCHED_BY = ("url", "hub", "revision", "path", "sha256")  # what says which file it is
SIMULATED = "sim-"  # begins the names of models whose self-knowledge was chosen


@dataclass(frozen=True)
class Task:
    """A set of object-level prompts, held-in (role train) or held-out (role test)."""

    name: str
    role: str
    kind: str
    settings: dict[str, Any]
    properties: tuple[str, ...]


@dataclass(frozen=True)
class Model:
    """A base subject: a checkpoint, a tiny model raised from nothing, a server's, or a rule."""

    name: str
    provider: str
    settings: dict[str, Any]  # what its provider needs to know

    @property
    def checkpoint(self) -> str | None:
        """The folder or model ID of a checkpoint."""
        return self.settings.get("checkpoint")

    @property
    def scratch(self) -> dict[str, Any] | None:
        """How a model is raised from nothing."""
        return self.settings.get("scratch")

    @property
    def schooling(self) -> dict[str, Any] | None:
        """How a model raised from nothing is trained; with the weight of its look-ahead, if any."""
        if not self.scratch:
            return None
        ahead = self.scratch.get("look_ahead")
        return {**self.scratch["training"], **({"look_ahead": ahead["weight"]} if ahead else {})}

    @property
    def rule(self) -> str | None:
        """The rule by which a baseline answers."""
        return self.settings.get("rule")


@dataclass(frozen=True)
class Finetune:
    """A training run: a base subject, what it learns (predictions or behavior), and of whom."""

    name: str
    base: str
    learns: str
    of: str
    rehearse: float
    training: dict[str, Any]
    wrappers: tuple[str, ...] = ()  # how it is taught to predict; none: by the study's first


@dataclass(frozen=True)
class Study:
    """A whole configuration, checked."""

    name: str
    seed: int
    wrappers: tuple[str, ...]  # variants of wrappers that ask; the first is the one to look at
    sampling: dict[str, dict[str, Any]]  # of behaviors, predictions and judgments
    tasks: dict[str, Task]
    models: dict[str, Model]
    finetunes: dict[str, Finetune]
    judge: str | None = None  # the model that judges responses where no rule can read them

    @property
    def title(self) -> str:
        """The study's name, and whether what it shows is real, as every figure says it."""
        names = [str(model.settings.get("model", "")) for model in self.models.values()]
        simulated = any(name.startswith(SIMULATED) for name in names)
        return f"{self.name} (simulated subjects: no result)" if simulated else self.name

    @property
    def subjects(self) -> list[str]:
        """All that answer, base models first."""
        return [*self.models, *self.finetunes]

    @property
    def scratch_models(self) -> list[str]:
        """The models which the study raises from nothing."""
        return [name for name, model in self.models.items() if model.scratch]

    @property
    def given_models(self) -> list[str]:
        """The models which the study takes as they are: checkpoints and baselines."""
        return [name for name, model in self.models.items() if not model.scratch]

    @property
    def trained(self) -> list[str]:
        """All subjects that the study trains: models raised from nothing, and finetunes."""
        return [*self.scratch_models, *self.finetunes]

    @property
    def held_in(self) -> list[str]:
        """Names of the tasks whose prompts are trained on."""
        return [name for name, task in self.tasks.items() if task.role == "train"]

    @property
    def fetched(self) -> dict[str, dict[str, Any]]:
        """The sources that are fetched, by the digests and names under which they are kept."""
        sources = [task.settings.get("source", {}) for task in self.tasks.values()]
        return {
            "/".join(source["kept"].rsplit("/", maxsplit=2)[1:]): {
                key: source[key] for key in sorted({*FETCHED_BY} & set(source))
            }
            for source in sources
            if "kept" in source
        }

    @property
    def self_trained(self) -> dict[str, str]:
        """The finetunes that learn to predict their own base, with that base."""
        return {
            finetune.name: finetune.base
            for finetune in self.finetunes.values()
            if finetune.learns == "predictions" and finetune.of == finetune.base
        }

    @property
    def comparisons(self) -> list[Comparison]:
        """Each self-trained target with each other subject trained on its labels."""
        return [
            Comparison(target=own, self_predictor=own, cross_predictor=other.name)
            for own in self.self_trained
            for other in self.finetunes.values()
            if other.learns == "predictions" and other.of == own and other.base != own
        ]

    def taught_by(self, finetune: str) -> tuple[str, ...]:
        """Return the wrappers by which a finetune is taught to predict."""
        return self.finetunes[finetune].wrappers or self.wrappers[:1]

    def root(self, subject: str) -> Model:
        """Return the model that a subject was finetuned from, through all finetunes."""
        while subject in self.finetunes:
            subject = self.finetunes[subject].base
        return self.models[subject]

    def sampling_of(self, subject: str, stage: str) -> dict[str, Any]:
        """Return how a subject's behaviors, predictions or judgments are sampled."""
        own = self.root(subject).settings.get("sampling", {})
        return {**self.sampling[stage], **own.get(stage, {})}

    def stages(self, model: str) -> list[str]:
        """Return the stages at which a model is sampled."""
        return [stage for stage in self.sampling if stage != "judgments" or model == self.judge]

    def splits(self, subject: str) -> list[str]:
        """Return the splits where a subject's behavior is needed: all if others learn from it."""
        taught = any(
            subject == finetune.of or (finetune.rehearse and subject == finetune.base)
            for finetune in self.finetunes.values()
        )
        return ["train", "validation", "test"] if taught else ["test"]
