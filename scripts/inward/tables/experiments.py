"""Score tables of experiments, each there where a study has something for it."""

import pyarrow as pa

from inward.tables.scores import ADVANTAGE, BOUNDS, INTERVAL
from inward.tables.table import COUNT, FLAG, SHARE, TEXT, Table

_ROWS = {
    "role": TEXT,
    "task": TEXT,  # a task, or all of the role
    "property": TEXT,  # a property, or all
    "wrapper": TEXT,
    "average": TEXT,  # micro: over rows; macro: over (task, property)
    "n_tasks": COUNT,
    "n_prompts": COUNT,
    "n_rows": COUNT,
    "n_dropped": COUNT,  # of all that was asked, for want of one of the labels
}
_OF_CELL = ("role", "task", "property", "wrapper", "average")

OWN_TARGET = Table(
    name="own_target",
    version=1,
    key=("predictor", "target", *_OF_CELL, "rows"),
    columns={
        "predictor": TEXT,
        "target": TEXT,  # of whom it learnt
        **_ROWS,
        "rows": TEXT,  # all with both labels; differing: the labels differ; same: they do not
        "n_noncompliant": COUNT,  # answers that cannot be read: they are as neither
        "as_own": SHARE,  # answers that are the label of the predictor's own behavior
        "as_target": SHARE,
        "as_neither": SHARE,
        "own_mode": SHARE,  # mode baseline of the labels of the predictor's own behavior
        "target_mode": SHARE,
        "difference": SHARE,  # as own - as target; of all rows, that is O(p)
        **INTERVAL,  # of the difference
        "p_value": SHARE,
    },
    optional=BOUNDS
    | {"as_own", "as_target", "as_neither", "own_mode", "target_mode"}
    | {"difference", "p_value"},
)

CHANGE = Table(
    name="change",
    version=1,
    key=("changed", "predictor", *_OF_CELL, "rows", "matched"),
    columns={
        "changed": TEXT,  # MC
        "before": TEXT,  # M1, from which it was finetuned
        "donor": TEXT,  # whose behavior it learnt
        "arm": TEXT,  # change; placebo: its own behavior
        "predictor": TEXT,
        "relation": TEXT,  # changed: MC; before: M1; same-change: another that learnt of the donor
        **_ROWS,
        "rows": TEXT,  # all with both labels; changed: the labels differ; unchanged
        "matched": FLAG,  # each label as often in the old behavior as in the new; n is effective
        "disjoint": FLAG,  # none of the tasks trained on is among those of the cell
        "n_noncompliant": COUNT,
        "new": SHARE,  # answers that are the label of MC's behavior
        "new_low": SHARE,
        "new_high": SHARE,
        "old": SHARE,  # answers that are the label of M1's behavior
        "old_low": SHARE,
        "old_high": SHARE,
        "neither": SHARE,  # of the rows drawn for the new behavior
        "new_mode": SHARE,  # mode baseline of the new labels
        "old_mode": SHARE,
        "difference": SHARE,  # new - old
        **INTERVAL,  # of the difference
        "p_value": SHARE,  # null where matched: the rows are not the same
        "before_accuracy": SHARE,  # of M1 predicting M1 on the rows drawn for the old behavior
        "delta": SHARE,  # new - that
        "delta_low": SHARE,
        "delta_high": SHARE,
    },
    optional=BOUNDS
    | {"new", "new_low", "new_high", "old", "old_low", "old_high", "neither"}
    | {"new_mode", "old_mode", "difference", "p_value"}
    | {"before_accuracy", "delta", "delta_low", "delta_high"},
)

SCALING = Table(
    name="scaling",
    version=1,
    key=("finetune", "behavior", *_OF_CELL),
    columns={
        "finetune": TEXT,
        "full": TEXT,  # the same with all training rows
        "kind": TEXT,  # self: it learnt of its own base; cross: of another
        "share": SHARE,
        "n_training_rows": COUNT,  # without what was rehearsed
        "behavior": TEXT,  # own; taught: of whom it learnt
        "target": TEXT,
        **_ROWS,
        "n_noncompliant": COUNT,
        "accuracy": SHARE,
        **INTERVAL,  # of the accuracy
        "mode_baseline": SHARE,
        "full_accuracy": SHARE,  # of the full one, for its own target, on the same rows
        "difference": SHARE,  # accuracy - that
        "difference_low": SHARE,
        "difference_high": SHARE,
        "p_value": SHARE,
    },
    optional=BOUNDS
    | {"accuracy", "mode_baseline", "full_accuracy"}
    | {"difference", "difference_low", "difference_high", "p_value"},
)

_TAUGHT = ("task_taught", "property_taught", "wrapper_taught")

GENERALIZATION = Table(
    name="generalization",
    version=1,
    key=(*ADVANTAGE.key, *_TAUGHT),
    columns={
        **ADVANTAGE.columns,
        **dict.fromkeys(_TAUGHT, TEXT),  # both: to both predictors; self; cross; neither
        "self_skill": SHARE,
        "cross_skill": SHARE,
    },
    optional=ADVANTAGE.optional | {"self_skill", "cross_skill"},
)

DRIFT = Table(
    name="drift",
    version=1,
    key=("finetune", *_OF_CELL),
    columns={
        "finetune": TEXT,
        "base": TEXT,
        "learns": TEXT,
        "round": COUNT,  # how often it was trained to predict itself; null for other training
        **_ROWS,
        "n_noncompliant": COUNT,
        "same_label": SHARE,  # rows where its label is its base's
        "same_label_low": SHARE,
        "same_label_high": SHARE,
        "same_text": SHARE,  # rows asked where the response is its base's to the letter
        "same_text_low": SHARE,
        "same_text_high": SHARE,
        "before": SHARE,  # accuracy against its base's behavior
        "after": SHARE,  # against its own
        "difference": SHARE,  # after - before
        **INTERVAL,  # of the difference
        "p_value": SHARE,
        "base_accuracy": SHARE,  # of its base predicting its base
    },
    optional=BOUNDS
    | {"round", "same_label", "same_label_low", "same_label_high"}
    | {"same_text", "same_text_low", "same_text_high"}
    | {"before", "after", "difference", "p_value", "base_accuracy"},
)

SEEDS = Table(
    name="seeds",
    version=1,
    key=("target", "cross_predictor", "relation", *_OF_CELL),
    columns={
        "target": TEXT,  # the family of the targets, which predict themselves
        "cross_predictor": TEXT,  # the family of those that stand against them
        "relation": TEXT,
        **_ROWS,  # rows where any seed has a label; dropped where any has none
        "n_seeds": COUNT,
        "targets": pa.list_(TEXT),  # one for each seed
        "advantages": pa.list_(SHARE),  # likewise
        "self_accuracy": SHARE,  # mean over seeds
        "cross_accuracy": SHARE,
        "advantage": SHARE,
        "deviation": SHARE,  # standard deviation of the seeds' advantages
        **INTERVAL,
        "seeds_low": SHARE,  # seeds drawn anew, and tasks and prompts
        "seeds_high": SHARE,
    },
    optional=BOUNDS
    | {"self_accuracy", "cross_accuracy", "advantage", "deviation", "seeds_low", "seeds_high"},
)
