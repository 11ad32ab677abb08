"""The loop of training: memory, precision, validation, and what is put on record."""

from typing import Any

import pytest
import torch
from transformers import LlamaConfig, LlamaForCausalLM, PreTrainedModel

from inward.errors import ProviderError
from inward.providers.local_training import adapted
from inward.providers.masking import Row
from inward.providers.training_loop import Loop
from inward.providers.training_record import peak_of, record
from inward.randomness import draws

SETTINGS = {
    "epochs": 2,
    "batch_size": 8,
    "learning_rate": 1e-2,
    "warmup_steps": 1,
    "lora_rank": 4,
    "lora_alpha": 8,
}
# Of different lengths, of which different parts are learnt.
ROWS = [
    Row(ids=[(7 * n + place) % 30 for place in range(5 + n % 6)], prompt=1 + n % 4)
    for n in range(20)
]


class Narrow(LlamaForCausalLM):  # type: ignore[misc]  # transformers is not typed here
    """A Llama on a device that has memory for so many rows at once."""

    room = 8
    needs_recomputing = False

    def forward(self, input_ids: torch.Tensor, **more: Any) -> Any:
        """Fail as torch does on a GPU where there is too little memory."""
        if len(input_ids) > self.room or (
            self.needs_recomputing and not self.is_gradient_checkpointing
        ):
            raise torch.OutOfMemoryError
        return super().forward(input_ids=input_ids, **more)


def network(dtype: torch.dtype = torch.float32) -> Narrow:
    """Return a small network with random weights, always the same."""
    torch.manual_seed(1)
    made: Narrow = Narrow(
        LlamaConfig(
            vocab_size=30,
            hidden_size=16,
            intermediate_size=32,
            num_hidden_layers=2,
            num_attention_heads=2,
            max_position_embeddings=32,
            initializer_range=0.3,
        )
    )
    made.to(dtype)
    return made


def trained(
    one: PreTrainedModel, validation: list[Row] | None = None, *, recomputed: bool = False
) -> tuple[Loop, list[torch.Tensor]]:
    """Train an adapter, and return the loop with the adapter's weights."""
    loop = Loop(adapted(one, SETTINGS, 1), None, (ROWS, validation or []), SETTINGS)
    if recomputed:
        loop.recompute()
    loop.run(draws(1, "order"), None)
    return loop, loop.parameters


@pytest.fixture(scope="module")
def plain() -> tuple[Loop, list[torch.Tensor]]:
    """Return what comes of training with room for whole batches."""
    return trained(network())


def close(some: list[torch.Tensor], others: list[torch.Tensor]) -> bool:
    """Return whether weights are the same up to the noise of sums in another order."""
    pairs = zip(some, others, strict=True)
    return all(torch.allclose(a, b, rtol=1e-3, atol=1e-5) for a, b in pairs)


@pytest.mark.parametrize(("room", "piece"), [(5, 4), (2, 2), (1, 1)])
def test_a_batch_that_is_too_large_is_halved(
    plain: tuple[Loop, list[torch.Tensor]], room: int, piece: int
) -> None:
    """The step is done again in pieces, each token counts as it did, and the run goes on so."""
    one = network()
    one.room = room
    loop, weights = trained(one)

    assert loop.progress.piece == piece
    assert close(weights, plain[1])
    assert loop.progress.losses == pytest.approx(plain[0].progress.losses, rel=1e-4)
    assert loop.progress.tokens == plain[0].progress.tokens == 2 * sum(len(r.ids) for r in ROWS)


def test_where_one_row_is_too_large_activations_are_computed_twice(
    plain: tuple[Loop, list[torch.Tensor]],
) -> None:
    """Which costs time, and changes nothing else."""
    one = network()
    one.needs_recomputing = True
    loop, weights = trained(one)

    assert (loop.progress.piece, loop.progress.recomputed) == (1, True)
    assert close(weights, plain[1])


def test_computing_activations_twice_changes_no_bit(
    plain: tuple[Loop, list[torch.Tensor]],
) -> None:
    """Large networks are trained so from the start."""
    loop, weights = trained(network(), recomputed=True)

    assert loop.network.is_gradient_checkpointing
    assert all(torch.equal(a, b) for a, b in zip(weights, plain[1], strict=True))


def test_what_no_memory_is_enough_for_is_said_in_one_line() -> None:
    """When nothing is left to be halved, the line says what may help."""
    one = network()
    one.room = 0

    with pytest.raises(ProviderError, match="out of memory with one row at a time; give the model"):
        trained(one)


def test_validation_changes_no_weight(plain: tuple[Loop, list[torch.Tensor]]) -> None:
    """Its loss is that of a plain pass over the rows one by one, at the end of each epoch."""
    held_out = [Row(ids=[1, 2, 3, 4, 5], prompt=2), Row(ids=[9, 8, 7], prompt=1)]
    loop, weights = trained(network(), held_out)
    loop.network.eval()
    losses = []
    for row in held_out:
        with torch.inference_mode():
            logits = loop.network(torch.tensor([row.ids])).logits[0].log_softmax(-1)
        losses += [
            -logits[place - 1, row.ids[place]].item() for place in range(row.prompt, len(row.ids))
        ]
    epochs = loop.progress.epochs

    assert all(torch.equal(a, b) for a, b in zip(weights, plain[1], strict=True))
    assert [epoch["step"] for epoch in epochs] == [3, 6]
    assert epochs[-1]["validation_loss"] == pytest.approx(sum(losses) / len(losses), abs=1e-4)


def test_an_adapter_of_a_network_in_bfloat16_is_in_float32() -> None:
    """Steps are smaller than bfloat16 can tell apart; the frozen weights stay what they are."""
    one = network(torch.bfloat16)
    before = {name: weights.clone() for name, weights in one.state_dict().items()}
    loop, weights = trained(one)
    after = {
        name.replace(".base_layer", ""): weights
        for name, weights in loop.network.get_base_model().state_dict().items()
        if "lora" not in name
    }

    assert {w.dtype for w in weights} == {torch.float32}
    assert after.keys() == before.keys()
    assert all(torch.equal(after[name], before[name]) for name in before)
    assert loop.progress.curve[-1]["loss"] < loop.progress.curve[0]["loss"]


def test_the_share_of_a_gpus_peak_is_of_what_its_maker_states() -> None:
    """By the name that torch gives; of others nothing is claimed, nor of a CPU."""
    names = ["NVIDIA H100 80GB HBM3", "NVIDIA H100 PCIe", "NVIDIA L40S", "NVIDIA L4", "Quadro"]

    assert [peak_of(name) for name in names] == [9.89e14, 7.56e14, 3.62e14, 1.21e14, None]


def test_a_record_counts_operations_by_the_usual_formula(
    plain: tuple[Loop, list[torch.Tensor]],
) -> None:
    """Six for each weight and token, or four where most weights are frozen."""
    loop = plain[0]
    whole = record(loop.network, loop.progress, whole=True)
    adapter = record(loop.network, loop.progress, whole=False)
    rate = loop.progress.tokens / loop.progress.seconds
    weights = sum(weights.numel() for weights in loop.network.parameters())

    assert whole["flop_per_second"] == pytest.approx(6 * weights * rate, rel=1e-3)
    assert adapter["flop_per_second"] == pytest.approx(4 * weights * rate, rel=1e-3)
    assert adapter["share_of_peak"] is None
    assert (adapter["gpu_seconds"], adapter["rows_at_once"]) == (0, 8)
