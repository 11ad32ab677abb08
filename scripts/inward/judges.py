"""Judges: which properties of a study are judged by a model, and whether its judge can do that."""

from pathlib import Path

from inward.errors import ConfigError
from inward.graph import Study
from inward.properties import PROPERTIES

EXAMPLES = Path("prompts/judged")  # a file of responses for each property, labelled by hand


def judged(study: Study) -> dict[str, list[str]]:
    """Return the judged properties of each task that has any."""
    found = {
        name: [wanted for wanted in task.properties if PROPERTIES[wanted].judged]
        for name, task in study.tasks.items()
    }
    return {name: names for name, names in found.items() if names}


def examples_of(study: Study) -> list[str]:
    """Return the files of examples by which the study's judge is measured."""
    names = sorted({name for names in judged(study).values() for name in names})
    return [str(EXAMPLES / f"{name}.jsonl") for name in names]


def check_judge(study: Study) -> None:
    """Raise ConfigError, in one line, where somebody has to judge and nobody can."""
    if study.judge is not None:
        _check_able(study, study.judge)
    for task, names in judged(study).items():
        where = f"tasks.{task}.properties: {names[0]} is judged by a model"
        if study.judge is None:
            raise ConfigError(f"{where}, but there is no judge; set `judge` to one of models")
        if study.scratch_models:
            raise ConfigError(
                f"{where}, which models.{study.scratch_models[0]} cannot be raised on; take it out"
            )
        lost = [name for name in names if not (EXAMPLES / f"{name}.jsonl").is_file()]
        if lost:
            raise ConfigError(
                f"tasks.{task}.properties: {lost[0]} is judged by a model, but no examples are"
                f" labelled by hand; write some to {EXAMPLES / lost[0]}.jsonl"
            )


def _check_able(study: Study, judge: str) -> None:
    able = [name for name, model in study.models.items() if not model.rule]
    known = f"name a model, such as {able[0]}" if able else "add a model"
    if judge in study.finetunes:
        # It may be waiting for labels that it would have to judge.
        raise ConfigError(f"judge: {judge} is a finetune, and cannot judge what it learns; {known}")
    if judge not in study.models:
        raise ConfigError(f"judge: there is no {judge!r}; {known}")
    if judge not in able:
        raise ConfigError(f"judge: {judge} is a baseline, which understands nothing; {known}")
