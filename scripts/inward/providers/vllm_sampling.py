"""Sampling from a checkpoint by vLLM, for many requests on GPUs.

The requests are those of `local_sampling`, rendered and cut into tokens as there, and what the
store keeps of an answer has the same shape. vLLM takes one adapter: those of finetunes of finetunes
are joined into one, which adds up to the same. Written for vLLM 0.33.
"""

from collections.abc import Iterator, Sequence
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import torch
from safetensors.torch import load_file, save_file
from transformers import AutoConfig, AutoTokenizer, GenerationConfig

from inward.errors import ProviderError
from inward.files import read_json, write_json
from inward.providers.checkpoints import located, render
from inward.providers.choices import kept
from inward.providers.local_sampling import ends_of
from inward.requests import Request

AT_ONCE = 2_000  # requests, whose answers are then in the store
RANKS = (1, 8, 16, 32, 64, 128, 256, 320, 512)  # that vLLM knows as the largest of adapters
WEIGHTS, SETTINGS = "adapter_model.safetensors", "adapter_config.json"


class VllmSampler:
    """A checkpoint with its adapters, loaded into vLLM."""

    def __init__(self, record: dict[str, Any], store: Path) -> None:
        try:
            import vllm  # noqa: PLC0415 - is rarely installed, and takes long to load
        except ImportError as error:
            raise ProviderError(
                "engine: vllm needs vLLM, which is not installed; pip install -e .[vllm], on a"
                " machine with GPUs"
            ) from error
        self._vllm = vllm
        folder = located(record["weights"], store)
        self.tokenizer = AutoTokenizer.from_pretrained(folder)
        self.ends = ends_of(_settings_of(folder), self.tokenizer)
        self._joined = TemporaryDirectory()
        self._lora = self._adapter([located(each, store) for each in record["adapters"]])
        rank = read_json(Path(self._joined.name) / SETTINGS)["r"] if self._lora else 0
        adapted = {"enable_lora": True, "max_lora_rank": room(rank)} if self._lora else {}
        self._engine = vllm.LLM(
            model=str(folder),
            dtype=record["dtype"],
            tensor_parallel_size=max(1, torch.cuda.device_count()),
            enable_prefix_caching=True,
            # Of the model itself, before any temperature, as the other engine keeps them.
            logprobs_mode="raw_logprobs",
            **adapted,
        )

    def sample(
        self, requests: Sequence[Request], wanted: set[str]
    ) -> Iterator[tuple[Request, Any]]:
        """Yield each request whose key is wanted with its raw response; vLLM forms batches."""
        requests = [request for request in requests if request.key in wanted]
        for begin in range(0, len(requests), AT_ONCE):
            some = requests[begin : begin + AT_ONCE]
            outputs = self._engine.generate(
                [{"prompt_token_ids": self._tokens(request)} for request in some],
                [self._sampling(request) for request in some],
                lora_request=self._lora,
                use_tqdm=False,
            )
            for request, output in zip(some, outputs, strict=True):
                yield request, raw(output.outputs[0], request, self.ends, self.tokenizer)

    def _tokens(self, request: Request) -> list[int]:
        rendered = render(self.tokenizer, request.body["messages"], answer_follows=True)
        ids: list[int] = self.tokenizer(rendered, add_special_tokens=False)["input_ids"]
        return ids

    def _sampling(self, request: Request) -> Any:
        body = request.body
        return self._vllm.SamplingParams(
            temperature=body["temperature"],
            max_tokens=body["max_tokens"],
            logprobs=body["top_logprobs"],
            seed=int(request.key[:8], 16),
            stop_token_ids=sorted(self.ends),
            detokenize=False,
        )

    def _adapter(self, adapters: list[Path]) -> Any:
        if not adapters:
            return None
        join(adapters, Path(self._joined.name))
        from vllm.lora.request import LoRARequest  # noqa: PLC0415 - as above

        return LoRARequest("adapters", 1, self._joined.name)


def room(rank: int) -> int:
    """Return the smallest rank known to vLLM that has room for adapters of this one."""
    if rank > RANKS[-1]:
        raise ProviderError(
            f"adapters of rank {rank} in all are more than vLLM takes, {RANKS[-1]}; take"
            " engine: vllm out"
        )
    return next(known for known in RANKS if known >= rank)


def raw(said: Any, request: Request, ends: set[int], tokenizer: Any) -> dict[str, Any]:
    """Return what the store keeps of an answer, vLLM's CompletionOutput."""
    ids = list(said.token_ids)
    stopped = bool(ids) and ids[-1] in ends
    ids = ids[:-1] if stopped else ids
    spelled = {
        token: tokenizer.decode([token], clean_up_tokenization_spaces=False)
        for token in {*ids, *(token for step in said.logprobs or () for token in step)}
    }
    tokens = []
    for token, step in zip(ids, said.logprobs or [{}] * len(ids), strict=False):
        likeliest = sorted(step.items(), key=lambda pair: -pair[1].logprob)
        tokens.append(
            {
                "token": spelled[token],
                "logprob": kept(step[token].logprob),
                "top": [
                    [spelled[other], kept(value.logprob)]
                    for other, value in likeliest[: request.body["top_logprobs"]]
                ],
            }
        )
    text = tokenizer.decode(ids, skip_special_tokens=True, clean_up_tokenization_spaces=False)
    return {"finish_reason": "stop" if stopped else "length", "tokens": tokens, "text": text}


def join(adapters: Sequence[Path], folder: Path) -> None:
    """Write into `folder` one adapter that does what several do, added up.

    Its rank is the sum of theirs. Raises ProviderError where they are of different layers.
    """
    every = [read_json(adapter / SETTINGS) for adapter in adapters]
    weights = [load_file(adapter / WEIGHTS) for adapter in adapters]
    if any(one.keys() != weights[0].keys() for one in weights):
        raise ProviderError(
            f"{adapters[-1]}: is an adapter of other layers than those before it, which vLLM cannot"
            " add up; take engine: vllm out"
        )
    scales = [settings["lora_alpha"] / settings["r"] for settings in every]
    joined = {
        name: torch.cat([one[name] for one in weights])
        if "lora_A" in name
        else torch.cat([s * one[name] for s, one in zip(scales, weights, strict=True)], dim=1)
        for name in weights[0]
    }
    rank = sum(settings["r"] for settings in every)
    save_file(joined, folder / WEIGHTS, metadata={"format": "pt"})
    write_json(folder / SETTINGS, {**every[0], "r": rank, "lora_alpha": rank})


def _settings_of(folder: Path) -> Any:
    """Return a checkpoint's settings for generation."""
    try:
        return GenerationConfig.from_pretrained(folder)
    except OSError:
        return GenerationConfig.from_model_config(AutoConfig.from_pretrained(folder))
