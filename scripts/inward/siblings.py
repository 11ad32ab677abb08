"""Siblings: every finetune again with other training seeds, to see how far the seed alone reaches.

`training_seeds: 3` makes of each finetune NAME two more, NAME-2 and NAME-3. What they start from
and learn of are the siblings of the same number: each number is a whole study of its own.
"""

from collections.abc import Mapping
from dataclasses import replace

from inward.errors import ConfigError
from inward.graph import Finetune


def with_siblings(
    finetunes: Mapping[str, Finetune], models: Mapping[str, object], count: int
) -> dict[str, Finetune]:
    """Return the finetunes, each followed by its siblings, `count` of a kind.

    Raises ConfigError where a sibling's name is taken.
    """
    siblings = {}
    for name, finetune in finetunes.items():
        siblings[name] = finetune
        for number in range(2, count + 1):
            own = _numbered(name, number, finetunes)
            for part, taken in (("finetunes", finetunes), ("models", models)):
                if own in taken:
                    raise ConfigError(
                        f"training_seeds: {count} make a sibling {own} of finetunes.{name}, but"
                        f" {part}.{own} has this name; rename one of the two"
                    )
            siblings[own] = replace(
                finetune,
                name=own,
                seed=finetune.seed + number,
                base=_numbered(finetune.base, number, finetunes),
                of=_numbered(finetune.of, number, finetunes),
            )
    return siblings


def _numbered(subject: str, number: int, finetunes: Mapping[str, Finetune]) -> str:
    """Return the sibling of a subject; a model is its own."""
    return f"{subject}-{number}" if subject in finetunes else subject
