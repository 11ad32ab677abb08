"""Checkpoints: Hugging Face models on disk, with adapters and a chat template of their own."""

import warnings
from pathlib import Path
from typing import Any

import torch
from huggingface_hub import snapshot_download
from jinja2 import TemplateError
from peft import PeftModel
from transformers import (
    AutoModelForCausalLM,
    AutoTokenizer,
    LlamaConfig,
    LlamaForCausalLM,
    PreTrainedModel,
    PreTrainedTokenizerBase,
    PreTrainedTokenizerFast,
)
from transformers.utils import logging

from inward.digests import digest_folder
from inward.errors import ProviderError

# Bars and warnings of libraries about their own insides would bury what the jobs have to say.
logging.disable_progress_bar()
warnings.filterwarnings("ignore", message=".*is_gradient_checkpointing.*", category=FutureWarning)

Messages = list[dict[str, str]]

SPECIAL = ("<pad>", "<user>", "<assistant>", "<end>", "<unknown>")
CHARACTERS = "abcdefghijklmnopqrstuvwxyz0123456789 :"
LONGEST = 64  # tokens of a conversation in the embedded world
TEMPLATE = (
    "{% for message in messages %}<{{ message.role }}>{{ message.content }}"
    "{% if message.role == 'assistant' %}<end>{% endif %}{% endfor %}"
    "{% if add_generation_prompt %}<assistant>{% endif %}"
)


def load(record: dict[str, Any], store: Path) -> tuple[PreTrainedModel, PreTrainedTokenizerBase]:
    """Return the network and the tokenizer that a record in models/ describes.

    Adapters are merged into the weights, first one first.
    """
    folder = located(record["weights"], store)
    try:
        tokenizer = AutoTokenizer.from_pretrained(folder)
        network = AutoModelForCausalLM.from_pretrained(
            folder, dtype=getattr(torch, record["dtype"])
        )
        for adapter in record["adapters"]:
            network = PeftModel.from_pretrained(network, located(adapter, store)).merge_and_unload()
    except (OSError, ValueError) as error:
        raise ProviderError(f"{folder}: cannot be loaded ({_one_line(error)})") from error
    if tokenizer.chat_template is None:
        raise ProviderError(
            f"{folder}: has no chat template; use an instruction-tuned checkpoint, or add"
            " chat_template.jinja to the folder"
        )
    return network.to("cuda" if torch.cuda.is_available() else "cpu"), tokenizer


def digest_checkpoint(path: str) -> str:
    """Return the digest of a checkpoint's files: of a folder, or of what a model ID stands for."""
    folder = Path(path) if Path(path).is_dir() else Path(snapshot_download(path))
    return digest_folder(folder)


def located(weights: dict[str, str], store: Path) -> Path:
    """Return where weights lie: below the store, or where the configuration says."""
    return (
        store / "runs" / weights["run"] / "weights" if "run" in weights else Path(weights["path"])
    )


def render(
    tokenizer: PreTrainedTokenizerBase, messages: Messages, *, answer_follows: bool = False
) -> str:
    """Return the text of a conversation, by the checkpoint's own chat template.

    Raises ProviderError where the template refuses the conversation.
    """
    try:
        rendered = tokenizer.apply_chat_template(
            messages, tokenize=False, add_generation_prompt=answer_follows
        )
    except TemplateError as error:
        roles = ", ".join(message["role"] for message in messages)
        raise ProviderError(
            f"the chat template refuses a conversation of {roles} ({_one_line(error)}); mend"
            " chat_template.jinja in the checkpoint's folder"
        ) from error
    return str(rendered)


def from_nothing(
    architecture: dict[str, int], seed: int
) -> tuple[PreTrainedModel, PreTrainedTokenizerBase]:
    """Return a Llama with random weights, and a tokenizer of single characters for it."""
    tokenizer = character_tokenizer()
    torch.manual_seed(seed)
    config = LlamaConfig(
        vocab_size=len(tokenizer),
        hidden_size=architecture["hidden"],
        intermediate_size=architecture["intermediate"],
        num_hidden_layers=architecture["layers"],
        num_attention_heads=architecture["heads"],
        max_position_embeddings=LONGEST,
        tie_word_embeddings=True,
        # At this size 0.05 learns much faster than the usual 0.02.
        initializer_range=0.05,
        pad_token_id=tokenizer.pad_token_id,
        bos_token_id=None,
        eos_token_id=tokenizer.eos_token_id,
    )
    return LlamaForCausalLM(config), tokenizer


def character_tokenizer() -> PreTrainedTokenizerFast:
    """Return a tokenizer with one token for each character of the embedded world."""
    from tokenizers import Regex, Tokenizer, decoders, models, pre_tokenizers  # noqa: PLC0415

    vocabulary = {token: index for index, token in enumerate([*SPECIAL, *CHARACTERS])}
    tokenizer = Tokenizer(models.WordLevel(vocabulary, unk_token="<unknown>"))  # noqa: S106
    tokenizer.pre_tokenizer = pre_tokenizers.Split(Regex("."), "isolated")
    tokenizer.decoder = decoders.Fuse()
    return PreTrainedTokenizerFast(
        tokenizer_object=tokenizer,
        pad_token="<pad>",  # noqa: S106
        eos_token="<end>",  # noqa: S106
        additional_special_tokens=["<user>", "<assistant>"],
        chat_template=TEMPLATE,
        clean_up_tokenization_spaces=False,
    )


def _one_line(error: Exception) -> str:
    return " ".join(str(error).split())[:300]
