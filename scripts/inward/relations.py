"""Relations: what a predictor is to a target, and which predictors stand against which targets.

A target is a model that has plainly learnt to predict itself. Against it stand

    cross           another model, trained on its labels: the paper's comparison
    twin            the same model, or another with the same habits, trained with another seed
    changed         the same model, trained on its labels after its behavior was changed
    noisy           some of the labels have changed places
    scaled          a share of the training prompts
    narrowed        some of the tasks or properties
    wrapper         taught in another way of asking
    actor           trained likewise, but its base behaves for it
    property-only   reads properties off responses in plain sight
    format-only     learnt the form of answers, and no facts
    untrained       its base, a model
    earlier         its base, which has learnt to predict: the round of training before
    baseline        a rule

A control may learn what the target learnt, or from the target; of both kinds there may be siblings,
which stand against the targets of their own number.
"""

from typing import TYPE_CHECKING, Any

from inward.cells import Comparison
from inward.rules import LEARNT, OTHERS

if TYPE_CHECKING:
    from inward.graph import Finetune, Model, Study

BY_LESSON = {"properties": "property-only", "format": "format-only"}


def self_trained(study: "Study") -> dict[str, str]:
    """Return the finetunes that plainly learn to predict their own base, with that base.

    Who is taught in other ways than the study's first is plain where nobody of its base is not; and
    whose base behaves for it, where somebody learns from it.
    """
    learnt_from = {finetune.of for finetune in study.finetunes.values()}
    own = [
        finetune
        for finetune in study.finetunes.values()
        if finetune.learns == "predictions"
        and finetune.of == finetune.base
        and (finetune.actor == "self" or finetune.name in learnt_from)
        and _deviation(finetune) is None
    ]
    usual = {f.base for f in own if study.taught_by(f.name) == study.wrappers[:1]}
    return {
        finetune.name: finetune.base
        for finetune in own
        if finetune.base not in usual or study.taught_by(finetune.name) == study.wrappers[:1]
    }


def comparisons(study: "Study") -> list[Comparison]:
    """Return each target with each predictor that stands against it, and its relation."""
    return [
        Comparison(target=own, self_predictor=own, cross_predictor=other, relation=relation)
        for own in self_trained(study)
        for other in study.subjects
        if (relation := _relation(study, study.finetunes[own], other))
    ]


def of_base(study: "Study", base: str) -> str:
    """Return the relation of a target's base."""
    return "untrained" if base in study.models else "earlier"


def _relation(study: "Study", target: "Finetune", other: str) -> str | None:
    if other == target.base:
        return of_base(study, other)
    if other in study.models:
        return "baseline" if _is_baseline_of(study.models[other], target) else None
    finetune = study.finetunes[other]
    if target.name in (other, finetune.base) or finetune.learns == "behavior":
        return None
    if finetune.of == target.name:
        return _control(study, target, finetune) or _by_origin(study, target, finetune)
    likewise = (finetune.base, finetune.of) == (target.base, target.of)
    return _among_own(study, target, finetune) if likewise else None


def _among_own(study: "Study", target: "Finetune", other: "Finetune") -> str | None:
    """Return the relation of a predictor that learns what the target has learnt."""
    relation = _control(study, target, other)
    if relation is None:
        return "twin" if other.seed != target.seed else None
    of_base = [name for name, base in self_trained(study).items() if base == target.base]
    seeds = {study.finetunes[name].seed for name in of_base}
    # Of siblings each stands against that of its number, and who has no such target against all.
    return relation if other.seed == target.seed or other.seed not in seeds else None


def _control(study: "Study", target: "Finetune", other: "Finetune") -> str | None:
    """Return the relation of a predictor whose training differs in kind from the target's."""
    if other.learns != "predictions":
        return BY_LESSON[other.learns]
    if deviation := _deviation(other):
        return deviation
    if study.taught_by(other.name) != study.taught_by(target.name):
        return "wrapper"
    return "actor" if other.actor == "base" else None


def _deviation(finetune: "Finetune") -> str | None:
    if finetune.noise:
        return "noisy"
    if finetune.share < 1:
        return "scaled"
    return "narrowed" if finetune.tasks or finetune.properties else None


def _by_origin(study: "Study", target: "Finetune", other: "Finetune") -> str:
    """Return the relation of a predictor that was plainly trained on the target's labels."""
    one, two = study.root(target.name), study.root(other.name)
    if one != two:
        return "twin" if one.scratch and _but_for_seed(one) == _but_for_seed(two) else "cross"
    return "changed" if _was_changed(study, other.base) else "twin"


def _but_for_seed(model: "Model") -> dict[str, Any]:
    """Return how a model was raised, whatever the seed."""
    return {key: value for key, value in (model.scratch or {}).items() if key != "seed"}


def _was_changed(study: "Study", subject: str) -> bool:
    while subject in study.finetunes:
        if study.finetunes[subject].learns == "behavior":
            return True
        subject = study.finetunes[subject].base
    return False


def _is_baseline_of(model: "Model", target: "Finetune") -> bool:
    if model.rule in LEARNT:
        return bool({target.name, target.base} & set(model.of))
    return bool(model.rule) and not (model.rule == OTHERS and target.name in model.of)
