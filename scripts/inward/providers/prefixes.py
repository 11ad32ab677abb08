"""Prefixes: what prompts have in common, so that a network reads it once.

All prompts of a batch are cut the same number of tokens before their ends. What lies before the cut
is a head; prompts that begin alike share one, also where a head is no more than the beginning of
another. What lies behind is a tail of the same length for all, so no gap comes between the two.
Heads are prompts in their turn, and may be cut again.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

Tokens = tuple[int, ...]

# Tokens that must be saved, or reading twice costs more than it spares.
WORTH = 256
TAILS = (1, 2, 3, 4, 6, 8, 11, 16, 23, 32, 45, 64, 91, 128, 181, 256, 362, 512, 724, 1024)


@dataclass(frozen=True)
class Cut:
    """Where prompts are cut, and what comes of it."""

    tail: int  # tokens of each prompt behind the cut
    heads: list[Tokens]  # none is the beginning of another
    parents: list[int]  # for each prompt the head that it begins with
    dropped: list[int]  # for each prompt how many last tokens of that head it does not have


def best_cut(prompts: Sequence[Tokens]) -> Cut | None:
    """Return the cut that leaves the fewest tokens to be read; None where none is worth it.

    Batches are read as rectangles, as wide as their longest row.
    """
    shortest, longest = min(map(len, prompts)), max(map(len, prompts))
    tails = [tail for tail in TAILS if tail < shortest]
    costs = {tail: _cost(prompts, tail) for tail in tails}
    best = min(tails, key=lambda tail: costs[tail], default=0)
    if not best or len(prompts) * longest - costs[best] < WORTH:
        return None
    return cut(prompts, best)


def cut(prompts: Sequence[Tokens], tail: int) -> Cut:
    """Return what comes of cutting all prompts `tail` tokens before their ends."""
    begun = [prompt[:-tail] for prompt in prompts]
    heads = _heads(begun)
    # Sorted, all that a head begins with come just before it.
    home: dict[Tokens, int] = {}
    number = len(heads) - 1
    for each in sorted(set(begun), reverse=True):
        if number and each <= heads[number - 1]:
            number -= 1
        home[each] = number
    parents = [home[each] for each in begun]
    dropped = [
        len(heads[parent]) - len(each) for parent, each in zip(parents, begun, strict=True)
    ]
    return Cut(tail, heads, parents, dropped)


def _cost(prompts: Sequence[Tokens], tail: int) -> int:
    heads = _heads([prompt[:-tail] for prompt in prompts])
    return tail * len(prompts) + len(heads) * max(map(len, heads))


def _heads(begun: Sequence[Tokens]) -> list[Tokens]:
    """Return those, sorted, that are the beginning of no other."""
    ordered = sorted(set(begun))
    return [
        each for each, after in pairwise([*ordered, ()]) if after[: len(each)] != each
    ]
