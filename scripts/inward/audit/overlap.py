"""Overlap: prompts that are the same, or nearly, across splits and tasks.

A test prompt that differs from a training prompt in nothing but order, case or one word of many may
be known by heart. Words are compared as sets, by their Jaccard index, without comparing all pairs:
two sets that share nine words in ten share one of the rarest few.
"""

import math
import re
import unicodedata
from collections import Counter
from collections.abc import Iterator
from itertools import combinations

import pandas as pd

from inward.tables import OVERLAPS

ALIKE = 0.9  # the Jaccard index from which prompts are near duplicates
SLACK = 1e-9  # 0.9 is a little more or less than nine tenths

Words = frozenset[str]
Place = tuple[str, str]  # task, split
Kept = dict[Place, list[str]]  # texts by place


def overlaps(prompts: dict[str, pd.DataFrame], alike: float = ALIKE) -> pd.DataFrame:
    """Return a row of the overlaps table for each two places that share prompts.

    `prompts` are tables of prompts by task. Pairs within one split of one task do no harm and are
    not counted; near duplicates do not include those that are the same.
    """
    same: dict[str, Kept] = {}
    near: dict[Words, dict[str, Kept]] = {}
    for task, table in sorted(prompts.items()):
        for text, split in zip(table["text"].astype(str), table["split"].astype(str), strict=True):
            form = normalized(text)
            kept = same.setdefault(form, {})
            kept.setdefault((task, split), []).append(text)
            near.setdefault(frozenset(form.split()), {})[form] = kept
    pairs: Counter[tuple[str, Place, Place]] = Counter()
    examples: dict[tuple[str, Place, Place], tuple[str, str]] = {}
    for kind, one, other in _meetings(same, near, alike):
        for here, there, texts, others in _across(one, other):
            key = (kind, here, there)
            pairs[key] += len(texts) * len(others)
            examples.setdefault(key, (texts[0], others[0]))
    rows = [
        (kind, *here, *there, count, *examples[kind, here, there])
        for (kind, here, there), count in sorted(pairs.items())
    ]
    return pd.DataFrame(rows, columns=list(OVERLAPS.columns))


def normalized(text: str) -> str:
    """Return a prompt without what does not count: case, punctuation, width and white space."""
    plain = unicodedata.normalize("NFKC", text).casefold()
    return " ".join(re.sub(r"[^\w\s]", " ", plain).split()) or plain.strip()


def alike_sets(sets: list[Words], alike: float) -> Iterator[tuple[Words, Words]]:
    """Yield each two of these different sets whose Jaccard index is at least `alike`."""
    often = Counter(word for words in sets for word in words)
    rare = [sorted(words, key=lambda word: (often[word], word)) for words in sets]
    holders: dict[str, list[int]] = {}
    for index in sorted(range(len(sets)), key=lambda index: len(sets[index])):
        words = rare[index]
        least = math.ceil(alike * len(words) - SLACK)
        prefix = words[: len(words) - least + 1]
        for other in sorted({other for word in prefix for other in holders.get(word, [])}):
            if len(sets[other]) < least:
                continue
            shared = len(sets[index] & sets[other])
            if shared >= alike * (len(sets[index]) + len(sets[other]) - shared) - SLACK:
                yield sets[other], sets[index]
        for word in prefix:
            holders.setdefault(word, []).append(index)


def _meetings(
    same: dict[str, Kept], near: dict[Words, dict[str, Kept]], alike: float
) -> Iterator[tuple[str, Kept, Kept]]:
    """Yield the kind of overlap, and the two groups of prompts that overlap."""
    for kept in same.values():
        yield "same", kept, kept
    for forms in near.values():
        for one, other in combinations(forms.values(), 2):
            yield "near", one, other
    for words, others in alike_sets(list(near), alike):
        for one in near[words].values():
            for other in near[others].values():
                yield "near", one, other


def _across(one: Kept, other: Kept) -> Iterator[tuple[Place, Place, list[str], list[str]]]:
    """Yield two different places, in order, with the texts that meet there."""
    if one is other:
        for here, there in combinations(sorted(one), 2):
            yield here, there, one[here], one[there]
        return
    for here, texts in one.items():
        for there, others in other.items():
            if here < there:
                yield here, there, texts, others
            elif there < here:
                yield there, here, others, texts
