"""What a training run cost, and how well it used the machine."""

import resource
from typing import Any

import torch
from transformers import PreTrainedModel

from inward.ledger import processor
from inward.providers.training_loop import Progress

# Dense bfloat16 matrix products, in FLOP a second, by what a device's name begins with or holds;
# from the makers' data sheets. The first that fits counts.
PEAKS = {
    "B200": 2.25e15,
    "GH200": 9.89e14,
    "H200": 9.89e14,
    "H100 PCIe": 7.56e14,
    "H100": 9.89e14,
    "A100": 3.12e14,
    "L40S": 3.62e14,
    "A10G": 7.0e13,
    "A10": 1.25e14,
    "L4": 1.21e14,
}
WHOLE = 6  # FLOP for a weight and a token, where every weight is learnt
ADAPTER = 4  # where frozen weights have no gradients of their own


def record(network: PreTrainedModel, progress: Progress, *, whole: bool) -> dict[str, Any]:
    """Return what is to be kept of a run: its losses, and its cost in time and memory.

    Times and memory differ from run to run, so none of this is in the record of a model.
    """
    places = {weights.device for weights in network.parameters()}
    gpus = sorted((place for place in places if place.type == "cuda"), key=str)
    per_token = (WHOLE if whole else ADAPTER) * network.num_parameters()
    rate = progress.tokens / progress.seconds if progress.seconds else 0.0
    return {
        "curve": progress.curve,
        "epochs": progress.epochs,
        "tokens": progress.tokens,
        "seconds": round(progress.seconds, 3),
        "gpu_seconds": round(progress.seconds * len(gpus), 3),
        "tokens_per_second": round(rate, 1),
        "flop_per_second": float(f"{rate * per_token:.4g}"),
        "share_of_peak": _share(rate * per_token, network.dtype, gpus),
        "peak_memory_bytes": _peak_memory(gpus),
        "device": device_name(gpus),
        "rows_at_once": progress.piece,
        "activations_recomputed": progress.recomputed,
        "went_on_from_steps": progress.went_on,
    }


def peak_of(name: str) -> float | None:
    """Return the FLOP a second that a device can do in bfloat16; None where that is not known."""
    return next((peak for part, peak in PEAKS.items() if part in name), None)


def said(kept: dict[str, Any]) -> str:
    """Return the line that the log has of a run's cost."""
    share = kept["share_of_peak"]
    parts = [
        f"{kept['tokens']} tokens in {kept['seconds']:.0f} s",
        f"{kept['tokens_per_second']:.0f} a second on {kept['device']}",
        f"{kept['peak_memory_bytes'] / 1e9:.2f} GB at most",
    ]
    return ", ".join([*parts, *([] if share is None else [f"{share:.0%} of its peak"])])


def _share(flop: float, dtype: torch.dtype, gpus: list[torch.device]) -> float | None:
    peaks = [peak_of(torch.cuda.get_device_name(gpu)) for gpu in gpus]
    known = [peak for peak in peaks if peak is not None]
    if dtype != torch.bfloat16 or not gpus or len(known) < len(gpus):
        return None
    return round(flop / sum(known), 4)


def _peak_memory(gpus: list[torch.device]) -> int:
    if gpus:
        return sum(torch.cuda.max_memory_allocated(gpu) for gpu in gpus)
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024


def device_name(gpus: list[torch.device]) -> str:
    """Return what the run was on: the names of its GPUs, or that of the processor."""
    if not gpus:
        return f"{processor()}, {torch.get_num_threads()} threads"
    names = sorted(torch.cuda.get_device_name(gpu) for gpu in gpus)
    return ", ".join(names)
