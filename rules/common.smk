"""What all stages share: the checked study, and what a rule may ask of it.

needs  the configuration
makes  nothing
"""

import sys
from pathlib import Path

from snakemake.utils import validate

ROOT = Path(workflow.basedir)
COPIES = Path(".snakemake/sources")
sys.path.insert(0, str(ROOT / "scripts"))

from inward import config as configuration
from inward.errors import ConfigError
from inward.files import read_json
from inward.graph import HOSTED
from inward.hypotheticals import teacher
from inward.judges import examples_of, judged
from inward.sources import stripped_copies
from inward.tasks import KINDS

CONFIGFILE = str(workflow.configfiles[-1])

try:
    configuration.check_form(
        config, read_json(ROOT / "schemas/config.schema.json"), CONFIGFILE
    )
    validate(config, "../schemas/config.schema.json")
    config = configuration.in_order(config)
    study = configuration.study(config, CONFIGFILE)
except ConfigError as error:
    sys.exit(f"inward: {error}")

DRAWN_FROM = {
    "self-cross": study.comparisons,
    "matrix": study.subjects,
    "before-after": study.self_trained,
}
FIGURES = [figure for figure, there in DRAWN_FROM.items() if there]
JUDGED = judged(study)
SCORES = ["items", "accuracy", "advantage", *(["agreement"] if JUDGED else [])]
PROPERTIES = {name: list(task.properties) for name, task in study.tasks.items()}
WORLD = {
    name: {"settings": task.settings, "properties": task.properties}
    for name, task in study.tasks.items()
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


def lessons(finetune):
    """Return the tables that a finetune learns from."""
    stage = "labels" if finetune.learns == "predictions" else "behaviors"
    return of_tasks(f"<results>/{stage}/{finetune.of}/{{task}}.parquet", study.held_in)


def rehearsed(finetune):
    """Return the behaviors that a finetune rehearses, if it does."""
    pattern = f"<results>/behaviors/{finetune.base}/{{task}}.parquet"
    return of_tasks(pattern, study.held_in) if finetune.rehearse else []


def shown_to(subject):
    """Return the labels from which a subject is shown examples before it is asked."""
    teachers = {teacher(wrapper, subject) for wrapper in study.wrappers} - {None}
    return [
        path
        for name in sorted(teachers)
        for path in of_tasks(f"<results>/labels/{name}/{{task}}.parquet")
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


def plannable(subject):
    """Return what a plan has to know of a subject."""
    root, finetune = study.root(subject), study.finetunes.get(subject)
    known = finetune is None and (hosted(subject) or root.rule)
    return {
        "name": subject,
        "provider": root.provider,
        "model": root.settings.get("model"),
        "base_url": root.settings.get("base_url"),
        "record": describable(root) if known else None,
        "splits": study.splits(subject),
        "sampling": {
            stage: study.sampling_of(subject, stage) for stage in config["sampling"]
        },
        "learns": finetune.learns if finetune else None,
        "rehearse": finetune.rehearse if finetune else 0,
        "training": finetune.training if finetune else {},
        "held_in": study.held_in,
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


def print_headline():
    """Print what the study found, where it has been found."""
    headline = Path(f"results/{study.name}/headline.txt")
    if headline.exists():
        print(f"\n{headline.read_text()}")
