"""Print what the study would ask, train and pay; nothing is sent, and no key is needed."""

import sys
from pathlib import Path
from typing import Any

import pandas as pd

from inward.asking import behavior_questions
from inward.examples import read_examples
from inward.few_shot import with_examples
from inward.files import read_json
from inward.hypotheticals import teacher
from inward.job import run
from inward.judging import once
from inward.money import FREE, Price, Prices, read_prices, spent
from inward.plan import (
    Line,
    asked,
    closings,
    endings,
    judge_questions,
    price_of,
    table,
    trained,
    with_stand_ins,
)
from inward.questions import prediction_questions
from inward.requests import Sampling
from inward.runs import RunStore
from inward.tables import BEHAVIORS, LABELS, PROMPTS, read_table

NO_BEHAVIORS = pd.DataFrame(columns=list(BEHAVIORS.columns))


def main(
    *,
    prompts: list[Path],
    by_hand: list[Path],
    study: str,
    subjects: list[dict[str, Any]],
    properties: dict[str, list[str]],
    judge: str | None,
    judged: dict[str, list[str]],
    wrappers: list[str],
    named: str,
    examples: int,
    seed: int,
    samples: dict[str, int],
    drawn: dict[str, list[str]],
    draws: int,
    store: str,
    prices: str,
    budget: float | None,
) -> None:
    """Count what each subject is asked and trained on, as far as it is known by now."""
    results = Path("results") / study
    tables = {path.stem: read_table(PROMPTS, path) for path in prompts}
    known = read_prices(Path(prices))
    of_draws: dict[str, pd.DataFrame] = {}
    if draws:
        of_drawn = {task: tables[task] for task in drawn}
        of_draws = {
            "behaviors": behavior_questions(of_drawn, ["test"], draws),
            "predictions": prediction_questions(of_drawn, drawn, wrappers[:1], draws, named),
        }
    lines: list[Line] = []
    for subject in subjects:
        if subject["learns"] and subject["provider"] not in FREE:
            path = results / "datasets" / subject["name"] / "train.jsonl"
            there = path.exists()
            size = path.stat().st_size if there else _most_bytes(subject, tables, properties, named)
            done = _is_trained(subject, results, store)
            epochs, price = int(subject["training"]["epochs"]), _price(subject, known)
            lines.append(trained(subject["name"], size, epochs, price, done=done))
        record = _record(subject, results)
        every = {
            "behaviors": behavior_questions(tables, subject["splits"], samples["behaviors"]),
            "predictions": prediction_questions(
                tables, properties, wrappers, samples["predictions"], named
            ),
            **_draws(subject, of_draws, samples),
        }
        for stage, wanted in every.items():
            questions, certain = _with_examples(wanted, subject["name"], examples, seed, results)
            lines.append(
                asked(
                    subject["name"],
                    stage,
                    questions,
                    Sampling(**subject["sampling"][stage]),
                    record=record if certain else None,
                    price=_price(subject, known),
                    store=Path(store),
                )
            )
    if judge and judged:
        subject = next(subject for subject in subjects if subject["name"] == judge)
        labelled = pd.concat(map(read_examples, by_hand))
        about, to_come = _judge_questions(subjects, tables, judged, samples["behaviors"], results)
        questions = pd.concat([once(pd.concat([about, labelled])), to_come.assign(sample=0)])
        lines.append(
            asked(
                judge,
                "judgments",
                questions,
                Sampling(**subject["sampling"]["judgments"]),
                record=None if len(to_come) else _record(subject, results),
                price=_price(subject, known),
                store=Path(store),
            )
        )
    said = [table(lines), *_known(subjects, known, Path(store), budget)]
    sys.stdout.write("\n" + "\n".join(said) + "\n\n")


def _draws(
    subject: dict[str, Any], of_draws: dict[str, pd.DataFrame], samples: dict[str, int]
) -> dict[str, pd.DataFrame]:
    """Return what is drawn of a subject, by stage; draws that are samples already do not count."""
    found = {}
    for stage, questions in of_draws.items():
        name, usual = f"draws of {stage}", subject["sampling"][stage]
        if how := subject["sampling"].get(name):
            first = samples[stage] if how == usual else 0
            found[name] = questions[questions["sample"] >= first]
    return found


def _known(
    subjects: list[dict[str, Any]], prices: Prices, store: Path, budget: float | None
) -> list[str]:
    """Return what is known of money, and of models and servers that come to their end."""
    models = (subject["model"] for subject in subjects if subject["model"])
    servers = (
        subject["base_url"] for subject in subjects if subject["learns"] and subject["base_url"]
    )
    return [
        f"prices as of {prices.as_of}",
        *_money(store, prices, budget),
        *endings(models, prices),
        *closings(servers, prices),
    ]


def _judge_questions(
    subjects: list[dict[str, Any]],
    tables: dict[str, pd.DataFrame],
    judged: dict[str, list[str]],
    samples: int,
    results: Path,
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Return what the judge is asked about behaviors that are there, and about those to come."""
    about, to_come = [], []
    for subject in subjects:
        for task, names in judged.items():
            path = results / "behaviors" / subject["name"] / f"{task}.parquet"
            wanted = behavior_questions({task: tables[task]}, subject["splits"], samples)
            there = read_table(BEHAVIORS, path) if path.exists() else NO_BEHAVIORS
            longest = int(subject["sampling"]["behaviors"]["max_tokens"])
            found, foreseen = judge_questions(wanted, there, tables[task], names, longest)
            about.append(found)
            to_come.append(foreseen)
    return pd.concat(about), pd.concat(to_come)


def _with_examples(
    questions: pd.DataFrame, subject: str, count: int, seed: int, results: Path
) -> tuple[pd.DataFrame, bool]:
    """Return the questions with their examples, and whether the answers of these are there."""
    if "wrapper" not in questions:
        return questions, True
    shown = questions[["wrapper", "task"]].drop_duplicates().itertuples(index=False, name=None)
    wanted = {(name, task) for way, task in shown if (name := teacher(way, subject))}
    paths = {pair: results / "labels" / pair[0] / f"{pair[1]}.parquet" for pair in wanted}
    if not all(path.exists() for path in paths.values()):
        return with_stand_ins(questions, count), False
    labels = {pair: read_table(LABELS, path) for pair, path in paths.items()}
    return with_examples(questions, labels, subject=subject, count=count, seed=seed), True


def _record(subject: dict[str, Any], results: Path) -> dict[str, Any] | None:
    """Return how to call a subject, where that is known already."""
    path = results / "models" / f"{subject['name']}.json"
    if path.exists():
        return dict(read_json(path))
    record: dict[str, Any] | None = subject["record"]
    return record


def _price(subject: dict[str, Any], prices: Prices) -> Price:
    finetuned = subject["learns"] is not None
    return price_of(subject["provider"], subject["model"], prices, finetuned=finetuned)


def _is_trained(subject: dict[str, Any], results: Path, store: str) -> bool:
    path = results / "jobs" / f"{subject['name']}.json"
    return path.exists() and RunStore(Path(store)).result(read_json(path)["key"]) is not None


def _most_bytes(
    subject: dict[str, Any],
    tables: dict[str, pd.DataFrame],
    properties: dict[str, list[str]],
    named: str,
) -> int:
    """Return the size of a dataset that leaves nothing out."""
    lessons = {
        task: tables[task][tables[task]["split"] == "train"].assign(split="test")
        for task in subject["held_in"]
    }
    if subject["learns"] == "predictions":
        questions = prediction_questions(lessons, properties, subject["taught_by"][:1], 1, named)
    else:
        questions = behavior_questions(lessons, ["test"], 1)
    form = len(
        '{"messages": [{"role": "user", "content": ""}, {"role": "assistant", "content": ""}]}'
    )
    answer = 4 * int(subject["sampling"]["behaviors"]["max_tokens"])
    size = sum(len(text.encode()) + form + answer for text in questions["question"])
    return round(size * (1 + float(subject["rehearse"])))


def _money(store: Path, prices: Prices, budget: float | None) -> list[str]:
    bills = list(spent(store, prices))
    known = sum(cost for _, cost in bills if cost is not None)
    unknown = sorted({model for model, cost in bills if cost is None})
    said = f"spent so far, by what is in the store: ${known:,.2f}"
    if unknown:
        said += f", and what these cost: {', '.join(unknown)}"
    return [said, *([f"budget: ${budget:,.2f}"] if budget else [])]


if __name__ == "__main__":
    run(main)
