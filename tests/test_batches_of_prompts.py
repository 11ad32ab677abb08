"""Batches of local prompts: as many at once as memory has room for, and no answer lost for it."""

from collections.abc import Iterator
from dataclasses import replace
from types import SimpleNamespace
from typing import Any

import pandas as pd
import pytest
import torch

from inward.asking import ask
from inward.errors import ProviderError
from inward.intake import Intake
from inward.providers import open_provider
from inward.providers.batches import Limit, Needs, in_order, needs_of, next_batch
from inward.providers.checkpoints import from_nothing
from inward.providers.local_sampling import Sampler
from inward.requests import Request, Sampling, user

GREEDY = Sampling(temperature=0, max_tokens=4, top_logprobs=2)
NEEDS = Needs(kept=1000, passing=500, said=4000)
TINY = {"hidden": 16, "intermediate": 32, "layers": 2, "heads": 2}


def test_what_a_token_takes_is_known_from_the_configuration() -> None:
    """A model of 7 billion parameters with 4 shared heads keeps 56 KiB for a token."""
    seven = SimpleNamespace(
        hidden_size=3584,
        num_attention_heads=28,
        num_key_value_heads=4,
        num_hidden_layers=28,
        intermediate_size=18944,
        vocab_size=152064,
    )

    assert needs_of(seven, 2).kept == 56 * 1024
    assert needs_of(seven, 4).kept == 112 * 1024
    assert 150_000 < needs_of(seven, 2).passing < 250_000


def test_a_batch_is_as_large_as_memory_allows() -> None:
    """Twice the memory is twice the rows; there is always one, and never more than is of use."""
    limit = Limit(10_000_000, NEEDS, most=100_000)
    rows = limit.rows_of(100, 20)

    assert rows == 8_000_000 // (2 * 1000 * 120 + 500 * 100 + 4000)
    assert replace(limit, free=20_000_000).rows_of(100, 20) == 2 * rows
    assert replace(limit, free=0).rows_of(100, 20) == 1
    assert replace(limit, free=10**12).rows_of(100, 20) == 100_000 // 120
    assert replace(limit, rows=5).rows_of(100, 20) == 5


def made(lengths: list[int], sampling: Sampling = GREEDY) -> tuple[list[Request], dict[str, Any]]:
    """Return requests and their prompts of these lengths."""
    requests = [
        Request("local", None, {"messages": n, **vars(sampling)}, 0) for n in range(len(lengths))
    ]
    return requests, {one.key: (1,) * length for one, length in zip(requests, lengths, strict=True)}


def batches(requests: list[Request], prompts: dict[str, Any], limit: Limit) -> Iterator[list[int]]:
    """Yield the lengths of the prompts of each batch."""
    ordered, begin = in_order(requests, prompts), 0
    while begin < len(ordered):
        batch = next_batch(ordered, begin, prompts, limit)
        begin += len(batch)
        yield [len(prompts[one.key]) for one in batch]


def test_long_prompts_do_not_stand_with_short_ones() -> None:
    """Where there are enough of both: a few are not worth a second batch."""
    limit = Limit(10**12, NEEDS, most=16_384)
    many = list(batches(*made([400, 40] * 100), limit))
    few = list(batches(*made([400, 40]), limit))

    assert all(max(batch) <= 1.25 * min(batch) for batch in many[1:-1])
    assert sum(map(len, many)) == 200
    assert few == [[40, 400]]


def test_what_is_sampled_otherwise_is_another_batch() -> None:
    """Draws do not wait for long greedy answers."""
    greedy, prompts = made([10, 10])
    drawn, others = made([10, 10], Sampling(temperature=1, max_tokens=4, top_logprobs=2))
    found = list(batches([*greedy, *drawn], {**prompts, **others}, Limit(10**9, NEEDS, 10_000)))

    assert found == [[10, 10], [10, 10]]


class Cramped:
    """A GPU's memory in small: what has more rows than it has room for is out of memory."""

    def __init__(self, rows: int) -> None:
        self.rows = rows
        self.seen: list[int] = []

    def __call__(self, _: torch.nn.Module, __: tuple[Any, ...], given: dict[str, Any]) -> None:
        """Look at what a network is to read."""
        self.seen.append(len(given["input_ids"]))
        if len(given["input_ids"]) > self.rows:
            raise torch.OutOfMemoryError("CUDA out of memory")


@pytest.fixture
def record(tmp_path: Any) -> dict[str, Any]:
    """Return the record of a tiny model."""
    for part in from_nothing(TINY, seed=1):
        part.save_pretrained(tmp_path / "tiny")
    weights = {"path": str(tmp_path / "tiny"), "digest": "d"}
    return {"provider": "local", "weights": weights, "adapters": [], "dtype": "float32"}


def answered(sampler: Sampler, requests: list[Request]) -> Iterator[tuple[Request, Any]]:
    """Return all requests with their answers."""
    return sampler.sample(requests, {request.key for request in requests})


def test_out_of_memory_halves_the_batch_and_loses_nothing(
    record: dict[str, Any], tmp_path: Any
) -> None:
    """All are answered, as with room enough; what was too much once is not tried again."""
    provider = open_provider(record, tmp_path)
    requests = [provider.request(user(f"color {n}"), GREEDY, 0) for n in range(10, 30)]
    roomy = {one.key: raw for one, raw in answered(Sampler(record, tmp_path), requests)}
    cramped, memory = Sampler(record, tmp_path), Cramped(6)
    cramped.network.register_forward_pre_hook(memory, with_kwargs=True)
    found = {one.key: raw for one, raw in answered(cramped, requests)}

    assert {key: raw["text"] for key, raw in found.items()} == {
        key: raw["text"] for key, raw in roomy.items()
    }
    assert [rows for rows in memory.seen if rows > 6] == [20, 10]


def test_no_room_for_one_request_is_one_line(record: dict[str, Any], tmp_path: Any) -> None:
    """With what would mend it; what was answered before is with whoever asked."""
    provider = open_provider(record, tmp_path)
    requests = [provider.request(user(text), GREEDY, 0) for text in ("a", "b")]
    sampler = Sampler(record, tmp_path)
    sampler.network.register_forward_pre_hook(Cramped(0), with_kwargs=True)

    with pytest.raises(ProviderError, match="no memory to answer one prompt of 3 tokens; take a"):
        list(answered(sampler, requests))


class Ended(Exception):  # noqa: N818 - it is no error
    """What ends a job on the way."""


@pytest.fixture
def read(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """Return a list that fills with how many requests were answered together."""
    sizes: list[int] = []
    answers = Sampler._answers

    def watched(sampler: Sampler, batch: Any, prompts: Any) -> list[Any]:
        sizes.append(len(batch))
        return answers(sampler, batch, prompts)

    monkeypatch.setattr(Sampler, "_answers", watched)
    return sizes


def colors(count: int) -> pd.DataFrame:
    """Return so many questions."""
    return pd.DataFrame({"question": [f"color {n}" for n in range(10, 10 + count)], "sample": 0})


def test_a_job_that_was_ended_goes_on_in_the_same_batches(
    record: dict[str, Any], tmp_path: Any, monkeypatch: pytest.MonkeyPatch, read: list[int]
) -> None:
    """Each answer has the same bytes as if nothing had happened, to the last decimal."""
    whole = ask(record, colors(30), GREEDY, tmp_path / "whole", "test")
    with monkeypatch.context() as patched:
        answer, left = Intake.answer, iter(range(7))

        def ending(intake: Intake, request: Request, raw: Any) -> None:
            if next(left, None) is None:
                raise Ended
            answer(intake, request, raw)

        patched.setattr(Intake, "answer", ending)
        with pytest.raises(Ended):
            ask(record, colors(30), GREEDY, tmp_path / "ended", "test")
    assert list((tmp_path / "ended").rglob("*.plan"))

    resumed = ask(record, colors(30), GREEDY, tmp_path / "ended", "test")
    assert read == [30, 30, 30]
    pd.testing.assert_frame_equal(resumed, whole)
    assert not list((tmp_path / "ended").rglob("*.plan"))


def test_what_is_asked_later_is_answered_alone(
    record: dict[str, Any], tmp_path: Any, read: list[int]
) -> None:
    """More prompts cost as much as they are; those that were answered are not read again."""
    ask(record, colors(25), GREEDY, tmp_path, "test")
    ask(record, colors(30), GREEDY, tmp_path, "test")
    ask(record, colors(30), GREEDY, tmp_path, "test")

    assert read == [25, 5]
