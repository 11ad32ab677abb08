"""Wrappers: whether a study can ask all its hypothetical questions in all the ways it names.

What the names of variants mean is told in `hypotheticals`.
"""

from collections.abc import Sequence

from inward.errors import ConfigError, unknown
from inward.given import RELEASED
from inward.graph import Study
from inward.hypotheticals import (
    NAMED,
    OWN,
    SCRAMBLED,
    TERSE,
    WRAPPERS,
    Variant,
    variant,
)
from inward.properties import PROPERTIES
from inward.tasks import released

PLACE = "hypothetical.wrappers"


def check_wrappers(study: Study, named: str) -> None:
    """Raise ConfigError, in one line, for a way to ask that there is not, or that asks nothing."""
    for reserved in (OWN, SCRAMBLED):
        if reserved in study.subjects:
            raise ConfigError(
                f"{reserved}: no subject may have this name, which says whose examples are shown;"
                " rename it"
            )
    _check_all(PLACE, study.wrappers, study, named)
    for name, finetune in study.finetunes.items():
        where = f"finetunes.{name}.wrappers"
        if finetune.wrappers and finetune.learns == "behavior":
            raise ConfigError(f"{where}: mean nothing to who learns {finetune.learns}; delete them")
        _check_all(where, finetune.wrappers, study, named)
    for name in study.finetunes:
        shown = [way for way in study.taught_by(name) if variant(way).examples]
        if shown:
            raise ConfigError(
                f"finetunes.{name}.wrappers: {shown[0]} shows examples, which nobody is trained"
                f" with; give {variant(shown[0]).wrapper}"
            )


def _check_all(where: str, wrappers: Sequence[str], study: Study, named: str) -> None:
    for name in wrappers:
        way = _read(where, name)
        if way.name != name:
            raise ConfigError(f"{where}: {name} is {way.name}; write that")
        if way.wrapper == RELEASED:
            _check_released(study, where)
        else:
            _check_wordings(way, study, where)
        if way.wrapper in NAMED and not named:
            raise ConfigError(
                f"{where}: {way.wrapper} is about another model; name one in hypothetical.named"
            )
        if way.examples not in (None, OWN, SCRAMBLED, *study.targets):
            raise ConfigError(
                unknown(f"{where}: {name}", str(way.examples), [OWN, SCRAMBLED, *study.targets])
            )


def _read(where: str, name: str) -> Variant:
    try:
        way = variant(name)
    except ValueError:
        raise ConfigError(
            f"{where}: {name!r} is no wrapper; write one like past, past.2 for its second"
            " paraphrase, past.2.3 for the third wording besides, or past+self for examples"
        ) from None
    if way.wrapper not in (*WRAPPERS, RELEASED):
        raise ConfigError(unknown(where, way.wrapper, [*WRAPPERS, RELEASED]))
    return way


def _check_wordings(way: Variant, study: Study, where: str) -> None:
    paraphrases = len(WRAPPERS[way.wrapper].paraphrases)
    if way.paraphrase > paraphrases:
        raise ConfigError(
            f"{where}: {way.wrapper} has {paraphrases} paraphrases; give one of them, not"
            f" {way.paraphrase}"
        )
    if way.wrapper in TERSE and way.wording > 1:
        raise ConfigError(f"{where}: {way.wrapper} has no other wordings; take out {way.wording}")
    for name in sorted({name for task in study.tasks.values() for name in task.properties}):
        wordings = len(PROPERTIES[name].questions)
        if way.wording > wordings:
            raise ConfigError(
                f"{where}: {way.name} asks in wording {way.wording}, but {name} has {wordings};"
                " lower it, or write another in its declaration"
            )


def _check_released(study: Study, where: str) -> None:
    """Refuse the wrapper `released`, which asks what came with prompts, where nothing did."""
    for name, task in study.tasks.items():
        if task.kind != RELEASED:
            raise ConfigError(
                f"{where}: released has no questions for tasks.{name}, which is of the kind"
                f" {task.kind}; choose among {', '.join(WRAPPERS)}"
            )
        known = released.asked(task.settings)
        for wanted in task.properties:
            if wanted not in known:
                raise ConfigError(unknown(f"tasks.{name}.properties", wanted, sorted(known)))
