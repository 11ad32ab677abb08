"""The loop of training: AdamW over batches in a seeded order, from a checkpoint on where one is.

A batch goes through the network in pieces, as large as memory allows: one that is too large is
halved, and the step done again. Gradients are those of the whole batch all the same. Everything
that decides the next step is in a checkpoint, so a run that was ended comes to the same weights.
"""

import signal
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field
from itertools import islice
from random import Random
from typing import Any

import torch
from transformers import PreTrainedModel

from inward.errors import ProviderError
from inward.progress import log, track
from inward.providers.look_ahead import IGNORED, LookAhead
from inward.providers.masking import Row, padded
from inward.providers.training_checkpoint import TrainingCheckpoint

WINDOW = 8  # batches
POINTS = 200  # of a loss curve, at most


@dataclass
class Progress:
    """How far a run is: what it has seen and how it did."""

    piece: int  # rows that go through the network at once
    recomputed: bool = False  # whether activations are, to save memory
    step: int = 0
    tokens: int = 0  # read so far, without padding
    seconds: float = 0.0
    losses: dict[str, float] = field(default_factory=dict)  # smoothed over the last steps
    recent: list[float] = field(default_factory=list)  # since the last point of the curve
    curve: list[dict[str, float]] = field(default_factory=list)
    epochs: list[dict[str, float]] = field(default_factory=list)
    went_on: list[int] = field(default_factory=list)  # steps from which a later process went on


class Loop:
    """A training run under way: `network` is trained in place, and `heads` with it."""

    def __init__(
        self,
        network: PreTrainedModel,
        heads: LookAhead | None,
        rows: tuple[list[Row], list[Row]],
        hyperparameters: dict[str, Any],
    ) -> None:
        self.network, self.heads = network, heads
        self.rows, self.validation = rows
        self.settings = hyperparameters
        self.size, self.epochs = hyperparameters["batch_size"], hyperparameters["epochs"]
        self.steps = self.epochs * -(-len(self.rows) // self.size)
        self.parameters = [weights for weights in network.parameters() if weights.requires_grad]
        self.parameters += heads.parameters() if heads else []
        self.optimizer = torch.optim.AdamW(
            self.parameters,
            lr=hyperparameters["learning_rate"],
            betas=(0.9, 0.98),
            weight_decay=0.01,
            # One kernel for all parameters: with weights this small the calls cost more than sums.
            fused=True,
        )
        warmup = hyperparameters["warmup_steps"]
        self.schedule = torch.optim.lr_scheduler.LambdaLR(
            self.optimizer,
            lambda step: min(1.0, (step + 1) / warmup) * max(0.03, 1 - step / self.steps),
        )
        self.progress = Progress(piece=self.size)
        self.device = network.get_input_embeddings().weight.device

    def run(self, draw: Random, checkpoint: TrainingCheckpoint | None) -> Progress:
        """Train to the end, and return how it went; raise ProviderError where SIGTERM ends it."""
        self._go_on(checkpoint)
        self.network.train()
        progress = self.progress
        batches = islice(batches_of(self.rows, self.size, self.epochs, draw), progress.step, None)
        with asked_to_end() as ending:
            for batch in track(batches, self.steps - progress.step, "training"):
                began, noise = time.monotonic(), noise_now()
                done = self._close_epoch(ending) and self._step(batch, noise, ending)
                progress.seconds += time.monotonic() - began
                if not done:
                    self._end(checkpoint, noise)
                if checkpoint and checkpoint.due():
                    checkpoint.write(self._state(noise_now()))
            if not self._close_epoch(ending):
                self._end(checkpoint, noise_now())
        return progress

    def recompute(self) -> None:
        """Have the network compute activations again on the way back, rather than keep them all."""
        self.network.gradient_checkpointing_enable({"use_reentrant": False})
        self.progress.recomputed = True

    def _gradients(
        self, batch: list[Row], noise: list[torch.Tensor], ending: Callable[[], bool]
    ) -> dict[str, float] | None:
        """Leave the gradients of a batch, and return its losses; None where the run is to end."""
        while True:
            try:
                return self._in_pieces(batch, ending)
            except torch.OutOfMemoryError:
                pass  # and with the error goes what it holds on to
            self._spare_memory()
            self.optimizer.zero_grad()
            noise_again(noise)

    def _in_pieces(self, batch: list[Row], ending: Callable[[], bool]) -> dict[str, float] | None:
        learnt = sum(row.learnt for row in batch)
        losses: dict[str, float] = {}
        for place in range(0, len(batch), self.progress.piece):
            if ending():
                return None
            piece = batch[place : place + self.progress.piece]
            share = sum(row.learnt for row in piece) / learnt
            loss, ahead = self._loss(piece)
            named = {"final_loss": loss} | ({} if ahead is None else {"look_ahead_loss": ahead})
            for name, value in named.items():
                losses[name] = losses.get(name, 0.0) + value.item() * share
            whole = loss if ahead is None else loss + self.settings["look_ahead"] * ahead
            (whole * share).backward()
        return losses

    def _loss(self, batch: list[Row]) -> tuple[torch.Tensor, torch.Tensor | None]:
        """Return the mean loss of the tokens that are learnt, and of those ahead with heads."""
        ids, labels = (tensor.to(self.device) for tensor in padded(batch))
        half = self.network.dtype == torch.bfloat16
        with torch.autocast(self.device.type, torch.bfloat16, enabled=half):
            output = self.network(
                input_ids=ids, output_hidden_states=self.heads is not None, use_cache=False
            )
        labels = labels[:, 1:].to(output.logits.device)
        learnt = labels != IGNORED
        loss = torch.nn.functional.cross_entropy(
            output.logits[:, :-1][learnt].float(), labels[learnt]
        )
        if not self.heads:
            return loss, None
        begins, replies = [row.prompt - 1 for row in batch], [row.ahead for row in batch]
        return loss, self.heads.loss(output.hidden_states, begins, replies)

    def _step(
        self, batch: list[Row], noise: list[torch.Tensor], ending: Callable[[], bool]
    ) -> bool:
        """Take one step; return whether that was done, rather than the run ended."""
        losses = self._gradients(batch, noise, ending)
        if losses is None:
            return False
        torch.nn.utils.clip_grad_norm_(self.parameters, 1.0)
        self.optimizer.step()
        self.schedule.step()
        self.optimizer.zero_grad()
        progress = self.progress
        progress.step += 1
        progress.tokens += sum(len(row.ids) for row in batch)
        smooth = progress.losses
        for name, value in losses.items():
            smooth[name] = smooth.get(name, value) + (value - smooth.get(name, value)) * 0.05
        progress.recent.append(losses["final_loss"])
        if len(progress.recent) * POINTS >= self.steps or progress.step == self.steps:
            loss = round(sum(progress.recent) / len(progress.recent), 4)
            point = {"step": progress.step, "loss": loss, "tokens": progress.tokens}
            progress.curve.append(point)
            progress.recent = []
        return True

    def _close_epoch(self, ending: Callable[[], bool]) -> bool:
        """Where an epoch is over, put its losses on record and in the log.

        Returns whether the run goes on, rather than was ended meanwhile.
        """
        progress, number = self.progress, len(self.progress.epochs) + 1
        if progress.step * self.epochs != number * self.steps:
            return True
        found = {"step": progress.step, "loss": round(progress.losses["final_loss"], 4)}
        said = f"loss {found['loss']:.3f}"
        if self.validation:
            loss = self._validation_loss(ending)
            if loss is None:
                return False
            found["validation_loss"] = round(loss, 4)
            said += f", validation loss {loss:.3f}"
        progress.epochs.append(found)
        log.info(
            *("epoch %d of %d: step %d, %s, %d tokens", number, self.epochs, progress.step),
            *(said, progress.tokens),
        )
        return True

    @torch.no_grad()
    def _validation_loss(self, ending: Callable[[], bool]) -> float | None:
        """Return the mean loss of the validation rows' learnt tokens; None where the run ends."""
        self.network.eval()
        ordered = sorted(self.validation, key=lambda row: len(row.ids))
        place, total = 0, 0.0
        while place < len(ordered) and not ending():
            piece = ordered[place : place + self.progress.piece]
            try:
                total += self._loss(piece)[0].item() * sum(row.learnt for row in piece)
                place += len(piece)
                continue
            except torch.OutOfMemoryError:
                pass
            self._spare_memory()
        self.network.train()
        done = place == len(ordered)
        return total / sum(row.learnt for row in ordered) if done else None

    def _spare_memory(self) -> None:
        """Make the next try smaller; raise ProviderError where nothing is left to be halved."""
        progress = self.progress
        if progress.piece > 1 and not self.heads:
            progress.piece = -(-progress.piece // 2)
            log.info("out of memory: now %d rows at once, and this again", progress.piece)
        elif not progress.recomputed and self.network.supports_gradient_checkpointing:
            self.recompute()
            log.info("out of memory: now activations are computed twice, and this again")
        else:
            raise ProviderError(
                "out of memory with one row at a time; give the model `quantize: 4bit`, ask for"
                " more or larger GPUs, or shorten the prompts"
            )
        if torch.cuda.is_available():
            torch.cuda.empty_cache()

    def _go_on(self, checkpoint: TrainingCheckpoint | None) -> None:
        """Take up where the checkpoint is, if there is one."""
        state = checkpoint.read() if checkpoint else None
        if state is None:
            return
        with torch.no_grad():
            for weights, saved in zip(self.parameters, state["weights"], strict=True):
                weights.copy_(saved)
        self.optimizer.load_state_dict(state["optimizer"])
        self.schedule.load_state_dict(state["schedule"])
        noise_again(state["noise"])
        self.progress = Progress(**state["progress"])
        self.progress.went_on.append(self.progress.step)
        if self.progress.recomputed:
            self.recompute()
        log.info("goes on from the checkpoint at step %d of %d", self.progress.step, self.steps)

    def _state(self, noise: list[torch.Tensor]) -> dict[str, Any]:
        """Return everything that decides what comes next."""
        return {
            "weights": [weights.detach().cpu() for weights in self.parameters],
            "optimizer": self.optimizer.state_dict(),
            "schedule": self.schedule.state_dict(),
            "noise": noise,
            "progress": asdict(self.progress),
        }

    def _end(self, checkpoint: TrainingCheckpoint | None, noise: list[torch.Tensor]) -> None:
        if checkpoint:
            checkpoint.write(self._state(noise))
        raise ProviderError(
            f"ended by SIGTERM at step {self.progress.step} of {self.steps}; run again, and it goes"
            " on from there"
        )


def batches_of(rows: list[Row], size: int, epochs: int, draw: Random) -> Iterator[list[Row]]:
    """Yield batches of rows of about the same length, shuffled anew in each epoch.

    Rows are sorted within a window only: sorted as a whole, batches would hold one task each.
    """
    window = WINDOW * size
    for _ in range(epochs):
        order = draw.sample(rows, len(rows))
        for start in range(0, len(order), window):
            near = sorted(order[start : start + window], key=lambda row: len(row.ids))
            batches = [near[place : place + size] for place in range(0, len(near), size)]
            yield from draw.sample(batches, len(batches))


def noise_now() -> list[torch.Tensor]:
    """Return the state of torch's generators: of the CPU, and of each GPU."""
    gpus = torch.cuda.get_rng_state_all() if torch.cuda.is_available() else []
    return [torch.get_rng_state(), *gpus]


def noise_again(states: Sequence[torch.Tensor]) -> None:
    """Put torch's generators back into a state; GPUs that there are not now are passed over."""
    torch.set_rng_state(states[0])
    for place, state in enumerate(states[1 : 1 + torch.cuda.device_count()]):
        torch.cuda.set_rng_state(state, place)


@contextmanager
def asked_to_end() -> Iterator[Callable[[], bool]]:
    """Give the question whether SIGTERM has come: SLURM sends it at a time limit or preemption."""
    if threading.current_thread() is not threading.main_thread():
        yield lambda: False
        return
    came: list[int] = []
    former = signal.signal(signal.SIGTERM, lambda number, _: came.append(number))
    try:
        yield lambda: bool(came)
    finally:
        signal.signal(signal.SIGTERM, former)
