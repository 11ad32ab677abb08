"""Batches: which requests are answered together, and how many at once memory allows.

Those of a batch are sampled alike, and their prompts are about equally long, so that little is
padded; among those, prompts that begin alike stand together.
"""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from inward.providers.prefixes import Tokens
from inward.requests import Request

SPREAD = 1.25  # how many times longer than its shortest a batch's longest prompt may be
FEW = 8_192  # tokens that are not worth a second batch
SHARE = 0.8  # of the memory that is free
FULL = 4  # bytes of a number in float32


@dataclass(frozen=True)
class Needs:
    """The bytes that answering takes, beside the weights."""

    kept: int  # for each token that was read: its keys and values
    passing: int  # for each token while it is read
    said: int  # for each row: how likely each token of the vocabulary is


@dataclass(frozen=True)
class Limit:
    """How large a batch may be."""

    free: int  # bytes
    needs: Needs
    most: int  # tokens, answers included: more would not be faster
    rows: int | None = None  # at most so many, since more have been too many

    def rows_of(self, prompt: int, answer: int) -> int:
        """Return how many rows a batch may have, of prompts and answers of so many tokens."""
        # Keys and values are there twice while rows are chosen.
        kept = 2 * self.needs.kept * (prompt + answer)
        each = kept + self.needs.passing * prompt + self.needs.said
        by_memory = int(self.free * SHARE) // max(1, each)
        known = [by_memory, self.most // (prompt + answer), *([self.rows] if self.rows else [])]
        return max(1, min(known))


def needs_of(config: Any, number: int) -> Needs:
    """Return what answering takes with a network of this configuration, by an estimate.

    `number` is the size of the network's numbers in bytes.
    """
    hidden, heads = config.hidden_size, config.num_attention_heads
    size = getattr(config, "head_dim", None) or hidden // heads
    shared = getattr(config, "num_key_value_heads", None) or heads
    inner = getattr(config, "intermediate_size", None) or 4 * hidden
    return Needs(
        kept=2 * config.num_hidden_layers * shared * size * number,
        # Queries, keys, values, residuals in float32, and what the widest layer makes.
        passing=number * (3 * inner + 2 * (heads + 2 * shared) * size) + 3 * FULL * hidden,
        # As it is said, in float32, its logarithm, and twice as wide where it is drawn from.
        said=config.vocab_size * (number + 6 * FULL),
    )


def in_order(requests: Sequence[Request], prompts: Mapping[str, Tokens]) -> list[Request]:
    """Return requests by how they are sampled, then shorter prompts before longer ones.

    `prompts` are by request key.
    """

    def place(request: Request) -> tuple[Any, ...]:
        prompt = prompts[request.key]
        return (*_sampled(request), _length_class(len(prompt)), prompt, request.key)

    return sorted(requests, key=place)


def next_batch(
    ordered: Sequence[Request], begin: int, prompts: Mapping[str, Tokens], limit: Limit
) -> list[Request]:
    """Return the requests from `begin` on that are to be answered together; at least one."""
    first = ordered[begin]
    answer = first.body["max_tokens"]
    shortest = longest = len(prompts[first.key])
    batch: list[Request] = []
    for request in ordered[begin:]:
        length = len(prompts[request.key])
        shortest, longest = min(shortest, length), max(longest, length)
        count = len(batch) + 1
        unequal = count * (longest + answer) > FEW and longest > SPREAD * shortest
        too_many = count > limit.rows_of(longest, answer)
        if batch and (unequal or too_many or _sampled(request) != _sampled(first)):
            break
        batch.append(request)
    return batch


def _sampled(request: Request) -> tuple[float, int, int]:
    """Return how a request is sampled."""
    body = request.body
    return body["temperature"], body["top_logprobs"], body["max_tokens"]


def _length_class(tokens: int) -> int:
    """Return a number that prompts of about the same length share."""
    return int(math.log(max(1, tokens), SPREAD))
