"""Write the prompts of one task."""

from pathlib import Path
from typing import Any

import pandas as pd

from inward.job import run
from inward.splits import prompt_id, split_of
from inward.tables import PROMPTS, write_table
from inward.tasks import KINDS
from inward.tasks.frame import framed


def main(
    *,
    prompts: Path,
    kind: str,
    settings: dict[str, Any],
    role: str,
    shares: dict[str, float],
    seed: int,
    files: list[Path] | None = None,  # noqa: ARG001 - named by `settings`; here so that Snakemake tracks them
) -> None:
    """Make the prompts, name them by digest, and split them."""
    made = framed(KINDS[kind].prompts(settings, seed), settings.get("frame"))
    frame = pd.DataFrame(
        {
            "prompt_id": [prompt_id(prompt.text) for prompt in made],
            "text": [prompt.text for prompt in made],
            "split": [split_of(prompt.sibling or prompt.text, role, shares) for prompt in made],
            "item": [prompt.item for prompt in made],
            "options": [list(prompt.options) for prompt in made],
            "target_option": [prompt.target_option for prompt in made],
            "perturbation": [prompt.perturbation for prompt in made],
            "questions": [
                [vars(question) for question in prompt.questions] or None for prompt in made
            ],
        }
    )
    write_table(PROMPTS, frame, prompts)


if __name__ == "__main__":
    run(main)
