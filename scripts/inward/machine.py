"""What a model says of the machine that its jobs need."""

from typing import Any

from inward.errors import ConfigError
from inward.graph import Resources


def resources(name: str, raw: dict[str, Any]) -> Resources:
    """Return what the jobs of a model need; raise ConfigError where that means nothing.

    A checkpoint is of a size that wants a GPU, unless the configuration says otherwise.
    """
    where = f"models.{name}.resources"
    if "resources" in raw and raw["provider"] != "local":
        raise ConfigError(
            f"{where}: a model of provider {raw['provider']} needs no machine of yours; take it out"
        )
    needed = Resources(**{"gpus": int("checkpoint" in raw), **raw.get("resources", {})})
    if needed.gpu_model and not needed.gpus:
        raise ConfigError(f"{where}.gpu_model: there are no gpus of it; give gpus")
    return needed
