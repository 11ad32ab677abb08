"""Training rows: what a provider would refuse is refused here, with the line."""

import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from inward.errors import InputError
from inward.files import read_json
from inward.jobs import rows
from inward.jobs.rows import Rules, check_rows

from .workshop import ROOT

SCHEMAS = {name: read_json(ROOT / f"schemas/rows.{name}.schema.json") for name in rows.RULES}


def said(*speakers: str, **more: Any) -> dict[str, Any]:
    """Return a row in which these speak, one after the other."""
    return {"messages": [{"role": role, "content": f"{role} says"} for role in speakers], **more}


GOOD = json.dumps(said("user", "assistant")).encode()


def check(tmp_path: Path, lines: list[bytes], provider: str = "openai", **more: bool) -> int:
    """Check a file of these lines."""
    path = tmp_path / "train.jsonl"
    path.write_bytes(b"".join(line + b"\n" for line in lines))
    return check_rows(path, provider, SCHEMAS[provider], **more)


@pytest.mark.parametrize("provider", SCHEMAS)
def test_rows_in_order_are_counted(tmp_path: Path, provider: str) -> None:
    """Conversations of several turns, with a system message, and any character in a text."""
    lines = [
        GOOD,
        json.dumps(said("system", "user", "assistant", "user", "assistant")).encode(),
        json.dumps(said("user", "assistant")).encode() + b"\r",
        json.dumps(
            {
                "messages": [
                    {"role": "user", "content": "a\u2028b\u2029c\x85 \x00 \U0001f426"},
                    {"role": "assistant", "content": " ", "weight": 1},
                ]
            },
            ensure_ascii=False,
        ).encode(),
    ]

    assert check(tmp_path, lines * 3, provider) == 12


def edited(**message: Any) -> bytes:
    """Return a row whose last message has these values."""
    row = said("user", "assistant")
    row["messages"][-1] |= message
    return json.dumps(row).encode()


BAD: dict[str, tuple[bytes, str]] = {
    "a byte order mark": (rows.BOM + GOOD, "begins with a byte order mark; save the file without"),
    "a blank line": (b"  ", "is blank; delete it"),
    "another encoding": (GOOD.replace(b"says", b"sagt \xe4"), "is not UTF-8; save the file as"),
    "half a line": (GOOD[:-5], "is not JSON"),
    "two objects": (GOOD + GOOD, "is not JSON"),
    "a list": (b"[]", "the row: [] is not of type 'object'; give an object with messages"),
    "no messages": (b"{}", "'messages' is a required property"),
    "another format": (json.dumps(said("user", "assistant", prompt="x")).encode(), "'prompt' was"),
    "no answer": (json.dumps(said("user")).encode(), "is too short; give a list of at least two"),
    "a text that is no text": (edited(content=7), "messages[1].content: 7 is not of type 'string'"),
    "an empty text": (edited(content=""), "messages[1].content: '' should be non-empty"),
    "an unknown role": (edited(role="bot"), "messages[1].role: 'bot' is not one of"),
    "two users": (json.dumps(said("user", "user", "assistant")).encode(), "message 2: user speaks"),
    "an assistant first": (
        json.dumps(said("assistant", "user")).encode(),
        "message 1: assistant speaks where user must",
    ),
    "a system message inside": (
        json.dumps(said("user", "system", "assistant")).encode(),
        "message 2: system speaks where assistant must",
    ),
    "the user last": (
        json.dumps(said("user", "assistant", "user")).encode(),
        "the last message is not the assistant's",
    ),
    "system alone": (
        json.dumps(said("system", "user")).encode(),
        "the last message is not the assistant's",
    ),
    "nesting without end": (b"[" * 200_000, "is nested too deep"),
    "one name twice": (GOOD[:-1] + b", " + GOOD[1:], "a name is twice in one object"),
    "what no JSON knows": (b'{"messages": NaN}', "NaN is no number in JSON"),
    "half a character": (edited(content="\ud800"), "has half a character"),
    "nothing learnt": (edited(weight=0), "weight: it is 0 for all the assistant says"),
    "a weight that is no weight": (edited(weight=0.5), "messages[1].weight: 0.5 is not one of"),
}


@pytest.mark.parametrize("provider", SCHEMAS)
@pytest.mark.parametrize(("line", "mend"), BAD.values(), ids=BAD)
def test_a_bad_row_is_named_with_its_line(
    tmp_path: Path, provider: str, line: bytes, mend: str
) -> None:
    """In one line of text, with what is wrong and what to do."""
    with pytest.raises(InputError) as error:
        check(tmp_path, [GOOD] * 11 + [line, GOOD], provider)

    assert "train.jsonl, line 12: " in str(error.value)
    assert mend in str(error.value)
    assert "\n" not in str(error.value)


def test_a_weight_is_for_assistants(tmp_path: Path) -> None:
    """A user's message is never learnt."""
    row = said("user", "assistant")
    row["messages"][0]["weight"] = 0
    with pytest.raises(InputError, match="line 1: weight: only an assistant's message may have"):
        check(tmp_path, [json.dumps(row).encode()])


def test_there_are_enough_rows_and_not_too_many(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """OpenAI wants ten rows for training; a validation file may be empty; all have a limit."""
    with pytest.raises(InputError, match="9 rows, but the provider wants 10; add prompts"):
        check(tmp_path, [GOOD] * 9)
    assert check(tmp_path, [GOOD] * 9, "together") == 9
    assert check(tmp_path, [], training=False) == 0
    monkeypatch.setitem(rows.RULES, "openai", Rules(fewest=1, largest=100))
    with pytest.raises(InputError, match="larger than 100 bytes; train on fewer rows"):
        check(tmp_path, [GOOD] * 9)


JSON = st.recursive(
    st.none() | st.booleans() | st.floats(allow_nan=False) | st.text(max_size=9),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=9), inner),
    max_leaves=8,
)
ROLES = st.sampled_from(["user", "assistant", "system", "developer", "tool", ""])
MESSAGES = st.lists(
    st.fixed_dictionaries({"role": ROLES | JSON, "content": st.text(max_size=5) | JSON}) | JSON
)


@given(
    st.binary(max_size=60)
    | JSON.map(lambda value: json.dumps(value).encode())
    | MESSAGES.map(lambda messages: json.dumps({"messages": messages}).encode())
)
def test_any_line_is_taken_or_refused_in_one_line(
    tmp_path_factory: pytest.TempPathFactory, line: bytes
) -> None:
    """Whatever stands in a file, nothing else is raised."""
    folder = tmp_path_factory.mktemp("rows")
    for provider in SCHEMAS:
        try:
            check(folder, [line], provider, training=False)
        except InputError as error:
            assert ", line " in str(error)  # noqa: PT017 - taken is as good as refused
            assert "\n" not in str(error)  # noqa: PT017
