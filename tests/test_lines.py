"""Lines: what people give is read as it stands, or refused in one line with place and mend."""

import csv
import io
import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given
from hypothesis import strategies as st

from inward.errors import InputError
from inward.lines import Record, check_plain, csv_records, json_records, parquet_records, text

ODD = "a\u2028b\u2029c\x85d\x1ce\x0bf\x0cg\U0001f426\u202eh\ufeffi\x00j"
JSON: dict[str, tuple[bytes, str]] = {
    "not UTF-8": (b'{"a": "l\xfcnx"}\n', "line 1: not UTF-8 (invalid start byte, byte 9 of the"),
    "UTF-16": ("{}".encode("utf-16"), "line 1: not UTF-8"),
    "a byte order mark": (b"\xef\xbb\xbf{}\n", "line 1: starts with a byte order mark; save it as"),
    "foreign line ends": (b'{"a": 1}\r\n{"a": 2}\r\n', "line 1: ends with \\r\\n; save the file"),
    "one foreign line end": (b'{"a": 1}\n{"a": 2}\r\n', "line 2: ends with \\r\\n; save the file"),
    "half a line": (b'{"a": 1}\n{"a": ', "line 2: not JSON (Expecting value at character 7); mend"),
    "two objects": (b'{"a": 1}{"a": 2}\n', "line 1: not JSON (Extra data at character 9); mend"),
    "white space": (
        b"{}\n \n",
        "line 2: not JSON (Expecting value at character 2); mend or delete",
    ),
    "a line end inside": (b'{"a": "b\nc"}\n', "line 1: not JSON (Unterminated string starting at"),
    "a raw control character": (
        b'{"a": "b\x1cc"}\n',
        "line 1: not JSON (Invalid control character",
    ),
    "a list": (b"{}\n[1]\n", 'line 2: is a list, not an object; write {"text": ...}'),
    "null": (b"null\n", "line 1: is null, not an object"),
    "not a number": (b'{"a": NaN}\n', "line 1: not JSON (NaN is no number of JSON); mend"),
    "infinity": (b'{"a": -Infinity}\n', "line 1: not JSON (-Infinity is no number of JSON); mend"),
    "a name twice": (b'{"a": 1, "a": 2}\n', "line 1: not JSON ('a' stands there twice); mend or"),
    "too deep": (b"[" * 99_999 + b"]" * 99_999 + b"\n", "line 1: nested too deep; mend or delete"),
    "a number too long": (b'{"a": ' + b"9" * 9999 + b"}\n", "line 1: not JSON (Exceeds the limit"),
}


@pytest.mark.parametrize(("data", "said"), JSON.values(), ids=JSON)
def test_a_broken_line_is_named_in_one_line(tmp_path: Path, data: bytes, said: str) -> None:
    """With the file, the number of the line, and the mend."""
    path = tmp_path / "t.jsonl"
    path.write_bytes(data)
    with pytest.raises(InputError) as error:
        list(json_records(path))

    assert str(error.value).startswith(f"{path}, {said}")
    assert "\n" not in str(error.value)


def test_what_is_not_there_is_named(tmp_path: Path) -> None:
    """A folder, or nothing, is no file."""
    for path in (tmp_path, tmp_path / "none.jsonl"):
        with pytest.raises(InputError, match=r"cannot be read .*; name a file"):
            list(json_records(path))


def test_only_a_newline_ends_a_line(tmp_path: Path) -> None:
    """Whatever else is taken for a line end elsewhere stays where it is, and shifts no row."""
    path = tmp_path / "t.jsonl"
    escaped = json.dumps({"text": ODD}).encode()
    plain = '{"text": "a\u2028b\u2029c\x85d"}'.encode()
    path.write_bytes(escaped + b"\n\n" + plain)

    assert [
        (f"{path}, line 1", {"text": ODD}),
        (f"{path}, line 3", {"text": "a\u2028b\u2029c\x85d"}),
    ] == list(json_records(path))


TEXTS: dict[str, tuple[dict[str, Any], str]] = {
    "missing": ({"a": 1}, "here: text is missing; add it (there is 'a')"),
    "null": ({"text": None}, "here: text is missing; add it (there is 'text')"),
    "nothing at all": ({}, "here: text is missing; add it (there is nothing)"),
    "a name with a line end": ({"a\nb": 1}, r"here: text is missing; add it (there is 'a\nb')"),
    "empty": ({"text": ""}, "here: text is empty; fill it, or delete the line"),
    "white space": ({"text": " \n\u2028"}, "here: text is empty; fill it, or delete the line"),
    "a number": ({"text": 7}, "here: text is a number, not a text; put it in quotes"),
    "a truth": ({"text": True}, "here: text is true or false, not a text; put it in quotes"),
    "a list": ({"text": ["a"]}, "here: text is a list, not a text; put it in quotes"),
    "not a number": (
        {"text": float("nan")},
        "here: text is a number, not a text; put it in quotes",
    ),
    "too long": (
        {"text": "a" * 100_001},
        "here: text has 100001 characters, more than 100000; shorten it",
    ),
    "half a character": (
        {"text": "\ud83d"},
        "here: text has half a surrogate pair; mend or delete the line",
    ),
}


@pytest.mark.parametrize(("values", "said"), TEXTS.values(), ids=TEXTS)
def test_a_field_that_is_no_text_is_named(values: dict[str, Any], said: str) -> None:
    """With its place, what it is instead, and the mend; never with what may be long or odd."""
    with pytest.raises(InputError) as error:
        text(("here", values), "text")

    assert said == str(error.value)


@pytest.mark.parametrize("odd", "\x00\x08\x0b\x0c\r\x1c\x1f\x7f\x80\x9f")
def test_control_characters_are_named(odd: str) -> None:
    """They come from bad conversions; tab, newline and the separators of Unicode are legal."""
    check_plain("here", "text", "a\tb\nc\x85d\u2028e\u2029f\ufeff\u200b")
    with pytest.raises(InputError) as error:
        check_plain("here", "text", f"ab{odd}c")

    assert str(error.value) == (
        f"here: text has the control character U+{ord(odd):04X} at character 3; take it out"
    )


CSV: dict[str, tuple[bytes, str]] = {
    "a field too many": (b"a,b\n1,2\n1,2,3\n", "line 3: has 3 fields, not 2; mend it, or put a"),
    "a field too few": (b'a,b\n"1\n1",2\n\n1\n', "line 5: has 1 fields, not 2; mend it, or put a"),
    "a quote that never closes": (b'a,b\n1,2\n"1,2\n3,4\n', "line 3: not CSV (unexpected end of"),
    "a quote in the middle": (b'a,b\n"1"1,2\n', "line 2: not CSV (',' expected after '\"'); mend"),
    "a carriage return": (b"a,b\n1\r1,2\n", "line 2: has \\r outside quotes; put the field in"),
    "a field too long": (
        b"a\n" + b"1" * 200_000,
        "line 2: a field has more than 131072 characters; shorten it, or",
    ),
    "a column twice": (b"a,b,a\n", "line 1: names the column 'a' twice; rename one"),
    "foreign line ends": (b"a,b\r\n1,2\r\n", "line 1: ends with \\r\\n; save the file with"),
    "not UTF-8": (b"a,b\n1,\xff\n", "line 2: not UTF-8"),
}


@pytest.mark.parametrize(("data", "said"), CSV.values(), ids=CSV)
def test_a_broken_row_is_named_in_one_line(tmp_path: Path, data: bytes, said: str) -> None:
    """A row of CSV goes by the line where it begins."""
    path = tmp_path / "t.csv"
    path.write_bytes(data)
    with pytest.raises(InputError) as error:
        list(csv_records(path))

    assert str(error.value).startswith(f"{path}, {said}")
    assert "\n" not in str(error.value)


def test_a_parquet_file_is_read_by_row(tmp_path: Path) -> None:
    """Rows have numbers, and what only looks like Parquet is named."""
    pd.DataFrame({"text": ["007", "a\u2028b"]}).to_parquet(tmp_path / "t.parquet")
    (tmp_path / "none.parquet").write_bytes(b"PAR1")

    assert [
        (f"{tmp_path}/t.parquet, row 1", {"text": "007"}),
        (f"{tmp_path}/t.parquet, row 2", {"text": "a\u2028b"}),
    ] == list(parquet_records(tmp_path / "t.parquet"))
    with pytest.raises(InputError, match=r"none\.parquet: not a Parquet file; give another"):
        list(parquet_records(tmp_path / "none.parquet"))


NOT_UTF8 = pa.Array.from_buffers(
    pa.string(), 2, [None, pa.array([0, 1, 2], pa.int32()).buffers()[1], pa.py_buffer(b"a\xff")]
)
PARQUET: dict[str, tuple[pa.Table, str]] = {
    "not UTF-8": (
        pa.table({"text": NOT_UTF8}),
        ", row 2: 'text' is not UTF-8; mend it, or leave the column out",
    ),
    "a day that is none": (
        pa.table({"text": ["a"], "day": pa.array([2**30], pa.date32())}),
        ", row 1: 'day' is out of range; mend it, or leave the column out",
    ),
    "a column twice": (
        pa.Table.from_arrays([pa.array(["a"]), pa.array(["b"])], names=["text", "text"]),
        ": names the column 'text' twice; rename one",
    ),
}


@pytest.mark.parametrize(("table", "said"), PARQUET.values(), ids=PARQUET)
def test_a_row_of_parquet_that_cannot_be_read_is_named(
    tmp_path: Path, table: pa.Table, said: str
) -> None:
    """With its column, since others write it without looking."""
    pq.write_table(table, tmp_path / "t.parquet")
    with pytest.raises(InputError) as error:
        list(parquet_records(tmp_path / "t.parquet"))

    assert str(error.value) == f"{tmp_path}/t.parquet{said}"


def test_a_folder_adds_no_column(tmp_path: Path) -> None:
    """Not even one with a name that other readers take for a column and its value."""
    (tmp_path / "day=7").mkdir()
    pq.write_table(pa.table({"text": ["a"]}), tmp_path / "day=7/t.parquet")

    assert [values for _, values in parquet_records(tmp_path / "day=7/t.parquet")] == [
        {"text": "a"}
    ]


@given(st.lists(st.text()))
def test_json_comes_back_as_it_was(tmp_path_factory: pytest.TempPathFactory, texts: Any) -> None:
    """As many records as lines, each what it was, whatever the strings are made of."""
    path = tmp_path_factory.mktemp("lines") / "t.jsonl"
    plain = [json.dumps({"text": text}, ensure_ascii=False).encode() for text in texts]
    path.write_bytes(b"".join(line + b"\n" for line in plain))

    assert texts == [values["text"] for _, values in json_records(path)]


@given(st.lists(st.tuples(st.text(), st.text().filter(bool)), min_size=1))
def test_csv_comes_back_as_it_was(tmp_path_factory: pytest.TempPathFactory, rows: Any) -> None:
    """Also with line ends inside quotes; a carriage return before one is refused, not dropped."""
    path = tmp_path_factory.mktemp("lines") / "t.csv"
    written = io.StringIO()
    csv.writer(written, lineterminator="\n", quoting=csv.QUOTE_ALL).writerows([("a", "b"), *rows])
    path.write_bytes(written.getvalue().encode())
    if "\r\n" in written.getvalue():
        with pytest.raises(InputError, match="ends with"):
            list(csv_records(path))
    else:
        assert rows == [(values["a"], values["b"]) for _, values in csv_records(path)]


@pytest.mark.parametrize("records", [json_records, csv_records, parquet_records])
@given(data=st.binary() | st.text(alphabet='{}[]",:\\ntrue0123\n\r\x1c\x85\u2028 ').map(str.encode))
def test_any_bytes_are_read_or_refused_in_one_line(
    tmp_path_factory: pytest.TempPathFactory,
    records: Callable[[Path], Iterator[Record]],
    data: bytes,
) -> None:
    """Nothing crashes."""
    path = tmp_path_factory.mktemp("lines") / "t"
    path.write_bytes(data)
    said = ""
    try:
        for record in records(path):
            text(record, "a")
    except InputError as error:
        said = str(error)

    assert "\n" not in said
