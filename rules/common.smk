"""What all stages share: the checked study, and what a rule may ask of it.

needs  the configuration
makes  nothing
"""

import sys
from math import ceil
from pathlib import Path

from snakemake.utils import validate

ROOT = Path(workflow.basedir)
COPIES = Path(".snakemake/sources")
sys.path.insert(0, str(ROOT / "scripts"))

from inward import arms, shape
from inward import config as configuration
from inward.draws import STAGES, drawn, pairs, properties_of_draws, sampling_of_draws
from inward.errors import ConfigError
from inward.files import read_json
from inward.graph import HOSTED
from inward.hypotheticals import teacher
from inward.judges import examples_of, judged
from inward.kinship import kinship
from inward.rules import LEARNT
from inward.sources import import_first, stripped_copies
from inward.tasks import KINDS

import_first(ROOT / "scripts")

CONFIGFILE = str(workflow.configfiles[-1])

try:
    shape.check_shape(
        config, read_json(ROOT / "schemas/config.schema.json"), CONFIGFILE
    )
    validate(config, "../schemas/config.schema.json")
    config = shape.in_order(config)
    study = configuration.study(config, CONFIGFILE)
except ConfigError as error:
    sys.exit(f"inward: {error}")

EXPERIMENTS = {
    "own_target": arms.taught_of_another(study),
    "change": arms.changes(study),
    "scaling": arms.shares(study),
    "generalization": arms.taught_alike(study),
    "drift": arms.moved(study),
    "seeds": arms.of_several_seeds(study),
}
DRAWN_FROM = {
    "self-cross": [one for one in study.comparisons if one.relation == "cross"],
    "matrix": study.subjects,
    "before-after": study.self_trained,
    "own-target": EXPERIMENTS["own_target"],
    "change": EXPERIMENTS["change"],
    "scaling": EXPERIMENTS["scaling"],
    "drift": EXPERIMENTS["drift"],
}
FIGURES = [figure for figure, there in DRAWN_FROM.items() if there]
JUDGED = judged(study)
CALIBRATED = pairs(study)
DRAWN = properties_of_draws(study)
SCORES = [
    *("items", "accuracy", "advantage", "interaction"),
    *("pairs", "similarity", "power"),
    *(["agreement"] if JUDGED else []),
    *(table for table, there in EXPERIMENTS.items() if there),
    *(["calibration", "calibration_bins"] if CALIBRATED else []),
]
# Whom this machine, or a node of a cluster, samples and trains; all others are asked elsewhere.
HERE = [name for name in study.subjects if study.root(name).provider == "local"]
ELSEWHERE = [name for name in study.subjects if name not in HERE]
# Their answers are fetched by several jobs, and then only read from the store.
SHARDED = [name for name in HERE if study.root(name).resources.shards > 1]
COMPARABLE = [name for name in study.targets if not study.root(name).rule]
PICTURES = [
    *FIGURES,
    *(["similarity"] if len(COMPARABLE) > 1 else []),
    *(["calibration"] if CALIBRATED else []),
]
PROPERTIES = {name: list(task.properties) for name, task in study.tasks.items()}
# Models raised from nothing never read a framed prompt: what they say to one is their own affair.
WORLD = {
    name: {"settings": task.settings, "properties": task.properties}
    for name, task in study.tasks.items()
    if "frame" not in task.settings
}


pathvars:
    results=f"results/{study.name}",


wildcard_constraints:
    task="|".join(study.tasks),
    subject="|".join(study.subjects),
    finetune="|".join(study.finetunes) or "none",
    scratch="|".join(study.scratch_models) or "none",
    trained="|".join(study.trained) or "none",
    given="|".join(study.given_models) or "none",
    figure="|".join(FIGURES),


def code(script):
    """Return every source file of this project that a script reaches, comments taken out."""
    return list(map(str, stripped_copies(ROOT / "scripts" / script, ROOT, COPIES)))


def workflow_files():
    """Return the files that hold this workflow's rules."""
    return [str(path.relative_to(ROOT)) for path in sorted(ROOT.glob("rules/*.smk"))]


def of_tasks(pattern, tasks=None):
    """Return a path for each task, or for each of `tasks`; {task} is the only wildcard filled in."""
    return [pattern.replace("{task}", task) for task in tasks or study.tasks]


def base_model(trained):
    """Return the record of the subject that training starts from, or nothing."""
    finetune = study.finetunes.get(trained)
    return f"<results>/models/{finetune.base}.json" if finetune else []


def architecture(trained):
    """Return the architecture of a model raised from nothing, or nothing."""
    return (
        None
        if trained in study.finetunes
        else study.models[trained].scratch["architecture"]
    )


def hyperparameters(trained):
    """Return how a subject is trained."""
    finetune = study.finetunes.get(trained)
    return finetune.training if finetune else study.models[trained].schooling


def world_of(model):
    """Return how a model is raised, but for its seed: what it reads is the same with each."""
    return {key: value for key, value in model.scratch.items() if key != "seed"}


def lessons(finetune):
    """Return the tables that a finetune learns from."""
    stage = "behaviors" if finetune.learns == "behavior" else "labels"
    return of_tasks(
        f"<results>/{stage}/{finetune.of}/{{task}}.parquet",
        study.learnt_tasks(finetune.name),
    )


def shown_in(finetune):
    """Return the behaviors that a finetune is shown with its lessons, if it is."""
    pattern = f"<results>/behaviors/{finetune.of}/{{task}}.parquet"
    sees = finetune.learns == "properties"
    return of_tasks(pattern, study.learnt_tasks(finetune.name)) if sees else []


def rehearsed(finetune):
    """Return the behaviors that a finetune rehearses, if it does."""
    pattern = f"<results>/behaviors/{finetune.base}/{{task}}.parquet"
    tasks = study.learnt_tasks(finetune.name)
    return of_tasks(pattern, tasks) if finetune.rehearse else []


def of_drawn(folder, stage):
    """Return the tables in a folder of all subjects of which behaviors or predictions are drawn."""
    return [
        path
        for subject in drawn(study, stage)
        for path in of_tasks(f"<results>/{folder}/{subject}/{{task}}.parquet", DRAWN)
    ]


def shown_to(subject, wrappers):
    """Return the labels from which a subject is shown examples before it is asked.

    Who only predicts has no behavior to show, and reads no examples.
    """
    if subject not in study.targets:
        return []
    teachers = {teacher(wrapper, subject) for wrapper in wrappers} - {None}
    return [
        path
        for name in sorted(teachers)
        for path in of_tasks(f"<results>/labels/{name}/{{task}}.parquet")
    ]


def learnt_by(subject):
    """Return the labels that a baseline predicts from, if it does."""
    model = study.models.get(subject)
    if model is None or model.behaves:
        return []
    tasks = study.held_in if model.rule in LEARNT else study.tasks
    return [
        path
        for name in model.of
        for path in of_tasks(f"<results>/labels/{name}/{{task}}.parquet", tasks)
    ]


def describable(model):
    """Return what the record of a model says of it.

    How it is sampled is left out: each stage has that among its own parameters, so that the other
    stages do not run again for it.
    """
    settings = {
        key: value for key, value in model.settings.items() if key != "sampling"
    }
    return {"provider": model.provider, **settings}


def machine(model):
    """Return what a plan of GPU hours has to know of a model, or nothing: of a local checkpoint."""
    if not model.checkpoint:
        return None
    return {
        "root": model.name,
        "checkpoint": model.checkpoint,
        "dtype": model.settings["dtype"],
        "quantize": model.settings.get("quantize"),
        "engine": model.settings.get("engine"),
        "gpus": model.resources.gpus,
        "gpu_model": model.resources.gpu_model,
    }


def plannable(subject):
    """Return what a plan has to know of a subject."""
    root, finetune = study.root(subject), study.finetunes.get(subject)
    actor, known = study.actor(subject), finetune is None and (
        hosted(subject) or root.rule
    )
    return {
        "name": subject,
        "provider": root.provider,
        "model": root.settings.get("model"),
        "base_url": root.settings.get("base_url"),
        "record": describable(root) if known else None,
        "machine": machine(root),
        "behaves": subject in study.targets,
        "actor": actor,
        "run": study.same_run(subject),
        "splits": study.splits(subject),
        "sampling": {
            **{
                stage: study.sampling_of(subject, stage) for stage in config["sampling"]
            },
            **{
                f"draws of {stage}": sampling_of_draws(study, subject, stage)
                for stage in STAGES
                if subject in drawn(study, stage)
            },
        },
        "learns": finetune.learns if finetune else None,
        "rehearse": finetune.rehearse if finetune else 0,
        "training": finetune.training if finetune else {},
        "share": finetune.share if finetune else 1,
        "lessons": study.learnt_properties(subject) if finetune else {},
        "taught_by": study.taught_by(subject) if finetune else (),
    }


def environment(subject):
    """Return the conda environment in which a subject is trained and sampled."""
    kind = {"local": "local", "openai": "hosted", "together": "hosted"}
    return f"../envs/{kind.get(study.root(subject).provider, 'pipeline')}.yaml"


def hosted(subject):
    """Return whether a subject is trained and sampled at a server."""
    return study.root(subject).provider in HOSTED


def row_schema(trained):
    """Return the form that a provider wants of training rows, or nothing."""
    provider = study.root(trained).provider
    return f"schemas/rows.{provider}.schema.json" if hosted(trained) else []


def asks(provider, subject):
    """Return 1 where a job asks this provider, whose limits have one owner at a time."""
    return int(study.root(subject).provider == provider)


def those(subjects):
    """Return the wildcard constraint that lets these subjects through, and no others."""
    return "|".join(subjects) or "none"


def memory_mb(subject, attempt):
    """Return the main memory of a job of a subject; half as much again at each new attempt."""
    return int(study.root(subject).resources.memory_gb * 1000 * (attempt + 1) / 2)


def minutes(subject):
    """Return how long a job of a subject may run."""
    return ceil(study.root(subject).resources.hours * 60)


def gpus(subject):
    """Return how many GPUs a job of a subject uses."""
    return study.root(subject).resources.gpus


def gpu_model(subject):
    """Return the kind of GPU that a job of a subject uses; empty where any will do, or none."""
    return study.root(subject).resources.gpu_model or ""


def shards_of(stage, wildcards):
    """Return what is left by the jobs that share a subject's sampling; a shard itself has none."""
    shards = study.root(wildcards.subject).resources.shards
    if shards == 1 or "shard" in wildcards.keys():
        return []
    folder = f"<results>/shards/{stage}/{wildcards.subject}"
    return [f"{folder}/{shard}-of-{shards}.json" for shard in range(1, shards + 1)]


def pays(subject):
    """Return 1 where a job spends from the budget, which is counted by one job at a time."""
    return int("budget" in config and hosted(subject))


def checkpoint_files(model):
    """Return the files of a checkpoint folder; a model ID has none to watch."""
    folder = Path(model.checkpoint or "")
    return (
        sorted(map(str, folder.rglob("*.*")))
        if model.checkpoint and folder.is_dir()
        else []
    )


def task_files(tasks):
    """Return every file that the prompts of tasks are made from."""
    return [path for task in tasks for path in KINDS[task.kind].files(task.settings)]


def drawn_from(figure):
    """Return the table of the experiment that a figure shows, if it shows one."""
    table = figure.replace("-", "_")
    return [f"<results>/scores/{table}.parquet"] if table in EXPERIMENTS else []


def print_headline():
    """Print what the study found, where it has been found."""
    headline = Path(f"results/{study.name}/headline.txt")
    if headline.exists():
        print(f"\n{headline.read_text()}")
