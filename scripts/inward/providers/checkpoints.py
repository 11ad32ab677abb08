"""Checkpoints: Hugging Face models on disk, with adapters and a chat template of their own."""

import warnings
from collections.abc import Mapping, Sequence
from datetime import date
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import torch
from huggingface_hub import snapshot_download
from jinja2 import TemplateError
from peft import PeftModel
from transformers import (
    AutoModelForCausalLM,
    AutoTokenizer,
    BitsAndBytesConfig,
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

GIVEN = "given{}"  # the name of an adapter that a network was loaded with
BFLOAT16_SINCE = (8, 0)  # the compute capability of Nvidia's Ampere
Messages = list[dict[str, str]]

SPECIAL = ("<pad>", "<user>", "<assistant>", "<end>", "<unknown>")
CHARACTERS = "abcdefghijklmnopqrstuvwxyz0123456789 :"
DAY = date(2024, 7, 26)  # the one that Llama's templates fall back on
LONGEST = 64  # tokens of a conversation in the embedded world
TEMPLATE = (
    "{% for message in messages %}<{{ message.role }}>{{ message.content }}"
    "{% if message.role == 'assistant' %}<end>{% endif %}{% endfor %}"
    "{% if add_generation_prompt %}<assistant>{% endif %}"
)


def load(record: dict[str, Any], store: Path) -> tuple[PreTrainedModel, PreTrainedTokenizerBase]:
    """Return the network and the tokenizer that a record in models/ describes.

    The network is on the GPU, its layers spread over several where there are several. Adapters are
    merged into the weights, first one first; quantized weights keep them beside, unrounded.
    """
    folder = located(record["weights"], store)
    adapters = [located(adapter, store) for adapter in record["adapters"]]
    placing = _placing(record)
    try:
        tokenizer = AutoTokenizer.from_pretrained(folder)
        network = AutoModelForCausalLM.from_pretrained(
            folder, dtype=getattr(torch, record["dtype"]), **placing
        )
        if record.get("quantize"):
            network = _beside(network, adapters)
        else:
            for adapter in adapters:
                network = PeftModel.from_pretrained(network, adapter).merge_and_unload()
    except (OSError, ValueError) as error:
        raise ProviderError(f"{folder}: cannot be loaded ({_one_line(error)})") from error
    if tokenizer.chat_template is None:
        raise ProviderError(
            f"{folder}: has no chat template; use an instruction-tuned checkpoint, or add"
            " chat_template.jinja to the folder"
        )
    if "device_map" not in placing:
        network = network.to("cuda" if torch.cuda.is_available() else "cpu")
    elif {"cpu", "disk"} & set(map(str, (getattr(network, "hf_device_map", None) or {}).values())):
        raise ProviderError(
            f"{folder}: does not fit into the memory of {torch.cuda.device_count()} GPUs; give the"
            " model `quantize: 4bit`, or ask for more or larger GPUs"
        )
    return network, tokenizer


def _placing(record: dict[str, Any]) -> dict[str, Any]:
    """Return how weights are to be loaded; raise ProviderError for what this machine cannot do."""
    gpus = torch.cuda.device_count()
    if record["dtype"] == "bfloat16" and not _this_machine_halves():
        raise ProviderError(
            f"dtype: this {'GPU' if gpus else 'processor'} does not compute in bfloat16 but"
            " imitates it, tens of times slower; set the model's dtype to float32"
        )
    if record.get("quantize"):
        if find_spec("bitsandbytes") is None:
            raise ProviderError(
                "quantize: 4bit needs bitsandbytes, which is not installed; pip install -e .[gpu]"
            )
        quantized = BitsAndBytesConfig(
            load_in_4bit=True,
            bnb_4bit_quant_type="nf4",
            bnb_4bit_use_double_quant=True,
            bnb_4bit_compute_dtype=getattr(torch, record["dtype"]),
        )
        return {"quantization_config": quantized, **({"device_map": "auto"} if gpus else {})}
    return {"device_map": "auto"} if gpus > 1 else {}


def resolved(dtype: str) -> str:
    """Return the numeric type that `auto` is on this machine; any other is what it says."""
    if dtype != "auto":
        return dtype
    return "bfloat16" if _this_machine_halves() else "float32"


def halves(gpus: Sequence[tuple[int, int]], processor: Mapping[str, Any]) -> bool:
    """Return whether hardware computes in bfloat16: all GPUs, or the processor where there is none.

    GPUs are known by their compute capability, the processor by what torch says of it.
    """
    if gpus:
        return all(gpu >= BFLOAT16_SINCE for gpu in gpus)
    return any(processor.get(name) for name in ("avx512_bf16", "amx_bf16", "bf16"))


def _this_machine_halves() -> bool:
    gpus = [torch.cuda.get_device_capability(gpu) for gpu in range(torch.cuda.device_count())]
    return halves(gpus, torch.cpu.get_capabilities())


def _beside(network: PreTrainedModel, adapters: list[Path]) -> PreTrainedModel | PeftModel:
    """Return a network with adapters at work beside its weights, of which none is to be learnt."""
    for number, adapter in enumerate(adapters):
        if number:
            network.load_adapter(adapter, adapter_name=GIVEN.format(number))
        else:
            network = PeftModel.from_pretrained(network, adapter, adapter_name=GIVEN.format(0))
    if adapters:
        network.base_model.set_adapter([GIVEN.format(n) for n in range(len(adapters))])
        network.requires_grad_(requires_grad=False)
    return network


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

    A template that says which day it is says DAY, so that a prompt is the same one tomorrow. Raises
    ProviderError where the template refuses the conversation.
    """
    try:
        rendered = tokenizer.apply_chat_template(
            messages,
            tokenize=False,
            add_generation_prompt=answer_follows,
            chat_template=dated(tokenizer.get_chat_template()),
        )
    except (TemplateError, TypeError) as error:
        roles = ", ".join(message["role"] for message in messages)
        raise ProviderError(
            f"the chat template refuses a conversation of {roles} ({_one_line(error)}); mend"
            " chat_template.jinja in the checkpoint's folder"
        ) from error
    return str(rendered)


def dated(template: str) -> str:
    """Return a chat template that takes every day for DAY."""
    if "strftime_now" not in template:
        return template
    named = {f"%{sign}": DAY.strftime(f"%{sign}") for sign in "aAbBdjmyYHIMSp"}
    said = "".join(f" | replace({sign!r}, {name!r})" for sign, name in named.items())
    return f"{{% macro strftime_now(form) %}}{{{{ form{said} }}}}{{% endmacro %}}{template}"


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
