"""Tasks: sets of object-level prompts of one kind, one module for each kind.

A module of this package offers an object KIND: its settings, the files it reads, how its prompts
are made, and what a compliant answer is made of. docs/extending.md shows how to write another.
"""

from inward.tasks import choice, perturbed, released, sequence, text
from inward.tasks.kind import Kind

KINDS: dict[str, Kind] = {
    "sequence": sequence.KIND,
    "text": text.KIND,
    "choice": choice.KIND,
    "perturbed": perturbed.KIND,
    "released": released.KIND,
}
