"""Arms: which subjects of a study stand in which of its experiments.

What a score table is about is worked out here, from the graph of finetunes alone, so that a study
has a table just where there is something for it.
"""

from collections import Counter
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from inward.cells import Comparison
from inward.graph import Finetune, Study


def taught_of_another(study: Study) -> list[dict[str, str]]:
    """Return each predictor that learnt the labels of another than its base, with that other."""
    return [
        {"predictor": finetune.name, "target": finetune.of}
        for finetune in study.finetunes.values()
        if finetune.learns == "predictions" and finetune.of != finetune.base
    ]


def changes(study: Study) -> list[dict[str, Any]]:
    """Return each self-trained model whose behavior was changed, and who predicts it then.

    An arm is a placebo where the behavior is the model's own.
    """
    return [
        {
            "changed": finetune.name,
            "before": finetune.base,
            "donor": finetune.of,
            "arm": "placebo" if finetune.of == finetune.base else "change",
            "tasks": study.learnt_tasks(finetune.name),
            "predictors": {
                finetune.name: "changed",
                finetune.base: "before",
                **dict.fromkeys(_changed_likewise(study, finetune), "same-change"),
            },
        }
        for finetune in study.finetunes.values()
        if finetune.learns == "behavior" and _is_of_itself(study.finetunes.get(finetune.base))
    ]


def shares(study: Study) -> list[dict[str, Any]]:
    """Return the finetunes with a share of the training prompts, and those with all of them."""
    whole = {
        _but_for_share(finetune): finetune.name
        for finetune in study.finetunes.values()
        if finetune.learns == "predictions" and finetune.share == 1
    }
    parts = [
        (finetune, whole[_but_for_share(finetune)])
        for finetune in study.finetunes.values()
        if finetune.share < 1 and _but_for_share(finetune) in whole
    ]
    full = [(study.finetunes[name], name) for name in dict.fromkeys(name for _, name in parts)]
    return [
        {
            "finetune": finetune.name,
            "full": name,
            "of": finetune.of,
            "kind": "self" if _is_of_itself(finetune) else "cross",
            "share": finetune.share,
        }
        for finetune, name in [*full, *parts]
    ]


def taught_alike(study: Study) -> list[Comparison]:
    """Return each model that learnt to predict itself, whatever of, with others that learnt of it.

    All of their labels, that is, without a share or noise.
    """
    return [
        Comparison(own.name, own.name, other.name)
        for own in _whole(study)
        if _is_of_itself(own)
        for other in _whole(study)
        if other.of == own.name and study.root(other.name) != study.root(own.name)
    ]


def lessons(study: Study, comparisons: Sequence[Comparison]) -> dict[str, dict[str, Any]]:
    """Return what each predictor in `comparisons` was taught."""
    names = {name for one in comparisons for name in (one.self_predictor, one.cross_predictor)}
    return {
        name: {
            "properties": study.learnt_properties(name),
            "wrappers": list(study.taught_by(name)),
        }
        for name in sorted(names)
    }


def moved(study: Study) -> list[dict[str, Any]]:
    """Return each finetune with its base, and how often it was trained to predict itself."""
    return [
        {
            "finetune": finetune.name,
            "base": finetune.base,
            "learns": finetune.learns,
            "round": _rounds(study, finetune.name) or None,
        }
        for finetune in study.finetunes.values()
    ]


def families(study: Study) -> dict[str, str]:
    """Return the family of each finetune, named after its member of the lowest seed.

    Those of a family differ in their training seed alone, and what they start from and learn of are
    one, or of one family.
    """
    first: dict[str, str] = {}
    in_order = sorted(study.finetunes.values(), key=lambda finetune: (finetune.seed, finetune.name))
    return {
        finetune.name: first.setdefault(_but_for_seeds(study, finetune.name), finetune.name)
        for finetune in in_order
    }


def of_several_seeds(study: Study) -> list[Comparison]:
    """Return the comparisons of targets that were trained with several seeds."""
    family = families(study)
    targets = {one.target for one in study.comparisons}
    seeds = {(family[target], study.finetunes[target].seed) for target in targets}
    sizes = Counter(name for name, _ in seeds)
    return [one for one in study.comparisons if sizes[family[one.target]] > 1]


def _is_of_itself(finetune: Finetune | None) -> bool:
    return bool(finetune and finetune.learns == "predictions" and finetune.of == finetune.base)


def _whole(study: Study) -> list[Finetune]:
    """Return the finetunes that learn predictions from all prompts and from labels as they are."""
    return [
        finetune
        for finetune in study.finetunes.values()
        if finetune.learns == "predictions" and finetune.share == 1 and not finetune.noise
    ]


def _changed_likewise(study: Study, finetune: Finetune) -> list[str]:
    """Return the finetunes of other models that learnt the same behavior."""
    return [
        other.name
        for other in study.finetunes.values()
        if (other.learns, other.of, other.seed) == ("behavior", finetune.of, finetune.seed)
        and study.root(other.name) != study.root(finetune.name)
    ]


def _but_for_share(finetune: Finetune) -> str:
    """Return what makes a finetune, but for its share and what may be set for the share's sake."""
    plain = replace(finetune, name="", share=1, rehearse=0, training={})
    return repr(plain)


def _but_for_seeds(study: Study, subject: str) -> str:
    """Return what makes a subject, through all that it starts from and learns of, but for seeds."""
    finetune = study.finetunes.get(subject)
    if finetune is None:
        return subject
    base, of = (_but_for_seeds(study, other) for other in (finetune.base, finetune.of))
    return repr(replace(finetune, name="", seed=0, base=base, of=of))


def _rounds(study: Study, subject: str) -> int:
    finetune = study.finetunes.get(subject)
    if finetune is None or not _is_of_itself(finetune):
        return 0
    return 1 + _rounds(study, finetune.base)
