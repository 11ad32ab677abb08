"""Precision: the numbers and the engine that a local model computes with, and what they cannot."""

from inward.errors import ConfigError
from inward.graph import Study


def check_precision(study: Study) -> None:
    """Raise ConfigError for numbers that a model cannot be loaded in, or not be trained in."""
    for name, model in study.models.items():
        if "quantize" in model.settings and not model.checkpoint:
            raise ConfigError(
                f"models.{name}.quantize: only a checkpoint of provider local can be quantized;"
                " take it out"
            )
        if model.settings.get("engine") == "vllm" and not model.checkpoint:
            raise ConfigError(
                f"models.{name}.engine: vllm is for checkpoints of provider local; take it out"
            )
        if model.settings.get("engine") == "vllm" and "quantize" in model.settings:
            raise ConfigError(
                f"models.{name}.quantize: vllm would round other weights than training does; take"
                " quantize or engine out"
            )
        if model.scratch and model.settings.get("dtype") == "auto":
            raise ConfigError(
                f"models.{name}.dtype: auto is for checkpoints, and this model is raised from"
                " nothing; give float32"
            )
    for name in study.finetunes:
        root = study.root(name)
        if root.provider == "local" and root.settings.get("dtype") == "float16":
            raise ConfigError(
                f"models.{root.name}.dtype: gradients are too small for float16, and"
                f" finetunes.{name} needs them; choose bfloat16, or float32 where the hardware has"
                " no bfloat16"
            )
