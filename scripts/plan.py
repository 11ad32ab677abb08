"""Print what the study would ask, train and pay; nothing is sent, and no key is needed."""

import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pandas as pd

from inward.asking import behavior_questions, conversations
from inward.effort import Effort, effort_table, machine_of, read_hardware, response_bytes
from inward.examples import read_examples
from inward.few_shot import with_examples
from inward.files import read_json
from inward.hypotheticals import teacher
from inward.job import run
from inward.judging import once
from inward.lessons import share_of
from inward.money import FREE, Price, Prices, read_prices, spent
from inward.outlook import outlook
from inward.plan import (
    BYTES_PER_TOKEN,
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
from inward.tables import BEHAVIORS, LABELS, PREDICTIONS, PROMPTS, read_table
from inward.visible import visible_question

Asked = set[tuple[str, ...]]
STAGES = ("behaviors", "predictions", "draws of behaviors", "draws of predictions")
NO_BEHAVIORS = pd.DataFrame(columns=list(BEHAVIORS.columns))


@dataclass(frozen=True)
class Place:
    """Where what is asked costs nothing again, and what it costs elsewhere."""

    prices: Prices
    store: Path

    def line(
        self,
        subject: dict[str, Any],
        stage: str,
        questions: pd.DataFrame,
        answering: dict[str, Any],
        record: dict[str, Any] | None,
    ) -> Line:
        """Return the line of a subject at a stage; `record` is of who answers, once it is known."""
        return asked(
            subject["name"],
            stage,
            questions,
            Sampling(**subject["sampling"][stage]),
            record=record,
            price=_price(answering, self.prices),
            store=self.store,
        )


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
    hardware: str,
    budget: float | None,
    roles: dict[str, str],
    power: dict[str, Any],
) -> None:
    """Count what each subject is asked and trained on, as far as it is known by now."""
    results = Path("results") / study
    tables = {path.stem: read_table(PROMPTS, path) for path in prompts}
    known = read_prices(Path(prices))
    every = {
        **_draws(tables, drawn, draws, wrappers, named),
        "predictions": prediction_questions(
            tables, properties, wrappers, samples["predictions"], named
        ),
    }
    place = Place(known, Path(store))
    lines: list[Line] = []
    asked_of: Asked = set()
    sizes: dict[str, int] = {}
    by_name = {subject["name"]: subject for subject in subjects}
    for subject in subjects:
        if subject["learns"] and (subject["machine"] or subject["provider"] not in FREE):
            path = results / "datasets" / subject["name"] / "train.jsonl"
            alike = _what_is_learnt(subject)
            if not path.exists() and alike not in sizes:
                sizes[alike] = _most_bytes(subject, tables, named, seed)
            size = path.stat().st_size if path.exists() else sizes[alike]
            done = _is_trained(subject, results, store)
            epochs, price = int(subject["training"]["epochs"]), _price(subject, known)
            lines.append(trained(subject["name"], size, epochs, price, done=done))
        every["behaviors"] = behavior_questions(tables, subject["splits"], samples["behaviors"])
        for stage in (stage for stage in STAGES if stage in subject["sampling"]):
            acts = stage.endswith("behaviors")
            if stage not in every or (acts and not subject["behaves"]):
                continue
            answering = by_name[subject["actor"]] if acts else subject
            questions, certain = every[stage], True
            if not acts and subject["behaves"]:
                questions, certain = _with_examples(
                    questions, subject["name"], examples, seed, results
                )
            new = _new(questions, answering, stage, asked_of) if certain else questions
            record = _record(answering, results) if certain else None
            lines.append(place.line(subject, stage, new, answering, record))
    if judge and judged:
        labelled = pd.concat(map(read_examples, by_hand))
        about, to_come = _judge_questions(subjects, tables, judged, samples["behaviors"], results)
        questions = pd.concat([once(pd.concat([about, labelled])), to_come.assign(sample=0)])
        asked_judge = by_name[judge]
        record = _record(asked_judge, results) if to_come.empty else None
        lines.append(place.line(asked_judge, "judgments", questions, asked_judge, record))
    foreseen = outlook(_test_prompts(tables, roles), **power)
    said = [
        table(lines),
        *_known(subjects, known, Path(store), budget),
        *_machines(subjects, lines, results, Path(hardware)),
        foreseen,
    ]
    sys.stdout.write("\n" + "\n".join(said) + "\n\n")


def _test_prompts(tables: dict[str, pd.DataFrame], roles: dict[str, str]) -> dict[str, int]:
    """Return how many prompts are asked about, of held-in tasks and of held-out ones."""
    counts = {task: int((table["split"] == "test").sum()) for task, table in tables.items()}
    return {
        kind: sum(count for task, count in counts.items() if roles[task] == role)
        for kind, role in (("held-in", "train"), ("held-out", "test"))
        if role in roles.values()
    }


def _machines(
    subjects: list[dict[str, Any]], lines: list[Line], results: Path, hardware: Path
) -> list[str]:
    """Return what is said of GPU hours and disk; nothing where no checkpoint is local."""
    local = [subject for subject in subjects if subject["machine"]]
    if not local:
        return []
    roots = {subject["machine"]["root"] for subject in local}
    lengths = {
        (root, stage): length
        for root in sorted(roots)
        for stage in ("behaviors", "predictions")
        if (length := _length(results, stage, root)) is not None
    }
    efforts = [
        _effort(subject, [line for line in lines if line.subject == subject["name"]], lengths)
        for subject in local
    ]
    known = ", ".join(f"{root} {stage} {length:.1f}" for (root, stage), length in lengths.items())
    said = (
        f"tokens of an answer: as measured ({known or 'nothing yet'}), else as many as it may have"
    )
    return ["", *effort_table(efforts, read_hardware(hardware)), said, ""]


def _effort(
    subject: dict[str, Any], lines: list[Line], lengths: dict[tuple[str, str], float]
) -> Effort:
    """Return what a local subject has yet to do, by its lines in the plan."""
    read = written = stored = 0
    for line in (line for line in lines if line.requests is not None):
        sampling = Sampling(**subject["sampling"][line.stage])
        count = int(line.requests or 0) - int(line.stored or 0)
        asked_tokens = line.tokens - count * sampling.max_tokens
        kind = line.stage.split()[-1]  # of draws, too
        length = lengths.get((subject["machine"]["root"], kind), sampling.max_tokens)
        read, written = read + asked_tokens, written + round(count * length)
        asked_bytes, top = asked_tokens * BYTES_PER_TOKEN, int(sampling.top_logprobs)
        stored += response_bytes(count, asked_bytes, round(count * length), top)
    return Effort(
        subject=subject["name"],
        machine=machine_of(subject["machine"]),
        read=read,
        written=written,
        trained=sum(line.tokens for line in lines if line.requests is None),
        lora_rank=int(subject["training"].get("lora_rank", 0)),
        stored=stored,
    )


def _length(results: Path, stage: str, subject: str) -> float | None:
    """Return how many tokens a subject's answers had at a stage; None where there are none yet."""
    form = {"behaviors": BEHAVIORS, "predictions": PREDICTIONS}[stage]
    there = sorted((results / stage / subject).glob("*.parquet"))
    counts = [len(tokens) for path in there for tokens in read_table(form, path)["tokens"]]
    return sum(counts) / len(counts) if counts else None


def _draws(
    tables: dict[str, pd.DataFrame],
    drawn: dict[str, list[str]],
    draws: int,
    wrappers: list[str],
    named: str,
) -> dict[str, pd.DataFrame]:
    """Return the questions that responses are drawn to, by stage; none where nothing is drawn."""
    if not draws:
        return {}
    of_drawn = {task: tables[task] for task in drawn}
    return {
        "draws of behaviors": behavior_questions(of_drawn, ["test"], draws),
        "draws of predictions": prediction_questions(of_drawn, drawn, wrappers[:1], draws, named),
    }


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
    seen: set[tuple[str, str]] = set()
    for subject in subjects:
        # Of subjects for whom another behaves there is nothing else to be judged than of that.
        splits = [split for split in subject["splits"] if (subject["actor"], split) not in seen]
        seen |= {(subject["actor"], split) for split in splits}
        for task, names in judged.items() if subject["behaves"] else ():
            path = results / "behaviors" / subject["name"] / f"{task}.parquet"
            wanted = behavior_questions({task: tables[task]}, splits, samples)
            there = read_table(BEHAVIORS, path) if path.exists() else NO_BEHAVIORS
            longest = int(subject["sampling"]["behaviors"]["max_tokens"])
            found, foreseen = judge_questions(wanted, there, tables[task], names, longest)
            about.append(found)
            to_come.append(foreseen)
    return pd.concat(about), pd.concat(to_come)


def _new(
    questions: pd.DataFrame, answering: dict[str, Any], stage: str, asked_of: Asked
) -> pd.DataFrame:
    """Return the questions that the same model is not asked for another subject's sake as well."""
    sampling = str(answering["sampling"][stage])
    keys = [
        (answering["run"], sampling, str(messages), str(sample))
        for messages, sample in zip(conversations(questions), questions["sample"], strict=True)
    ]
    new = questions.loc[[key not in asked_of for key in keys]]
    asked_of.update(keys)
    return new


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
    if subject["run"] != subject["name"]:  # the very same run is paid for once, whatever its name
        return True
    path = results / "jobs" / f"{subject['name']}.json"
    return path.exists() and RunStore(Path(store)).result(read_json(path)["key"]) is not None


def _what_is_learnt(subject: dict[str, Any]) -> str:
    """Return all that decides how large a dataset may be; many finetunes have the same."""
    of = ("learns", "lessons", "share", "taught_by", "rehearse", "sampling")
    return repr([*(subject[key] for key in of), bool(subject["machine"])])


def _most_bytes(
    subject: dict[str, Any],
    tables: dict[str, pd.DataFrame],
    named: str,
    seed: int,
) -> int:
    """Return the size of a dataset that leaves nothing out, in bytes."""
    learnt: dict[str, list[str]] = subject["lessons"]
    prompts = {task: tables[task][tables[task]["split"] == "train"] for task in learnt}
    lessons = {
        task: share_of(table, subject["share"], seed).assign(split="test")
        for task, table in prompts.items()
    }
    form = len(
        '{"messages": [{"role": "user", "content": ""}, {"role": "assistant", "content": ""}]}'
    )
    # The machine is planned for what is likely, a bill for what may be.
    short = subject["machine"] and subject["learns"] != "behavior"
    stage = "predictions" if short else "behaviors"
    answer = BYTES_PER_TOKEN * int(subject["sampling"][stage]["max_tokens"])
    way = subject["taught_by"][:1]
    if subject["learns"] == "behavior":
        asked_so = list(behavior_questions(lessons, ["test"], 1)["question"])
    elif subject["learns"] == "properties":
        longest = "x" * BYTES_PER_TOKEN * int(subject["sampling"]["behaviors"]["max_tokens"])
        asked_so = [
            visible_question(way[0], longest, name)
            for task, names in learnt.items()
            for name in names * len(lessons[task])
        ]
    else:
        asked_so = list(prediction_questions(lessons, learnt, way, 1, named)["question"])
    size = sum(len(text.encode()) + form + answer for text in asked_so)
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
