"""The local provider's training: a LoRA adapter on a checkpoint, or a tiny model from nothing.

A model raised from nothing may have look-ahead heads beside it, on rows that say what lies ahead.
What is learnt of a row is in inward.providers.masking, how in inward.providers.training_loop.
"""

import os
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from peft import LoraConfig, PeftModel, get_peft_model
from peft.tuners.tuners_utils import BaseTunerLayer
from transformers import PreTrainedModel, PreTrainedTokenizerBase
from transformers.pytorch_utils import Conv1D

from inward.digests import digest
from inward.errors import ProviderError
from inward.progress import log
from inward.providers.checkpoints import from_nothing, load
from inward.providers.look_ahead import LookAhead
from inward.providers.masking import encoded, show
from inward.providers.training_checkpoint import TrainingCheckpoint
from inward.providers.training_loop import Loop
from inward.providers.training_record import record, said
from inward.randomness import draws, seed_of

LARGE = 1_000_000_000  # parameters, from which activations are computed twice rather than kept
MOST = 0.5  # of the weights


@dataclass(frozen=True)
class Trained:
    """What came of a training run."""

    network: PreTrainedModel | PeftModel
    tokenizer: PreTrainedTokenizerBase
    known: dict[str, Any]  # the same each time
    cost: dict[str, Any]  # and what was not: losses on the way, time and memory

    def save(self, folder: Path) -> None:
        """Write into `folder` the adapter, or the whole model where there was no base."""
        if isinstance(self.network, PeftModel):
            _save_adapter(self.network, folder)
        else:
            self.network.save_pretrained(folder)
            self.tokenizer.save_pretrained(folder)


def train(
    *,
    base: dict[str, Any],
    rows: Sequence[dict[str, Any]],
    hyperparameters: dict[str, Any],
    seed: int,
    store: Path,
    validation: Sequence[dict[str, Any]] = (),
    checkpoint: TrainingCheckpoint | None = None,
) -> Trained:
    """Return what comes of training on `rows`: a network with an adapter, or one from nothing.

    `base` is a record of models/, or {"architecture": ...}. A run that has a checkpoint goes on
    from there. Look-ahead heads, if the hyperparameters give their loss a weight, are thrown away.
    """
    _repeatable()
    scratch = "architecture" in base
    if scratch:
        network, tokenizer = from_nothing(base["architecture"], seed_of(seed, "weights"))
    else:
        network, tokenizer = load(base, store)
    learnt = encoded(network, tokenizer, rows, "train.jsonl")
    held_out = encoded(network, tokenizer, validation, "validation.jsonl")
    show(tokenizer, learnt)
    trained = network if scratch else adapted(network, hyperparameters, seed_of(seed, "adapter"))
    heads = LookAhead(network, seed) if "look_ahead" in hyperparameters else None
    loop = Loop(trained, heads, (learnt, held_out), hyperparameters)
    if network.num_parameters() >= LARGE:
        loop.recompute()
    done = loop.run(draws(seed, "order"), checkpoint)
    cost = record(trained, done, whole=scratch)
    log.info("%s", said(cost))
    last = done.epochs[-1] if done.epochs else {}
    known = {
        **{name: round(loss, 4) for name, loss in done.losses.items()},
        **{name: last[name] for name in ("validation_loss",) if name in last},
        "trained_parameters": sum(w.numel() for w in trained.parameters() if w.requires_grad),
        "rows": len(rows),
        "tokens": done.tokens,
        "template": digest(tokenizer.chat_template),
    }
    return Trained(trained, tokenizer, known, cost)


def adapted(network: PreTrainedModel, hyperparameters: dict[str, Any], seed: int) -> PeftModel:
    """Return a network with a new adapter on all linear layers but the one that makes the output.

    The adapter is in float32 whatever the network is in. Raises ProviderError where the network has
    no such layer.
    """
    given = network.peft_config if isinstance(network, PeftModel) else {}
    config = LoraConfig(
        r=hyperparameters["lora_rank"],
        lora_alpha=hyperparameters["lora_alpha"],
        lora_dropout=0.0,
        target_modules=next((one.target_modules for one in given.values()), "all-linear"),
        # GPT-2 and its kin keep the weights of linear layers the other way round.
        fan_in_fan_out=any(isinstance(part, Conv1D) for part in network.modules()),
        task_type="CAUSAL_LM",
    )
    torch.manual_seed(seed)
    try:
        with_adapter = _beside_given(network, config) if given else get_peft_model(network, config)
    except ValueError as error:
        raise ProviderError(
            f"{network.config.model_type}: takes no adapter ({' '.join(str(error).split())[:200]});"
            " choose a checkpoint of another architecture"
        ) from error
    layers = [part for part in with_adapter.modules() if isinstance(part, BaseTunerLayer)]
    kinds = ", ".join(sorted(_kinds(with_adapter)))
    log.info("an adapter of rank %d on %d layers: %s", config.r, len(layers), kinds)
    _warn_of_the_rest(with_adapter, layers)
    return with_adapter


def _beside_given(network: PeftModel, config: LoraConfig) -> PeftModel:
    """Return a network with one more adapter, the only one that is learnt of all at work."""
    given = list(network.peft_config)
    network.add_adapter("default", config)
    network.base_model.set_adapter([*given, "default"])
    for name, weights in network.named_parameters():
        weights.requires_grad_(requires_grad=".default." in name)
    return network


def _warn_of_the_rest(network: PeftModel, layers: list[BaseTunerLayer]) -> None:
    """Say so where most weights have no adapter, as those of experts that are one tensor."""
    reached = {id(weights) for part in layers for weights in part.get_base_layer().parameters()}
    tables = (network.get_input_embeddings(), network.get_output_embeddings())
    reached |= {id(weights) for part in tables if part for weights in part.parameters()}
    frozen = [weights for weights in network.parameters() if not weights.requires_grad]
    rest = sum(weights.numel() for weights in frozen if id(weights) not in reached)
    share = rest / sum(weights.numel() for weights in frozen)
    if share > MOST:
        log.warning("%.0f %% of the weights are in no linear layer: without adapter", 100 * share)


def _kinds(network: PeftModel) -> set[str]:
    """Return the names of the layers that have an adapter, as they are called within a block."""
    config = network.peft_config["default"]
    found = {*(config.target_modules or ()), *(config.target_parameters or ())}
    return {str(name).rpartition(".")[2] for name in found}


def _save_adapter(trained: PeftModel, folder: Path) -> None:
    config = trained.peft_config["default"]
    # Where the base lies on this machine is no part of an adapter; None would be filled in.
    config.base_model_name_or_path = ""
    # Sets until now, which each process of Python has in an order of its own.
    config.target_modules = sorted(config.target_modules or ())
    if config.target_parameters:
        config.target_parameters = sorted(config.target_parameters)
    trained.save_pretrained(folder, selected_adapters=["default"])
    (folder / "README.md").unlink(missing_ok=True)  # a form to fill in, by peft


def _repeatable() -> None:
    """Have GPUs add up in the same order each time, as far as they can; CPUs do so anyway."""
    if torch.cuda.is_available():
        os.environ.setdefault("CUBLAS_WORKSPACE_CONFIG", ":4096:8")
        torch.use_deterministic_algorithms(mode=True, warn_only=True)
