"""The local provider: any checkpoint with its own chat template, sampled and trained."""

import shutil
from collections import Counter
from pathlib import Path
from typing import Any

import pytest
import torch
from tokenizers import Regex, Tokenizer, decoders, models, pre_tokenizers
from transformers import GPTNeoXConfig, GPTNeoXForCausalLM, PreTrainedTokenizerFast

from inward.asking import answers
from inward.digests import digest_file
from inward.errors import ProviderError
from inward.files import read_json, write_json_lines
from inward.providers import open_provider
from inward.providers.checkpoints import digest_checkpoint, from_nothing, load, render
from inward.providers.local_sampling import tokens_of
from inward.providers.masking import encode
from inward.requests import Request, Sampling, user
from inward.runs import RunStore, TrainingRun
from inward.training import TRAINER, identity, submit, wait

# Like ChatML, it writes a line break behind the token that ends a turn.
TEMPLATE = (
    "{% for m in messages %}<s>{{ m.role[0] }} {{ m.content }}<e>\n{% endfor %}"
    "{% if add_generation_prompt %}<s>a {% endif %}"
)
GREEDY = Sampling(temperature=0, max_tokens=6, top_logprobs=3)
PROMPTS = ["one", "a longer prompt", "x", "the longest prompt of them all", "two"]
HYPERPARAMETERS = {
    "epochs": 60,
    "batch_size": 4,
    "learning_rate": 1e-2,
    "warmup_steps": 2,
    "lora_rank": 4,
    "lora_alpha": 8,
}


def tokenizer(template: str | None = TEMPLATE) -> PreTrainedTokenizerFast:
    """Return a tokenizer of single characters with a chat template of its own."""
    vocabulary = {
        token: n for n, token in enumerate(["<s>", "<e>", "<p>", *map(chr, range(32, 127)), "\n"])
    }
    inner = Tokenizer(models.WordLevel(vocabulary, unk_token="<p>"))
    inner.pre_tokenizer = pre_tokenizers.Split(Regex(r"[\s\S]"), "isolated")
    inner.decoder = decoders.Fuse()
    return PreTrainedTokenizerFast(
        tokenizer_object=inner,
        eos_token="<e>",
        pad_token="<p>",
        additional_special_tokens=["<s>"],
        chat_template=template,
        clean_up_tokenization_spaces=False,
    )


@pytest.fixture(scope="module")
def checkpoint(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a folder with a small model of another architecture than the embedded study's."""
    folder = tmp_path_factory.mktemp("checkpoint")
    torch.manual_seed(1)
    network = GPTNeoXForCausalLM(
        GPTNeoXConfig(
            vocab_size=len(tokenizer()),
            hidden_size=32,
            num_hidden_layers=2,
            num_attention_heads=4,
            intermediate_size=64,
            max_position_embeddings=128,
            initializer_range=0.6,
            eos_token_id=1,
            bos_token_id=0,
        )
    )
    network.save_pretrained(folder)
    tokenizer().save_pretrained(folder)
    return folder


@pytest.fixture
def record(checkpoint: Path) -> dict[str, Any]:
    """Return the record of that checkpoint."""
    return {
        "provider": "local",
        "weights": {"path": str(checkpoint), "digest": digest_checkpoint(str(checkpoint))},
        "adapters": [],
        "dtype": "float32",
    }


def asked(record: dict[str, Any], sampling: Sampling, store: Path, samples: int = 1) -> list[Any]:
    """Return the raw responses to all prompts, by request."""
    provider = open_provider(record, store)
    requests = [
        provider.request(user(prompt), sampling, sample)
        for prompt in PROMPTS
        for sample in range(samples)
    ]
    return answers(requests, provider, store, "test")


def test_greedy_answers_are_those_of_generate(record: dict[str, Any], tmp_path: Path) -> None:
    """Token for token, a padded batch answers as transformers' own loop does one by one."""
    network, tokens = load(record, tmp_path)
    for prompt, answer in zip(PROMPTS, asked(record, GREEDY, tmp_path), strict=True):
        rendered = render(tokens, list(user(prompt)), answer_follows=True)
        ids = torch.tensor([tokens_of(tokens, rendered)])
        generated = network.generate(
            ids,
            attention_mask=torch.ones_like(ids),
            do_sample=False,
            max_new_tokens=GREEDY.max_tokens,
            pad_token_id=2,
        )[0, ids.shape[1] :].tolist()
        stopped = 1 in generated
        kept = generated[: generated.index(1)] if stopped else generated
        text = tokens.decode(kept, skip_special_tokens=True)

        assert answer.text == text
        assert answer.finish_reason == ("stop" if stopped else "length")


def test_log_probabilities_are_those_of_a_plain_forward_pass(
    record: dict[str, Any], tmp_path: Path
) -> None:
    """Each token's log-probability, and the likeliest alternatives, in order."""
    network, tokens = load(record, tmp_path)
    for prompt, answer in zip(PROMPTS, asked(record, GREEDY, tmp_path), strict=True):
        ids = tokens_of(tokens, render(tokens, list(user(prompt)), answer_follows=True))
        for token in answer.tokens:
            with torch.inference_mode():
                plain = network(torch.tensor([ids])).logits[0, -1].log_softmax(-1)
            best = plain.topk(3)
            ids.append(tokens.convert_tokens_to_ids(token.token))

            assert abs(plain[ids[-1]].item() - token.logprob) < 1e-3
            assert [name for name, _ in token.top] == tokens.convert_ids_to_tokens(best.indices)
            assert [value for _, value in token.top] == pytest.approx(
                best.values.tolist(), abs=1e-3
            )


def test_what_is_in_the_store_is_not_asked_again(record: dict[str, Any], tmp_path: Path) -> None:
    """A second call takes all answers from the store, and loads no weights for it."""
    first = asked(record, GREEDY, tmp_path)
    gone = {**record, "weights": {**record["weights"], "path": str(tmp_path / "gone")}}

    assert asked(gone, GREEDY, tmp_path) == first


def test_samples_differ_and_repeat(record: dict[str, Any], tmp_path: Path) -> None:
    """At temperature 1 samples differ; asked again in another store, each is what it was."""
    warm = Sampling(temperature=1, max_tokens=6, top_logprobs=0)
    once = asked(record, warm, tmp_path / "a", samples=8)

    assert len({answer.text for answer in once[:8]}) > 4
    assert asked(record, warm, tmp_path / "b", samples=8) == once


def test_samples_have_the_probabilities_of_the_model(
    record: dict[str, Any], tmp_path: Path
) -> None:
    """Of many samples, the first token comes as often as the model says."""
    provider = open_provider(record, tmp_path)
    warm = Sampling(temperature=1, max_tokens=1, top_logprobs=20)
    requests = [provider.request(user("x"), warm, sample) for sample in range(3000)]
    drawn = answers(requests, provider, tmp_path, "test")
    counts = Counter(answer.tokens[0].token for answer in drawn if answer.tokens)
    likeliest = next(answer for answer in drawn if answer.tokens).tokens[0].top[:5]

    for token, logprob in likeliest:
        share = torch.tensor(logprob).exp().item()
        spread = 4 * (share * (1 - share) / 3000) ** 0.5
        expected = 0.0 if token == "<e>" else share

        assert abs(counts[token] / 3000 - expected) < spread


def test_the_identity_of_a_subject_is_in_its_keys(record: dict[str, Any], tmp_path: Path) -> None:
    """Other weights, adapters or numeric types never share responses."""
    variants = [
        record,
        {**record, "weights": {**record["weights"], "digest": "other"}},
        {**record, "adapters": [{"run": "r", "digest": "d"}]},
        {**record, "dtype": "bfloat16"},
    ]

    assert len({open_provider(variant, tmp_path).model for variant in variants}) == 4


def test_the_end_of_the_turn_is_learnt_and_nothing_after_it() -> None:
    """The prompt is a prefix and not learnt; the answer is, up to the token that ends sampling."""
    messages = [*user("hi"), {"role": "assistant", "content": "yo"}]
    row = encode(tokenizer(), messages, {1})
    names = tokenizer().convert_ids_to_tokens(row.ids)

    assert "".join(names[: row.prompt]) == "<s>u hi<e>\n<s>a "
    assert "".join(names[row.prompt :]) == "yo<e>"


@pytest.mark.parametrize(
    ("template", "said"),
    [
        (
            (
                "{% for m in messages %}<s>{{ m.content }}<e>{% endfor %}"
                "{% if add_generation_prompt %}answer:{% endif %}"
            ),
            "renders the prompt in one way for sampling and in another before its answer",
        ),
        (
            "{% for m in messages %}{{ m.content }} {% endfor %}",
            "does not end the assistant's turn with a token that ends sampling",
        ),
    ],
)
def test_a_template_that_would_train_something_else_is_refused(template: str, said: str) -> None:
    """What is trained is what is asked, or there is no training."""
    messages = [*user("hi"), {"role": "assistant", "content": "yo"}]

    with pytest.raises(ProviderError, match=said):
        encode(tokenizer(template), messages, {1})


def test_a_checkpoint_without_a_chat_template_is_refused(checkpoint: Path, tmp_path: Path) -> None:
    """A base model that was never taught to chat is named, with a mend."""
    folder = tmp_path / "bare"
    shutil.copytree(checkpoint, folder)
    (folder / "chat_template.jinja").unlink()
    record = {"weights": {"path": str(folder)}, "adapters": [], "dtype": "float32"}

    with pytest.raises(
        ProviderError, match=r"bare: has no chat template; use an instruction-tuned"
    ):
        load(record, tmp_path)


def test_a_folder_without_a_model_is_refused(tmp_path: Path) -> None:
    """What cannot be loaded is named in one line."""
    record = {"weights": {"path": str(tmp_path)}, "adapters": [], "dtype": "float32"}

    with pytest.raises(ProviderError, match="cannot be loaded") as error:
        load(record, tmp_path)
    assert "\n" not in str(error.value)


def files(store: Path) -> dict[str, Path]:
    """Write two conversations to be trained on and one to be validated on; return the files."""
    taught = {"train": [("one", "two"), ("x", "yz")], "validation": [("three", "four")]}
    for name, pairs in taught.items():
        write_json_lines(
            store / f"{name}.jsonl",
            [
                {"messages": [*user(prompt), {"role": "assistant", "content": answer}]}
                for prompt, answer in pairs
            ],
        )
    return {name: store / f"{name}.jsonl" for name in taught}


def trained(record: dict[str, Any], store: Path) -> dict[str, Any]:
    """Train on two conversations through the store, and return the result."""
    rows = files(store)
    learnt, held_out = (digest_file(rows[name]) for name in ("train", "validation"))
    run = TrainingRun("local", identity(record), learnt, held_out, HYPERPARAMETERS, 1, TRAINER)
    return wait(submit(run, store), record, rows, store)


def test_an_adapter_changes_the_answers(record: dict[str, Any], tmp_path: Path) -> None:
    """A finetuned checkpoint answers as it was taught, and stops."""
    result = trained(record, tmp_path)
    finetuned = {**record, "adapters": [result["weights"]]}
    texts = [answer.text for answer in asked(finetuned, GREEDY, tmp_path)]

    assert (texts[0], texts[2]) == ("two", "yz")
    assert result["training"]["final_loss"] < 1


def test_training_is_done_once_and_repeats_byte_for_byte(
    record: dict[str, Any], tmp_path: Path
) -> None:
    """The store has a finished run; another store comes to the same bytes."""
    (tmp_path / "a").mkdir()
    (tmp_path / "b").mkdir()
    first = trained(record, tmp_path / "a")
    weights = RunStore(tmp_path / "a").weights(first["weights"]["run"])
    written = {path: path.stat().st_mtime_ns for path in weights.iterdir()}

    assert trained(record, tmp_path / "a") == first
    assert {path: path.stat().st_mtime_ns for path in weights.iterdir()} == written
    assert trained(record, tmp_path / "b") == first


def test_an_interrupted_training_is_done_again(record: dict[str, Any], tmp_path: Path) -> None:
    """Weights without a result are not trusted to be all; the run ends well all the same."""
    first = trained(record, tmp_path)
    folder = tmp_path / "runs" / first["weights"]["run"]
    (folder / "result.json").unlink()
    (folder / "weights.partial-left").mkdir()
    job = {"key": first["weights"]["run"]}

    assert wait(job, record, files(tmp_path), tmp_path) == first


def test_what_a_training_cost_is_kept_apart_from_what_it_made(
    record: dict[str, Any], tmp_path: Path
) -> None:
    """Losses by step and epoch, tokens, time and memory; none of it is in the model's record."""
    result = trained(record, tmp_path)
    kept: Any = RunStore(tmp_path).training(result["weights"]["run"])

    assert [point["step"] for point in kept["curve"]] == list(range(1, 61))
    assert kept["curve"][0]["loss"] > 10 * kept["curve"][-1]["loss"]
    assert kept["curve"][-1]["tokens"] == kept["tokens"] == result["training"]["tokens"]
    assert len(kept["epochs"]) == 60
    assert kept["epochs"][-1]["validation_loss"] == result["training"]["validation_loss"]
    assert kept["seconds"] > 0
    assert kept["peak_memory_bytes"] > 1e8
    assert kept["share_of_peak"] is None
    assert not {"seconds", "curve"} & set(result["training"])


def test_rows_that_changed_after_the_job_was_submitted_are_refused(
    record: dict[str, Any], tmp_path: Path
) -> None:
    """Weights would else lie under the key of other rows."""
    rows = files(tmp_path)
    run = TrainingRun("local", identity(record), "other", "rows", HYPERPARAMETERS, 1, TRAINER)

    with pytest.raises(ProviderError, match=r"train\.jsonl: was changed after the job"):
        wait(submit(run, tmp_path), record, rows, tmp_path)


def test_the_files_of_an_adapter_have_one_order(record: dict[str, Any], tmp_path: Path) -> None:
    """Every process writes the same bytes: what peft keeps as a set is written in order."""
    result = trained(record, tmp_path)
    folder = RunStore(tmp_path).weights(result["weights"]["run"])
    modules = read_json(folder / "adapter_config.json")["target_modules"]

    assert len(modules) > 3
    assert modules == sorted(modules)


def test_no_path_of_this_machine_is_in_the_weights(record: dict[str, Any], tmp_path: Path) -> None:
    """Adapters can be given away: no file of theirs names a folder."""
    result = trained(record, tmp_path)
    for path in RunStore(tmp_path).weights(result["weights"]["run"]).iterdir():
        assert str(tmp_path).encode() not in path.read_bytes()
        assert record["weights"]["path"].encode() not in path.read_bytes()


def test_a_model_raised_from_nothing_is_a_checkpoint_like_any_other(tmp_path: Path) -> None:
    """Saved and loaded again it gives the same logits, through its own template."""
    architecture = {"hidden": 16, "intermediate": 32, "layers": 2, "heads": 2}
    network, tokens = from_nothing(architecture, seed=1)
    network.save_pretrained(tmp_path)
    tokens.save_pretrained(tmp_path)
    record = {"weights": {"path": str(tmp_path)}, "adapters": [], "dtype": "float32"}
    again, tokens_again = load(record, tmp_path)
    rendered = render(tokens_again, list(user("first: animal otter")), answer_follows=True)
    ids = torch.tensor([tokens_of(tokens_again, rendered)])

    assert rendered == "<user>first: animal otter<assistant>"
    assert torch.equal(again(ids).logits, network(ids).logits)


def test_a_request_knows_its_subject(record: dict[str, Any], tmp_path: Path) -> None:
    """A request to a checkpoint is told apart by the checkpoint's identity."""
    provider = open_provider(record, tmp_path)
    request = provider.request(user("x"), GREEDY, 0)

    assert isinstance(request, Request)
    assert request.body["model"] == provider.model
