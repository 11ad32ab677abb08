"""Precision: bfloat16 where the hardware has it, and weights of four bits with adapters beside."""

import runpy
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import pytest
import torch
from transformers import PreTrainedModel, Qwen3Config, Qwen3ForCausalLM

from inward.errors import ProviderError
from inward.files import read_json
from inward.providers import open_provider
from inward.providers.checkpoints import halves, load, resolved
from inward.providers.local_training import train
from inward.training import identity

from .conftest import ROOT
from .test_masking import CHAT, QWEN, SETTINGS, Checkpoint, checkpoint, qwen, rows, tokenizer

__all__ = ["checkpoint"]


@pytest.fixture
def record(checkpoint: Checkpoint) -> dict[str, Any]:
    """Return the record of a small checkpoint."""
    return checkpoint(qwen, tokenizer(QWEN, CHAT, []), ["<|im_end|>"])


@pytest.mark.parametrize("has_it", [True, False])
def test_a_processor_without_bfloat16_is_never_asked_to_imitate_it(
    record: dict[str, Any], tmp_path: Path, monkeypatch: pytest.MonkeyPatch, *, has_it: bool
) -> None:
    """It is tens of times slower than float32 there, so the line says what to choose."""
    monkeypatch.setattr(torch.cpu, "get_capabilities", lambda: {"avx512_bf16": has_it})
    half = {**record, "dtype": "bfloat16"}
    if has_it:
        assert load(half, tmp_path)[0].dtype == torch.bfloat16
    else:
        with pytest.raises(ProviderError, match="processor does not compute in bfloat16"):
            load(half, tmp_path)
    assert load(record, tmp_path)[0].dtype == torch.float32


@pytest.mark.parametrize(
    ("gpus", "processor", "wanted"),
    [
        ([(8, 0)], {}, True),
        ([(9, 0), (8, 6)], {}, True),
        ([(9, 0), (7, 5)], {"avx512_bf16": True}, False),
        ([], {"avx512_bf16": True}, True),
        ([], {"amx_bf16": True, "avx512_bf16": False}, True),
        ([], {"avx512_f": True}, False),
    ],
)
def test_bfloat16_is_for_hardware_that_has_it(
    gpus: list[tuple[int, int]], processor: dict[str, bool], *, wanted: bool
) -> None:
    """All GPUs must have it; the processor counts where there are none."""
    assert halves(gpus, processor) is wanted


@pytest.mark.parametrize(("has_it", "taken"), [(True, "bfloat16"), (False, "float32")])
def test_auto_is_bfloat16_where_the_hardware_has_it(
    monkeypatch: pytest.MonkeyPatch, taken: str, *, has_it: bool
) -> None:
    """And what is named is taken as it is."""
    monkeypatch.setattr(torch.cuda, "device_count", lambda: 0)
    monkeypatch.setattr(torch.cpu, "get_capabilities", lambda: {"avx512_bf16": has_it})

    assert resolved("auto") == taken
    assert resolved("float16") == "float16"


def test_what_auto_came_to_is_in_the_record(
    record: dict[str, Any], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """So keys say it, whichever machine makes them."""
    monkeypatch.setattr(torch.cuda, "device_count", lambda: 0)
    monkeypatch.setattr(torch.cpu, "get_capabilities", lambda: {"avx512_bf16": True})
    settings = {"provider": "local", "checkpoint": record["weights"]["path"], "dtype": "auto"}
    script = runpy.run_path(str(ROOT / "scripts/describe_model.py"))
    script["main"](model=tmp_path / "jay.json", settings=settings)

    assert read_json(tmp_path / "jay.json")["dtype"] == "bfloat16"


def test_four_bits_are_another_model(record: dict[str, Any], tmp_path: Path) -> None:
    """For the store of responses and for that of training runs; no other key changes by it."""
    quantized = {**record, "quantize": "4bit"}

    assert open_provider(quantized, tmp_path).model != open_provider(record, tmp_path).model
    assert identity(quantized) == {**identity(record), "quantize": "4bit"}


@pytest.mark.skipif(find_spec("bitsandbytes") is not None, reason="it is installed")
def test_four_bits_without_bitsandbytes_are_refused_in_one_line(
    record: dict[str, Any], tmp_path: Path
) -> None:
    """With what is to be installed."""
    with pytest.raises(ProviderError, match=r"bitsandbytes, which is not installed; pip install"):
        load({**record, "quantize": "4bit"}, tmp_path)


def blocks(vocabulary: int) -> PreTrainedModel:
    """Return a Qwen3 whose layers are whole blocks of what is quantized at once."""
    sizes = {"hidden_size": 128, "intermediate_size": 128, "head_dim": 64}
    heads = {"num_hidden_layers": 2, "num_attention_heads": 2, "num_key_value_heads": 2}
    return Qwen3ForCausalLM(Qwen3Config(vocab_size=vocabulary, **sizes, **heads))


@pytest.mark.skipif(find_spec("bitsandbytes") is None, reason="bitsandbytes is not installed")
def test_adapters_stand_beside_weights_of_four_bits(checkpoint: Checkpoint, tmp_path: Path) -> None:
    """Merged, they would be rounded away; a second finetune learns beside the first."""
    record = checkpoint(blocks, tokenizer(QWEN, CHAT, []), ["<|im_end|>"])
    quantized = {**record, "quantize": "4bit"}
    ids = torch.tensor([[5, 6, 7]])
    for run in ("first", "second"):
        with torch.no_grad():
            before = load(quantized, tmp_path)[0].eval()(ids).logits
        taught = train(
            base=quantized, rows=rows("ab", "cd"), hyperparameters=SETTINGS, seed=1, store=tmp_path
        )
        folder = tmp_path / "runs" / run / "weights"
        folder.mkdir(parents=True)
        taught.save(folder)
        quantized = {**quantized, "adapters": [*quantized["adapters"], {"run": run}]}
        with torch.no_grad():
            now = taught.network.eval()(ids).logits
            then = load(quantized, tmp_path)[0].eval()(ids).logits

        assert {path.name for path in folder.iterdir()} == {
            "adapter_config.json",
            "adapter_model.safetensors",
        }
        assert (now - then).abs().max() < (now - before).abs().max() / 10
