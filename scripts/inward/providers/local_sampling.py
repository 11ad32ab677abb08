"""Sampling from a Hugging Face checkpoint in this process, in batches.

Requests are sorted by length, padded on the left, and answered token by token with the cache of
keys and values. A request's noise comes from its own key, so an answer does not depend on what
else was in the batch; at temperature 0 there is none. Torch takes its threads from
OMP_NUM_THREADS, which Snakemake sets to the rule's.
"""

import math
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

import torch
from transformers import PreTrainedModel, PreTrainedTokenizerBase

from inward.errors import ProviderError
from inward.providers.checkpoints import load, render
from inward.requests import Request

BATCH_TOKENS = 16_384  # prompt tokens in one batch, padding included
DECIMALS = 4  # of log-probabilities


class Sampler:
    """A checkpoint with its adapters, loaded for sampling."""

    def __init__(self, record: dict[str, Any], store: Path) -> None:
        self.network, self.tokenizer = load(record, store)
        self.network.eval()
        self.ends = end_tokens(self.network, self.tokenizer)
        self.end = min(self.ends)
        self._spelled: dict[int, str] = {}

    def sample(self, requests: Sequence[Request]) -> Iterator[tuple[Request, Any]]:
        """Yield each request with its raw response, shortest prompts first."""
        prompts = {request.key: self._prompt(request) for request in requests}
        ordered = sorted(requests, key=lambda request: (len(prompts[request.key]), request.key))
        for batch in _batches(ordered, prompts):
            yield from zip(batch, self._answer(batch, prompts), strict=True)

    def _prompt(self, request: Request) -> list[int]:
        rendered = render(self.tokenizer, request.body["messages"], answer_follows=True)
        return tokens_of(self.tokenizer, rendered)

    @torch.inference_mode()
    def _answer(self, batch: list[Request], prompts: dict[str, list[int]]) -> list[Any]:
        device = self.network.device
        answers = [_Answer(request, device) for request in batch]
        ids, attended = _left_padded([prompts[request.key] for request in batch])
        ids, attended = ids.to(device), attended.to(device)
        positions = (attended.cumsum(-1) - 1).clamp(min=0)
        cache = None
        while not all(answer.finish_reason for answer in answers):
            output = self.network(
                input_ids=ids,
                attention_mask=attended,
                position_ids=positions,
                past_key_values=cache,
                use_cache=True,
            )
            cache = output.past_key_values
            chosen = self._advance(answers, output.logits[:, -1].float().log_softmax(-1))
            ids = torch.tensor(chosen, device=device).unsqueeze(1)
            attended = torch.cat([attended, torch.ones_like(ids)], dim=1)
            positions = positions[:, -1:] + 1
        texts = (self.tokenizer.decode(a.ids, skip_special_tokens=True) for a in answers)
        return [answer.raw(self._spell, text) for answer, text in zip(answers, texts, strict=True)]

    def _advance(self, answers: list["_Answer"], logprobs: torch.Tensor) -> list[int]:
        """Give each unfinished answer its next token from `logprobs` [answers, vocabulary]."""
        kept = min(max(answer.body["top_logprobs"] for answer in answers), logprobs.shape[-1])
        likeliest = logprobs.topk(kept)
        indices, values = likeliest.indices.tolist(), likeliest.values.tolist()
        chosen = []
        for place, answer in enumerate(answers):
            token = self.end if answer.finish_reason else answer.choose(logprobs[place])
            chosen.append(token)
            if answer.finish_reason:
                continue
            if token in self.ends:
                answer.finish_reason = "stop"
            else:
                top = list(zip(indices[place], values[place], strict=True))
                answer.grow(token, logprobs[place, token].item(), top)
        return chosen

    def _spell(self, token: int) -> str:
        if token not in self._spelled:
            self._spelled[token] = str(self.tokenizer.decode([token]))
        return self._spelled[token]


class _Answer:
    """One answer while it grows."""

    def __init__(self, request: Request, device: torch.device) -> None:
        self.body = request.body
        self.noise = torch.Generator(device).manual_seed(int(request.key[:15], 16))
        self.ids: list[int] = []
        self.logprobs: list[float] = []
        self.top: list[list[tuple[int, float]]] = []
        self.finish_reason: str | None = None

    def choose(self, logprobs: torch.Tensor) -> int:
        """Return the next token, drawn from its log-probabilities [vocabulary]."""
        if self.body["temperature"] == 0:
            return int(logprobs.argmax())
        # The largest of log-probabilities plus Gumbel noise is a draw from their distribution.
        uniform = torch.rand(logprobs.shape, generator=self.noise, device=logprobs.device)
        gumbel = -torch.log(-torch.log(uniform.clamp(min=1e-20)))
        return int((logprobs / self.body["temperature"] + gumbel).argmax())

    def grow(self, token: int, logprob: float, top: list[tuple[int, float]]) -> None:
        """Take in a token that did not end the turn."""
        self.ids.append(token)
        self.logprobs.append(logprob)
        self.top.append(top[: self.body["top_logprobs"]])
        if len(self.ids) == self.body["max_tokens"]:
            self.finish_reason = "length"

    def raw(self, spell: Callable[[int], str], text: str) -> dict[str, Any]:
        """Return what the store keeps of this answer."""
        tokens = [
            {
                "token": spell(token),
                "logprob": _rounded(logprob),
                "top": [[spell(other), _rounded(value)] for other, value in top],
            }
            for token, logprob, top in zip(self.ids, self.logprobs, self.top, strict=True)
        ]
        return {"text": text, "finish_reason": self.finish_reason, "tokens": tokens}


def tokens_of(tokenizer: PreTrainedTokenizerBase, rendered: str) -> list[int]:
    """Return the tokens of a rendered conversation, whose special ones the template wrote."""
    ids: list[int] = tokenizer(rendered, add_special_tokens=False)["input_ids"]
    return ids


def end_tokens(network: PreTrainedModel, tokenizer: PreTrainedTokenizerBase) -> set[int]:
    """Return the tokens that end a turn, as the checkpoint's generation settings name them."""
    named = network.generation_config.eos_token_id if network.generation_config else None
    named = tokenizer.eos_token_id if named is None else named
    if named is None:
        raise ProviderError(
            "the checkpoint names no token that ends a turn; set eos_token_id in its"
            " generation_config.json"
        )
    return set(named) if isinstance(named, list) else {named}


def _batches(ordered: list[Request], prompts: dict[str, list[int]]) -> Iterator[list[Request]]:
    batch: list[Request] = []
    for request in ordered:
        if batch and (len(batch) + 1) * len(prompts[request.key]) > BATCH_TOKENS:
            yield batch
            batch = []
        batch.append(request)
    if batch:
        yield batch


def _left_padded(prompts: list[list[int]]) -> tuple[torch.Tensor, torch.Tensor]:
    """Return the prompts' tokens and their mask, both [prompts, longest]; padding is masked out."""
    longest = max(len(prompt) for prompt in prompts)
    ids = torch.zeros(len(prompts), longest, dtype=torch.long)
    attended = torch.zeros_like(ids)
    for row, prompt in enumerate(prompts):
        ids[row, longest - len(prompt) :] = torch.tensor(prompt)
        attended[row, longest - len(prompt) :] = 1
    return ids, attended


def _rounded(logprob: float) -> float:
    return round(logprob, DECIMALS) if math.isfinite(logprob) else -1e9
