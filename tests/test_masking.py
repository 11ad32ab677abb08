"""Masks over checkpoints of other architectures, with tokenizers and chat templates of their own."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import torch
from tokenizers import Tokenizer, decoders, models, pre_tokenizers
from transformers import (
    FalconConfig,
    FalconForCausalLM,
    Gemma2Config,
    Gemma2ForCausalLM,
    GPT2Config,
    GPT2LMHeadModel,
    GraniteMoeConfig,
    GraniteMoeForCausalLM,
    PreTrainedModel,
    PreTrainedTokenizerFast,
    Qwen3Config,
    Qwen3ForCausalLM,
    Qwen3MoeConfig,
    Qwen3MoeForCausalLM,
)

from inward import progress
from inward.errors import ProviderError
from inward.providers.checkpoints import load, render
from inward.providers.local_sampling import end_tokens, tokens_of
from inward.providers.local_training import Trained, train
from inward.providers.masking import encode
from inward.requests import user

SETTINGS = {
    "epochs": 2,
    "batch_size": 2,
    "learning_rate": 1e-2,
    "warmup_steps": 1,
    "lora_rank": 2,
    "lora_alpha": 4,
}
SIZES = {"hidden_size": 16, "num_hidden_layers": 2, "num_attention_heads": 2}
WIDE = {**SIZES, "intermediate_size": 24, "num_key_value_heads": 1, "head_dim": 8}
# ChatML, with a system prompt where none is given; what was thought earlier is left out, and the
# last answer is written behind a thought, if an empty one.
QWEN = (
    "{% if messages[0].role != 'system' %}<|im_start|>system\nBe kind.<|im_end|>\n{% endif %}"
    "{% for m in messages %}<|im_start|>{{ m.role }}\n"
    "{% if m.role == 'assistant' and loop.last %}<think>\n\n</think>\n\n{{ m.content }}"
    "{% elif '</think>' in m.content %}{{ m.content.split('</think>')[-1].lstrip('\n') }}"
    "{% else %}{{ m.content }}{% endif %}<|im_end|>\n{% endfor %}"
    "{% if add_generation_prompt %}<|im_start|>assistant\n{% endif %}"
)
# No system role, turns in their order, and no white space around what is said.
GEMMA = (
    "<bos>{% if messages[0].role == 'system' %}{{ raise_exception('System role not supported') }}"
    "{% endif %}{% for m in messages %}{% if (m.role == 'user') != (loop.index0 % 2 == 0) %}"
    "{{ raise_exception('Roles must alternate') }}{% endif %}<start_of_turn>"
    "{{ 'model' if m.role == 'assistant' else m.role }}\n{{ m.content | trim }}<end_of_turn>\n"
    "{% endfor %}{% if add_generation_prompt %}<start_of_turn>model\n{% endif %}"
)
# Plain words, where a prompt ends in a colon, and the text's end is what ends a turn.
PLAIN = (
    "{% for m in messages %}{{ m.role }}:{{ m.content }}{% if m.role == 'assistant' %}<eos>"
    "{% else %}{{ '\n' }}{% endif %}{% endfor %}{% if add_generation_prompt %}assistant:{% endif %}"
)
# Like Phi-3's, which writes the text's end behind the end of a turn; either ends sampling.
PHI = (
    "{% for m in messages %}<|{{ m.role }}|>\n{{ m.content }}<|end|>\n{% endfor %}"
    "{% if add_generation_prompt %}<|assistant|>\n{% else %}<eos>{% endif %}"
)


def tokenizer(template: str, special: list[str], merges: list[str]) -> PreTrainedTokenizerFast:
    """Return a byte-level BPE tokenizer with few merges, and without a token for padding."""
    letters = sorted(pre_tokenizers.ByteLevel.alphabet())
    pairs = [(merge[:1], merge[1:]) for merge in merges]
    vocabulary = {token: n for n, token in enumerate([*special, *letters, *merges])}
    inner = Tokenizer(models.BPE(vocabulary, pairs))
    inner.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False, use_regex=False)
    inner.decoder = decoders.ByteLevel()
    return PreTrainedTokenizerFast(
        tokenizer_object=inner,
        eos_token=special[0],
        additional_special_tokens=special[1:],
        chat_template=template,
        clean_up_tokenization_spaces=False,
    )


def qwen(vocabulary: int) -> PreTrainedModel:
    """Return a Qwen3."""
    return Qwen3ForCausalLM(Qwen3Config(vocab_size=vocabulary, **WIDE))


def experts(vocabulary: int) -> PreTrainedModel:
    """Return a Qwen3 of experts, whose weights are no linear layers."""
    many = {"num_experts": 8, "num_experts_per_tok": 2, "moe_intermediate_size": 64}
    return Qwen3MoeForCausalLM(Qwen3MoeConfig(vocab_size=vocabulary, **WIDE, **many))


def granite(vocabulary: int) -> PreTrainedModel:
    """Return a Granite of experts, whose weights peft does not know."""
    many = {"num_local_experts": 8, "num_experts_per_tok": 2, "intermediate_size": 64}
    return GraniteMoeForCausalLM(GraniteMoeConfig(vocab_size=vocabulary, **SIZES, **many))


def gemma(vocabulary: int) -> PreTrainedModel:
    """Return a Gemma 2."""
    return Gemma2ForCausalLM(Gemma2Config(vocab_size=vocabulary, **WIDE))


def gpt2(vocabulary: int) -> PreTrainedModel:
    """Return a GPT-2, with places learnt by heart and weights the other way round."""
    return GPT2LMHeadModel(
        GPT2Config(vocab_size=vocabulary, n_embd=16, n_layer=2, n_head=2, n_positions=40)
    )


def falcon(vocabulary: int) -> PreTrainedModel:
    """Return a Falcon, whose queries, keys and values are one layer."""
    return FalconForCausalLM(FalconConfig(vocab_size=vocabulary, **SIZES))


Checkpoint = Callable[..., dict[str, Any]]


@pytest.fixture
def checkpoint(tmp_path: Path) -> Checkpoint:
    """Return how to write a checkpoint, which gives its record."""

    def made(
        architecture: Callable[[int], PreTrainedModel],
        tokens: PreTrainedTokenizerFast,
        ends: list[str],
    ) -> dict[str, Any]:
        torch.manual_seed(1)
        network = architecture(len(tokens))
        network.generation_config.eos_token_id = tokens.convert_tokens_to_ids(ends)
        network.save_pretrained(tmp_path / "base")
        tokens.save_pretrained(tmp_path / "base")
        weights = {"path": str(tmp_path / "base"), "digest": "d"}
        return {"provider": "local", "weights": weights, "adapters": [], "dtype": "float32"}

    return made


def rows(*answers: str, before: tuple[dict[str, str], ...] = ()) -> list[dict[str, Any]]:
    """Return conversations that end with answers."""
    return [
        {"messages": [*before, *user("Hi, you"), {"role": "assistant", "content": answer}]}
        for answer in answers
    ]


def trained(record: dict[str, Any], taught: list[dict[str, Any]], folder: Path) -> Trained:
    """Train on conversations."""
    return train(base=record, rows=taught, hyperparameters=SETTINGS, seed=1, store=folder)


CHAT = ["<|endoftext|>", "<|im_start|>", "<|im_end|>"]
TURNS = ["<eos>", "<bos>", "<start_of_turn>", "<end_of_turn>"]
PHI_TURNS = ["<eos>", "<|user|>", "<|assistant|>", "<|end|>"]
THOUGHT = "<think>\n\n</think>\n\nyo <|im_end|>"
# Architecture, template, special tokens, tokens that end sampling, kinds of layers, what is learnt.
CASES = [
    (qwen, QWEN, CHAT, ["<|im_end|>", "<|endoftext|>"], 7, THOUGHT),
    (experts, QWEN, CHAT, ["<|im_end|>"], 4, THOUGHT),
    (gemma, GEMMA, TURNS, ["<eos>", "<end_of_turn>"], 7, "yo<end_of_turn>"),
    (gpt2, PLAIN, ["<eos>"], ["<eos>"], 3, "yo <eos>"),
    (falcon, PHI, PHI_TURNS, ["<eos>", "<|assistant|>", "<|end|>"], 4, "yo <|end|>"),
]


@pytest.mark.filterwarnings("ignore:The following .* keys did not match:RuntimeWarning")
@pytest.mark.parametrize("case", CASES, ids=lambda case: case[0].__name__)
def test_any_architecture_is_trained_on_its_answers(
    checkpoint: Checkpoint,
    tmp_path: Path,
    case: tuple[Callable[[int], PreTrainedModel], str, list[str], list[str], int, str],
) -> None:
    """What is asked is not learnt; the answer is, with the token at which sampling stops.

    The adapter is on every linear layer but the last, and, loaded again, does what it did.
    """
    architecture, template, special, ends, layers, learnt = case
    record = checkpoint(architecture, tokenizer(template, special, ["yo"]), ends)
    network, tokens = load(record, tmp_path)
    [taught] = rows("yo ")
    row = encode(tokens, taught["messages"], end_tokens(network, tokens))
    asked = render(tokens, taught["messages"][:-1], answer_follows=True)
    result = trained(record, [taught, *rows("no")], tmp_path)
    (tmp_path / "runs/r/weights").mkdir(parents=True)
    result.save(tmp_path / "runs/r/weights")
    again, _ = load({**record, "adapters": [{"run": "r"}]}, tmp_path)
    ids = torch.tensor([row.ids])
    with torch.inference_mode():
        result.network.eval()
        now, then, before = (one(ids).logits for one in (result.network, again.eval(), network))
    config = json.loads((tmp_path / "runs/r/weights/adapter_config.json").read_text())
    parts = {name.rpartition(".")[2] for name in config["target_modules"]}

    assert row.ids[: row.prompt] == tokens_of(tokens, asked)
    assert tokens.decode(row.ids[row.prompt :]) == learnt
    assert row.ids[-1] in end_tokens(network, tokens)
    assert not set(row.ids[row.prompt : -1]) & end_tokens(network, tokens)
    assert len(parts) == layers
    assert torch.allclose(now, then, atol=1e-5)
    assert not torch.allclose(now, before, atol=1e-3)


def test_weights_that_no_adapter_reaches_are_told(
    checkpoint: Checkpoint,
    tmp_path: Path,
    caplog: pytest.LogCaptureFixture,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Some experts are tensors that peft does not know; who trains such a model reads so."""
    record = checkpoint(granite, tokenizer(QWEN, CHAT, []), ["<|im_end|>"])
    monkeypatch.setattr(progress.log, "propagate", True)
    caplog.set_level("INFO")
    trained(record, rows("a", "b"), tmp_path)

    assert "of the weights are in no linear layer: without adapter" in caplog.text
    assert "row 1: '<|im_start|>system\\nBe kind." in caplog.text


def refused(record: dict[str, Any], taught: list[dict[str, Any]], folder: Path) -> str:
    """Return the line with which training is refused, before a step is taken."""
    with pytest.raises(ProviderError) as error:
        trained(record, taught, folder)
    assert "\n" not in str(error.value)
    return str(error.value)


def test_a_token_across_the_end_of_the_prompt_is_refused(
    checkpoint: Checkpoint, tmp_path: Path
) -> None:
    """Where a prompt's last letter and an answer's first make one token, the row is named."""
    record = checkpoint(gpt2, tokenizer(PLAIN, ["<eos>"], [":y"]), ["<eos>"])
    said = refused(record, rows("no", "yo"), tmp_path)

    assert said.startswith("train.jsonl, line 2: the tokenizer joins the end of the prompt and")
    assert trained(record, rows("no", "so"), tmp_path).known["rows"] == 2


def test_a_role_that_the_template_refuses_is_named(checkpoint: Checkpoint, tmp_path: Path) -> None:
    """With what the template has to say of it."""
    record = checkpoint(gemma, tokenizer(GEMMA, TURNS, []), ["<end_of_turn>"])
    system = ({"role": "system", "content": "Be kind."},)
    said = refused(record, rows("no", before=system), tmp_path)

    assert said.startswith(
        "train.jsonl, line 1: the chat template refuses a conversation of system, user (System role"
        " not supported)"
    )


def test_earlier_thoughts_are_left_out_of_both(checkpoint: Checkpoint, tmp_path: Path) -> None:
    """A template may drop them, as long as it does so for sampling too."""
    record = checkpoint(qwen, tokenizer(QWEN, CHAT, []), ["<|im_end|>"])
    network, tokens = load(record, tmp_path)
    earlier = (*user("Ho"), {"role": "assistant", "content": "<think>\nhm</think>\nyes"})
    [taught] = rows("no", before=earlier)
    row = encode(tokens, taught["messages"], end_tokens(network, tokens))

    assert "hm" not in tokens.decode(row.ids)
    assert tokens.decode(row.ids[row.prompt :]) == "<think>\n\n</think>\n\nno<|im_end|>"


@pytest.mark.parametrize(
    ("template", "said"),
    [
        (QWEN.replace("assistant\n{% endif %}", "assistant\n<hm>\n{% endif %}"), "in one way"),
        (QWEN.replace("{{ m.content }}{% elif", "{{ m.content | upper }}{% elif"), "makes"),
        (
            QWEN.replace("{% else %}{{ m.content }}{% endif %}<|im_end|>", "{% endif %}"),
            "turn with a token that",
        ),
    ],
)
def test_a_template_that_answers_in_another_way_is_refused(
    checkpoint: Checkpoint, tmp_path: Path, template: str, said: str
) -> None:
    """One that opens a thought for sampling alone, changes answers, or lets no turn end."""
    record = checkpoint(qwen, tokenizer(template, CHAT, []), ["<|im_end|>"])

    assert said in refused(record, rows("no"), tmp_path)


def test_a_row_longer_than_the_checkpoint_reads_is_refused(
    checkpoint: Checkpoint, tmp_path: Path
) -> None:
    """By its line, and before training begins."""
    record = checkpoint(gpt2, tokenizer(PLAIN, ["<eos>"], []), ["<eos>"])
    said = refused(record, rows("no", "no" * 20), tmp_path)

    assert said.startswith("train.jsonl, line 2: 64 tokens, but the checkpoint reads 40 at most")


def test_an_answer_with_the_end_of_a_turn_in_it_is_refused() -> None:
    """What stands behind it could never be given."""
    tokens = tokenizer(QWEN, CHAT, [])
    [taught] = rows("no<|im_end|>yes")

    with pytest.raises(ProviderError, match="has the token in it that ends a turn"):
        encode(tokens, taught["messages"], {2})


def test_a_template_that_says_the_day_says_the_same_one_always() -> None:
    """What was asked on one day is what is learnt, and asked, on another."""
    template = "{{ strftime_now('%d %b %Y, %A') }}" + PLAIN
    tokens = tokenizer(template, ["<eos>"], [])

    assert render(tokens, list(user("x"))) == "26 Jul 2024, Fridayuser:x\n"
