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

# What reading once more costs beside the tokens, counted in tokens.
PASS = 256
# Where prompts may be cut: so many tokens before their ends.
PLACES = (1, 2, 3, 4, 6, 8, 11, 16, 23, 32, 45, 64, 91, 128, 181, 256, 362, 512, 724, 1024)


@dataclass(frozen=True)
class Cut:
    """Where prompts are cut, and what comes of it."""

    tail: int  # tokens of each prompt behind the cut
    heads: list[Tokens]  # none is the beginning of another
    parents: list[int]  # for each prompt the head that it begins with
    dropped: list[int]  # for each prompt how many last tokens of that head it does not have


def best_cuts(prompts: Sequence[Tokens]) -> list[Cut]:
    """Return the cuts that leave the fewest tokens to be read: of prompts, of their heads, and on.

    Batches are read as rectangles, as wide as their longest row.
    """
    found: list[Cut] = []
    before = 0
    for place in _best_places(prompts):
        found.append(cut(found[-1].heads if found else prompts, place - before))
        before = place
    return found


def cut(prompts: Sequence[Tokens], tail: int) -> Cut:
    """Return what comes of cutting all prompts `tail` tokens before their ends."""
    begun = [prompt[:-tail] for prompt in prompts]
    heads = _heads(begun)
    home: dict[Tokens, int] = {}
    number = len(heads) - 1
    # In order, all that a head begins with stand between the head before it and itself.
    for each in sorted(set(begun), reverse=True):
        if number and each <= heads[number - 1]:
            number -= 1
        home[each] = number
    parents = [home[each] for each in begun]
    dropped = [len(heads[parent]) - len(each) for parent, each in zip(parents, begun, strict=True)]
    return Cut(tail, heads, parents, dropped)


def _best_places(prompts: Sequence[Tokens]) -> tuple[int, ...]:
    """Return where to cut prompts, from their ends towards their beginnings; () for nowhere."""
    shortest = min(map(len, prompts))
    rows, known = list(prompts), [(0, len(prompts), max(map(len, prompts)))]
    for place in PLACES:
        if place >= shortest:
            break
        step = place - known[-1][0]
        rows = _heads([row[:-step] for row in rows])
        known.append((place, len(rows), max(map(len, rows))))
    # The cheapest way to have read all before a place, with the cuts that are made on it.
    cheapest: dict[int, tuple[int, tuple[int, ...]]] = {}
    for number in range(len(known) - 1, -1, -1):
        place, count, width = known[number]
        ways: list[tuple[int, tuple[int, ...]]] = [(count * width + PASS, ())]
        for further, _, _ in known[number + 1 :]:
            cost, cuts = cheapest[further]
            ways.append((count * (further - place) + PASS + cost, (further, *cuts)))
        cheapest[place] = min(ways)
    return cheapest[0][1]


def _heads(begun: Sequence[Tokens]) -> list[Tokens]:
    """Return those, in order, that are the beginning of no other."""
    ordered = sorted(set(begun))
    return [each for each, after in pairwise([*ordered, ()]) if after[: len(each)] != each]
