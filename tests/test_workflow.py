"""Whole studies through Snakemake, as a user runs them, on models too small to be good at anything."""

import re
import shutil
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from inward.cells import ALL
from inward.properties import PROPERTIES
from inward.tables import (
    ACCURACY,
    ADVANTAGE,
    BEHAVIORS,
    DRIFT,
    ITEMS,
    LABELS,
    OWN_TARGET,
    PAIRS,
    PROMPTS,
    read_table,
)

from .workshop import PARTS, Workshop, small_study

pytestmark = pytest.mark.workflow


def frames(workshop: Workshop, stage: str, table: Any) -> Iterator[tuple[str, str, pd.DataFrame]]:
    """Yield subject, task and rows of all tables of a stage."""
    for path in sorted((workshop.results / stage).glob("*/*.parquet")):
        yield path.parent.name, path.stem, read_table(table, path)


def test_a_killed_run_goes_on_and_ends_with_the_headline(workshop: Workshop) -> None:
    """After kill -9 the same command finishes the study and prints what came out."""
    said = (workshop.root / "said.txt").read_text()

    assert "Study small: macro averages over tasks, in percent" in said
    assert "wren-self on held-out tasks (cross: finch-on-wren)" in said
    assert "Figures: results/small/figures/self-cross.html" in said


def test_every_score_is_what_the_items_say(workshop: Workshop) -> None:
    """Accuracies, baselines, counts and advantages can be made again from items.parquet."""
    items = read_table(ITEMS, workshop.results / "scores/items.parquet")
    accuracy = read_table(ACCURACY, workshop.results / "scores/accuracy.parquet")
    kept = items[items["correct"].notna()].assign(correct=lambda t: t["correct"].astype(float))

    assert len(accuracy) > 500
    for row in accuracy.to_dict("records"):
        cell = kept[
            (kept["target"] == row["target"])
            & (kept["predictor"] == row["predictor"])
            & (kept["role"] == row["role"])
            & ((kept["task"] == row["task"]) | (row["task"] == ALL))
            & ((kept["property"] == row["property"]) | (row["property"] == ALL))
        ]
        groups = cell.groupby(["task", "property"])
        mode = groups["label"].agg(lambda labels: labels.value_counts().max()).astype(float)
        read = cell[cell["noncompliant"].isna()] if row["compliance"] == "dropped" else cell
        if cell.empty:
            expected = (float("nan"), float("nan"))
        elif row["average"] == "micro":
            expected = (read["correct"].mean(), mode.sum() / len(cell))
        else:
            shares = read.groupby(["task", "property"])["correct"].mean()
            expected = (shares.mean(), (mode / groups.size()).mean())

        assert (row["accuracy"], row["mode_baseline"]) == pytest.approx(expected, nan_ok=True)
        assert row["n_rows"] == len(cell)
        assert pd.isna(row["low"]) or row["low"] <= row["accuracy"] <= row["high"]
    keys = ["target", "predictor", "role", "task", "property", "average", "compliance"]
    values = accuracy.set_index(keys)["accuracy"]
    advantage = read_table(ADVANTAGE, workshop.results / "scores/advantage.parquet")
    assert set(advantage["relation"]) == {"cross", "untrained", "baseline"}
    for row in advantage[advantage["compliance"] != "compliant"].to_dict("records"):
        own, other = (
            values[(row["target"], row[who], *(row[key] for key in keys[2:]))]
            for who in ("self_predictor", "cross_predictor")
        )

        assert row["advantage"] == pytest.approx(own - other, nan_ok=True)


def test_experiments_are_what_the_items_say(workshop: Workshop) -> None:
    """Whom answers fit where labels differ, and how far training moved labels and texts."""
    items = read_table(ITEMS, workshop.results / "scores/items.parquet")
    label = {
        (row["target"], row["task"], row["property"], row["prompt_id"]): row["label"]
        for row in items[items["label"].notna()].to_dict("records")
    }
    text = {
        (subject, row["prompt_id"]): row["text"]
        for subject, _, behaviors in frames(workshop, "behaviors", BEHAVIORS)
        for row in behaviors.to_dict("records")
    }
    own_target = read_table(OWN_TARGET, workshop.results / "scores/own_target.parquet")
    drift = read_table(DRIFT, workshop.results / "scores/drift.parquet")

    assert set(own_target["predictor"]) == {"finch-on-wren", "wren-on-finch"}
    assert len(drift["finetune"].unique()) == 5
    for row in own_target[own_target["rows"] == "differing"].query("n_rows > 0").to_dict("records"):
        fits = Counter(
            "own" if said == own else "target" if said == target else "neither"
            for (of, *question), own in label.items()
            if of == row["predictor"] and question[:2] == [row["task"], row["property"]]
            for target in [label.get((row["target"], *question))]
            if target not in {None, own}
            for said in [answer(items, row["predictor"], question)]
        )
        if row["property"] != ALL and row["task"] != ALL:
            assert row["as_own"] == pytest.approx(fits["own"] / fits.total())
            assert row["as_target"] == pytest.approx(fits["target"] / fits.total())
            assert row["n_rows"] == fits.total()
    for row in drift[(drift["property"] != ALL) & (drift["task"] != ALL)].to_dict("records"):
        asked = items[
            (items["predictor"] == row["finetune"])
            & (items["target"] == row["finetune"])
            & (items["task"] == row["task"])
            & (items["property"] == row["property"])
        ]["prompt_id"]
        pairs = [
            tuple(label.get((row[who], row["task"], row["property"], prompt)) for who in sides)
            for prompt in asked
            for sides in [("finetune", "base")]
        ]
        both = [pair for pair in pairs if None not in pair]
        texts = [text[row["finetune"], prompt] == text[row["base"], prompt] for prompt in asked]

        assert row["n_rows"] == len(both)
        if both:
            assert row["same_label"] == pytest.approx(sum(a == b for a, b in both) / len(both))
        assert row["same_text"] == pytest.approx(sum(texts) / len(texts))


def answer(items: pd.DataFrame, predictor: str, question: list[str]) -> str | None:
    """Return what a predictor answered to a question."""
    task, name, prompt = question
    said = items[
        (items["predictor"] == predictor)
        & (items["target"] == predictor)
        & (items["task"] == task)
        & (items["property"] == name)
        & (items["prompt_id"] == prompt)
    ]["answer"].iloc[0]
    return None if pd.isna(said) else str(said)


def test_likeness_is_what_the_labels_say(workshop: Workshop) -> None:
    """The agreement of a pair is counted anew, from the labels of both on test prompts."""
    found = read_table(PAIRS, workshop.results / "scores/pairs.parquet")
    single = found[(found["task"] != "all") & (found["property"] != "all")]
    keys = ["prompt_id", "property"]
    for row in single.to_dict("records"):
        one, other = (
            read_table(LABELS, workshop.results / f"labels/{subject}/{row['task']}.parquet")
            for subject in (row["predictor"], row["target"])
        )
        prompts = read_table(PROMPTS, workshop.results / f"prompts/{row['task']}.parquet")
        held_out = prompts.loc[prompts["split"] == "test", "prompt_id"]
        both = one.merge(other, on=keys, suffixes=("", "_of_other"))
        both = both[(both["property"] == row["property"]) & both["prompt_id"].isin(held_out)]
        known = both[both["value"].notna() & both["value_of_other"].notna()]

        assert row["n_common"] == len(known)
        same = int((known["value"] == known["value_of_other"]).sum())
        agreement = same / len(known) if len(known) else float("nan")
        assert row["agreement"] == pytest.approx(agreement, nan_ok=True)
    assert set(single["relation"]) == {"self", "family", "other", "baseline"}


def test_every_predictor_is_scored_on_the_same_rows(workshop: Workshop) -> None:
    """Whoever predicts a target is asked the same, and has the same rows dropped."""
    items = read_table(ITEMS, workshop.results / "scores/items.parquet")
    assert items["predictor"].nunique() == items["target"].nunique() == 8
    for _, of_target in items.groupby("target"):
        rows = {
            predictor: list(
                own[["task", "property", "prompt_id", "dropped"]].itertuples(index=False)
            )
            for predictor, own in of_target.fillna({"dropped": ""}).groupby("predictor")
        }

        assert all(own == rows["wren"] for own in rows.values())


def test_every_label_is_what_its_behavior_says(workshop: Workshop) -> None:
    """Each label is the property of the raw response it names."""
    behaviors = {(s, t): rows for s, t, rows in frames(workshop, "behaviors", BEHAVIORS)}
    for subject, task, labels in frames(workshop, "labels", LABELS):
        joined = labels.merge(behaviors[subject, task], on=["prompt_id", "sample"], how="left")
        for row in joined.to_dict("records"):
            reading = PROPERTIES[row["property"]].read(row["text"], row["finish_reason"])
            value = None if pd.isna(row["value"]) else row["value"]

            assert (value, row["compliant"]) == (reading.value, reading.compliant)


def test_no_prompt_is_both_trained_on_and_held_out(workshop: Workshop) -> None:
    """No training row of any finetune quotes a test prompt."""
    tables = {p.stem: read_table(PROMPTS, p) for p in (workshop.results / "prompts").iterdir()}
    held_out = [
        text for table in tables.values() for text in table.loc[table["split"] == "test", "text"]
    ]
    for finetune in small_study()["finetunes"]:
        rows = (workshop.results / f"datasets/{finetune}/train.jsonl").read_text()

        assert rows
        assert not [text for text in held_out if f'{text}"' in rows]


def test_a_second_run_has_nothing_to_do(workshop: Workshop) -> None:
    """Also after every source and input was touched, as by a fresh clone."""
    for part in PARTS:
        for path in [workshop.root / part, *(workshop.root / part).rglob("*")]:
            path.touch()
    done = workshop.run()

    assert "Nothing to be done" in done.stdout + done.stderr


def test_lost_results_come_back_from_the_store_byte_for_byte(workshop: Workshop) -> None:
    """Without results/ and Snakemake's own records nothing is sampled or trained again."""
    before = workshop.digests()
    shutil.rmtree(workshop.results)
    shutil.rmtree(workshop.root / ".snakemake")
    done = workshop.run()
    asked = re.findall(
        r"(\d+) requests, (\d+) in", "".join(map(workshop.logged, ["behaviors", "predictions"]))
    )

    assert done.returncode == 0, done.stderr[-4000:]
    assert workshop.digests() == before
    assert len(asked) == 14
    assert all(requests == stored for requests, stored in asked)
    assert workshop.logged("models").count("is in the store") == 7


def test_only_what_an_edit_concerns_runs_again(workshop: Workshop) -> None:
    """A figure's source redraws the figures; another seed for the bootstrap scores anew."""
    theme = workshop.root / "scripts/inward/charts/theme.py"
    theme.write_text(theme.read_text().replace("HEIGHT = 190", "HEIGHT = 191"))

    assert workshop.planned() == {
        "draw_figure": 6,
        "draw_similarity": 1,
        "write_headline": 1,
        "all": 1,
        "total": 9,
    }
    theme.write_text(theme.read_text().replace("HEIGHT = 191", "HEIGHT = 190"))
    config = workshop.root / "config.yaml"
    config.write_text(config.read_text().replace("resamples: 200", "resamples: 300"))

    assert workshop.planned() == {
        "score": 1,
        "score_own_target": 1,
        "score_change": 1,
        "score_generalization": 1,
        "score_drift": 1,
        "score_interaction": 1,
        "score_pairs": 1,
        "score_power": 1,
        "draw_figure": 6,
        "draw_similarity": 1,
        "write_headline": 1,
        "all": 1,
        "total": 17,
    }
    config.write_text(config.read_text().replace("resamples: 300", "resamples: 200"))


def test_a_broken_word_list_ends_with_one_line(workshop: Workshop) -> None:
    """A mistake that only a job can see is one line in its log, without a traceback."""
    words = workshop.root / "prompts/words/colors.txt"
    text = words.read_text()
    words.write_text(text.replace("\n", "\ndeep red\n", 1))
    done = workshop.run("prompts")
    words.write_text(text)
    said = done.stdout + done.stderr

    assert done.returncode != 0
    assert "colors.txt, line 2: 'deep red' is not one word; one word a line" in said
    assert "Traceback" not in workshop.logged("prompts")


def test_jobs_run_the_sources_beside_the_snakefile(tmp_path: Path) -> None:
    """Another copy of the library, such as one that was installed earlier, is never run instead."""
    other = tmp_path / "other/inward"
    other.mkdir(parents=True)
    (other / "__init__.py").write_text("raise SystemExit('the wrong copy')\n")
    workshop = Workshop(tmp_path)
    workshop.environment["PYTHONPATH"] = str(other.parent)

    ran = workshop.run("prompts")

    assert ran.returncode == 0, ran.stderr
