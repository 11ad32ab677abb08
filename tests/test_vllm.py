"""vLLM: the same requests, and answers of the same shape, by another engine."""

import json
from importlib.util import find_spec
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
import torch
from peft import LoraConfig, PeftModel, get_peft_model

from inward.asking import answers
from inward.errors import ProviderError
from inward.providers import open_provider
from inward.providers.checkpoints import character_tokenizer, from_nothing, load
from inward.providers.vllm_sampling import join, raw, room
from inward.requests import Request, Sampling, user

GREEDY = Sampling(temperature=0, max_tokens=4, top_logprobs=2)
TINY = {"hidden": 16, "intermediate": 32, "layers": 2, "heads": 2}
INSTALLED = find_spec("vllm") is not None


@pytest.fixture
def record(tmp_path: Path) -> dict[str, Any]:
    """Return the record of a tiny model."""
    for part in from_nothing(TINY, seed=1):
        part.save_pretrained(tmp_path / "tiny")
    weights = {"path": str(tmp_path / "tiny"), "digest": "d"}
    return {"provider": "local", "weights": weights, "adapters": [], "dtype": "float32"}


def adapted(record: dict[str, Any], folder: Path, rank: int, seed: int) -> dict[str, str]:
    """Return an adapter of this rank with random weights, which is in `folder` then."""
    torch.manual_seed(seed)
    settings = LoraConfig(
        r=rank,
        lora_alpha=3,
        target_modules="all-linear",
        init_lora_weights=False,
        task_type="CAUSAL_LM",
    )
    get_peft_model(load(record, folder)[0], settings).save_pretrained(folder)
    return {"path": str(folder), "digest": folder.name}


@pytest.mark.skipif(INSTALLED, reason="vLLM is installed")
def test_without_vllm_one_line_says_what_to_install(record: dict[str, Any], tmp_path: Path) -> None:
    """It is asked for only where a model names it, and only when there is something to sample."""
    provider = open_provider({**record, "engine": "vllm"}, tmp_path)
    assert answers([], provider, tmp_path, "test") == []

    with pytest.raises(
        ProviderError, match=r"vLLM, which is not installed; pip install -e .\[vllm"
    ):
        answers([provider.request(user("x"), GREEDY, 0)], provider, tmp_path, "test")


def test_requests_differ_by_the_engine_alone(record: dict[str, Any], tmp_path: Path) -> None:
    """Who names transformers, or no engine, asks the same."""
    models = [
        open_provider({**record, **named}, tmp_path).model
        for named in ({}, {"engine": "transformers"}, {"engine": "vllm"})
    ]

    assert models[0] == models[1] != models[2]


def test_joined_adapters_do_what_several_do(record: dict[str, Any], tmp_path: Path) -> None:
    """A finetune of a finetune, merged one after the other or joined, says the same."""
    parts = [adapted(record, tmp_path / name, rank, rank) for name, rank in (("a", 2), ("b", 3))]
    (tmp_path / "joined").mkdir()
    join([Path(part["path"]) for part in parts], tmp_path / "joined")
    ids = torch.tensor([[5, 6, 7, 8]])
    merged = load({**record, "adapters": parts}, tmp_path)[0].eval()(ids).logits
    plain = load(record, tmp_path)[0].eval()
    before = plain(ids).logits
    one = PeftModel.from_pretrained(plain, tmp_path / "joined").eval()(ids).logits

    assert json.loads((tmp_path / "joined/adapter_config.json").read_text())["r"] == 5
    assert torch.allclose(one, merged, atol=1e-4)
    assert not torch.allclose(before, merged, atol=1e-2)


def test_an_adapter_has_room_in_the_next_rank_that_vllm_knows() -> None:
    """Of more than the largest, one line says so."""
    assert [room(rank) for rank in (1, 5, 16, 65)] == [1, 8, 16, 128]

    with pytest.raises(ProviderError, match="rank 600 in all are more than vLLM takes, 512"):
        room(600)


def test_an_answer_is_kept_in_the_shape_of_the_other_engine() -> None:
    """The token that ends a turn is not kept, and the chosen token is no alternative by itself."""
    tokens = character_tokenizer()
    a, b, c, end = tokens.convert_tokens_to_ids(["a", "b", "c", "<end>"])
    steps = [{c: -3.00004, a: -0.5, b: -1.0}, {end: -0.1, a: -2.5}]
    said = SimpleNamespace(
        token_ids=[c, end],
        logprobs=[
            {token: SimpleNamespace(logprob=value) for token, value in step.items()}
            for step in steps
        ],
    )
    request = Request("local", None, {"messages": user("x"), **vars(GREEDY)}, 0)

    assert raw(said, request, {end}, tokens) == {
        "text": "c",
        "finish_reason": "stop",
        "tokens": [{"token": "c", "logprob": -3.0, "top": [["a", -0.5], ["b", -1.0]]}],
    }


@pytest.mark.vllm
@pytest.mark.skipif(
    not (INSTALLED and torch.cuda.is_available()), reason="vLLM is not installed, or has no GPU"
)
def test_vllm_answers_as_transformers_do(record: dict[str, Any], tmp_path: Path) -> None:
    """With adapters: the same tokens, and log-probabilities up to the noise of other sums."""
    finetuned = {**record, "adapters": [adapted(record, tmp_path / "a", 8, 1)]}
    given = []
    for engine in ("transformers", "vllm"):
        provider = open_provider({**finetuned, "engine": engine}, tmp_path)
        asked = [provider.request(user(f"color {n}"), GREEDY, 0) for n in range(10, 30)]
        given.append(answers(asked, provider, tmp_path, "test"))
    for ours, theirs in zip(*given, strict=True):
        assert (ours.text, ours.finish_reason) == (theirs.text, theirs.finish_reason)
        for one, other in zip(ours.tokens, theirs.tokens, strict=True):
            assert one.logprob == pytest.approx(other.logprob, abs=1e-2)
            assert [value for _, value in one.top] == pytest.approx(
                [value for _, value in other.top], abs=1e-2
            )
