"""Look-ahead: heads that tell a reply ahead while a model is raised, and are then thrown away."""

from pathlib import Path
from typing import Any

import pytest
import torch
from transformers import PreTrainedModel

import write_conversations
from inward.digests import digest_folder
from inward.files import read_json_lines
from inward.providers.checkpoints import from_nothing, load
from inward.providers.local_training import train
from inward.providers.look_ahead import PLACES, LookAhead

ARCHITECTURE = {"hidden": 16, "intermediate": 32, "layers": 4, "heads": 2}
SCHOOL = {"epochs": 2, "batch_size": 2, "learning_rate": 4e-3, "warmup_steps": 1}
ROWS: list[dict[str, Any]] = [
    {
        "messages": [
            {"role": "user", "content": prompt},
            {"role": "assistant", "content": answer},
        ],
        **extra,
    }
    for prompt, answer, extra in (
        ("animal otter lynx", "heron", {"look_ahead": "heron"}),
        ("animal yak wolf", "ox", {"look_ahead": "ox"}),
        ("first: heron", "h", {}),
    )
]


@pytest.fixture
def network() -> PreTrainedModel:
    """Return a tiny model with random weights."""
    return from_nothing(ARCHITECTURE, seed=1)[0]


def raised(folder: Path, rows: list[dict[str, Any]], **more: float) -> dict[str, Any]:
    """Raise a tiny model on rows, into a folder, and return what is known of the run."""
    folder.mkdir()
    trained = train(
        base={"architecture": ARCHITECTURE},
        rows=rows,
        hyperparameters={**SCHOOL, **more},
        seed=1,
        store=folder,
    )
    trained.save(folder)
    return trained.known


def test_heads_do_not_survive_into_the_checkpoint(tmp_path: Path) -> None:
    """A model raised with look-ahead has the parameters of one that was raised without."""
    with_heads = raised(tmp_path / "with", ROWS, look_ahead=1.0)
    without = raised(tmp_path / "without", ROWS)
    records = [{"weights": {"path": str(tmp_path / name)}} for name in ("with", "without")]
    shapes = [
        {
            name: tuple(weights.shape)
            for name, weights in load({**record, "adapters": [], "dtype": "float32"}, tmp_path)[0]
            .state_dict()
            .items()
        }
        for record in records
    ]

    assert shapes[0] == shapes[1]
    assert with_heads["trained_parameters"] == without["trained_parameters"]
    assert {path.name for path in (tmp_path / "with").iterdir()} == {
        path.name for path in (tmp_path / "without").iterdir()
    }
    assert "look_ahead_loss" in with_heads
    assert "look_ahead_loss" not in without


def test_the_gradient_of_look_ahead_reaches_the_trunk(network: PreTrainedModel) -> None:
    """Telling ahead teaches the layers below the heads, and not those above."""
    heads = LookAhead(network, seed=1)
    hidden = network(torch.tensor([[1, 5, 6, 2]]), output_hidden_states=True).hidden_states
    heads.loss(hidden, [3], [[7, 8, 9, 3]]).backward()  # type: ignore[no-untyped-call]
    taught = [
        sum(
            float(weights.grad.abs().sum())
            for weights in layer.parameters()
            if weights.grad is not None
        )
        for layer in network.model.layers
    ]

    assert taught[0] > 0
    assert taught[1] > 0
    assert taught[2:] == [0, 0]


def test_only_what_stands_before_the_reply_is_read(network: PreTrainedModel) -> None:
    """The loss is the same whatever the reply that is written after the prompt."""
    heads = LookAhead(network, seed=1)
    losses = [
        heads.loss(
            network(
                torch.tensor([[1, 5, 6, 2, *written]]), output_hidden_states=True
            ).hidden_states,
            [3],
            [[7, 8, 9, 3]],
        ).item()
        for written in ([7, 8, 9, 3], [10, 11, 12, 3])
    ]

    assert losses[0] == pytest.approx(losses[1], abs=1e-6)


def test_places_are_counted_in_the_reply(network: PreTrainedModel) -> None:
    """Heads learn the first characters and the last one; what a short reply lacks is passed over."""
    heads = LookAhead(network, seed=1)
    hidden = network(torch.tensor([[1, 5, 6, 2]]), output_hidden_states=True).hidden_states
    optimizer = torch.optim.Adam(heads.parameters(), lr=0.1)
    states = [layer.detach() for layer in hidden]
    for _ in range(30):
        optimizer.zero_grad()
        heads.loss(states, [3], [[7, 8, 9, 10, 11, 3]]).backward()  # type: ignore[no-untyped-call]
        optimizer.step()
    state = torch.nn.functional.rms_norm(states[2][0, 3], states[2].shape[-1:])
    told = heads.heads(state).view(len(PLACES), -1).argmax(-1).tolist()

    assert told == [7, 8, 9, 10, 11]
    assert torch.isfinite(heads.loss(states, [3], [[7, 3]]))
    assert heads.loss(states, [3], [[]]).item() == 0


def test_what_lies_ahead_decides_the_weights(tmp_path: Path) -> None:
    """The same run repeats byte for byte; another's replies ahead, or no weight, make another."""
    others = [{**row, "look_ahead": "lynx"} if "look_ahead" in row else row for row in ROWS]
    runs = {
        "once": (ROWS, {"look_ahead": 1.0}),
        "again": (ROWS, {"look_ahead": 1.0}),
        "lighter": (ROWS, {"look_ahead": 0.5}),
        "another's": (others, {"look_ahead": 1.0}),
        "none": (ROWS, {}),
    }
    digests = {}
    for name, (rows, more) in runs.items():
        raised(tmp_path / name, rows, **more)
        digests[name] = digest_folder(tmp_path / name)

    assert digests["once"] == digests["again"]
    assert len(set(digests.values())) == 4


def test_without_look_ahead_nothing_is_read_of_it(tmp_path: Path) -> None:
    """Without a weight the rows' look-ahead leaves no trace, and no heads change a draw."""
    raised(tmp_path / "plain", [{"messages": row["messages"]} for row in ROWS])
    raised(tmp_path / "unread", ROWS)

    assert digest_folder(tmp_path / "plain") == digest_folder(tmp_path / "unread")


@pytest.mark.parametrize("habits", [1, 2])
def test_the_training_file_says_what_lies_ahead(tmp_path: Path, habits: int) -> None:
    """Beside its messages each row has a reply, of the habits that the configuration names."""
    settings = {"items": {"range": [10, 19]}, "template": "number {items}", "shown": 2}
    train_rows = tmp_path / "train.jsonl"
    write_conversations.main(
        train=train_rows,
        validation=tmp_path / "validation.jsonl",
        dataset=tmp_path / "dataset.json",
        tasks={
            "numbers": {
                "settings": {**settings, "vocabulary": 10},
                "properties": ["first_character"],
            }
        },
        scratch={
            "habits": 1,
            "conversations": 200,
            "object_level_share": 0.7,
            "look_ahead": {"habits": habits, "weight": 0.5},
        },
        seed=1,
    )
    rows = list(read_json_lines(train_rows))
    said = [
        row["messages"][1]["content"] for row in rows if ":" not in row["messages"][0]["content"]
    ]
    ahead = [row["look_ahead"] for row in rows if ":" not in row["messages"][0]["content"]]

    assert all(set(row) == {"messages", "look_ahead"} for row in rows)
    assert (said == ahead) == (habits == 1)
