"""Shards: a model's answers are fetched by several jobs, and meet in the store."""

import json
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
import yaml

from inward import asking
from inward.asking import _claim_of, _together, ask, fill
from inward.claims import Claims
from inward.errors import StoreError
from inward.files import write_json
from inward.providers import open_provider
from inward.requests import Sampling, user
from inward.store import ResponseStore
from inward.verify import _responses

from .tiny import REQUESTS, record
from .workshop import Workshop, small_study

RECORD: dict[str, Any] = {"provider": "simulated", "simulated": {"habits": 1}, "adapters": []}
SAMPLING = Sampling(temperature=0, max_tokens=12, top_logprobs=0)
QUESTIONS = pd.DataFrame(
    {"question": [f"number {n} {n + 1}" for n in range(10, 60)], "sample": [0] * 50}
)
FILES = [Path("shards/1-of-3.json")]


def stored(store: Path) -> list[str]:
    """Return the keys of all responses in a store, as often as they are there."""
    return [
        json.loads(line)["key"]
        for segment in (store / "responses").glob("*/*.jsonl")
        for line in segment.read_bytes().splitlines()
    ]


def test_shards_fetch_all_answers_and_none_twice(tmp_path: Path) -> None:
    """In whatever order they end; what is then read is what one job would have got."""
    left = [fill(RECORD, QUESTIONS, SAMPLING, tmp_path, "test", share=(n, 3)) for n in (2, 3, 1)]
    keys = stored(tmp_path)
    read = ask(RECORD, QUESTIONS, SAMPLING, tmp_path, "test", shards=FILES)
    alone = ask(RECORD, QUESTIONS, SAMPLING, tmp_path / "other", "test")

    assert sum(shard["requests"] for shard in left) == len(keys) == len(set(keys)) == 50
    assert min(shard["requests"] for shard in left) > 5
    pd.testing.assert_frame_equal(read, alone)
    assert stored(tmp_path) == keys


def test_a_store_that_lost_what_shards_fetched_is_noticed(tmp_path: Path) -> None:
    """The job that only reads does not load the model instead."""
    fill(RECORD, QUESTIONS, SAMPLING, tmp_path, "test", share=(1, 3))
    with pytest.raises(StoreError, match=r"lacks 3\d answers .* delete shards to fetch them again"):
        ask(RECORD, QUESTIONS, SAMPLING, tmp_path, "test", shards=FILES)


def test_a_shard_on_record_is_no_misfit(tmp_path: Path) -> None:
    """Its answers are verified with the table that is made of them."""
    asked = {"facts": {"requests": REQUESTS}}
    shard = record("sample_shard_of_behaviors", "one", [], ["shards/1-of-3.json"], **asked)

    assert not list(_responses(shard, tmp_path))


@pytest.mark.workflow
def test_each_sampling_of_a_sharded_model_has_its_shards(tmp_path: Path) -> None:
    """They are the jobs that want a machine; the tables are written where snakemake runs."""
    workshop = Workshop(tmp_path)
    study = small_study()
    study["models"]["wren"]["resources"] = {"shards": 3}
    (tmp_path / "config.yaml").write_text(yaml.safe_dump(study, sort_keys=False))
    planned = workshop.planned()
    of_wren = sum(name.startswith("wren") for name in (*study["models"], *study["finetunes"]))

    assert planned["sample_shard_of_behaviors"] == 3 * of_wren
    assert planned["sample_shard_of_predictions"] == 3 * of_wren
    assert planned["ask_behaviors"] == of_wren + 1  # and a baseline
    assert planned["sample_behaviors"] == 7 - of_wren


def test_who_asks_something_else_of_a_model_waits_for_nobody(tmp_path: Path) -> None:
    """Behaviors that are under way elsewhere do not hold up predictions of the same model."""
    provider = open_provider(RECORD, tmp_path)
    asked = [provider.request(user(text), SAMPLING, 0) for text in QUESTIONS["question"]]
    with ResponseStore(tmp_path, provider.model) as responses, Claims(responses.folder) as others:
        held = others.take([_claim_of(request, "behaviors") for request in asked], "test")
        found = ask(RECORD, QUESTIONS, SAMPLING, tmp_path, "test", stage="predictions")

    assert len(held) > 10
    assert len(found) == len(QUESTIONS)


def test_a_plan_of_batches_that_another_process_ends_meanwhile_is_not_missed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Two heads may run the same job; who comes second goes by what it has still to ask."""
    local = {"provider": "local", "weights": {"digest": "w"}, "adapters": [], "dtype": "float32"}
    provider = open_provider(local, tmp_path)
    asked = [provider.request(user(text), SAMPLING, 0) for text in QUESTIONS["question"]]

    def write_and_lose(path: Path, keys: list[str]) -> None:
        write_json(path, keys)
        path.unlink()

    monkeypatch.setattr(asking, "write_json", write_and_lose)
    with (
        ResponseStore(tmp_path, provider.model) as responses,
        _together(asked, asked[3:], provider, responses) as among,
    ):
        assert among == asked[3:]
