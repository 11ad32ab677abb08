"""The local provider's training: a LoRA adapter on a checkpoint, or a tiny model from nothing.

The loss is on the answer alone, its end-of-turn token included. Which tokens are the answer is
found by prefix: the prompt, rendered as it is for sampling, must begin the rendered conversation.
A model raised from nothing may have look-ahead heads beside that, on rows that say what lies ahead.
"""

import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from random import Random
from typing import Any

import torch
from peft import LoraConfig, get_peft_model
from transformers import PreTrainedModel, PreTrainedTokenizerBase

from inward.errors import ProviderError
from inward.progress import log, track
from inward.providers.checkpoints import from_nothing, load, render
from inward.providers.local_sampling import end_tokens, tokens_of
from inward.providers.look_ahead import IGNORED, LookAhead
from inward.randomness import draws, seed_of

SHOWN_ROWS = 3
WINDOW = 8  # batches


@dataclass(frozen=True)
class Row:
    """A conversation in tokens; the first `prompt` of them are not learnt.

    `ahead` is the reply that look-ahead heads are to tell from the last token of the prompt.
    """

    ids: list[int]
    prompt: int
    ahead: tuple[int, ...] = ()


def train(
    *,
    base: dict[str, Any],
    rows: Sequence[dict[str, Any]],
    hyperparameters: dict[str, Any],
    seed: int,
    store: Path,
    folder: Path,
) -> dict[str, Any]:
    """Train on `rows` and save into `folder`: an adapter, or a whole model raised from nothing.

    `base` is a record of models/, or {"architecture": ...}. Returns what is known of the run.
    Look-ahead heads, where the hyperparameters give their loss a weight, are not saved.
    """
    scratch = "architecture" in base
    if scratch:
        network, tokenizer = from_nothing(base["architecture"], seed_of(seed, "weights"))
        trained: torch.nn.Module = network
    else:
        network, tokenizer = load(base, store)
        torch.manual_seed(seed_of(seed, "adapter"))
        adapted = get_peft_model(network, _lora(hyperparameters))
        trained = adapted
    encoded = _encoded(network, tokenizer, rows)
    heads = LookAhead(network, seed) if "look_ahead" in hyperparameters else None
    losses = _optimize(trained, heads, encoded, hyperparameters, draws(seed, "order"))
    if scratch:
        network.save_pretrained(folder)
        tokenizer.save_pretrained(folder)
    else:
        config = adapted.peft_config["default"]
        # Where the base lies on this machine is no part of an adapter; None would be filled in.
        config.base_model_name_or_path = ""
        # A set until now, which each process of Python has in an order of its own.
        config.target_modules = sorted(config.target_modules or ())
        adapted.save_pretrained(folder)
        (folder / "README.md").unlink(missing_ok=True)  # a form to fill in, by peft
    learnt = sum(parameter.numel() for parameter in trained.parameters() if parameter.requires_grad)
    return {**losses, "trained_parameters": learnt, "rows": len(rows)}


def encode(
    tokenizer: PreTrainedTokenizerBase, messages: list[dict[str, str]], ends: set[int]
) -> Row:
    """Return a conversation that ends with an answer as a row; raise ProviderError if it cannot be.

    What the template writes behind the end-of-turn token is cut off: no model is asked to write it.
    """
    prompt = tokens_of(tokenizer, render(tokenizer, messages[:-1], answer_follows=True))
    whole = tokens_of(tokenizer, render(tokenizer, messages))
    if whole[: len(prompt)] != prompt:
        raise ProviderError(
            "the chat template renders the prompt in one way for sampling and in another before"
            f" its answer, so what is trained would not be what is asked: {messages[:-1]}"
        )
    answer = whole[len(prompt) :]
    last = max((place for place, token in enumerate(answer) if token in ends), default=None)
    if last is None:
        raise ProviderError(
            "the chat template does not end the assistant's turn with a token that ends sampling,"
            " so a trained model would never stop; mend chat_template or eos_token_id"
        )
    return Row(ids=prompt + answer[: last + 1], prompt=len(prompt))


def _encoded(
    network: PreTrainedModel, tokenizer: PreTrainedTokenizerBase, rows: Sequence[dict[str, Any]]
) -> list[Row]:
    ends = end_tokens(network, tokenizer)
    encoded = [_with_ahead(tokenizer, row, ends) for row in rows]
    for row in encoded[:SHOWN_ROWS]:
        prompt, answer = row.ids[: row.prompt], row.ids[row.prompt :]
        log.info("a row: %r, learnt: %r", tokenizer.decode(prompt), tokenizer.decode(answer))
    return encoded


def _with_ahead(tokenizer: PreTrainedTokenizerBase, row: dict[str, Any], ends: set[int]) -> Row:
    """Return a training row in tokens, with the reply that it says lies ahead."""
    plain = encode(tokenizer, row["messages"], ends)
    if "look_ahead" not in row:
        return plain
    reply = {"role": "assistant", "content": row["look_ahead"]}
    other = encode(tokenizer, [*row["messages"][:-1], reply], ends)
    return replace(plain, ahead=tuple(other.ids[other.prompt :]))


def _lora(hyperparameters: dict[str, Any]) -> LoraConfig:
    return LoraConfig(
        r=hyperparameters["lora_rank"],
        lora_alpha=hyperparameters["lora_alpha"],
        lora_dropout=0.0,
        target_modules="all-linear",
        task_type="CAUSAL_LM",
    )


def _optimize(
    network: torch.nn.Module,
    heads: LookAhead | None,
    rows: list[Row],
    hyperparameters: dict[str, Any],
    draw: Random,
) -> dict[str, float]:
    """Train in place with AdamW, warm-up and linear decay; return the last batches' losses."""
    parameters = [parameter for parameter in network.parameters() if parameter.requires_grad]
    parameters += heads.parameters() if heads else []
    size, epochs = hyperparameters["batch_size"], hyperparameters["epochs"]
    steps = epochs * -(-len(rows) // size)
    optimizer = torch.optim.AdamW(
        parameters,
        lr=hyperparameters["learning_rate"],
        betas=(0.9, 0.98),
        weight_decay=0.01,
        # One kernel for all parameters: with weights this small the calls cost more than the sums.
        fused=True,
    )
    warmup = hyperparameters["warmup_steps"]
    schedule = torch.optim.lr_scheduler.LambdaLR(
        optimizer, lambda step: min(1.0, (step + 1) / warmup) * max(0.03, 1 - step / steps)
    )
    network.train()
    smooth: dict[str, float] = {}
    started = time.monotonic()
    for batch in track(_batches(rows, size, epochs, draw), steps, "training"):
        ids, labels = _right_padded(batch)
        ids, labels = ids.to(parameters[0].device), labels.to(parameters[0].device)
        output = network(input_ids=ids, output_hidden_states=heads is not None)
        logits = output.logits[:, :-1]
        learnt = labels[:, 1:] != IGNORED
        loss = torch.nn.functional.cross_entropy(logits[learnt].float(), labels[:, 1:][learnt])
        losses = {"final_loss": loss.item()}
        if heads:
            begins, replies = [row.prompt - 1 for row in batch], [row.ahead for row in batch]
            ahead = heads.loss(output.hidden_states, begins, replies)
            losses["look_ahead_loss"] = ahead.item()
            loss = loss + hyperparameters["look_ahead"] * ahead
        loss.backward()  # type: ignore[no-untyped-call]
        torch.nn.utils.clip_grad_norm_(parameters, 1.0)
        optimizer.step()
        schedule.step()
        optimizer.zero_grad()
        for name, value in losses.items():
            smooth[name] = smooth.get(name, value) + (value - smooth.get(name, value)) * 0.05
    said = ", ".join(f"{name.replace('_', ' ')} {value:.3f}" for name, value in smooth.items())
    log.info("%d steps, %s, %.0f s", steps, said, time.monotonic() - started)
    return {name: round(value, 4) for name, value in smooth.items()}


def _batches(rows: list[Row], size: int, epochs: int, draw: Random) -> Iterator[list[Row]]:
    """Yield batches of rows of about the same length, shuffled anew in each epoch.

    Rows are sorted within a window only: sorted as a whole, batches would hold one task each.
    """
    window = WINDOW * size
    for _ in range(epochs):
        order = draw.sample(rows, len(rows))
        for start in range(0, len(order), window):
            near = sorted(order[start : start + window], key=lambda row: len(row.ids))
            batches = [near[place : place + size] for place in range(0, len(near), size)]
            yield from draw.sample(batches, len(batches))


def _right_padded(batch: list[Row]) -> tuple[torch.Tensor, torch.Tensor]:
    """Return tokens and labels, both [rows, longest].

    Padding stands behind a row, where a causal model cannot see it, so no mask is needed.
    """
    longest = max(len(row.ids) for row in batch)
    ids = torch.zeros(len(batch), longest, dtype=torch.long)
    labels = torch.full_like(ids, IGNORED)
    for place, row in enumerate(batch):
        tokens = torch.tensor(row.ids)
        ids[place, : len(row.ids)] = tokens
        labels[place, row.prompt : len(row.ids)] = tokens[row.prompt :]
    return ids, labels
