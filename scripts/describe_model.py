"""Describe a base subject that nobody trains here: a checkpoint, a server's, or a baseline."""

from pathlib import Path
from typing import Any

from inward.files import write_json
from inward.job import run


def main(
    *,
    model: Path,
    settings: dict[str, Any],
    checkpoint: list[Path] | None = None,  # noqa: ARG001 - named by `settings`; here so that Snakemake tracks it
) -> None:
    """Write how to call the subject; a checkpoint is known by the digest of its files."""
    if settings["provider"] != "local":
        stated = {name: settings[name] for name in settings if name != "dtype"}
        learnt: dict[str, Any] = {"adapters": []} if settings["provider"] == "simulated" else {}
        write_json(model, {**stated, **learnt, "lineage": []})
        return
    from inward.providers import checkpoints  # noqa: PLC0415 - loads torch

    path = settings["checkpoint"]
    write_json(
        model,
        {
            "provider": settings["provider"],
            "weights": {"path": path, "digest": checkpoints.digest_checkpoint(path)},
            "adapters": [],
            "dtype": checkpoints.resolved(settings["dtype"]),
            **{key: settings[key] for key in ("quantize", "engine") if key in settings},
            "lineage": [],
        },
    )


if __name__ == "__main__":
    run(main)
