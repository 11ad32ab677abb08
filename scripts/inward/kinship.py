"""Kinship: what two subjects have in common, other than what they do.

self      one and the same
twin      the same but for seeds; one may have learnt of the other what that learnt of its base
family    finetuned from the same model, or from twins
other     all else
baseline  one of them is a rule, whose knowledge of itself is given
"""

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from inward.graph import Finetune, Model, Study

OWN = ("name", "seed")  # what two twins need not have in common


def kinship(study: "Study", one: str, other: str) -> str:
    """Return what two subjects of a study are to each other."""
    roots = study.root(one), study.root(other)
    if roots[0].rule or roots[1].rule:
        return "baseline"
    if one == other:
        return "self"
    if _alike(study, one, other):
        return "twin"
    return "family" if _alike(study, roots[0].name, roots[1].name) else "other"


def _alike(study: "Study", one: str, other: str) -> bool:
    """Return whether two subjects are the same but for seeds."""
    if one == other:
        return True
    if one in study.finetunes and other in study.finetunes:
        return _trained_alike(study, study.finetunes[one], study.finetunes[other])
    if one in study.models and other in study.models:
        return _raised_alike(study.models[one], study.models[other])
    return False


def _trained_alike(study: "Study", one: "Finetune", other: "Finetune") -> bool:
    taught_alike = other.name == one.of or one.name == other.of or _alike(study, one.of, other.of)
    return (
        taught_alike
        and _rest(vars(one), *OWN, "base", "of") == _rest(vars(other), *OWN, "base", "of")
        and _alike(study, one.base, other.base)
    )


def _raised_alike(one: "Model", other: "Model") -> bool:
    if not (one.scratch and other.scratch):
        return False
    return _rest(one.scratch, *OWN) == _rest(other.scratch, *OWN)


def _rest(settings: dict[str, Any], *names: str) -> dict[str, Any]:
    return {key: value for key, value in settings.items() if key not in names}
