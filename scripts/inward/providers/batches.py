"""Batches: which requests are answered together.

Those of a batch are sampled alike, and their prompts are about equally long, so that little is
padded; among those, prompts that begin alike stand together.
"""

import math
from collections.abc import Iterator, Mapping, Sequence
from itertools import groupby
from typing import Any

from inward.providers.prefixes import Tokens
from inward.requests import Request

SPREAD = 1.25  # how many times longer than its shortest a batch's longest prompt may be

FEW = 8_192  # tokens that are not worth a second batch


def in_order(requests: Sequence[Request], prompts: Mapping[str, Tokens]) -> list[Request]:
    """Return requests by how they are sampled, then shorter prompts before longer ones.

    `prompts` are by request key.
    """

    def place(request: Request) -> tuple[Any, ...]:
        prompt = prompts[request.key]
        return (*sampled(request), length_class(len(prompt)), prompt, request.key)

    return sorted(requests, key=place)


def batches(
    ordered: Sequence[Request], prompts: Mapping[str, Tokens], most: int
) -> Iterator[list[Request]]:
    """Yield batches of at most `most` tokens, answers and padding included, in their order."""
    for (*_, max_tokens), group in groupby(ordered, sampled):
        batch: list[Request] = []
        shortest = longest = 0
        for request in group:
            length = len(prompts[request.key])
            longer = max(longest, length)
            tokens = (len(batch) + 1) * (longer + max_tokens)
            unequal = tokens > FEW and longer > SPREAD * shortest
            if batch and (tokens > most or unequal):
                yield batch
                batch, longer = [], length
            shortest = min(shortest, length) if batch else length
            batch.append(request)
            longest = longer
        yield batch


def sampled(request: Request) -> tuple[float, int, int]:
    """Return how a request is sampled."""
    body = request.body
    return body["temperature"], body["top_logprobs"], body["max_tokens"]


def length_class(tokens: int) -> int:
    """Return a number that prompts of about the same length share."""
    return int(math.log(tokens, SPREAD))
