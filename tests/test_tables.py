"""Tables: strings survive, rows are checked, and equal content is equal bytes."""

from pathlib import Path

import pandas as pd
import pytest

from inward.errors import TableError
from inward.tables import LABELS, PROMPTS, read_arrow, read_table, write_table

STRINGS = ["007", "None", "NA", "nan", "", "True", "1.0", " ", "\n", "\u2028", "\U0001f426"]


def prompts(texts: list[str]) -> pd.DataFrame:
    """Return a prompts table with these texts."""
    return pd.DataFrame(
        {
            "prompt_id": [f"{number:02}" for number in range(len(texts))],
            "text": texts,
            "split": "test",
            "item": texts,
            "options": [[] for _ in texts],
            "target_option": None,
        }
    )


def test_strings_stay_strings(tmp_path: Path) -> None:
    """What looks like a number, a truth or nothing comes back as the text it was."""
    write_table(PROMPTS, prompts(STRINGS), tmp_path / "t.parquet")
    table = read_table(PROMPTS, tmp_path / "t.parquet")

    assert table["text"].tolist() == STRINGS
    assert table["target_option"].isna().all()


def test_equal_rows_are_equal_bytes(tmp_path: Path) -> None:
    """The order in which rows and columns were made leaves no trace in the file."""
    frame = prompts(STRINGS)
    write_table(PROMPTS, frame, tmp_path / "a.parquet")
    write_table(PROMPTS, frame.iloc[::-1, ::-1], tmp_path / "b.parquet")

    assert (tmp_path / "a.parquet").read_bytes() == (tmp_path / "b.parquet").read_bytes()


def test_a_note_stands_in_every_row(tmp_path: Path) -> None:
    """Where there is one; a file without has no such column, and both can be read."""
    for name, note in (("noted", "no result"), ("plain", None)):
        write_table(PROMPTS, prompts(["a", "b"]), tmp_path / f"{name}.parquet", note)
    noted, plain = (read_table(PROMPTS, tmp_path / f"{n}.parquet") for n in ("noted", "plain"))

    assert noted["note"].tolist() == ["no result"] * 2
    assert noted.drop(columns="note").equals(plain)


BAD = {
    "a key twice": (prompts(["a"] * 2).assign(prompt_id="x"), "two rows for {'prompt_id': 'x'}"),
    "a missing column": (
        prompts(["a"]).drop(columns="item"),
        "columns of prompts do not fit: item",
    ),
    "an unknown column": (prompts(["a"]).assign(odd=1), "columns of prompts do not fit: odd"),
    "a missing value": (prompts(["a"]).assign(text=None), "missing values in text"),
    "another type": (prompts(["a"]).assign(text=[7]), "prompts: .*text"),
}


@pytest.mark.parametrize(("frame", "said"), BAD.values(), ids=BAD)
def test_a_table_that_breaks_its_rules_is_not_written(
    tmp_path: Path, frame: pd.DataFrame, said: str
) -> None:
    """Nothing is left on disk where rows do not fit the schema."""
    with pytest.raises(TableError, match=said):
        write_table(PROMPTS, frame, tmp_path / "t.parquet")

    assert list(tmp_path.iterdir()) == []


def test_another_table_is_refused(tmp_path: Path) -> None:
    """A reader that expects labels does not take prompts for them."""
    write_table(PROMPTS, prompts(["a"]), tmp_path / "t.parquet")

    with pytest.raises(TableError, match="holds 'prompts 2', not 'labels 2'; delete it"):
        read_table(LABELS, tmp_path / "t.parquet")


def test_a_file_cut_short_is_refused(tmp_path: Path) -> None:
    """Half a file is named, not read."""
    path = tmp_path / "t.parquet"
    write_table(PROMPTS, prompts(["a"]), path)
    path.write_bytes(path.read_bytes()[:-9])

    with pytest.raises(TableError, match=r"t\.parquet: not a Parquet file; delete it"):
        read_table(PROMPTS, path)


def test_some_columns_may_be_read_alone(tmp_path: Path) -> None:
    """Tokens take long to become Python's; who needs none leaves them, or has them as Arrow does."""
    write_table(PROMPTS, prompts(STRINGS), tmp_path / "t.parquet")
    some = ["prompt_id", "text"]

    assert list(read_table(PROMPTS, tmp_path / "t.parquet", some).columns) == some
    assert read_arrow(PROMPTS, tmp_path / "t.parquet", some)["text"].to_pylist() == STRINGS
    with pytest.raises(TableError, match="holds 'prompts"):
        read_arrow(LABELS, tmp_path / "t.parquet", some)
