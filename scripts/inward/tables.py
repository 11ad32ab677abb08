"""Tables: the schema of every Parquet file, and the one way to write and to read it."""

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

TOKEN = pa.struct(
    [
        pa.field("token", TEXT),
        pa.field("logprob", SHARE),
        pa.field("top", pa.list_(pa.struct([("token", TEXT), ("logprob", SHARE)]))),
    ]
)


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


PROMPTS = Table(
    name="prompts",
    version=2,
    key=("prompt_id",),
    columns={
        "prompt_id": TEXT,  # digest of the text
        "text": TEXT,
        "split": TEXT,  # train, validation or test
        "item": TEXT,  # what the prompt was built from
        "options": pa.list_(TEXT),  # for choices; none for other prompts
        "target_option": TEXT,  # its letter: shows what the task is about, or is right
        "perturbation": TEXT,  # what was done to the question, where that is the point
        # hypothetical questions that came with the prompt
        "questions": pa.list_(pa.struct([("property", TEXT), ("text", TEXT)])),
    },
    optional=frozenset({"target_option", "perturbation", "questions"}),
    rare=frozenset({"perturbation", "questions"}),
)

BEHAVIORS = Table(
    name="behaviors",
    version=1,
    key=("prompt_id", "sample"),
    columns={
        "prompt_id": TEXT,
        "sample": COUNT,
        "text": TEXT,
        "finish_reason": TEXT,  # stop or length
        "tokens": pa.list_(TOKEN),  # the answer's tokens with log-probabilities, natural logarithm
        "request_key": TEXT,  # of the response in the store; baselines have none
    },
    optional=frozenset({"request_key"}),
)

JUDGMENTS = Table(
    name="judgments",
    version=1,
    key=("prompt_id", "sample", "property"),
    columns={
        "prompt_id": TEXT,
        "sample": COUNT,  # of the behavior that is judged
        "property": TEXT,
        "judge": TEXT,  # a subject of the study
        "question": TEXT,
        "text": TEXT,
        "finish_reason": TEXT,
        "request_key": TEXT,
    },
)

LABELS = Table(
    name="labels",
    version=2,
    key=("prompt_id", "sample", "property"),
    columns={
        "prompt_id": TEXT,
        "sample": COUNT,
        "property": TEXT,
        "property_version": COUNT,
        "raw": TEXT,  # the property's value as it was read
        "value": TEXT,  # the same, normalized
        "compliant": FLAG,
        "reason": TEXT,  # why not compliant
        "judge": TEXT,  # who judged; null, like its request, where a rule has read the response
        "request_key": TEXT,
    },
    optional=frozenset({"raw", "value", "reason", "judge", "request_key"}),
)

PREDICTIONS = Table(
    name="predictions",
    version=2,
    key=("prompt_id", "property", "wrapper", "sample"),
    columns={
        "prompt_id": TEXT,
        "property": TEXT,
        "wrapper": TEXT,
        "sample": COUNT,
        # what was shown before the question, in its order
        "examples": pa.list_(pa.struct([("question", TEXT), ("answer", TEXT)])),
        "question": TEXT,
        "text": TEXT,
        "finish_reason": TEXT,
        "tokens": pa.list_(TOKEN),
        "request_key": TEXT,
    },
    optional=frozenset({"examples", "request_key"}),
    rare=frozenset({"examples"}),
)

ITEMS = Table(
    name="items",
    version=3,
    key=("target", "predictor", "task", "property", "wrapper", "prompt_id"),
    columns={
        "item_id": TEXT,  # the key in one, by which scripts/trace_item.py finds the row
        "target": TEXT,
        "predictor": TEXT,
        "role": TEXT,  # train: a held-in task; test: a held-out one
        "task": TEXT,
        "property": TEXT,
        "wrapper": TEXT,  # how the property was asked for
        "prompt_id": TEXT,
        "label": TEXT,
        "dropped": TEXT,  # why the target's behavior gives no label; the row is not scored then
        "answer": TEXT,
        "noncompliant": TEXT,  # why the prediction cannot be read; it is wrong then
        "correct": FLAG,  # null where the row is dropped
        "repeated": FLAG,  # the target's second sample has the same label; null without a second
    },
    optional=frozenset({"label", "dropped", "answer", "noncompliant", "correct", "repeated"}),
)

_CELL = {
    "role": TEXT,
    "task": TEXT,  # a task, or all of the role
    "property": TEXT,  # a property, or all
    "wrapper": TEXT,
    "average": TEXT,  # micro: over rows; macro: over (task, property)
    # what is done where a prediction cannot be read: it is wrong; dropped; or, for compliant, the
    # row is left out for both that are compared
    "compliance": TEXT,
    "n_tasks": COUNT,
    "n_prompts": COUNT,
    "n_rows": COUNT,
    "n_dropped": COUNT,  # for want of a label
    "dropped": TEXT,  # reasons with their counts
}

_INTERVAL = {
    "low": SHARE,  # prompts drawn anew within their task
    "high": SHARE,
    "tasks_low": SHARE,  # tasks drawn anew, and prompts within them; null for one task
    "tasks_high": SHARE,
    "warning": TEXT,  # where there are too few of either
    "confidence": SHARE,
    "resamples": COUNT,
    "seed": COUNT,  # the study's
}
_BOUNDS = frozenset({"low", "high", "tasks_low", "tasks_high", "warning"})

ACCURACY = Table(
    name="accuracy",
    version=3,
    key=("target", "predictor", "role", "task", "property", "wrapper", "average", "compliance"),
    columns={
        "target": TEXT,
        "predictor": TEXT,
        **_CELL,
        "n_noncompliant": COUNT,
        "noncompliant": TEXT,
        "accuracy": SHARE,
        "mode_baseline": SHARE,
        "skill": SHARE,  # (accuracy - mode baseline) / (1 - mode baseline)
        "noise_ceiling": SHARE,  # of the second sample as a prediction; null without a second
        **_INTERVAL,
    },
    optional=_BOUNDS | {"accuracy", "mode_baseline", "skill", "noise_ceiling"},
)

ADVANTAGE = Table(
    name="advantage",
    version=3,
    key=(
        *("target", "cross_predictor", "role", "task", "property", "wrapper", "average"),
        "compliance",
    ),
    columns={
        "target": TEXT,
        "self_predictor": TEXT,
        "cross_predictor": TEXT,
        "relation": TEXT,  # of the cross-predictor to the target: cross, twin, untrained, ...
        **_CELL,
        "n_compared": COUNT,  # rows of the self-predictor that count
        "self_accuracy": SHARE,
        "cross_accuracy": SHARE,
        "mode_baseline": SHARE,
        "advantage": SHARE,
        "effect": SHARE,  # in standard deviations of prompts' differences
        "p_value": SHARE,  # of a permutation test; null where each predictor drops its own
        "p_holm": SHARE,  # corrected over the properties of the comparison
        **_INTERVAL,
    },
    optional=_BOUNDS
    | {"self_accuracy", "cross_accuracy", "mode_baseline", "advantage"}
    | {"effect", "p_value", "p_holm"},
)

EXAMPLES = Table(
    name="examples",
    version=1,
    key=("property", "number"),
    columns={
        "property": TEXT,
        "number": COUNT,  # of the example in prompts/judged/<property>.jsonl, from 1
        "response": TEXT,
        "label": TEXT,  # by hand
        "value": TEXT,  # by the judge
        "reason": TEXT,  # why the judge's answer gives none
        "judge": TEXT,
        "question": TEXT,
        "text": TEXT,
        "finish_reason": TEXT,
        "request_key": TEXT,
    },
    optional=frozenset({"value", "reason"}),
)

AGREEMENT = Table(
    name="agreement",
    version=1,
    key=("property",),
    columns={
        "property": TEXT,
        "judge": TEXT,
        "n": COUNT,  # examples that are labelled by hand
        "n_unreadable": COUNT,  # the judge's answers that give no label; they do not agree
        "agreement": SHARE,
        "low": SHARE,  # Wilson's interval
        "high": SHARE,
        "confidence": SHARE,
        "kappa": SHARE,  # Cohen's: agreement beyond chance; null where chance leaves no room
    },
    optional=frozenset({"kappa"}),
)

LEDGER = Table(
    name="ledger",
    version=1,
    key=("rule", "wildcards"),
    columns={
        "rule": TEXT,
        "wildcards": TEXT,  # as JSON
        "began": TIME,
        "ended": TIME,
        "seconds": SHARE,
        "host": TEXT,
        "process": COUNT,
        "slurm_job": TEXT,
        "commit": TEXT,
        "python": TEXT,
        "platform": TEXT,
        "versions": TEXT,  # of the packages that the job imported, as JSON
        "inputs": COUNT,  # files
        "outputs": COUNT,
        "sources": COUNT,
        "made": COUNT,  # requests; null, like all that follows, where a job asks nobody
        "reused": COUNT,
        "retried": COUNT,
        "failed": COUNT,
        "prompt_tokens": COUNT,
        "completion_tokens": COUNT,
        "cost": SHARE,  # dollars; null where a price is unknown
    },
    optional=frozenset(
        {"slurm_job", "commit", "made", "reused", "retried", "failed"}
        | {"prompt_tokens", "completion_tokens", "cost"}
    ),
)

HEALTH = Table(
    name="label_health",
    version=1,
    key=("subject", "task", "property"),
    columns={
        "subject": TEXT,
        "task": TEXT,
        "property": TEXT,
        "n": COUNT,  # behaviors
        "n_labels": COUNT,  # those from which a value was read
        "unreadable": SHARE,  # the others' share of n, whatever the reason
        "refused": SHARE,
        "empty": SHARE,
        "cut": SHARE,
        "reasons": TEXT,  # all reasons with their counts, as JSON
        "n_values": COUNT,  # different ones
        "values": TEXT,  # the most common, with their counts, as JSON
        "entropy": SHARE,  # of the values, in bits
        "top_value": TEXT,
        "top_share": SHARE,  # of the most common value among the labels
        "warnings": TEXT,  # as a JSON list
    },
    optional=frozenset({"entropy", "top_value", "top_share"}),
)

OVERLAPS = Table(
    name="overlaps",
    version=1,
    key=("kind", "task", "split", "other_task", "other_split"),
    columns={
        "kind": TEXT,  # same: equal but for case, white space and punctuation; near: in most words
        "task": TEXT,
        "split": TEXT,
        "other_task": TEXT,
        "other_split": TEXT,
        "pairs": COUNT,
        "example": TEXT,
        "other_example": TEXT,
    },
)


def write_table(table: Table, frame: pd.DataFrame, path: Path) -> None:
    """Write `frame` to `path` as Parquet, sorted by the table's key.

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
    with written_whole(path) as partial:
        pq.write_table(arrow, partial, compression="zstd")


def read_table(table: Table, path: Path, columns: Sequence[str] | None = None) -> pd.DataFrame:
    """Return the rows of `path`, all columns or some; raise TableError as `read_arrow` does."""
    types = {TEXT: pd.StringDtype("pyarrow")}.get
    frame: pd.DataFrame = read_arrow(table, path, columns).to_pandas(types_mapper=types)
    return frame if columns else frame.assign(**dict.fromkeys(table.rare - set(frame.columns)))


def read_arrow(table: Table, path: Path, columns: Sequence[str] | None = None) -> pa.Table:
    """Return rows as Arrow has them; raise TableError for another table or another version."""
    try:
        arrow = pq.read_table(path, columns=columns)
    except (pa.ArrowInvalid, OSError) as error:
        raise TableError(f"{path}: not a Parquet file; delete it and run again") from error
    found = (arrow.schema.metadata or {}).get(VERSION_FIELD, b"no inward table").decode()
    expected = f"{table.name} {table.version}"
    if found != expected:
        raise TableError(f"{path}: holds '{found}', not '{expected}'; delete it and run again")
    return arrow
