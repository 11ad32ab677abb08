"""Released prompts: word for word, one for each line, and one where files share it."""

import json
from collections import Counter
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from inward.datasets import Account, Ways, prediction_rows
from inward.errors import InputError
from inward.given import RELEASED, given_question
from inward.properties import PROPERTIES as OURS
from inward.questions import prediction_questions
from inward.splits import split_of
from inward.tables import PROMPTS, read_table
from inward.tasks import KINDS
from inward.tasks.prompt import Question
from inward.tasks.released import PROPERTIES
from write_prompts import main

from .conftest import ROOT

RELEASE = ROOT.parent / "shared/data/introspection-release"
DATASETS = {
    "animals_long": ("items", 2500),
    "arc_challenge_non_cot": ("option", 458),
    "survival_instinct": ("option", 465),
    "wikipedia_long": ("text", 915),
}
SHARES = {"test": 0.25, "validation": 0.05}
PIKE = "Fish: pike \u2028eel\x85 \n"


def line(prompt: str, asked: str = "first_word", **other: Any) -> dict[str, Any]:
    """Return a line as the release has them."""
    return {
        "original_question": prompt.strip(),
        "original_dataset": "fish_long",
        "object_level_prompt": [{"role": "user", "content": prompt}],
        "hypothetical_prompt": [{"role": "user", "content": f'"{prompt}" {asked}?\n'}],
        "behavioral_property": asked,
        "option_matching_ethical_stance": None,
        **other,
    }


def release(folder: Path, *rows: dict[str, Any]) -> dict[str, Any]:
    """Write a release of these lines, a file for each property, and return a task's settings."""
    folder.mkdir(exist_ok=True)
    for row in rows:
        name = f"{row['original_dataset']}_{row['behavioral_property']}.jsonl"
        with (folder / name).open("ab") as file:
            file.write(json.dumps(row, ensure_ascii=False).encode() + b"\n")
    return {"source": {"release": str(folder), "dataset": "fish_long"}, "answers": "items"}


def refused(settings: dict[str, Any]) -> str:
    """Return the line with which the prompts of a task are refused."""
    with pytest.raises(InputError) as error:
        KINDS["released"].prompts(settings, 1)
    return str(error.value)


def table_of(settings: dict[str, Any], path: Path, role: str = "test") -> pd.DataFrame:
    """Return the prompts table of a task, through its file."""
    main(prompts=path, kind="released", settings=settings, role=role, shares=SHARES, seed=1)
    return read_table(PROMPTS, path)


def test_a_prompt_that_files_share_is_one_prompt(tmp_path: Path) -> None:
    """It has the questions of all its lines, and their bytes."""
    settings = release(tmp_path / "r", line(PIKE), line(PIKE, "third_word"), line("Fish: cod \n"))
    pike, cod = KINDS["released"].prompts(settings, 1)

    assert (pike.text, cod.text) == (PIKE, "Fish: cod \n")
    assert pike.questions == (
        Question("first_word", f'"{PIKE}" first_word?\n'),
        Question("third_word", f'"{PIKE}" third_word?\n'),
    )


def test_a_dataset_is_not_another_whose_name_it_begins(tmp_path: Path) -> None:
    """`fish` has no part in `fish_long`, though its files begin alike."""
    settings = release(
        tmp_path / "r", line("a"), line("b", original_dataset="fish"), line("c", "second_word")
    )
    short = {**settings, "source": {**settings["source"], "dataset": "fish"}}

    assert [p.text for p in KINDS["released"].prompts(settings, 1)] == ["a", "c"]
    assert [p.text for p in KINDS["released"].prompts(short, 1)] == ["b"]


def test_files_may_be_named_one_by_one(tmp_path: Path) -> None:
    """Then no other is read, whatever lies beside it."""
    settings = release(tmp_path / "r", line("a"), line("a", "second_word"))
    settings["source"]["release"] = [str(tmp_path / "r/fish_long_second_word.jsonl")]

    assert [q.property for q in KINDS["released"].prompts(settings, 1)[0].questions] == [
        "second_word"
    ]


def test_a_repeated_line_is_left_out_and_logged(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    """As many prompts as lines but for those, which the log counts and names."""
    settings = release(tmp_path / "r", line("a"), line("b"), line("a"))
    caplog.set_level("WARNING", "inward")
    prompts = KINDS["released"].prompts(settings, 1)
    path = tmp_path / "r/fish_long_first_word.jsonl"

    assert [prompt.text for prompt in prompts] == ["a", "b"]
    assert caplog.messages == [
        (f"1 rows that say nothing new, left out, such as: {path}, line 3 repeats {path}, line 1")
    ]


def test_the_log_counts_lines_and_prompts(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    """For each file, so that a prompt more or less than lines is seen at once."""
    settings = release(tmp_path / "r", line("a"), line("b"), line("a"), line("b", "third_word"))
    caplog.set_level("INFO", "inward")
    KINDS["released"].prompts(settings, 1)

    assert [said for said in caplog.messages if "prompts" in said] == [
        f"{tmp_path}/r/fish_long_first_word.jsonl: 3 lines, 2 different prompts",
        f"{tmp_path}/r/fish_long_third_word.jsonl: 1 lines, 1 different prompts",
    ]


def test_what_a_merged_line_loses_is_logged(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    """A prompt has one item: that of its first line."""
    other = line("a", "third_word", original_question="A")
    settings = release(tmp_path / "r", line("a"), other)
    caplog.set_level("WARNING", "inward")

    assert [prompt.item for prompt in KINDS["released"].prompts(settings, 1)] == ["a"]
    assert caplog.messages == [
        (
            f"1 prompts with more than one item, which have the first, such as:"
            f" {tmp_path}/r/fish_long_third_word.jsonl, line 1 and"
            f" {tmp_path}/r/fish_long_first_word.jsonl, line 1"
        )
    ]


def test_an_empty_file_is_refused(tmp_path: Path) -> None:
    """It would be a property without a question."""
    settings = release(tmp_path / "r", line("a"))
    (tmp_path / "r/fish_long_third_word.jsonl").write_text("\n")

    assert refused(settings) == (
        f"{tmp_path}/r/fish_long_third_word.jsonl: holds no lines; give another file"
    )


ODD_CHOICES: dict[str, tuple[str, str, tuple[str, ...]]] = {
    "an option over lines that look like options": (
        "Which?\nI - Eel\nJ - Ray\n\nAnswer choices:\nA - I\nB - \nI - twice\nC - J",
        "B",
        ("I", "I - twice", "J"),
    ),
    "premises that are numbered as options are": (
        "A - Eels swim\nB - Rays swim\n\nAnswer choices:\nA - both\nB - A - B\nC - (A) only",
        "C",
        ("both", "A - B", "(A) only"),
    ),
    "an option that begins as one in brackets": (
        "Which?\nA - eel\nB - B) ray\nC) cod\nC - none\nD - all",
        "D",
        ("eel", "B) ray\nC) cod", "none", "all"),
    ),
    "empty options": ("Which?\n\nAnswer choices:\nA - \nB - eel\nC -", "B", ("", "eel", "")),
    "an option without a blank before it": ("Eat?\nA - YesB - No", "A", ("Yes", "No")),
    "a line like an option at the end": (
        "Eat?\nA - Yes\nB - No\n\nA - b",
        "B",
        ("Yes", "No\n\nA - b"),
    ),
    "one more in brackets": ("Eat?\nA - Yes\nB - No\n (C)Never", "C", ("Yes", "No", "Never")),
    "what is no choice": ("Vitamin A - good. Plan B - bad", "good", ()),
}


@pytest.mark.parametrize(("asked", "target", "options"), ODD_CHOICES.values(), ids=ODD_CHOICES)
def test_options_of_odd_forms_are_found(
    tmp_path: Path, asked: str, target: str, options: tuple[str, ...]
) -> None:
    """Whatever else stands in a question, its options are as many as it has, and whole."""
    row = line(
        asked,
        "ethical_stance",
        original_question=asked,
        option_matching_ethical_stance=target,
    )
    [prompt] = KINDS["released"].prompts(release(tmp_path / "r", row), 1)

    assert (prompt.options, prompt.target_option) == (options, target)


def test_a_choice_without_options_is_logged(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    """It is a prompt nevertheless: whoever answers may say any letter."""
    settings = release(tmp_path / "r", line("Eat?"), line("Eat?\nA - Yes\nB - No"))
    caplog.set_level("WARNING", "inward")
    path = tmp_path / "r/fish_long_first_word.jsonl"

    assert len(KINDS["released"].prompts({**settings, "answers": "option"}, 1)) == 2
    assert caplog.messages == [f"1 rows in which no options were found, such as: {path}, line 1"]


def test_a_target_that_is_no_letter_is_logged(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    """It stays as it was, but nothing can be chosen that is it."""
    choice = "Eat?\nA - Yes\nB - No"
    targets = ["A", None, "C", "Yes"]
    rows = [
        line(f"{n} {choice}", original_question=choice, option_matching_ethical_stance=target)
        for n, target in enumerate(targets)
    ]
    settings = {**release(tmp_path / "r", *rows), "answers": "option"}
    caplog.set_level("WARNING", "inward")
    path = tmp_path / "r/fish_long_first_word.jsonl"

    assert [p.target_option for p in KINDS["released"].prompts(settings, 1)] == targets
    assert caplog.messages == [
        f"2 rows whose target is the letter of no option, such as: {path}, line 3; {path}, line 4"
    ]


def test_what_came_without_a_question_is_not_asked(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    """Files may have other prompts; what is left out is counted, and everything else asked."""
    settings = release(tmp_path / "r", line("a"), line("b"), line("a", "third_word"))
    table = table_of(settings, tmp_path / "fish.parquet")
    names = ["first_word", "third_word"]
    caplog.set_level("WARNING", "inward")
    asked = prediction_questions({"fish": table}, {"fish": names}, [RELEASED, "past"], 1)
    label = {"sample": 0, "value": "eel", "compliant": True}
    labels = pd.DataFrame(
        [{"prompt_id": id_, "property": p, **label} for id_ in table["prompt_id"] for p in names]
    )
    account = Account()
    rows = prediction_rows("fish", table, labels, Ways((RELEASED,)), account)

    assert Counter(asked["wrapper"]) == {"released": 3, "past": 4}
    assert caplog.messages == [
        "fish: 1 questions that did not come with their prompts, left out: third_word (1)"
    ]
    none = prediction_questions(
        {"fish": table.assign(split="train")}, {"fish": names}, [RELEASED], 1
    )
    assert (len(none), set(none)) == (0, set(asked))
    assert len(rows) == 3
    assert account.left_out == {"fish: third_word: came without a question": 1}


def test_options_and_target_are_kept(tmp_path: Path) -> None:
    """Options are those in the question, whichever way they are marked; the target is as it was."""
    stance = {"option_matching_ethical_stance": "B"}
    dashed = line("Eat?\n\nChoices:\nA - Yes - now\nB -  No\nSay A or B.\n", "ethical_stance")
    mixed = line("Eat?\nChoice:\nA - Yes \n (B)No\nSay.\n", "ethical_stance")
    inline = line("Eat?\nA - Yes B - No\nSay.\n", "ethical_stance")
    asked = [
        {**row, **stance, "original_question": row["original_question"].rsplit("\nSay")[0]}
        for row in (dashed, mixed, inline)
    ]
    settings = release(tmp_path / "r", *asked, line("Go on: A - eel B - pike", "second_word"))
    prompts = {prompt.text: prompt for prompt in KINDS["released"].prompts(settings, 1)}

    assert [(p.options, p.target_option) for p in prompts.values()] == [
        (("Yes - now", "No"), "B"),
        (("Yes", "No"), "B"),
        (("Yes", "No"), "B"),
        ((), None),
    ]
    assert prompts[dashed["object_level_prompt"][0]["content"]].questions[0].property == (
        "matches_target"
    )


SYSTEM = [{"role": "system", "content": "Be brief."}, {"role": "user", "content": "a"}]
BAD: dict[str, tuple[dict[str, Any], str]] = {
    "a system message": (
        {"object_level_prompt": SYSTEM},
        "object_level_prompt is not one user message with role and content; only such prompts",
    ),
    "an answer": (
        {"hypothetical_prompt": [{"role": "assistant", "content": "a"}]},
        "hypothetical_prompt is not one user message with role and content; only such prompts",
    ),
    "a message with more": (
        {"object_level_prompt": [{"role": "user", "content": "a", "name": "b"}]},
        "object_level_prompt is not one user message with role and content; only such prompts",
    ),
    "a text": ({"object_level_prompt": "a"}, "object_level_prompt is not one user message with"),
    "a number as content": (
        {"object_level_prompt": [{"role": "user", "content": 7}]},
        "object_level_prompt has a content that is no text; put it in quotes",
    ),
    "an empty prompt": (
        {"object_level_prompt": [{"role": "user", "content": " \n"}]},
        "object_level_prompt is empty; fill it, or delete the line",
    ),
    "a number as target": (
        {"option_matching_ethical_stance": 1},
        "option_matching_ethical_stance is neither a text nor null; give one",
    ),
    "half a target": (
        {"option_matching_ethical_stance": "\ud83d"},
        "option_matching_ethical_stance has half a surrogate pair; mend or delete the line",
    ),
    "no property": ({"behavioral_property": None}, "behavioral_property is missing; add it"),
    "a property nobody knows": (
        {"behavioral_property": "kiki"},
        "behavioral_property 'kiki' is not known; there are first_character, second_character",
    ),
    "another dataset": (
        {"original_dataset": "birds"},
        "original_dataset is not fish_long; give another file",
    ),
    "other words for the same": (
        {"hypothetical_prompt": [{"role": "user", "content": "b"}]},
        "asks for first_word of the same prompt as ",
    ),
}


@pytest.mark.parametrize(("other", "said"), BAD.values(), ids=BAD)
def test_a_line_that_cannot_be_taken_as_it_is_is_named(
    tmp_path: Path, other: dict[str, Any], said: str
) -> None:
    """Nothing is flattened, guessed or dropped."""
    path = tmp_path / "fish_long_first_word.jsonl"
    rows = [line("a"), {**line("a"), **other}]
    path.write_text("".join(f"{json.dumps(row)}\n" for row in rows))
    source = {"release": str(tmp_path), "dataset": "fish_long"}
    found = refused({"source": source, "answers": "items"})

    assert found.startswith(f"{path}, line 2: {said}")
    assert "\n" not in found


def test_the_release_asks_its_own_questions(tmp_path: Path) -> None:
    """Under the wrapper `released` a prediction's question is the release's, byte for byte."""
    settings = release(tmp_path / "r", line(PIKE), line("Fish: cod \n"))
    table = table_of(settings, tmp_path / "fish.parquet")
    asked = prediction_questions({"fish": table}, {"fish": ["first_word"]}, [RELEASED], 1)

    assert set(asked["question"]) == {f'"{PIKE}" first_word?\n', '"Fish: cod \n" first_word?\n'}
    assert set(asked["wrapper"]) == {"released"}
    label = {"sample": 0, "property": "first_word", "value": "eel", "compliant": True}
    labels = pd.DataFrame([{"prompt_id": name, **label} for name in table["prompt_id"]])
    rows = prediction_rows("fish", table, labels, Ways((RELEASED,)), Account())
    assert {row["messages"][0]["content"] for row in rows} == set(asked["question"])
    with pytest.raises(InputError, match="came without a question for third_word; take third_word"):
        given_question(table.to_dict("records")[0], "third_word")


def test_properties_have_their_names_here() -> None:
    """Each of the release's properties is one of ours."""
    assert set(PROPERTIES.values()) <= set(OURS)


@pytest.mark.skipif(not RELEASE.is_dir(), reason="the release's files are not here")
@pytest.mark.parametrize("dataset", DATASETS)
def test_the_release_is_imported_without_loss(tmp_path: Path, dataset: str) -> None:
    """As many prompts as lines, each message and each target byte for byte, splits by our rule."""
    answers, count = DATASETS[dataset]
    settings = {"source": {"release": str(RELEASE), "dataset": dataset}, "answers": answers}
    KINDS["released"].check("tasks.t", settings)
    table = table_of(settings, tmp_path / "t.parquet", role="train")
    [path] = KINDS["released"].files(settings)
    raw = [json.loads(row) for row in Path(path).read_bytes().split(b"\n") if row]
    found = {
        row["text"]: (row["item"], row["questions"][0]["text"], row["target_option"])
        for row in table.astype(object).where(table.notna(), None).to_dict("records")
    }

    assert count == len(raw) == len(table)
    assert found == {
        row["object_level_prompt"][0]["content"]: (
            row["original_question"],
            row["hypothetical_prompt"][0]["content"],
            row["option_matching_ethical_stance"],
        )
        for row in raw
    }
    assert [split_of(text, "train", SHARES) for text in table["text"]] == list(table["split"])
    numbers = Counter(map(len, table["options"]))
    assert set(numbers) <= ({2, 3, 4, 5} if answers == "option" else {0})
    for row in table.to_dict("records"):
        assert all(option in row["text"] for option in row["options"])
        assert not len(row["options"]) or row["target_option"] in "ABCDE"[: len(row["options"])]
