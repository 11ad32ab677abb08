"""Tables of the stages, from prompts to predictions, and of the audit."""

import pyarrow as pa

from inward.tables.table import COUNT, FLAG, SHARE, TEXT, TIME, Table

TOKEN = pa.struct(
    [
        pa.field("token", TEXT),
        pa.field("logprob", SHARE),
        pa.field("top", pa.list_(pa.struct([("token", TEXT), ("logprob", SHARE)]))),
    ]
)

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
