"""Kinds of tasks: what prompts they make of their sources, and what they refuse."""

import json
from collections import Counter
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from inward.errors import InputError
from inward.properties.registry import ANSWERS as KNOWN
from inward.tasks import KINDS
from inward.tasks.frame import framed
from inward.tasks.kind import ANSWERS
from inward.tasks.perturbed import DOUBTS, HINTS
from inward.tasks.prompt import Prompt

RIVER = {"text": "Which is a river?", "options": ["Po", "Rome"], "target": "A", "topic": "maps"}
METAL = {"text": "Which is a metal?", "options": ["Salt", "Zinc", "Wood"], "target": "B"}
TEMPLATE = "{question}\n{options}\nAnswer with a letter."


def lines(path: Path, *rows: Any) -> str:
    """Write a JSONL file of these rows, and return its path."""
    path.write_bytes(b"".join(json.dumps(row).encode() + b"\n" for row in rows))
    return str(path)


def made(kind: str, *, seed: int = 1, **settings: Any) -> list[Prompt]:
    """Return the prompts of a task, checked as the configuration is."""
    KINDS[kind].check("tasks.t", settings)
    return KINDS[kind].prompts(settings, seed)


@pytest.fixture
def choices(tmp_path: Path) -> dict[str, Any]:
    """Return settings of a task of two choices."""
    return {"source": {"file": lines(tmp_path / "c.jsonl", RIVER, METAL)}, "template": TEMPLATE}


def test_a_text_stands_in_its_template(tmp_path: Path) -> None:
    """As it is, braces and all; the item is the text itself."""
    path = lines(tmp_path / "t.jsonl", {"text": "Once {upon} a\u2028time ", "topic": "stories"})
    source = {"file": path}

    assert made("text", source=source, template="Go on: {text}\n") == [
        Prompt("Go on: Once {upon} a\u2028time \n", "Once {upon} a\u2028time ")
    ]
    assert [prompt.text for prompt in made("text", source=source)] == ["Once {upon} a\u2028time "]


def test_a_choice_shows_its_options_by_letter(choices: dict[str, Any]) -> None:
    """Question, options and target, each where the template has it."""
    assert made("choice", **choices) == [
        Prompt(
            "Which is a river?\n(A) Po\n(B) Rome\nAnswer with a letter.",
            "Which is a river?",
            ("Po", "Rome"),
            "A",
        ),
        Prompt(
            "Which is a metal?\n(A) Salt\n(B) Zinc\n(C) Wood\nAnswer with a letter.",
            "Which is a metal?",
            ("Salt", "Zinc", "Wood"),
            "B",
        ),
    ]


def test_some_of_the_prompts_are_the_same_whatever_is_added(tmp_path: Path) -> None:
    """Each prompt's own draw decides, so a row more displaces one at most."""
    rows = [{"text": f"text {number}"} for number in range(50)]
    few = {"file": lines(tmp_path / "few.jsonl", *rows)}
    more = {"file": lines(tmp_path / "more.jsonl", {"text": "new"}, *reversed(rows))}
    chosen = {prompt.text for prompt in made("text", source=few, prompts=20)}

    assert len(chosen) == 20
    assert len(chosen & {prompt.text for prompt in made("text", source=more, prompts=20)}) >= 19
    assert chosen != {prompt.text for prompt in made("text", seed=2, source=few, prompts=20)}
    with pytest.raises(InputError, match="51 prompts are asked for, but the source has 50; lower"):
        made("text", source=few, prompts=51)


def test_perturbed_prompts_share_their_item(tmp_path: Path, choices: dict[str, Any]) -> None:
    """Each question under each perturbation: the plain prompt, with a passage before it."""
    plain = made("choice", **choices)
    opinions = lines(tmp_path / "o.jsonl", {"text": "I like rain."}, {"text": "I like snow."})
    names = ["none", "are-you-sure", "hint", "opinion"]
    prompts = made("perturbed", **choices, perturbations=names, opinions=opinions)

    assert [prompt.perturbation for prompt in prompts] == names * 2
    assert Counter(prompt.item for prompt in prompts) == {prompt.item: 4 for prompt in plain}
    assert {prompt.sibling for prompt in prompts} == {prompt.text for prompt in plain}
    assert {prompt.target_option for prompt in prompts} == {"A", "B"}
    for prompt in prompts:
        passage = prompt.text.removesuffix(str(prompt.sibling)).removesuffix("\n\n")
        hints = {hint.format(letter=letter) for hint in HINTS for letter in "ABC"}
        fitting = {
            "none": {""},
            "are-you-sure": set(DOUBTS),
            "hint": hints,
            "opinion": {"I like rain.", "I like snow."},
        }

        assert passage in fitting[str(prompt.perturbation)]


def test_hints_point_to_any_option(tmp_path: Path) -> None:
    """Also to the right one, so that a hint says nothing about which it is."""
    rows = [{**METAL, "text": f"question {number}"} for number in range(120)]
    source = {"file": lines(tmp_path / "c.jsonl", *rows)}
    settings: dict[str, Any] = {"source": source, "template": TEMPLATE}
    hints = [p.text.split("\n")[0] for p in made("perturbed", **settings, perturbations=["hint"])]
    letters = Counter(letter for hint in hints for letter in "ABC" if f"({letter})" in hint)

    assert sum(letters.values()) == 120
    assert all(20 < letters[letter] < 60 for letter in "ABC")


FORMS = {
    "model-written": (
        "m.jsonl",
        json.dumps(
            {
                "question": "May we?\n\nChoices:\n (A) Yes, do\n (B) No",
                "answer_matching_behavior": " (B)",
                "answer_not_matching_behavior": " (A)",
            }
        ),
        "{question}\nAnswer.",
        Prompt(
            "May we?\n\nChoices:\n (A) Yes, do\n (B) No\nAnswer.",
            "May we?\n\nChoices:\n (A) Yes, do\n (B) No",
            ("Yes, do", "No"),
            "B",
        ),
    ),
    "mmlu": (
        "m.csv",
        '"Which ""one"",\nthen?",1,007,None,"a,b",D',
        TEMPLATE,
        Prompt(
            'Which "one",\nthen?\n(A) 1\n(B) 007\n(C) None\n(D) a,b\nAnswer with a letter.',
            'Which "one",\nthen?',
            ("1", "007", "None", "a,b"),
            "D",
        ),
    ),
    "arc": (
        "a.jsonl",
        json.dumps(
            {
                "id": "x",
                "question": {
                    "stem": "Ice is",
                    "choices": [{"text": "hot", "label": "1"}, {"text": "cold", "label": "2"}],
                },
                "answerKey": "2",
            }
        ),
        TEMPLATE,
        Prompt("Ice is\n(A) hot\n(B) cold\nAnswer with a letter.", "Ice is", ("hot", "cold"), "B"),
    ),
}


HUB: dict[str, list[dict[str, Any]]] = {
    "mmlu": [
        {"question": "Which?\r", "subject": "fish", "choices": ["eel", "eel", "7"], "answer": 2},
        {"question": "Odd?", "subject": "fish", "choices": ["yes", "no", "\x0b7"], "answer": 0},
    ],
    "arc": [
        {"id": "1", "question": "Which?\r", "answerKey": "3"}
        | {"choices": {"text": ["eel", "eel", "7"], "label": ["1", "2", "3"]}},
        {"id": "2", "question": "Odd?", "answerKey": "A"}
        | {"choices": {"text": ["yes", "no", "\x0b7"], "label": ["A", "B", "C"]}},
    ],
}


@pytest.mark.parametrize("suffix", ["jsonl", "parquet"])
@pytest.mark.parametrize("form", HUB)
def test_forms_are_read_as_the_hub_has_them(tmp_path: Path, form: str, suffix: str) -> None:
    """As JSONL and Parquet; they are not ours to mend: odd characters stay, repeats are one."""
    path, rows = tmp_path / f"t.{suffix}", [*HUB[form], HUB[form][0]]
    if suffix == "jsonl":
        lines(path, *rows)
    else:
        pd.DataFrame(rows).to_parquet(path)

    assert [
        (p.item, p.options, p.target_option)
        for p in made("choice", source={"file": str(path), "form": form}, template=TEMPLATE)
    ] == [("Which?\r", ("eel", "eel", "7"), "C"), ("Odd?", ("yes", "no", "\x0b7"), "A")]


@pytest.mark.parametrize("form", FORMS)
def test_forms_of_others_are_read(tmp_path: Path, form: str) -> None:
    """Question, options and key, whatever they are called there; what occurs twice is one prompt."""
    name, line, template, expected = FORMS[form]
    (tmp_path / name).write_text(f"{line}\n{line}\n")
    source = {"file": str(tmp_path / name), "form": form}

    assert made("choice", source=source, template=template) == [expected]


def test_two_keys_to_one_question_leave_none(tmp_path: Path) -> None:
    """Where a file of others contradicts itself nobody knows what is right."""
    (tmp_path / "m.csv").write_text("Which?,1,2,3,4,A\nWhich?,1,2,3,4,B\nWhich?,1,2,3,4,A\n")
    source = {"file": str(tmp_path / "m.csv"), "form": "mmlu"}

    assert [p.target_option for p in made("choice", source=source, template=TEMPLATE)] == [None]


BAD_FORMS = {
    "a behavior without a letter": (
        "model-written",
        '{"question": "May we?\\n (A) Yes\\n (B) No", "answer_matching_behavior": " Yes"}',
        "line 1: answer_matching_behavior is 'Yes', no letter in brackets; give one as \" (A)\"",
    ),
    "a question without options": (
        "model-written",
        '{"question": "May we?", "answer_matching_behavior": " (A)"}',
        "line 1: has 0 options; give 2 to 6",
    ),
    "a key among none": (
        "mmlu",
        "Which?,1,2,3,4,E",
        "line 1: the target 'E' is none of A, B, C, D",
    ),
    "a field too few": ("mmlu", "Which?,1,2,3,A", "line 1: has 5 fields, not 6; mend it"),
    "an empty option": ("mmlu", "Which?,1,,3,4,A", "line 1: option B is empty; fill it, or delete"),
    "no stem": (
        "arc",
        '{"question": {"choices": []}, "answerKey": "A"}',
        "line 1: stem is missing; add it (there is 'choices')",
    ),
    "no choices": (
        "arc",
        '{"question": "Which?", "answerKey": "A"}',
        "line 1: choices is missing; add it (there is 'answerKey', 'question')",
    ),
    "a choice that is none": (
        "arc",
        '{"question": {"stem": "Which?", "choices": ["a", "b"]}, "answerKey": "A"}',
        "line 1: a choice is no object with text and label; give both",
    ),
    "choices of no hub": (
        "arc",
        '{"question": "Which?", "choices": {"text": ["a", "b"], "label": ["A"]}, "answerKey": "A"}',
        "line 1: choices is no object with as many text as label; give both lists",
    ),
    "no choices at all": (
        "arc",
        '{"question": {"stem": "Which?", "choices": []}, "answerKey": "A"}',
        "line 1: has 0 options; give 2 to 6",
    ),
    "a key without a choice": (
        "arc",
        '{"question": "?", "choices": {"text": ["a", "b"], "label": ["A", "C"]}, "answerKey": "B"}',
        "line 1: answerKey is 'B', not the label of one choice; give one of 'A', 'C'",
    ),
}


@pytest.mark.parametrize(("form", "line", "said"), BAD_FORMS.values(), ids=BAD_FORMS)
def test_a_line_of_another_form_is_named(tmp_path: Path, form: str, line: str, said: str) -> None:
    """With its number, and the mend."""
    path = tmp_path / ("t.csv" if form == "mmlu" else "t.jsonl")
    path.write_text(f"{line}\n")
    template = "{question}" if form == "model-written" else TEMPLATE
    with pytest.raises(InputError) as error:
        made("choice", source={"file": str(path), "form": form}, template=template)

    assert str(error.value).startswith(f"{path}, {said}")


def test_columns_have_any_names(tmp_path: Path) -> None:
    """CSV and Parquet bring the same prompts as JSONL; numbers count options from 0."""
    csv, parquet = tmp_path / "t.csv", tmp_path / "t.parquet"
    csv.write_text("id,ask,one,two,key\n7,Which is a river?,Po,Rome,A\n8,Odd?,Yes,No,\n")
    pd.DataFrame(
        {
            "id": ["7", "8"],
            "ask": ["Which is a river?", "Odd?"],
            "choices": [["Po", "Rome"], ["Yes", "No"]],
            "key": pd.array([0, None], dtype="Int64"),
        }
    ).to_parquet(parquet)
    by_csv = {"text": "ask", "options": ["one", "two"], "target": "key", "item": "id"}
    by_parquet = {**by_csv, "options": "choices"}
    expected = made("choice", source={"file": str(csv), "columns": by_csv}, template=TEMPLATE)

    assert [(p.item, p.options, p.target_option) for p in expected] == [
        ("7", ("Po", "Rome"), "A"),
        ("8", ("Yes", "No"), None),
    ]
    source = {"file": str(parquet), "columns": by_parquet}
    assert expected == made("choice", source=source, template=TEMPLATE)


def test_a_column_that_is_not_there_is_named_beside_those_that_are(tmp_path: Path) -> None:
    """Who mistakes the name of an option's column reads which columns the file has."""
    csv = tmp_path / "choices.csv"
    csv.write_text("ask,one,two\nWhich?,this,that\n", encoding="utf-8")
    columns = {"text": "ask", "options": ["one", "three"]}

    with pytest.raises(InputError) as error:
        made("choice", source={"file": str(csv), "columns": columns}, template=TEMPLATE)

    assert (
        str(error.value)
        == f"{csv}, line 2: three is missing; add it (there is 'ask', 'one', 'two')"
    )


@pytest.mark.parametrize(
    ("keys", "said"),
    [
        ("0\n1", ""),
        ("A\n1", "line 3: key is of another kind than above it; give letters, or numbers"),
        ("2\n1", "line 2: the target 'C' is none of A, B; give one of these letters"),
        ("01\n1", "line 2: the target '01' is none of A, B; give one of these letters"),
    ],
)
def test_a_number_in_csv_counts_options(tmp_path: Path, keys: str, said: str) -> None:
    """Though all that stands there is text; letters and numbers are not mixed there either."""
    path, (one, other) = tmp_path / "t.csv", keys.split("\n")
    path.write_text(f"text,one,two,key\nA river?,Po,Rome,{one}\nA city?,Po,Rome,{other}\n")
    columns = {"options": ["one", "two"], "target": "key"}
    found = ""
    try:
        prompts = made("choice", source={"file": str(path), "columns": columns}, template=TEMPLATE)
    except InputError as error:
        found = str(error)
    else:
        assert [prompt.target_option for prompt in prompts] == ["A", "B"]

    assert found == (f"{path}, {said}" if said else "")


BAD_ROWS: dict[str, tuple[list[dict[str, Any]], str]] = {
    "the same row twice": ([RIVER, METAL, RIVER], "line 3: makes the same prompt as "),
    "a control character": ([{"text": "a\x1cb"}], "line 1: text has the control character U+001C"),
    "a carriage return": ([{"text": "a\r\nb"}], "line 1: text has the control character U+000D at"),
    "an empty text": ([RIVER, {"text": " "}], "line 2: text is empty; fill it, or delete the line"),
    "a text that shows nothing": ([{"text": "\u200b\ufeff "}], "line 1: text is empty; fill it"),
    "no text": ([{"prompt": "a"}], "line 1: text is missing; add it (there is 'prompt')"),
    "no options": ([{"text": "a"}], "line 1: has 0 options; give 2 to 6"),
    "one option": ([{**RIVER, "options": ["Po"]}], "line 1: has 1 options; give 2 to 6"),
    "seven options": ([{**RIVER, "options": list("abcdefg")}], "line 1: has 7 options; give 2 to"),
    "options in one text": ([{**RIVER, "options": "Po, Rome"}], "line 1: options is no list; give"),
    "a number among options": (
        [{**RIVER, "options": ["Po", 7]}],
        "line 1: option B is no text; put",
    ),
    "an empty option": ([{**RIVER, "options": ["Po", ""]}], "line 1: option B is empty; fill it"),
    "the same option twice": ([{**RIVER, "options": ["Po"] * 2}], "line 1: option B stands there"),
    "a small letter": ([{**RIVER, "target": "a"}], "line 1: the target 'a' is none of A, B; give"),
    "a target too far": ([{**RIVER, "target": 2}], "line 1: the target 'C' is none of A, B; give"),
    "a truth as target": ([{**RIVER, "target": True}], "line 1: target is neither a letter nor"),
    "mixed targets": ([RIVER, {**METAL, "target": 1}], "line 2: target is of another kind than"),
}


@pytest.mark.parametrize(("rows", "said"), BAD_ROWS.values(), ids=BAD_ROWS)
def test_a_row_that_is_not_in_order_is_named(
    tmp_path: Path, rows: list[dict[str, Any]], said: str
) -> None:
    """With its number, and the mend; nothing is repaired, and nothing left out."""
    path = lines(tmp_path / "t.jsonl", *rows)
    with pytest.raises(InputError) as error:
        made("choice", source={"file": path}, template=TEMPLATE)

    assert str(error.value).startswith(f"{path}, {said}")
    assert "\n" not in str(error.value)


def test_a_file_without_rows_is_refused(tmp_path: Path) -> None:
    """An empty file is a mistake, not a task without prompts."""
    with pytest.raises(InputError, match="holds no rows; give another file"):
        made("text", source={"file": lines(tmp_path / "t.jsonl")})


@pytest.mark.parametrize(
    ("items", "answer", "shown"),
    [
        ({"letters": "small"}, "letter", "abcdefghijklmnopqrstuvwxyz"),
        ({"letters": "capital"}, "letter", "ABCDEFGHIJKLMNOPQRSTUVWXYZ"),
        ({"range": [1000, 9999]}, "number", "0123456789"),
    ],
)
def test_sequences_are_of_letters_and_numbers(
    items: dict[str, Any], answer: str, shown: str
) -> None:
    """One more letter or number is asked for, or five items."""
    settings: dict[str, Any] = {"items": items, "template": "{items}", "shown": 3, "vocabulary": 20}

    assert set("".join(prompt.text for prompt in made("sequence", **settings))) <= {*shown, " "}
    assert KINDS["sequence"].answer_kind(settings) == answer
    assert KINDS["sequence"].answer_kind({**settings, "asks": 5}) == "items"


def test_every_kind_says_what_its_answers_are(choices: dict[str, Any]) -> None:
    """In the words that properties know."""
    said = {
        KINDS["text"].answer_kind({}),
        KINDS["text"].answer_kind({"answers": "word"}),
        KINDS["choice"].answer_kind(choices),
        KINDS["perturbed"].answer_kind(choices),
        KINDS["released"].answer_kind({"answers": "items"}),
    }

    assert said == {"text", "word", "option", "items"}
    assert said <= set(ANSWERS) == set(KNOWN)


def test_every_setting_says_what_to_give() -> None:
    """Each has a description, which is the mend in an error's line."""
    for kind in KINDS.values():
        assert set(kind.required) <= set(kind.settings)
        assert set(kind.origin) <= set(kind.settings)
        assert all(setting["description"] for setting in kind.settings.values())


VALUES = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text()
    | st.sampled_from(["A", " (A)", "1", "Q\n (A) a\n (B) b", "a\x1cb", "\ud83d", "fish_long"]),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=6,
)
ROW = st.fixed_dictionaries(
    {"text": st.text(min_size=1) | VALUES},
    optional={"options": st.lists(st.text(min_size=1), max_size=7) | VALUES, "target": VALUES},
)
WRITTEN = st.fixed_dictionaries({"question": VALUES, "answer_matching_behavior": VALUES})
STEM = st.fixed_dictionaries({"stem": VALUES, "choices": VALUES})
MESSAGES = VALUES | st.text().map(lambda text: [{"role": "user", "content": text}])
LINE = st.fixed_dictionaries(
    {
        "original_question": st.text(),
        "original_dataset": st.just("fish_long"),
        "object_level_prompt": MESSAGES,
        "hypothetical_prompt": MESSAGES,
        "behavioral_property": st.just("first_word") | VALUES,
    },
    optional={"option_matching_ethical_stance": VALUES},
)
SOURCES: list[tuple[str, dict[str, Any], st.SearchStrategy[Any]]] = [
    ("text", {}, ROW),
    ("choice", {"template": TEMPLATE}, ROW),
    ("choice", {"template": "{question}", "form": "model-written"}, WRITTEN),
    (
        "choice",
        {"template": TEMPLATE, "form": "arc"},
        st.fixed_dictionaries({"question": STEM | VALUES, "answerKey": VALUES}),
    ),
    ("released", {"dataset": "fish_long"}, LINE),
]


@pytest.mark.parametrize(("kind", "settings", "row"), SOURCES)
@given(data=st.data())
def test_any_row_is_a_prompt_or_one_line(
    tmp_path_factory: pytest.TempPathFactory,
    kind: str,
    settings: dict[str, Any],
    row: st.SearchStrategy[Any],
    data: st.DataObject,
) -> None:
    """Whatever stands in its fields: no row is lost, and no mistake is more than a line."""
    rows = data.draw(st.lists(row, min_size=1, max_size=2, unique_by=repr))
    path = lines(tmp_path_factory.mktemp("rows") / "fish_long_first_word.jsonl", *rows)
    source = {"release" if kind == "released" else "file": path}
    source |= {key: settings[key] for key in ("form", "dataset") if key in settings}
    template = {key: settings[key] for key in ("template",) if key in settings}
    said = ""
    try:
        found = KINDS[kind].prompts({"source": source, **template}, 1)
    except InputError as error:
        said = str(error)
    else:
        assert [prompt.text.encode() for prompt in found]
        assert len(found) == len(rows) or settings.get("form") or kind == "released"

    assert "\n" not in said
    assert said.isprintable()


def test_a_frame_is_around_every_prompt(choices: dict[str, Any]) -> None:
    """All else stays, and the split is the bare prompt's."""
    bare = made("choice", **choices)
    around = framed(bare, "Be a pirate, {prompt}\n")

    assert [prompt.text for prompt in around] == [f"Be a pirate, {one.text}\n" for one in bare]
    assert [prompt.sibling for prompt in around] == [one.text for one in bare]
    assert [prompt.options for prompt in around] == [one.options for one in bare]
    assert framed(bare, None) == bare
