"""Controls: whether what is other about a finetune, or what a baseline learns, can be had.

What each of them is for is told in docs/experiments.md.
"""

from inward.errors import ConfigError, unknown
from inward.graph import Finetune, Model, Study
from inward.properties import PROPERTIES
from inward.rules import LEARNT, OTHERS

# What decides nothing about who learns this.
MEANINGLESS = {"behavior": ("properties", "noise"), "format": ("noise",)}
UNSEEN = {"target", "log-probabilities"}  # what a response alone does not show


def check_lessons(study: Study) -> None:
    """Raise ConfigError, in one line, for a finetune that learns from what there is not."""
    for name, finetune in study.finetunes.items():
        where = f"finetunes.{name}"
        for key in MEANINGLESS.get(finetune.learns, ()):
            if getattr(finetune, key):
                raise ConfigError(
                    f"{where}.{key}: means nothing to who learns {finetune.learns}; delete it"
                )
        if finetune.learns == "behavior" and finetune.actor == "base":
            raise ConfigError(
                f"{where}.actor: its base behaves for it, so the behavior that it learns would"
                " never be seen; delete it"
            )
        _check_tasks(where, finetune, study)
        _check_properties(where, finetune, study)
        if finetune.learns == "properties":
            _check_seen(where, finetune, study)


def check_baselines(study: Study) -> None:
    """Raise ConfigError, in one line, for a baseline that cannot learn from whom it names."""
    for name, model in study.models.items():
        where = f"models.{name}.of"
        if model.rule not in (*LEARNT, OTHERS):
            if model.of:
                who = model.rule or f"a model of provider {model.provider}"
                raise ConfigError(f"{where}: {who} learns from nobody this way; delete it")
            continue
        _check_number(where, model)
        for subject in model.of:
            if subject not in study.subjects:
                raise ConfigError(unknown(where, subject, study.targets))
            if subject not in study.targets:
                raise ConfigError(
                    f"{where}: {subject} only predicts, so it has no labels to learn from; name a"
                    " subject that behaves"
                )
        if model.rule in LEARNT and not study.held_in:
            raise ConfigError(
                f"models.{name}.rule: {model.rule} learns from held-in tasks, and no task has role"
                " train; add one, or delete the baseline"
            )


def _check_number(where: str, model: Model) -> None:
    several = isinstance(model.settings.get("of"), list)
    wanted = "a list of subjects" if model.rule == OTHERS else "one subject"
    if not model.of:
        raise ConfigError(f"{where}: is missing; {model.rule} learns from labels, so give {wanted}")
    if several != (model.rule == OTHERS):
        raise ConfigError(f"{where}: {model.rule} wants {wanted}; give that")


def _check_tasks(where: str, finetune: Finetune, study: Study) -> None:
    for task in finetune.tasks:
        if task not in study.tasks:
            raise ConfigError(unknown(f"{where}.tasks", task, study.held_in))
        if task not in study.held_in:
            raise ConfigError(
                f"{where}.tasks: {task} is held-out, so nobody is trained on it; choose among"
                f" {', '.join(study.held_in)}"
            )


def _check_properties(where: str, finetune: Finetune, study: Study) -> None:
    tasks = study.learnt_tasks(finetune.name)
    known = sorted({name for task in tasks for name in study.tasks[task].properties})
    for name in finetune.properties:
        if name not in known:
            raise ConfigError(
                f"{where}.properties: no task that it learns from has {name}; choose among"
                f" {', '.join(known)}"
            )


def _check_seen(where: str, finetune: Finetune, study: Study) -> None:
    """Refuse properties that nobody can read off a response in plain sight."""
    asked = sorted({p for names in study.learnt_properties(finetune.name).values() for p in names})
    unseen = [name for name in asked if PROPERTIES[name].reads & UNSEEN]
    if unseen:
        seen = ", ".join(name for name in asked if name not in unseen)
        raise ConfigError(
            f"{where}.properties: {unseen[0]} cannot be read off a response alone;"
            f" {f'list others, of {seen}' if seen else 'delete this finetune'}"
        )
