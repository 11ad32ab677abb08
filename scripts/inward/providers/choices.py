"""Choices: the next token of each answer, from what a network says."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch

DECIMALS = 4  # of log-probabilities
NEVER = -1e9  # the log-probability of what is impossible
AT_ONCE = 1 << 24  # probabilities that are added up at once
STEP = np.uint64(0x9E3779B97F4A7C15)


@dataclass(frozen=True)
class Choices:
    """The next tokens of the answers that have not ended; log-probabilities are rounded."""

    answers: np.ndarray  # which they are, among those of the batch
    rows: np.ndarray  # where each stands in the arrays below
    tokens: np.ndarray
    logprobs: np.ndarray
    top: np.ndarray  # the likeliest tokens, [rows, alternatives]
    top_logprobs: np.ndarray


def choose(
    logits: torch.Tensor,
    answers: np.ndarray,
    rows: np.ndarray,
    draws: np.ndarray,
    sampling: dict[str, Any],
) -> Choices:
    """Return the next tokens of `answers`, whose `logits` [rows, vocabulary] are at `rows`.

    `draws` are numbers from 0 up to 1, one for each answer; at temperature 0 none is needed.
    """
    logprobs = logits.log_softmax(-1)
    at = torch.as_tensor(rows, device=logits.device)
    if sampling["temperature"] == 0:
        tokens = logits.argmax(-1)[at]
    else:
        tokens = _drawn(logprobs / sampling["temperature"], at, draws)
    top = logprobs.topk(min(sampling["top_logprobs"], logprobs.shape[-1]))
    return Choices(
        answers,
        rows,
        tokens.cpu().numpy(),
        _rounded(logprobs[at, tokens]),
        top.indices.cpu().numpy(),
        _rounded(top.values),
    )


def noise(keys: Sequence[str], length: int) -> np.ndarray:
    """Return `length` numbers from 0 up to 1 for each request, which its key alone decides.

    They are the same on every device. This is the generator SplitMix64, begun with the key.
    """
    begun = np.array([int(key[:16], 16) for key in keys], dtype=np.uint64)
    mixed = begun[:, np.newaxis] + STEP * np.arange(1, length + 1, dtype=np.uint64)
    mixed = (mixed ^ (mixed >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    mixed = (mixed ^ (mixed >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    mixed ^= mixed >> np.uint64(31)
    uniform: np.ndarray = (mixed >> np.uint64(11)) * 2.0**-53
    return uniform


def kept(logprob: float) -> float:
    """Return a log-probability as it is kept."""
    return round(logprob, DECIMALS) if math.isfinite(logprob) else NEVER


def _drawn(scaled: torch.Tensor, rows: torch.Tensor, draws: np.ndarray) -> torch.Tensor:
    """Return a token for each of `rows`, where its draw falls among the added up probabilities."""
    at_once = max(1, AT_ONCE // scaled.shape[-1])
    where = torch.as_tensor(draws, device=scaled.device).unsqueeze(1)
    found = []
    for begin in range(0, len(rows), at_once):
        some, drawn = rows[begin : begin + at_once], where[begin : begin + at_once]
        edges = scaled[some].double().softmax(-1).cumsum(-1)
        found.append(torch.searchsorted(edges, drawn * edges[:, -1:], right=True).squeeze(1))
    return torch.cat(found).clamp(max=scaled.shape[-1] - 1)


def _rounded(logprobs: torch.Tensor) -> np.ndarray:
    """Return log-probabilities as they are kept, in decimals that read the same everywhere."""
    exact = logprobs.double().cpu().numpy()
    return np.where(np.isfinite(exact), np.rint(exact * 10**DECIMALS) / 10**DECIMALS, NEVER)
