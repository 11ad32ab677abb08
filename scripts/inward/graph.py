"""The study as a graph of tasks, subjects and finetunes."""

from dataclasses import dataclass, replace
from typing import Any

from inward.cells import Comparison
from inward.randomness import seed_of
from inward.relations import comparisons, self_trained
from inward.rules import COPYING, LEARNT

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
class Resources:
    """What a job of a model needs of a machine; no result depends on it."""

    gpus: int = 0
    gpu_model: str | None = None  # as the cluster names it; None: whichever there is
    memory_gb: int = 8  # of main memory; more when a job is tried again
    hours: float = 2  # a job may run
    shards: int = 1  # jobs that share its sampling


@dataclass(frozen=True)
class Model:
    """A base subject: a checkpoint, a tiny model raised from nothing, a server's, or a rule."""

    name: str
    provider: str
    settings: dict[str, Any]  # what its provider needs to know
    resources: Resources = Resources()  # of its jobs and of its finetunes' jobs

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
    def simulated(self) -> bool:
        """Whether its self-knowledge was chosen, here or at a server that says so."""
        named = str(self.settings.get("model", ""))
        return self.provider == "simulated" or named.startswith(SIMULATED)

    @property
    def rule(self) -> str | None:
        """The rule by which a baseline answers."""
        return self.settings.get("rule")

    @property
    def of(self) -> tuple[str, ...]:
        """The subjects whose labels a baseline learns from."""
        named = self.settings.get("of", [])
        return (named,) if isinstance(named, str) else tuple(named)

    @property
    def behaves(self) -> bool:
        """Whether there is behavior of it; some baselines only predict."""
        return self.rule is None or self.rule in COPYING


@dataclass(frozen=True)
class Finetune:
    """A training run: a base subject, what it learns, and of whom; and what is other about it."""

    name: str
    base: str
    learns: str  # predictions, behavior, properties or format
    of: str
    rehearse: float
    training: dict[str, Any]
    wrappers: tuple[str, ...] = ()  # how it is taught to predict; none: by the study's first
    tasks: tuple[str, ...] = ()  # the held-in tasks it learns from; none: all
    properties: tuple[str, ...] = ()  # that it is asked about; none: all
    share: float = 1  # of the training prompts
    noise: float = 0  # the share of its labels that have changed places
    seed: int = 0  # 0 is the study's own
    actor: str = "self"  # who answers object-level prompts for it: self or base


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
    calibration: dict[str, Any] | None = None  # samples and temperature of draws, if any are drawn

    @property
    def note(self) -> str | None:
        """What is to be known before a number of this study is used, as every score table says."""
        simulated = any(model.simulated for model in self.models.values())
        return "simulated subjects: no result" if simulated else None

    @property
    def title(self) -> str:
        """The study's name, and whether what it shows is real, as every figure says it."""
        return f"{self.name} ({self.note})" if self.note else self.name

    @property
    def subjects(self) -> list[str]:
        """All that answer, base models first."""
        return [*self.models, *self.finetunes]

    @property
    def targets(self) -> list[str]:
        """The subjects that behave: all but baselines that only predict."""
        return [*(name for name, model in self.models.items() if model.behaves), *self.finetunes]

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
        """The finetunes that plainly learn to predict their own base, with that base."""
        return self_trained(self)

    @property
    def comparisons(self) -> list[Comparison]:
        """Each plainly self-trained target with each predictor that stands against it."""
        return comparisons(self)

    def learnt_tasks(self, finetune: str) -> list[str]:
        """Return the held-in tasks that a finetune learns from."""
        return [task for task in self.held_in if task in (self.finetunes[finetune].tasks or [task])]

    def learnt_properties(self, finetune: str) -> dict[str, list[str]]:
        """Return the properties that a finetune is asked about in each task it learns from."""
        chosen = self.finetunes[finetune].properties
        return {
            task: [name for name in self.tasks[task].properties if name in (chosen or [name])]
            for task in self.learnt_tasks(finetune)
        }

    def training_seed(self, trained: str) -> int:
        """Return the seed of a training run: the study's, or another where one is numbered."""
        finetune = self.finetunes.get(trained)
        scratch = {} if finetune else self.models[trained].scratch or {}
        number = finetune.seed if finetune else scratch.get("seed", 0)
        # No server takes a seed of more than 31 bits for granted.
        return seed_of(self.seed, "training", number) % 2**31 if number else self.seed

    def actor(self, subject: str) -> str:
        """Return who answers object-level prompts for a subject: itself, or its base."""
        while subject in self.finetunes and self.finetunes[subject].actor == "base":
            subject = self.finetunes[subject].base
        return subject

    def same_run(self, subject: str) -> str:
        """Return the first subject that the very same training run makes; most are alone."""
        finetune = self.finetunes.get(subject)
        if not finetune:
            return subject
        return next(
            other.name
            for other in self.finetunes.values()
            if replace(other, name="", actor="") == replace(finetune, name="", actor="")
        )

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
        ) or any(subject in model.of for model in self.models.values() if model.rule in LEARNT)
        return ["train", "validation", "test"] if taught else ["test"]
