"""A table: its shape, and the one way to write and to read it."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq

from inward.errors import TableError
from inward.files import written_whole

VERSION_FIELD = b"inward_table"

TEXT = pa.string()
COUNT = pa.int64()
SHARE = pa.float64()
FLAG = pa.bool_()
TIME = pa.timestamp("ms", tz="UTC")


@dataclass(frozen=True)
class Table:
    """The shape of a kind of table: its columns, and the key that names and orders its rows."""

    name: str
    version: int
    key: tuple[str, ...]
    columns: dict[str, pa.DataType]
    optional: frozenset[str] = frozenset()
    rare: frozenset[str] = frozenset()  # optional, and not in a file where no row has a value

    @property
    def schema(self) -> pa.Schema:
        """The Arrow schema, with the table's name and version in its metadata."""
        fields = [
            pa.field(name, kind, nullable=name in self.optional)
            for name, kind in self.columns.items()
        ]
        return pa.schema(fields, {VERSION_FIELD: f"{self.name} {self.version}".encode()})


def write_table(table: Table, frame: pd.DataFrame, path: Path, note: str | None = None) -> None:
    """Write `frame` to `path` as Parquet, sorted by the table's key.

    A note, what is to be known before a number of the table is used, stands in each row as a last
    column, `note`, which other files do not have.
    Raises TableError where a column is missing or unknown, a key occurs twice, or a value is of
    another type than the schema's or missing where it must not be.
    """
    frame = frame.assign(**dict.fromkeys(table.rare - set(frame.columns)))
    if set(frame.columns) != set(table.columns):
        odd = sorted(set(frame.columns) ^ set(table.columns))
        raise TableError(f"{path}: columns of {table.name} do not fit: {', '.join(odd)}")
    key = list(table.key)
    if frame.duplicated(key).any():
        twice = frame[frame.duplicated(key)].iloc[0][key].to_dict()
        raise TableError(f"{path}: {table.name} has two rows for {twice}")
    ordered = frame.sort_values(key)[list(table.columns)]
    empty = [c for c in table.columns if c not in table.optional and ordered[c].isna().any()]
    if empty:
        raise TableError(f"{path}: {table.name} has missing values in {', '.join(empty)}")
    try:
        arrow = pa.Table.from_pandas(ordered, schema=table.schema, preserve_index=False)
    except (pa.ArrowInvalid, pa.ArrowTypeError) as error:
        raise TableError(f"{path}: {table.name}: {' '.join(str(error).split())}") from error
    arrow = arrow.replace_schema_metadata(table.schema.metadata)
    unused = [name for name in table.columns if name in table.rare and ordered[name].isna().all()]
    arrow = arrow.drop_columns(unused)
    if note:
        arrow = arrow.append_column(pa.field("note", TEXT), pa.repeat(note, len(arrow)))
    with written_whole(path) as partial:
        pq.write_table(arrow, partial, compression="zstd")


def read_table(table: Table, path: Path, columns: Sequence[str] | None = None) -> pd.DataFrame:
    """Return the rows of `path`, all columns or some; raise TableError as `read_arrow` does."""
    arrow = read_arrow(table, path, columns)
    frame: pd.DataFrame = arrow.to_pandas(types_mapper={TEXT: pd.StringDtype("pyarrow")}.get)
    return frame if columns else frame.assign(**dict.fromkeys(table.rare - set(frame.columns)))


def read_arrow(table: Table, path: Path, columns: Sequence[str] | None = None) -> pa.Table:
    """Return the rows of `path` as Arrow has them: tokens take long to become Python's.

    Raises TableError where it is another table or another version.
    """
    try:
        arrow = pq.read_table(path, columns=columns)
    except (pa.ArrowInvalid, OSError) as error:
        raise TableError(f"{path}: not a Parquet file; delete it and run again") from error
    found = (arrow.schema.metadata or {}).get(VERSION_FIELD, b"no inward table").decode()
    expected = f"{table.name} {table.version}"
    if found != expected:
        raise TableError(f"{path}: holds '{found}', not '{expected}'; delete it and run again")
    return arrow
