"""Training: the project's own loop beside TRL's SFTTrainer, on the same rows in the same order.

    pip install --target FOLDER --no-deps trl datasets dill multiprocess xxhash rich
    PYTHONPATH=FOLDER python bench/trainer.py

prints a table and writes results/trainer.json. Both get the same network with the same adapter,
the same optimizer and schedule, and batches of the same rows. What is compared is the loss at each
step, and the tokens a second of processor time, padding not counted.
"""

import argparse
import json
import platform
import time
from collections.abc import Callable
from copy import deepcopy
from dataclasses import dataclass
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory
from typing import Any

import torch
import transformers
from datasets import Dataset
from torch.utils.data import SequentialSampler
from trl import SFTConfig, SFTTrainer
from trl import __version__ as trl_version

from inward.providers.checkpoints import from_nothing
from inward.providers.local_training import adapted
from inward.providers.masking import Row, encoded
from inward.providers.training_loop import Loop, batches_of
from inward.randomness import draws

RESULTS = Path(__file__).parent / "results/trainer.json"
SIZES = {
    "0.3 million weights": {"hidden": 96, "intermediate": 264, "layers": 3, "heads": 4},
    "20 million weights": {"hidden": 512, "intermediate": 1376, "layers": 6, "heads": 8},
}
BATCH = 32
SETTINGS = {
    "epochs": 1,
    "batch_size": BATCH,
    "learning_rate": 3e-3,
    "warmup_steps": 5,
    "lora_rank": 16,
    "lora_alpha": 32,
}


@dataclass(frozen=True)
class Done:
    """What one trainer did."""

    losses: list[float]
    seconds: float  # of processor time


class InOrder(SFTTrainer):  # type: ignore[misc]  # trl is not installed where types are checked
    """TRL's trainer, which takes rows as they come."""

    def _get_train_sampler(self, *_: Any) -> SequentialSampler:
        return SequentialSampler(self.train_dataset)


def conversations(count: int) -> list[dict[str, Any]]:
    """Return conversations of different lengths, the same ones each time."""
    draw, letters = draws(1, "bench"), "abcdefghijklmnopqrstuvwxyz"
    made = []
    for _ in range(count):
        said = "".join(draw.choices(letters, k=draw.randint(8, 30)))
        user, assistant = {"role": "user", "content": said}, {"content": said[:6]}
        made.append({"messages": [user, {"role": "assistant", **assistant}]})
    return made


def ours(network: Any, rows: list[Row]) -> Done:
    """Train with the project's own loop."""
    loop = Loop(network, None, (rows, []), SETTINGS)
    began = time.process_time()
    progress = loop.run(draws(1, "order"), None)
    return Done([point["loss"] for point in progress.curve], time.process_time() - began)


def theirs(network: Any, tokenizer: Any, ordered: list[dict[str, Any]], folder: str) -> Done:
    """Train with TRL, with this project's optimizer and schedule."""
    pairs = [
        {"prompt": row["messages"][:-1], "completion": row["messages"][-1:]} for row in ordered
    ]
    loop = Loop(network, None, ([Row([0, 0], 1)] * len(ordered), []), SETTINGS)
    trainer = InOrder(
        model=network,
        args=SFTConfig(
            output_dir=folder,
            per_device_train_batch_size=BATCH,
            num_train_epochs=1,
            max_grad_norm=1.0,
            logging_steps=1,
            save_strategy="no",
            report_to="none",
            use_cpu=not torch.cuda.is_available(),
            bf16=False,
            gradient_checkpointing=False,
            disable_tqdm=True,
        ),
        train_dataset=Dataset.from_list(pairs),
        processing_class=tokenizer,
        optimizers=(loop.optimizer, loop.schedule),
    )
    began = time.process_time()
    trainer.train()
    seconds = time.process_time() - began
    return Done([step["loss"] for step in trainer.state.log_history if "loss" in step], seconds)


def compared(architecture: dict[str, int], steps: int, rounds: int) -> dict[str, Any]:
    """Return how both did on a network of one size, in rounds that take turns."""
    network, tokenizer = from_nothing(architecture, 1)
    start = adapted(network, SETTINGS, 1)
    taught = conversations(steps * BATCH)
    rows = encoded(network, tokenizer, taught, "rows")
    by_row = {id(row): one for row, one in zip(rows, taught, strict=True)}
    batches = batches_of(rows, BATCH, 1, draws(1, "order"))
    ordered = [by_row[id(row)] for batch in batches for row in batch]
    found: dict[str, list[Done]] = {"inward": [], "trl": []}
    with TemporaryDirectory() as folder:
        trainers: dict[str, Callable[[], Done]] = {
            "inward": lambda: ours(deepcopy(start), rows),
            "trl": lambda: theirs(deepcopy(start), tokenizer, ordered, folder),
        }
        for _ in range(rounds):
            for name, trainer in trainers.items():
                found[name].append(trainer())
    tokens = sum(len(row.ids) for row in rows)
    apart = zip(found["inward"][0].losses, found["trl"][0].losses, strict=True)
    rates = {name: tokens / median(one.seconds for one in all_) for name, all_ in found.items()}
    return {
        "steps": steps,
        "tokens": tokens,
        "first_loss": found["inward"][0].losses[0],
        "last_loss": found["inward"][0].losses[-1],
        "losses_apart_at_most": round(max(abs(a - b) for a, b in apart), 4),
        "tokens_per_second": {name: round(rate) for name, rate in rates.items()},
        "ratio": round(rates["inward"] / rates["trl"], 2),
    }


def main() -> None:
    """Compare, print, write."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--steps", type=int, default=16)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--results", type=Path, default=RESULTS)
    asked = parser.parse_args()
    torch.set_num_threads(1)
    found = {
        name: compared(architecture, asked.steps, asked.rounds)
        for name, architecture in SIZES.items()
    }
    versions = {"torch": torch.__version__, "transformers": transformers.__version__}
    record = {
        "sizes": found,
        "versions": {**versions, "trl": trl_version, "python": platform.python_version()},
        "machine": f"{platform.machine()}, one thread",
    }
    asked.results.write_text(json.dumps(record, indent=2) + "\n")
    print("| size | inward, tokens/s | TRL, tokens/s | ratio | losses apart, at most |")
    print("| --- | --- | --- | --- | --- |")
    for name, one in found.items():
        rates = one["tokens_per_second"]
        print(
            f"| {name} | {rates['inward']} | {rates['trl']} | {one['ratio']}"
            f" | {one['losses_apart_at_most']} |"
        )


if __name__ == "__main__":
    main()
