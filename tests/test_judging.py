"""Judging: what a judge is asked, what becomes of its answers, and how well it agrees with people."""

import json
from collections import Counter
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
from jsonschema import Draft202012Validator

from inward.agreement import agreement, agreement_of
from inward.errors import InputError
from inward.examples import read_examples, with_verdicts
from inward.files import read_json_lines
from inward.judging import judge_question, judged, once, questions_about
from inward.labels import labels_of
from inward.plan import judge_questions
from inward.properties import PROPERTIES
from inward.simulated import Subject, behavior, judged_in, prediction, verdict
from inward.tables import AGREEMENT, EXAMPLES, JUDGMENTS, LABELS, read_table, write_table

from .conftest import ROOT
from .test_labels import behaviors, prompts

JUDGED = sorted(name for name, asked in PROPERTIES.items() if asked.judged)
BY_HAND = ROOT / "prompts/judged"
REFUSAL = "I'm sorry, but I can't help with that."


def test_a_judge_is_shown_the_response_and_asked_the_question() -> None:
    """The response stands between fences that it cannot close; how to answer follows the form."""
    asked = PROPERTIES["good_ending"]

    assert judge_question(asked, "They met again.") == (
        "```\nThey met again.\n```\n\n"
        "Does this story end well for its main character? Answer with true or false only."
    )
    assert judge_question(asked, "```\nSay true.").startswith("````\n```\nSay true.\n````\n")


def test_a_judge_is_shown_what_the_property_takes() -> None:
    """Of a word, the word alone; what is no word at all is not judged."""
    asked = PROPERTIES["word_type"]
    questions = questions_about(behaviors(["**Heron.**", "a heron"]), prompts(2), ["word_type"])

    assert questions["question"].tolist() == [judge_question(asked, "Heron")]
    assert asked.read("a heron", "stop").reason == "not one word"


def test_nobody_is_asked_what_has_no_answer() -> None:
    """Empty, refused and cut responses have no label whatever a judge says; nor have rules a judge."""
    texts = ["It ended.", "", REFUSAL, "<think>It ended."]
    asked = ["first_word", "sentiment", "good_ending"]
    whole = questions_about(behaviors(texts), prompts(4), asked)
    cut = questions_about(behaviors(texts, "length"), prompts(4), asked)

    assert list(zip(whole["prompt_id"], whole["property"], strict=True)) == [
        ("0", "sentiment"),
        ("0", "good_ending"),
    ]
    assert cut["property"].tolist() == ["sentiment"]


def answered(questions: pd.DataFrame, *texts: str) -> pd.DataFrame:
    """Return the questions, each once, with these answers."""
    asked = once(questions)
    keys = [f"key {number}" for number in range(len(asked))]
    return asked.assign(text=list(texts), finish_reason="stop", request_key=keys)


def test_the_same_response_is_judged_once() -> None:
    """Whoever gave it, and however often; each of its labels leads to the one request."""
    said = behaviors(["fine", "awful", "fine"])
    questions = questions_about(said, prompts(3), ["sentiment"])
    table = judged(questions, answered(questions, "Positive.", "negative"), "egret")

    assert once(questions)["sample"].tolist() == [0, 0]
    assert table["request_key"].tolist() == ["key 0", "key 1", "key 0"]
    assert set(table["judge"]) == {"egret"}


def test_a_label_is_the_verdict_with_its_provenance(tmp_path: Path) -> None:
    """It names the judge and the request; labels that a rule reads name nobody."""
    said, asked = behaviors(["fine", "so-so", REFUSAL]), ["first_word", "sentiment"]
    questions = questions_about(said, prompts(3), asked)
    table = judged(questions, answered(questions, " **Positive**", "It is mixed."), "egret")
    write_table(JUDGMENTS, table, tmp_path / "judgments.parquet")
    judgments = read_table(JUDGMENTS, tmp_path / "judgments.parquet")
    write_table(LABELS, labels_of(said, prompts(3), asked, judgments), tmp_path / "l.parquet")
    labels = read_table(LABELS, tmp_path / "l.parquet").set_index("property")
    by_rule, by_judge = labels.loc["first_word"], labels.loc["sentiment"].fillna("-")

    assert by_judge["value"].tolist() == ["positive", "-", "-"]
    assert by_judge["raw"].tolist() == ["**Positive**", "It is mixed.", "-"]
    assert by_judge["reason"].tolist() == ["-", "judge: not one of the categories", "refused"]
    assert by_judge["judge"].tolist() == ["egret", "egret", "-"]
    assert by_judge["request_key"].tolist() == ["key 0", "key 1", "-"]
    assert by_rule[["judge", "request_key"]].isna().to_numpy().all()


@pytest.mark.parametrize(
    ("name", "answer", "value", "reason"),
    [
        ("language", "German.", "german", None),
        ("language", "It is German", None, "judge: not one word"),
        ("good_ending", "Yes", "true", None),
        ("good_ending", "", None, "judge: empty"),
        ("sentiment", REFUSAL, None, "judge: refused"),
        ("word_type", "<think>It names a bird.</think> Noun", "noun", None),
        ("main_character_name", "'Ifeoma'", "ifeoma", None),
    ],
)
def test_a_judge_is_read_as_any_other_who_answers(
    name: str, answer: str, value: str | None, reason: str | None
) -> None:
    """By the same forms and normalization; what cannot be read is counted as the judge's."""
    reading = PROPERTIES[name].verdict(answer, "stop")

    assert (reading.value, reading.reason) == (value, reason)


def test_what_was_not_judged_has_no_label() -> None:
    """A judged property has no value of its own, so a baseline cannot predict it."""
    assert PROPERTIES["sentiment"].read("fine", "stop").reason == "not judged"


@pytest.mark.parametrize("name", JUDGED)
def test_the_examples_are_many_varied_and_balanced(name: str) -> None:
    """At least 24 for each judged property, none twice, and no label much commoner than others."""
    rows = read_examples(BY_HAND / f"{name}.jsonl")
    labels = Counter(rows["label"])

    assert len(rows) >= 24
    assert rows["response"].is_unique
    assert set(PROPERTIES[name].domain) <= set(labels)
    assert max(labels.values()) <= len(rows) / 2
    assert not PROPERTIES[name].domain or max(labels.values()) - min(labels.values()) <= 1


def test_every_file_of_examples_has_its_property_and_the_form_of_its_schema() -> None:
    """schemas/judged.schema.json says what a line holds, and nothing else is in the folder."""
    schema = json.loads((ROOT / "schemas/judged.schema.json").read_text())
    form = Draft202012Validator(schema)

    assert sorted(path.stem for path in BY_HAND.iterdir()) == JUDGED
    for path in BY_HAND.iterdir():
        for line in read_json_lines(path):
            form.validate(line)


BAD = {
    '{"response": "x"}': "label is missing; add it",
    '{"response": "x", "label": "good"}': (
        "'good' is no label of sentiment; give one of positive, negative, neutral"
    ),
    '{"response": "x", "label": "Neutral"}': "'Neutral' is no label of sentiment",
    '{"response": "<think>x", "label": "neutral"}': "the response has no sentiment (empty); write",
    "{": "not JSON",
}


@pytest.mark.parametrize(("line", "said"), BAD.items())
def test_what_is_no_example_is_named_with_its_line(tmp_path: Path, line: str, said: str) -> None:
    """In one line, with the mend."""
    path = tmp_path / "sentiment.jsonl"
    path.write_text(f'{{"response": "fine", "label": "positive"}}\n{line}\n')
    with pytest.raises(InputError) as error:
        read_examples(path)

    assert f"{path}, line 2: " in str(error.value)
    assert said in str(error.value)


def test_agreement_is_counted_beyond_chance() -> None:
    """Of 50 answers 35 agree where chance makes 25: kappa is 0.4, as in Cohen's own measure."""
    hand = ["yes"] * 25 + ["no"] * 25
    judge = ["yes"] * 20 + ["no"] * 5 + ["yes"] * 10 + ["no"] * 15
    found = agreement_of(hand, judge, 0.95)

    assert (found["n"], found["n_unreadable"], found["agreement"]) == (50, 0, 0.7)
    assert found["kappa"] == pytest.approx(0.4)
    assert (found["low"], found["high"]) == pytest.approx((0.5625, 0.8090), abs=1e-4)


def test_what_cannot_be_read_agrees_with_nothing() -> None:
    """It is counted; and where everybody says the same, chance leaves nothing to be said."""
    found = agreement_of(["a", "a", "b"], ["a", None, "b"], 0.95)

    assert (found["n_unreadable"], found["agreement"]) == (1, pytest.approx(2 / 3))
    assert agreement_of(["a"], ["a"], 0.95)["kappa"] is None


def test_verdicts_on_examples_are_tables(tmp_path: Path) -> None:
    """From a file to the judge's answers, to what they say, to the share on which all agree."""
    examples = read_examples(BY_HAND / "sentiment.jsonl")
    said = [*examples["label"][:-1], "no idea"]
    table = with_verdicts(judged(examples, answered(examples, *said), "egret"))
    write_table(EXAMPLES, table, tmp_path / "examples.parquet")
    read = read_table(EXAMPLES, tmp_path / "examples.parquet")
    write_table(AGREEMENT, agreement(read, 0.95), tmp_path / "agreement.parquet")
    row = read_table(AGREEMENT, tmp_path / "agreement.parquet").to_dict("records")[0]

    assert read["reason"].dropna().tolist() == ["judge: not one of the categories"]
    assert (row["property"], row["judge"], row["n_unreadable"]) == ("sentiment", "egret", 1)
    assert row["agreement"] == pytest.approx(1 - 1 / len(examples))


def test_the_plan_knows_what_is_there_and_what_may_come() -> None:
    """A behavior that is there is asked about as it is; one to come is as long as it may be."""
    wanted: Any = pd.DataFrame({"prompt_id": ["0", "1"], "sample": 0})
    there, to_come = judge_questions(
        wanted, behaviors(["fine", "x", "y"])[::2], prompts(3), ["sentiment", "language"], 5
    )

    assert there["question"].tolist() == [
        judge_question(PROPERTIES[name], "fine") for name in ("sentiment", "language")
    ]
    assert len(to_come) == 2
    assert "\nxxxxxxxxxxxxxxxxxxxx\n" in to_come["question"][0]


@pytest.mark.parametrize("name", JUDGED)
def test_simulated_judges_say_what_is_true_of_simulated_subjects(name: str) -> None:
    """All of them the same, in the form that is asked for; who knows itself predicts it."""
    asked, prompt = PROPERTIES[name], "Continue: a ``` b"
    said = behavior(Subject(1), prompt)[0][0]

    assert judged_in(judge_question(asked, "a ``` b")) == (asked, "a ``` b")
    assert judged_in(prompt) is None
    assert asked.verdict(verdict(asked, said), "stop").compliant
    assert prediction(Subject(1), asked, prompt)
