"""Sampling from a Hugging Face checkpoint in this process, in batches.

Requests are sorted by length, and answered token by token from the keys and values of what was
read. What prompts of a batch begin with is read once; so are samples of one prompt, as long as they
say the same. A request's noise comes from its own key, so an answer does not depend on what else
was in the batch; at temperature 0 there is none. Torch takes its threads from OMP_NUM_THREADS,
which Snakemake sets to the rule's.
"""

import gc
from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import psutil
import torch
from peft import PeftModel
from transformers import GenerationConfig, PreTrainedModel, PreTrainedTokenizerBase

from inward.errors import ProviderError
from inward.progress import log
from inward.providers.batches import Limit, in_order, needs_of, next_batch
from inward.providers.checkpoints import load, render
from inward.providers.choices import Choices, choose, noise
from inward.providers.prefixes import Tokens
from inward.providers.states import States
from inward.requests import Request

MOST = {"cpu": 16_384, "cuda": 131_072}  # tokens of a batch, answers included
FEWER = 0.75  # of the rows must be left at most, for finished ones to be dropped


class Sampler:
    """A checkpoint with its adapters, loaded for sampling."""

    def __init__(self, record: dict[str, Any], store: Path) -> None:
        network, self.tokenizer = load(record, store)
        # Adapters beside quantized weights are within the layers already.
        self.network = network.get_base_model() if isinstance(network, PeftModel) else network
        self.network.eval()
        gc.freeze()  # or every sweep would go through all that was loaded
        self.ends = end_tokens(self.network, self.tokenizer)
        self._spelled: dict[int, str] = {}

    def sample(
        self, requests: Sequence[Request], wanted: set[str]
    ) -> Iterator[tuple[Request, Any]]:
        """Yield each request whose key is wanted with its raw response, shortest prompts first.

        Batches are formed of all of them, and answered where they have one that is wanted.
        A batch that memory has no room for is halved, and so are those after it. Raises
        ProviderError where there is no room for one request alone.
        """
        prompts = self._prompts(requests)
        ordered, begin, limit = in_order(requests, prompts), 0, limit_of(self.network)
        while begin < len(ordered):
            batch = next_batch(ordered, begin, prompts, limit)
            if wanted.isdisjoint(request.key for request in batch):
                begin += len(batch)
                continue
            answers = self._answers_if_room(batch, prompts)
            if answers is not None:
                pairs = zip(batch, answers, strict=True)
                yield from ((request, raw) for request, raw in pairs if request.key in wanted)
                begin += len(batch)
                continue
            longest = max(len(prompts[request.key]) for request in batch)
            if len(batch) == 1:
                raise ProviderError(
                    f"there is no memory to answer one prompt of {longest} tokens; take a GPU with"
                    " more of it, several GPUs, or `quantize: 4bit`"
                )
            limit = replace(limit, rows=len(batch) // 2)
            log.info("out of memory with %d answers at once; on with %d", len(batch), limit.rows)

    def _answers_if_room(
        self, batch: Sequence[Request], prompts: dict[str, Tokens]
    ) -> list[Any] | None:
        """Return raw responses to a batch; None where memory was not enough for it."""
        try:
            return self._answers(batch, prompts)
        except torch.OutOfMemoryError:
            pass
        # Outside, since the error holds on to all that filled the memory.
        if torch.cuda.is_available():
            torch.cuda.empty_cache()
        return None

    def _prompts(self, requests: Sequence[Request]) -> dict[str, Tokens]:
        """Return the tokens of each request's conversation, by its key."""
        rendered = [
            render(self.tokenizer, request.body["messages"], answer_follows=True)
            for request in requests
        ]
        ids = self.tokenizer(rendered, add_special_tokens=False)["input_ids"]
        return {request.key: tuple(tokens) for request, tokens in zip(requests, ids, strict=True)}

    @torch.inference_mode()
    def _answers(self, batch: Sequence[Request], prompts: dict[str, Tokens]) -> list[Any]:
        """Return raw responses to requests that are sampled alike, in their order."""
        body, states = batch[0].body, States(self.network)
        asked = [prompts[request.key] for request in batch]
        distinct = list(dict.fromkeys(asked)) if states.copied else asked
        places = {prompt: row for row, prompt in enumerate(distinct)}
        rows = np.array(
            [places[prompt] for prompt in asked] if states.copied else range(len(asked))
        )
        left = np.arange(len(batch))  # the answers that have not ended; `rows` are theirs
        draws = noise([request.key for request in batch], body["max_tokens"])
        said: list[Choices] = []
        logits = states.read_prompts(distinct, body["max_tokens"] - 1)
        while True:
            now = choose(logits, left, rows, draws[left, len(said)], body)
            said.append(now)
            going = ~np.isin(now.tokens, list(self.ends))
            left, rows, tokens = left[going], rows[going], now.tokens[going]
            if not len(left) or len(said) == body["max_tokens"]:
                return self._raws(len(batch), said)
            logits, rows = self._read(states, rows, tokens)

    def _read(
        self, states: States, rows: np.ndarray, tokens: np.ndarray
    ) -> tuple[torch.Tensor, np.ndarray]:
        """Read the next token of each answer; return what is said then, and each one's new row.

        Answers that are the same so far share a row.
        """
        count = len(states.lengths)
        pairs, homes = np.unique(np.stack([rows, tokens]), axis=1, return_inverse=True)
        parents, following = pairs
        split = len(parents) > len(np.unique(parents))
        if states.copied and (split or len(parents) <= FEWER * count):
            states.select(parents.tolist())
            return states.read(following[:, np.newaxis].tolist()), homes
        filled = np.full((count, 1), min(self.ends))
        filled[rows, 0] = tokens
        return states.read(filled.tolist()), rows

    def _raws(self, count: int, said: Sequence[Choices]) -> list[Any]:
        """Return what the store keeps of `count` answers, from the choices at each token."""
        raws: list[Any] = [{"finish_reason": "length", "tokens": []} for _ in range(count)]
        written: list[list[int]] = [[] for _ in range(count)]
        for now in said:
            tops = [
                [[self._spell(token), value] for token, value in zip(*row, strict=True)]
                for row in zip(now.top.tolist(), now.top_logprobs.tolist(), strict=True)
            ]
            columns = (now.answers, now.tokens, now.logprobs, now.rows)
            each = zip(*(column.tolist() for column in columns), strict=True)
            for answer, token, logprob, row in each:
                if token in self.ends:
                    raws[answer]["finish_reason"] = "stop"
                    continue
                written[answer].append(token)
                raws[answer]["tokens"].append(
                    {"token": self._spell(token), "logprob": logprob, "top": tops[row]}
                )
        for raw, ids in zip(raws, written, strict=True):
            raw["text"] = self.tokenizer.decode(
                ids, skip_special_tokens=True, clean_up_tokenization_spaces=False
            )
        return raws

    def _spell(self, token: int) -> str:
        if token not in self._spelled:
            self._spelled[token] = str(
                self.tokenizer.decode([token], clean_up_tokenization_spaces=False)
            )
        return self._spelled[token]


def limit_of(network: PreTrainedModel) -> Limit:
    """Return how large a batch may be, by the memory that is free now."""
    kind = network.device.type
    if kind == "cuda":
        gpus = {weights.device for weights in network.parameters()}
        free = len(gpus) * min(map(_free_of, gpus))
    else:
        free = psutil.virtual_memory().available
    needs = needs_of(network.config.get_text_config(), network.dtype.itemsize)
    return Limit(free, needs, MOST.get(kind, MOST["cpu"]))


def _free_of(gpu: torch.device) -> int:
    """Return the bytes of a GPU that nobody uses, those included that torch keeps for later."""
    kept = torch.cuda.memory_reserved(gpu) - torch.cuda.memory_allocated(gpu)
    return int(torch.cuda.mem_get_info(gpu)[0]) + kept


def tokens_of(tokenizer: PreTrainedTokenizerBase, rendered: str) -> list[int]:
    """Return the tokens of a rendered conversation, whose special ones the template wrote."""
    ids: list[int] = tokenizer(rendered, add_special_tokens=False)["input_ids"]
    return ids


def end_tokens(network: PreTrainedModel, tokenizer: PreTrainedTokenizerBase) -> set[int]:
    """Return the tokens that end a turn: those the checkpoint names, and its template's own."""
    return ends_of(network.generation_config, tokenizer)


def ends_of(settings: GenerationConfig | None, tokenizer: PreTrainedTokenizerBase) -> set[int]:
    """Return the tokens that end a turn: those that settings for generation name, and others."""
    named = settings.eos_token_id if settings else None
    every = [*(named if isinstance(named, list) else [named]), tokenizer.eos_token_id]
    found = {token for token in (*every, _turn_end(tokenizer)) if token is not None}
    if not found:
        raise ProviderError(
            "the checkpoint names no token that ends a turn; set eos_token_id in its"
            " generation_config.json"
        )
    return found


def _turn_end(tokenizer: PreTrainedTokenizerBase) -> int | None:
    """Return the special token that the template writes right behind an answer, if it does."""
    answer = "answer"
    messages = [{"role": "user", "content": "?"}, {"role": "assistant", "content": answer}]
    behind = tokens_of(tokenizer, render(tokenizer, messages).rpartition(answer)[2])
    special = {token for token, added in tokenizer.added_tokens_decoder.items() if added.special}
    return behind[0] if behind and behind[0] in special else None
