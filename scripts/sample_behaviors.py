"""Ask one subject all object-level prompts."""

from pathlib import Path
from typing import Any

from inward.asking import ask, behavior_questions, fill, with_answers
from inward.baselines import behave
from inward.files import read_json, write_json
from inward.job import run
from inward.money import read_prices
from inward.requests import Sampling
from inward.tables import BEHAVIORS, PROMPTS, read_table, write_table


def main(
    *,
    model: Path,
    prompts: list[Path],
    shards: list[Path],
    sampling: dict[str, Any],
    samples: int,
    splits: list[str],
    store: str,
    prices: str,
    budget: float | None,
    behaviors: list[Path] | None = None,
    shard: Path | None = None,
    share: tuple[int, int] = (1, 1),
) -> None:
    """Ask the prompts of the splits that are needed, as often as samples are wanted.

    Where `shard` is to be written, fetch that share of the answers alone.
    """
    record = read_json(model)
    tables = {path.stem: read_table(PROMPTS, path) for path in prompts}
    questions = behavior_questions(tables, splits, samples)
    if shard:
        asked = Sampling(**sampling)
        filled = fill(
            record, questions, asked, Path(store), model.stem, share=share, stage="behaviors"
        )
        write_json(shard, filled)
        return
    if record["provider"] == "baseline":
        answered = with_answers(questions, behave(record["rule"], questions["prompt"]))
    else:
        answered = ask(
            record,
            questions,
            Sampling(**sampling),
            Path(store),
            model.stem,
            prices=read_prices(Path(prices)),
            budget=budget,
            shards=shards,
            stage="behaviors",
        )
    for path in behaviors or []:
        of_task = answered[answered["task"] == path.stem]
        write_table(BEHAVIORS, of_task[list(BEHAVIORS.columns)], path)


if __name__ == "__main__":
    run(main)
