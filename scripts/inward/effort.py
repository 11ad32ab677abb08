"""Effort: GPU hours and disk that the local models of a study will want, before anything is run.

Operations follow the usual count for transformers of N parameters (Kaplan et al. 2020, arXiv
2001.08361, section 2.1): 2 N for a token that goes forward, 4 N for its way back, of which half is
for the gradients of weights. LoRA needs none of those; what was thrown away to save memory is
computed again (gradient checkpointing), 2 N; so a token that is trained on comes to 6 N here too:

    hours = GPUs N (2 read / share_read + 2 written / share_written + 6 trained / share_trained)
            / peak / 3600

A checkpoint that is spread over several GPUs has its layers on one after the other, and one of them
works at a time; the others are held for it, and their hours are counted. Attention is left out,
which is some percent below a few thousand tokens, and so is the loading of weights. What vLLM
reaches is not known, so hours of sampling by it are left out, and said to be.
"""

import json
import math
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from inward.errors import InputError

FORWARD, TRAINED = 2, 6  # operations for each parameter and token
BYTES = {"float32": 4, "bfloat16": 2, "float16": 2, "auto": 2}
QUANTIZED = {"4bit": 0.5}  # bytes of a parameter in memory; on disk it is as it was published
STAGES = ("read", "written", "trained")

# Bytes in the store, as in the embedded study's: of a response, besides what was asked; of a token;
# of an alternative to it.
RESPONSE, TOKEN, ALTERNATIVE = 500, 45, 25

ADDED = " + vllm"
BY_VLLM = (
    "+ vllm: sampling by this engine is not in the GPU hours, since its speed is not known here;"
    " measure it on a small model first"
)

GIGA, TERA = 1e9, 1e12


@dataclass(frozen=True)
class Gpu:
    """A kind of GPU."""

    teraflops: float
    memory_gb: float


@dataclass(frozen=True)
class Hardware:
    """The kinds of GPUs there are, and the share of their peak that is reached."""

    as_of: str
    gpu: str  # of models that name none
    gpus: dict[str, Gpu]
    share: dict[str, float]  # of read, written and trained


@dataclass(frozen=True)
class Machine:
    """What a local checkpoint is, and what its jobs run on."""

    checkpoint: str
    parameters: int | None  # None where nobody can tell
    dtype: str
    gpu: str | None  # as `resources` name it
    gpus: int
    quantize: str | None = None
    engine: str | None = None  # that samples; None for the project's own

    @property
    def memory(self) -> float:
        """The bytes that the weights take on GPUs."""
        size = QUANTIZED.get(self.quantize or "", BYTES[self.dtype])
        return (self.parameters or 0) * size


@dataclass(frozen=True)
class Effort:
    """What one local subject has yet to do; tokens."""

    subject: str
    machine: Machine
    read: int
    written: int
    trained: int
    lora_rank: int  # 0 for models that are not trained here
    stored: int  # bytes of responses that come into the store

    @property
    def by_vllm(self) -> bool:
        """Whether there is something to be sampled by vLLM."""
        return self.machine.engine == "vllm" and self.read + self.written > 0


def read_hardware(path: Path) -> Hardware:
    """Return the GPUs in a YAML file; raise InputError where it is not such a list."""
    try:
        return _hardware(yaml.safe_load(path.read_text(encoding="utf-8")))
    except (OSError, yaml.YAMLError, KeyError, TypeError, ValueError, AttributeError) as error:
        said = " ".join(str(error).split())
        raise InputError(
            f"{path}: not a list of GPUs ({said}); compare it with the project's own hardware.yaml"
        ) from None


def _hardware(raw: dict[str, Any]) -> Hardware:
    found = Hardware(
        as_of=str(raw["as_of"]),
        gpu=str(raw["gpu"]),
        gpus={str(name): Gpu(**entry) for name, entry in raw["gpus"].items()},
        share={stage: float(raw["share"][stage]) for stage in STAGES},
    )
    numbers = [value for gpu in found.gpus.values() for value in vars(gpu).values()]
    if found.gpu not in found.gpus:
        raise ValueError(f"there is no {found.gpu!r} in gpus")
    if not all(0 < float(value) < math.inf for value in numbers):
        raise ValueError("teraflops and memory_gb are numbers above 0")
    if not all(0 < share <= 1 for share in found.share.values()):
        raise ValueError("a share is above 0, and at most 1")
    return found


def parameters(checkpoint: str) -> int | None:
    """Return how many parameters a checkpoint has: of a folder by its files, of an ID by its name.

    A name tells it in billions (`Qwen2.5-0.5B-Instruct`). None where it does not, as with mixtures
    of experts (`8x7B`).
    """
    files = sorted(Path(checkpoint).glob("*.safetensors"))
    if files:
        return sum(map(_in_file, files))
    name = checkpoint.rsplit("/", maxsplit=1)[-1]
    told = re.findall(r"(?<![\w.])(\d+(?:\.\d+)?)[bB](?![a-zA-Z])", name)
    return round(float(told[0]) * 1e9) if len(told) == 1 else None


def _in_file(path: Path) -> int:
    with path.open("rb") as file:
        head = json.loads(file.read(int.from_bytes(file.read(8), "little")))
    shapes: list[list[int]] = [
        part["shape"] for name, part in head.items() if name != "__metadata__"
    ]
    return sum(math.prod(shape) for shape in shapes)


def adapter_bytes(count: int, rank: int) -> int:
    """Return about how large LoRA of a rank on all linear layers is, in 32 bits.

    It takes models for what most are: layers of 13 h^2 parameters and h / 128 of them, where an
    adapter has about 20 h parameters for each rank. For Llama 8B and 70B that is within 10 %, for
    Qwen 0.5B within 20 %.
    """
    layers = (count / 13 / 128**2) ** (1 / 3)
    return round(4 * 20 * 128 * math.pow(layers, 2) * rank)


def response_bytes(count: int, asked: int, written: int, top: int) -> int:
    """Return about how much the store grows by `count` responses to `asked` bytes of prompts."""
    return count * RESPONSE + asked + written * (TOKEN + top * ALTERNATIVE)


def hours(effort: Effort, hardware: Hardware) -> float | None:
    """Return the GPU hours of an effort, without sampling by vLLM.

    None where the parameters or the GPU are not known.
    """
    if not effort.machine.gpus:
        return 0.0
    gpu = hardware.gpus.get(effort.machine.gpu or hardware.gpu)
    if gpu is None or effort.machine.parameters is None:
        return None
    sampled = FORWARD * (
        effort.read / hardware.share["read"] + effort.written / hardware.share["written"]
    )
    trained = TRAINED * effort.trained / hardware.share["trained"]
    work = trained if effort.by_vllm else sampled + trained
    operations = effort.machine.parameters * work
    return effort.machine.gpus * operations / (gpu.teraflops * TERA) / 3600


def disk(effort: Effort) -> float | None:
    """Return the bytes of a subject: weights or adapter, and responses; None where not known."""
    count = effort.machine.parameters
    if count is None:
        return None
    rank = effort.lora_rank
    own = adapter_bytes(count, rank) if rank else count * BYTES[effort.machine.dtype]
    return own + effort.stored


def effort_table(efforts: Sequence[Effort], hardware: Hardware) -> list[str]:
    """Return what a plan says of GPU hours and disk: a table, its sum, and how it is counted."""
    rows = [
        (
            effort.subject,
            _billions(effort.machine.parameters),
            _gpus(effort.machine, hardware),
            *(f"{count:,}" for count in (effort.read, effort.written, effort.trained)),
            _amount(hours(effort, hardware)) + ADDED * effort.by_vllm,
            _amount(disk(effort), GIGA),
        )
        for effort in efforts
    ]
    any_by_vllm = any(effort.by_vllm for effort in efforts)
    head = ("local subject", "parameters", "GPUs", "tokens read", "written", "trained")
    whole = (
        *("all", "", ""),
        *(f"{sum(getattr(effort, stage) for effort in efforts):,}" for stage in STAGES),
        _total([hours(effort, hardware) for effort in efforts]) + ADDED * any_by_vllm,
        _total([disk(effort) for effort in efforts], GIGA),
    )
    share = ", ".join(f"{stage} at {hardware.share[stage]:.0%}" for stage in STAGES)
    return [
        *_aligned([(*head, "GPU hours, about", "disk, GB"), *rows, whole]),
        (
            f"GPU hours: {FORWARD} operations for each parameter and token read or written,"
            f" {TRAINED} trained; {share} of the GPU's peak (as of {hardware.as_of});"
            " of several GPUs one works at a time"
        ),
        *([BY_VLLM] if any_by_vllm else []),
        (
            "disk: weights at their numeric type, adapters in 32 bits, responses;"
            " parameters as a checkpoint's files or its name tell them"
        ),
        *_too_large({effort.machine.checkpoint: effort.machine for effort in efforts}, hardware),
    ]


def _too_large(machines: Mapping[str, Machine], hardware: Hardware) -> list[str]:
    """Return a line for each checkpoint that is too large for its GPUs, or whose GPU is unknown."""
    said = []
    for machine in machines.values():
        name = machine.gpu or hardware.gpu
        gpu = hardware.gpus.get(name)
        size = machine.memory / GIGA
        if gpu is None and machine.gpus:
            known = ", ".join(hardware.gpus)
            said.append(f"{name}: its peak is not known; add it to hardware.yaml, beside {known}")
        elif gpu and machine.gpus and size > machine.gpus * gpu.memory_gb:
            said.append(
                f"{machine.checkpoint}: {size:,.0f} GB of weights are too much for {machine.gpus} x"
                f" {name} of {gpu.memory_gb:g} GB; raise models.NAME.resources.gpus"
            )
    return sorted(set(said))


def _gpus(machine: Machine, hardware: Hardware) -> str:
    return f"{machine.gpus} x {machine.gpu or hardware.gpu}" if machine.gpus else "none"


def _billions(count: int | None) -> str:
    if count is None:
        return "unknown"
    return f"{count / 1e9:.3g} B" if count >= 5e6 else f"{count:,}"


def _amount(value: float | None, unit: float = 1) -> str:
    if value is None:
        return "unknown"
    return "< 0.1" if 0 < value / unit < 0.1 else f"{value / unit:,.1f}"


def _total(values: Sequence[float | None], unit: float = 1) -> str:
    known = _amount(sum(value for value in values if value is not None), unit)
    return f"{known} + unknown" if None in values else known


def _aligned(rows: Sequence[Sequence[str]]) -> list[str]:
    widths = [max(len(row[column]) for row in rows) for column in range(len(rows[0]))]
    return [
        "  ".join(
            cell.rjust(width) if column else cell.ljust(width)
            for column, (cell, width) in enumerate(zip(row, widths, strict=True))
        ).rstrip()
        for row in rows
    ]


def machine_of(settings: Mapping[str, Any]) -> Machine:
    """Return what the configuration says of a local checkpoint and its jobs."""
    checkpoint = str(settings["checkpoint"])
    return Machine(
        checkpoint=checkpoint,
        parameters=parameters(checkpoint),
        dtype=str(settings["dtype"]),
        gpu=settings["gpu_model"],
        gpus=int(settings["gpus"]),
        quantize=settings.get("quantize"),
        engine=settings.get("engine"),
    )
