"""The configuration as a graph of tasks, subjects and finetunes; nothing impossible gets past here.

The JSON Schema in schemas/config.schema.json checks the shape and fills in defaults. This module
checks what a schema cannot: names that lead nowhere, cycles, and questions that cannot be asked.
"""

from dataclasses import replace
from difflib import get_close_matches
from typing import Any

from inward.controls import check_baselines, check_lessons
from inward.draws import STAGES, drawn, pairs, properties_of_draws, sampling_of_draws
from inward.errors import ConfigError, unknown
from inward.graph import HOSTED, Finetune, Model, Study, Task
from inward.judges import check_judge
from inward.machine import resources
from inward.precision import check_precision
from inward.properties import PROPERTIES
from inward.providers.capabilities import REASONING, refusal
from inward.requests import Sampling
from inward.rules import RULES
from inward.shape import refused
from inward.siblings import with_siblings
from inward.tasks import KINDS
from inward.tasks.frame import FRAME, check_frame
from inward.tasks.source import is_fetched, kept_path
from inward.wrappers import check_wrappers

# What says where a model of a provider comes from.
ORIGINS = {
    "local": ("checkpoint", "scratch"),
    "openai": ("model",),
    "together": ("model",),
    "simulated": ("simulated",),
    "baseline": ("rule",),
}
EVERY_ORIGIN = {origin for origins in ORIGINS.values() for origin in origins}
OPENAI = "https://api.openai.com"
OF_EVERY_TASK = ("role", "kind", "properties")  # all else in a task is its kind's
# What a provider's finetunes may be told, and which of it they must.
TRAINING = {
    "local": {
        "epochs",
        "batch_size",
        "learning_rate",
        "warmup_steps",
        "lora_rank",
        "lora_alpha",
    },
    "openai": {"epochs", "batch_size", "learning_rate_multiplier"},
    "together": {
        "epochs",
        "batch_size",
        "learning_rate",
        "warmup_ratio",
        "lora_rank",
        "lora_alpha",
    },
    "simulated": set(),
}
HERE = ("local", "simulated")  # in this process, and without a server's defaults


def study(config: dict[str, Any], path: str = "config") -> Study:
    """Return the study that a configuration of the right form describes.

    Raises ConfigError with one line that names the key and the mend.
    """
    try:
        found = Study(
            name=config["study"],
            seed=config["seed"],
            wrappers=tuple(config["hypothetical"]["wrappers"]),
            sampling=config["sampling"],
            tasks={
                name: _task(name, raw, f"results/{config['study']}")
                for name, raw in config["tasks"].items()
            },
            models={name: _model(name, raw) for name, raw in config["models"].items()},
            finetunes=with_siblings(
                {name: _finetune(name, raw) for name, raw in config["finetunes"].items()},
                config["models"],
                config.get("training_seeds", 1),
            ),
            judge=config.get("judge"),
            calibration=config.get("calibration"),
        )
        _check_split(config["split"])
        _check_tasks(found)
        check_wrappers(found, config["hypothetical"]["named"])
        _check_models(found)
        _check_finetunes(found)
        check_precision(found)
        check_baselines(found)
        check_lessons(found)
        check_judge(found)
        found = replace(found, finetunes=_trained_so(found, config["finetuning"]))
        _check_requests(found)
        _check_draws(found)
    except ConfigError as error:
        raise ConfigError(f"{path}: {error}") from None
    return found


def _task(name: str, raw: dict[str, Any], results: str) -> Task:
    """Return a task, its settings checked; what it has fetched will lie below `results`."""
    where = f"tasks.{name}"
    if raw["kind"] not in KINDS:
        raise ConfigError(unknown(f"{where}.kind", raw["kind"], KINDS))
    kind = KINDS[raw["kind"]]
    settings = {key: raw[key] for key in raw if key not in OF_EVERY_TASK}
    known = {key: {"description": f"the {key} of the task"} for key in OF_EVERY_TASK}
    framed = {} if raw["kind"] == "released" else {"frame": FRAME}
    schema = {
        "properties": {**known, **framed, **kind.settings},
        "required": list(kind.required),
        "additionalProperties": False,
    }
    if problem := refused(raw, schema, ("tasks", name)):
        raise ConfigError(problem)
    kind.check(where, settings)
    check_frame(where, settings)
    if is_fetched(settings):
        settings["source"] = {**settings["source"], "kept": kept_path(settings["source"], results)}
    return Task(name, raw["role"], raw["kind"], settings, tuple(raw["properties"]))


def _model(name: str, raw: dict[str, Any]) -> Model:
    settings = {key: raw[key] for key in raw if key not in {"provider", "resources"}}
    if raw["provider"] in HOSTED and "model" in settings:
        settings.setdefault("limit", _limit(raw["base_url"], settings["model"]))
    return Model(name, raw["provider"], settings, resources(name, raw))


def _limit(base_url: str, model: str) -> str:
    """Return the name under which a server wants the longest answer, where nobody says."""
    as_openai = base_url.startswith(OPENAI) or REASONING.search(model)
    return "max_completion_tokens" if as_openai else "max_tokens"


def _finetune(name: str, raw: dict[str, Any]) -> Finetune:
    return Finetune(
        name=name,
        base=raw["base"],
        learns=raw["learns"],
        of=raw["of"],
        rehearse=raw["rehearse"],
        training=raw.get("training", {}),
        wrappers=tuple(raw.get("wrappers", ())),
        tasks=tuple(raw.get("tasks", ())),
        properties=tuple(raw.get("properties", ())),
        share=raw.get("share", 1),
        noise=raw.get("noise", 0),
        seed=raw.get("seed", 0),
        actor=raw.get("actor", "self"),
    )


def _check_split(shares: dict[str, float]) -> None:
    held_out = round(shares["test"] + shares["validation"], 6)
    if held_out >= 1:
        raise ConfigError(
            f"split: test and validation make {held_out:g}, which leaves nothing to train on;"
            " lower one"
        )


def _check_tasks(study: Study) -> None:
    for name, task in study.tasks.items():
        where = f"tasks.{name}"
        answers = KINDS[task.kind].answer_kind(task.settings)
        for wanted in task.properties:
            if wanted not in PROPERTIES:
                raise ConfigError(unknown(f"{where}.properties", wanted, PROPERTIES))
            if answers not in PROPERTIES[wanted].answers:
                raise ConfigError(
                    f"{where}.properties: {wanted} has no meaning for answers of kind {answers};"
                    f" choose another, such as {_fitting(wanted, answers)} (docs/labels.md has all)"
                )
    _check_apart(study)
    if not study.held_in and study.finetunes:
        raise ConfigError("tasks: none has role train, so there is nothing to finetune on; add one")


def _fitting(wanted: str, answers: str) -> str:
    """Return up to three properties that fit, of the form of `wanted` and named most like it."""
    fitting = [known for known in PROPERTIES.values() if answers in known.answers]
    alike = [known for known in fitting if known.form == PROPERTIES[wanted].form] or fitting
    names = sorted(known.name for known in alike)
    return ", ".join(get_close_matches(wanted, names, n=3, cutoff=0))


def _check_apart(study: Study) -> None:
    """Two tasks that make their prompts from the same items by the same template are one task."""
    seen: dict[str, Task] = {}
    for name, task in study.tasks.items():
        origin = {key: task.settings.get(key) for key in (*KINDS[task.kind].origin, "frame")}
        other = seen.setdefault(f"{task.kind} {origin}", task)
        if other is task:
            continue
        if other.role != task.role:
            raise ConfigError(
                f"tasks.{name}: the same prompts as tasks.{other.name}, so they are held-in and"
                " held-out at once; give it other items, or delete one of the two"
            )
        raise ConfigError(f"tasks.{name}: the same prompts as tasks.{other.name}; delete one")


def _check_models(study: Study) -> None:
    for name, model in study.models.items():
        given = sorted(EVERY_ORIGIN & set(model.settings))
        fitting = ORIGINS[model.provider]
        if len(given) != 1 or given[0] not in fitting:
            raise ConfigError(
                f"models.{name}: a model of provider {model.provider} needs"
                f" {' or '.join(fitting)}, and nothing else of the kind"
            )
        if model.rule and model.rule not in RULES:
            raise ConfigError(unknown(f"models.{name}.rule", model.rule, RULES))
        if model.scratch and any(task.kind != "sequence" for task in study.tasks.values()):
            raise ConfigError(f"models.{name}.scratch: can be raised on sequence tasks only")
        if model.scratch and all("frame" in task.settings for task in study.tasks.values()):
            raise ConfigError(
                f"models.{name}.scratch: reads nothing of tasks with a frame, and all have one; add"
                " a task without"
            )


def _check_finetunes(study: Study) -> None:
    for name, finetune in study.finetunes.items():
        if name in study.models:
            raise ConfigError(f"finetunes.{name}: a model has this name too; rename one of them")
        for key, subject in (("base", finetune.base), ("of", finetune.of)):
            if subject not in study.subjects:
                raise ConfigError(unknown(f"finetunes.{name}.{key}", subject, study.subjects))
        if finetune.base in study.models and study.models[finetune.base].rule:
            raise ConfigError(
                f"finetunes.{name}.base: {finetune.base} is a baseline, which cannot be trained;"
                " choose a model"
            )
        if finetune.of not in study.targets:
            raise ConfigError(
                f"finetunes.{name}.of: {finetune.of} only predicts, so there is nothing to learn of"
                " it; choose a model, or a baseline that behaves"
            )
    for name in study.finetunes:
        cycle = _cycle_from(name, study)
        if cycle:
            raise ConfigError(
                f"finetunes.{name}: waits for itself ({' needs '.join(cycle)}); give one of them"
                " another base or another subject to learn from"
            )


def _trained_so(study: Study, finetuning: dict[str, Any]) -> dict[str, Finetune]:
    """Return the finetunes with what their provider is told by default."""
    complete = {}
    for name, finetune in study.finetunes.items():
        provider = study.root(name).provider
        odd = sorted(set(finetune.training) - TRAINING[provider])
        if odd:
            raise ConfigError(
                f"finetunes.{name}.training.{odd[0]}: means nothing to provider {provider}; there"
                f" are {', '.join(sorted(TRAINING[provider])) or 'none'}"
            )
        once = {"epochs": 1} if provider in HOSTED else {}
        if provider == "together" and "project" not in study.root(name).settings:
            raise ConfigError(
                f"models.{study.root(name).name}.project: is missing, but finetunes.{name} is"
                " served in one; give its ID"
            )
        training = {**once, **finetuning.get(provider, {}), **finetune.training}
        lost = sorted(TRAINING[provider] - set(training)) if provider == "local" else []
        if lost:
            raise ConfigError(
                f"finetuning.local.{lost[0]}: is missing, and finetunes.{name} needs it; give it"
            )
        complete[name] = replace(finetune, training=training)
    return complete


def _check_requests(study: Study) -> None:
    """Refuse what a hosted model is known not to do, before anything is spent."""
    for name, model in study.models.items():
        for stage in study.stages(name):
            sampling = Sampling(**study.sampling_of(name, stage))
            if model.provider in HERE and sampling.temperature is None:
                raise ConfigError(
                    f"models.{name}: a {model.provider} model needs a temperature; set it in"
                    f" sampling.{stage}"
                )
            if stage == "behaviors" and not sampling.top_logprobs:
                _check_blind(study, name)
            if model.provider not in HOSTED:
                continue
            settings = model.settings
            why_not = refusal(model.provider, settings["model"], settings["limit"], sampling)
            if why_not:
                raise ConfigError(f"models.{name}: {why_not}, in models.{name}.sampling.{stage}")


def _check_draws(study: Study) -> None:
    """Refuse a calibration that has nothing to compare, or asks what a hosted model does not do."""
    if study.calibration is not None and not pairs(study):
        raise ConfigError(
            "calibration: no finetune learns to predict its own base, so there is nothing to hold"
            " draws against; add one to finetunes, or take calibration out"
        )
    if pairs(study) and not properties_of_draws(study):
        raise ConfigError(
            "calibration: all properties are judged by a model, and draws are not; add another"
            " property to a task, or take calibration out"
        )
    for stage in STAGES:
        for subject in drawn(study, stage):
            root = study.root(subject)
            sampling = Sampling(**sampling_of_draws(study, subject, stage))
            if root.provider == "local" and sampling.temperature is None:
                raise ConfigError(
                    f"calibration.temperature: models.{root.name} is a local model, which needs"
                    " one; give a number above 0"
                )
            if root.provider not in HOSTED:
                continue
            why_not = refusal(
                root.provider, root.settings["model"], root.settings["limit"], sampling
            )
            if why_not:
                raise ConfigError(f"calibration: models.{root.name}: {why_not}")


def _check_blind(study: Study, name: str) -> None:
    """Refuse properties of likelihoods where a model's behaviors come without any."""
    for task in study.tasks.values():
        blind = [p for p in task.properties if "log-probabilities" in PROPERTIES[p].reads]
        if blind and not study.models[name].rule:
            raise ConfigError(
                f"tasks.{task.name}.properties: {blind[0]} is read from log-probabilities, but"
                f" models.{name} gives none; set sampling.behaviors.top_logprobs to 5, or take it"
                " out"
            )


def _cycle_from(name: str, study: Study) -> list[str] | None:
    """Return the way from a finetune back to itself, or None where there is none."""
    ways = [[name]]
    seen = set()
    while ways:
        way = ways.pop()
        finetune = study.finetunes.get(way[-1])
        for needed in (finetune.base, finetune.of) if finetune else ():
            if needed == name:
                return [*way, name]
            if needed not in seen:
                seen.add(needed)
                ways.append([*way, needed])
    return None
