"""Write the conversations that a model raised from nothing reads."""

from pathlib import Path
from typing import Any

from inward.files import write_json, write_json_lines
from inward.job import run
from inward.tasks import sequence
from inward.world import Realm, conversations


def main(
    *,
    train: Path,
    validation: Path,
    dataset: Path,
    tasks: dict[str, dict[str, Any]],
    scratch: dict[str, Any],
    seed: int,
    words: list[Path] | None = None,  # noqa: ARG001 - named by `tasks`; here so that Snakemake tracks it
) -> None:
    """Build the world from the tasks' settings and properties, and let the model's habits speak."""
    realms = [
        Realm(
            name, task["settings"], sequence.vocabulary(task["settings"], seed), task["properties"]
        )
        for name, task in sorted(tasks.items())
    ]
    rows = list(
        conversations(
            realms,
            habits=scratch["habits"],
            seed=seed,
            count=scratch["conversations"],
            object_level_share=scratch["object_level_share"],
            look_ahead=scratch["look_ahead"]["habits"] if "look_ahead" in scratch else None,
        )
    )
    write_json_lines(train, rows)
    write_json_lines(validation, [])
    write_json(dataset, {"used": {"conversations": len(rows)}, "left_out": {}})


if __name__ == "__main__":
    run(main)
