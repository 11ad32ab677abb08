"""Training that was ended goes on from its last checkpoint, and comes to the same bytes."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import torch
from transformers import GPTNeoXConfig, GPTNeoXForCausalLM

from inward.digests import digest_folder
from inward.errors import ProviderError
from inward.files import write_json
from inward.providers.checkpoints import digest_checkpoint
from inward.providers.local_training import train
from inward.providers.training_checkpoint import TrainingCheckpoint
from inward.requests import user
from inward.runs import RunStore, TrainingRun

from .conftest import ROOT
from .test_local import tokenizer

ROWS = [
    {"messages": [*user(prompt), {"role": "assistant", "content": answer}]}
    for prompt, answer in [("one", "two"), ("x", "yz"), ("three", "four"), ("b", "a"), ("e", "ff")]
]
SETTINGS = {
    "epochs": 12,
    "batch_size": 2,
    "learning_rate": 1e-2,
    "warmup_steps": 2,
    "lora_rank": 4,
    "lora_alpha": 8,
}
STEPS = 36
# A trainer of its own, which the test kills; it keeps a checkpoint of every step.
ALONE = """
import sys
from pathlib import Path
from inward.files import read_json
from inward.providers.local_training import train
from inward.providers.training_checkpoint import TrainingCheckpoint
asked = read_json(Path(sys.argv[1]))
kept = TrainingCheckpoint(Path(sys.argv[2]), "run", every=0)
kept.due = lambda: True
train(**asked, store=Path(), checkpoint=kept)
"""


@pytest.fixture(scope="module")
def base(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    """Return the record of a small model that drops some of its activations while it is trained."""
    folder = tmp_path_factory.mktemp("dropping")
    torch.manual_seed(1)
    config = GPTNeoXConfig(
        vocab_size=len(tokenizer()),
        hidden_size=32,
        num_hidden_layers=2,
        num_attention_heads=4,
        intermediate_size=64,
        max_position_embeddings=64,
        hidden_dropout=0.2,
        attention_dropout=0.1,
        initializer_range=0.6,
        eos_token_id=1,
        bos_token_id=0,
    )
    GPTNeoXForCausalLM(config).save_pretrained(folder)
    tokenizer().save_pretrained(folder)
    weights = {"path": str(folder), "digest": digest_checkpoint(str(folder))}
    return {"provider": "local", "weights": weights, "adapters": [], "dtype": "float32"}


class EveryStep(TrainingCheckpoint):
    """A checkpoint that is always due, and that tells of each one that was written."""

    def __init__(self, path: Path, then: Callable[[int], None] = lambda _: None) -> None:
        super().__init__(path, "run", every=0)
        self.then = then

    def due(self) -> bool:
        """Return that it is."""
        return True

    def write(self, state: dict[str, Any]) -> None:
        """Tell the step of a checkpoint once it is written."""
        super().write(state)
        self.then(state["progress"]["step"])


def made(base: dict[str, Any], folder: Path, checkpoint: TrainingCheckpoint | None = None) -> str:
    """Train, and return the digest of the adapter's files."""
    trained = train(
        base=base,
        rows=ROWS,
        validation=ROWS[:1],
        hyperparameters=SETTINGS,
        seed=1,
        store=folder,
        checkpoint=checkpoint,
    )
    trained.save(folder / "adapter")
    assert [point["step"] for point in trained.cost["curve"]] == list(range(1, STEPS + 1))
    assert len(trained.cost["epochs"]) == SETTINGS["epochs"]
    return digest_folder(folder / "adapter")


def step_of(path: Path) -> int:
    """Return the step of a checkpoint that can be used."""
    state: Any = TrainingCheckpoint(path, "run").read()
    return int(state["progress"]["step"])


@pytest.fixture(scope="module")
def whole(base: dict[str, Any], tmp_path_factory: pytest.TempPathFactory) -> str:
    """Return the digest of the adapter that an undisturbed run makes."""
    return made(base, tmp_path_factory.mktemp("whole"))


def test_a_killed_training_goes_on(base: dict[str, Any], whole: str, tmp_path: Path) -> None:
    """`kill -9` between two steps, or in the midst of one, changes no byte of the weights."""
    asked = {"base": base, "rows": ROWS, "validation": ROWS[:1], "hyperparameters": SETTINGS}
    write_json(tmp_path / "asked.json", {**asked, "seed": 1})
    kept = tmp_path / "checkpoint"
    environment = {**os.environ, "PYTHONPATH": str(ROOT / "scripts"), "OMP_NUM_THREADS": "1"}
    process = subprocess.Popen(
        [sys.executable, "-c", ALONE, tmp_path / "asked.json", kept], env=environment
    )
    while not kept.exists() and process.poll() is None:
        time.sleep(0.001)
    process.kill()

    assert process.wait() == -signal.SIGKILL
    assert 0 < step_of(kept) < STEPS
    assert made(base, tmp_path, TrainingCheckpoint(kept, "run")) == whole


def test_sigterm_leaves_a_checkpoint(base: dict[str, Any], whole: str, tmp_path: Path) -> None:
    """As SLURM sends it at a time limit or a preemption; also twice, and while validating."""
    kept = tmp_path / "checkpoint"
    for last in (2, 3, STEPS - 1):

        def end(written: int, last: int = last) -> None:
            if written == last:
                os.kill(os.getpid(), signal.SIGTERM)

        with pytest.raises(ProviderError, match=rf"ended by SIGTERM at step {last} of {STEPS}"):
            made(base, tmp_path, EveryStep(kept, end))

    assert made(base, tmp_path, TrainingCheckpoint(kept, "run")) == whole
    assert signal.getsignal(signal.SIGTERM) == signal.SIG_DFL


def test_a_checkpoint_that_is_torn_or_foreign_is_not_used(
    base: dict[str, Any], whole: str, tmp_path: Path
) -> None:
    """Cut short, with a byte changed, of another run or another torch: it only costs the time."""
    kept, states = tmp_path / "checkpoint", []

    def take(step: int) -> None:
        if step == STEPS // 2:
            states.append(kept.read_bytes())

    made(base, tmp_path, EveryStep(kept, take))
    good = states[0]
    place = len(good) // 2
    damaged = {
        "cut short": good[:-1],
        "one byte": good[:place] + bytes([good[place] ^ 1]) + good[place + 1 :],
        "another run": good.replace(b'"run": "run"', b'"run": "nur"', 1),
        "another torch": good.replace(torch.__version__.encode(), b"0.0.0", 1),
        "nothing": b"",
        "something": b"[1]\n" + good,
    }
    for what, content in damaged.items():
        kept.write_bytes(content)
        assert TrainingCheckpoint(kept, "run").read() is None, what
    kept.write_bytes(good)
    assert step_of(kept) == STEPS // 2

    kept.write_bytes(damaged["cut short"])
    assert made(base, tmp_path, TrainingCheckpoint(kept, "run")) == whole


def test_writing_checkpoints_costs_little(tmp_path: Path) -> None:
    """The next one is due after 30 seconds, or later where writing takes long."""
    checkpoint = TrainingCheckpoint(tmp_path / "checkpoint", "run")
    now = checkpoint.last
    dues = []
    for since, took in ((29, 0.1), (31, 0.1), (31, 1.0), (51, 1.0)):
        checkpoint.last, checkpoint.took = now - since - (time.monotonic() - now), took
        dues.append(checkpoint.due())

    assert dues == [False, True, False, True]


def test_a_checkpoint_that_cannot_be_written_ends_nothing(
    base: dict[str, Any], whole: str, tmp_path: Path
) -> None:
    """Where the disk is full, training goes on without."""
    (tmp_path / "file").write_text("")

    assert made(base, tmp_path, EveryStep(tmp_path / "file" / "checkpoint")) == whole


def test_a_finished_run_keeps_no_checkpoint(tmp_path: Path) -> None:
    """The file goes when the result is there, whoever of two processes has written it."""
    store = RunStore(tmp_path)
    run = TrainingRun("local", {}, "t", "v", {}, 1, "local 1")
    store.intend(run)
    store.checkpoint(run.key).write_bytes(b"")
    store.finish(run.key, {"weights": {}}, {"seconds": 1})

    assert not store.checkpoint(run.key).exists()
    assert store.training(run.key) == {"seconds": 1}
    assert store.result(run.key) == {"weights": {}}
