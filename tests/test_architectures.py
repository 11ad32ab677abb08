"""Checkpoints of other architectures: each is asked by its own template, and answers as it would."""

from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
import torch
from tokenizers import Regex, Tokenizer, decoders, models, pre_tokenizers, processors
from transformers import (
    AutoConfig,
    AutoModelForCausalLM,
    PreTrainedTokenizerFast,
)

from inward.asking import answers
from inward.errors import ProviderError
from inward.providers import open_provider
from inward.providers.checkpoints import load, render
from inward.providers.local_sampling import end_tokens
from inward.providers.prefixes import best_cuts
from inward.requests import Sampling, user

SIZES = {
    "hidden_size": 32,
    "intermediate_size": 64,
    "num_hidden_layers": 3,
    "num_attention_heads": 4,
    "num_key_value_heads": 2,
    "max_position_embeddings": 256,
    "initializer_range": 0.4,
}
SPECIAL = ("<unk>", "<bos>", "<eos>", "<turn>", "<end>")
CHARACTERS = [*map(chr, range(32, 127)), "\n"]
ALTERNATE = (
    "{% for m in messages %}{% if (m.role == 'user') != (loop.index0 % 2 == 0) %}"
    "{{ raise_exception('roles must alternate, and user begins') }}{% endif %}"
)


@dataclass(frozen=True)
class Kind:
    """A kind of checkpoint: its template, which token ends its turns, and settings of its own."""

    template: str
    end: str
    settings: dict[str, Any] = field(default_factory=dict)


KINDS = {
    # Adds a system prompt that nobody asked for; the token that ends a turn is not the one that
    # ends a text, and the settings for generation know the latter only.
    "qwen2": Kind(
        "{% if messages[0].role != 'system' %}<turn>system\nBe of help.<end>\n{% endif %}"
        "{% for m in messages %}<turn>{{ m.role }}\n{{ m.content }}<end>\n{% endfor %}"
        "{% if add_generation_prompt %}<turn>assistant\n{% endif %}",
        "<end>",
    ),
    # Refuses a system prompt, strips white space, calls the assistant otherwise, and writes the
    # token that begins a text, which the tokenizer would write too; every second layer sees a
    # window only, and scores are capped.
    "gemma2": Kind(
        "<bos>{% if messages[0].role == 'system' %}{{ raise_exception('no system') }}{% endif %}"
        "{% for m in messages %}<turn>{{ 'model' if m.role == 'assistant' else m.role }}\n"
        "{{ m.content | trim }}<end>\n{% endfor %}"
        "{% if add_generation_prompt %}<turn>model\n{% endif %}",
        "<end>",
        {"head_dim": 8, "query_pre_attn_scalar": 8, "sliding_window": 12},
    ),
    # Heads of its own for queries and keys in one, a window in every layer.
    "phi3": Kind(
        "{% for m in messages %}<turn>{{ m.role }}\n{{ m.content }}<end>\n{% endfor %}"
        "{% if add_generation_prompt %}<turn>assistant\n{% else %}<eos>{% endif %}",
        "<end>",
        {"sliding_window": 16, "pad_token_id": None},
    ),
    # Wants users and assistants in turns.
    "mistral": Kind(
        "<bos>" + ALTERNATE + "{% if m.role == 'user' %}[INST] {{ m.content }} [/INST]"
        "{% else %} {{ m.content | trim }}<eos>{% endif %}{% endfor %}",
        "<eos>",
        {"sliding_window": 10},
    ),
    # Knows places by a table.
    "gpt2": Kind(
        "{% for m in messages %}{{ m.role }}: {{ m.content }}<eos>{% endfor %}"
        "{% if add_generation_prompt %}assistant:{% endif %}",
        "<eos>",
    ),
    # Remembers something else than keys and values in two layers of three.
    "lfm2": Kind(
        "<bos>{% for m in messages %}<turn>{{ m.role }}\n{{ m.content }}<end>\n{% endfor %}"
        "{% if add_generation_prompt %}<turn>assistant\n{% endif %}",
        "<end>",
        {"layer_types": ["conv", "full_attention", "conv"], "block_auto_adjust_ff_dim": False},
    ),
    # Keeps no keys and values at all.
    "mamba": Kind(
        "{% for m in messages %}<turn>{{ m.role }}\n{{ m.content }}<end>{% endfor %}"
        "{% if add_generation_prompt %}<turn>assistant\n{% endif %}",
        "<end>",
        {"state_size": 8},
    ),
}
GREEDY = Sampling(temperature=0, max_tokens=8, top_logprobs=3)
WARM = Sampling(temperature=0.7, max_tokens=5, top_logprobs=3)
SAMPLES = 2
PLACES = ["north", "east", "the south of it", "west"]
PROMPTS = [
    f"  Of all the birds that are seen in the {place}, name number {number} {question}"
    for place in PLACES
    for number in (3, 27)
    for question in ("at once. ", "and say why it is the one that you have named.\n")
]


def tokenizer(kind: Kind) -> PreTrainedTokenizerFast:
    """Return a tokenizer of single characters without a token for padding."""
    vocabulary = {token: number for number, token in enumerate([*SPECIAL, *CHARACTERS])}
    inner = Tokenizer(models.WordLevel(vocabulary, unk_token="<unk>"))
    inner.pre_tokenizer = pre_tokenizers.Split(Regex(r"[\s\S]"), "isolated")
    inner.decoder = decoders.Fuse()
    inner.post_processor = processors.TemplateProcessing(
        single="<bos> $A", special_tokens=[("<bos>", 1)]
    )
    return PreTrainedTokenizerFast(
        tokenizer_object=inner,
        bos_token="<bos>",
        eos_token="<eos>",
        additional_special_tokens=["<turn>", "<end>"],
        chat_template=kind.template,
    )


@pytest.fixture(scope="module", params=KINDS)
def checkpoint(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return the folder of a checkpoint with random weights."""
    folder = tmp_path_factory.mktemp(request.param)
    kind, tokens = KINDS[request.param], tokenizer(KINDS[request.param])
    torch.manual_seed(2)
    settings = {**SIZES, "vocab_size": len(tokens), "bos_token_id": 1, "eos_token_id": 2}
    config = AutoConfig.for_model(
        request.param, **{"pad_token_id": None, **settings, **kind.settings}
    )
    AutoModelForCausalLM.from_config(config).save_pretrained(folder)
    tokens.save_pretrained(folder)
    return folder


@pytest.fixture
def record(checkpoint: Path) -> dict[str, Any]:
    """Return the record of that checkpoint."""
    weights = {"path": str(checkpoint), "digest": checkpoint.name}
    return {"provider": "local", "weights": weights, "adapters": [], "dtype": "float32"}


@pytest.mark.parametrize("sampling", [GREEDY, WARM], ids=["greedy", "drawn"])
def test_a_checkpoint_answers_as_a_plain_pass_over_its_own_words(
    record: dict[str, Any], tmp_path: Path, sampling: Sampling
) -> None:
    """Every token has the probability that it has after what the template says, read alone."""
    provider = open_provider(record, tmp_path)
    asked = [(prompt, sample) for prompt in PROMPTS for sample in range(SAMPLES)]
    requests = [provider.request(user(prompt), sampling, sample) for prompt, sample in asked]
    network, tokens = load(record, tmp_path)
    ends = end_tokens(network, tokens)
    given = answers(requests, provider, tmp_path, "test")
    for (prompt, _), answer in zip(asked, given, strict=True):
        ids = tokens.apply_chat_template(user(prompt), add_generation_prompt=True)["input_ids"]
        said = tokens.convert_tokens_to_ids([token.token for token in answer.tokens])
        with torch.inference_mode():
            plain = network(torch.tensor([ids + said])).logits[0, len(ids) - 1 :].log_softmax(-1)

        assert ids.count(1) < 2
        assert answer.finish_reason == "stop" or len(said) == sampling.max_tokens
        if sampling.temperature == 0:
            assert plain.argmax(-1).tolist()[: len(said)] == said
            assert (int(plain[-1].argmax()) in ends) or answer.finish_reason == "length"
        for token, chosen, logprobs in zip(answer.tokens, said, plain, strict=False):
            best = logprobs.topk(3).values.tolist()
            assert token.logprob == pytest.approx(logprobs[chosen].item(), abs=1e-3)
            assert [value for _, value in token.top] == pytest.approx(best, abs=1e-3)


def test_these_prompts_have_beginnings_in_common() -> None:
    """So the tests above are about what is read once, too."""
    kind = tokenizer(KINDS["mistral"])
    ids = [kind.apply_chat_template(user(prompt))["input_ids"] for prompt in PROMPTS]

    assert best_cuts([tuple(tokens) for tokens in ids])


def test_the_templates_own_end_of_turn_ends_a_turn(
    checkpoint: Path, record: dict[str, Any]
) -> None:
    """Also where the settings for generation do not know it; what ends a text always does."""
    network, tokens = load(record, checkpoint)
    end = KINDS[network.config.model_type].end

    assert end_tokens(network, tokens) == set(tokens.convert_tokens_to_ids(["<eos>", end]))


@pytest.mark.parametrize(
    ("kind", "roles", "said"),
    [
        ("gemma2", ["system", "user"], "a conversation of system, user (no system)"),
        ("mistral", ["user", "user"], "user, user (roles must alternate, and user begins)"),
    ],
)
def test_a_conversation_that_a_template_refuses_is_one_line(
    kind: str, roles: list[str], said: str
) -> None:
    """What the template says is in it, and which roles it was given."""
    messages = [{"role": role, "content": "x"} for role in roles]

    with pytest.raises(ProviderError) as error:
        render(tokenizer(KINDS[kind]), messages)
    assert said in str(error.value)
    assert "\n" not in str(error.value)
