"""Score tables that every study has: items, accuracies, advantages, likeness, power; and judges."""

from pathlib import Path

import pandas as pd

from inward.tables.table import COUNT, FLAG, SHARE, TEXT, Table, read_table

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


def read_items(path: Path) -> pd.DataFrame:
    """Return the items at `path` but for their names, which take much room and only traces need."""
    return read_table(ITEMS, path, [name for name in ITEMS.columns if name != "item_id"])


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

INTERVAL = {
    "low": SHARE,  # prompts drawn anew within their task
    "high": SHARE,
    "tasks_low": SHARE,  # tasks drawn anew, and prompts within them; null for one task
    "tasks_high": SHARE,
    "warning": TEXT,  # where there are too few of either
    "confidence": SHARE,
    "resamples": COUNT,
    "seed": COUNT,  # the study's
}
BOUNDS = frozenset({"low", "high", "tasks_low", "tasks_high", "warning"})

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
        **INTERVAL,
    },
    optional=BOUNDS | {"accuracy", "mode_baseline", "skill", "noise_ceiling"},
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
        **INTERVAL,
    },
    optional=BOUNDS
    | {"self_accuracy", "cross_accuracy", "mode_baseline", "advantage"}
    | {"effect", "p_value", "p_holm"},
)

PAIRS = Table(
    name="pairs",
    version=1,
    key=("target", "predictor", "role", "task", "property", "wrapper"),
    columns={
        "target": TEXT,
        "predictor": TEXT,
        "relation": TEXT,  # self, twin, family, other; baseline where one of the two is a rule
        "role": TEXT,
        "task": TEXT,  # a task, or all of the role
        "property": TEXT,  # a property, or all
        "wrapper": TEXT,
        "n_prompts": COUNT,
        "n_rows": COUNT,
        "n_common": COUNT,  # rows where both behaviors give a label
        "n_margins": COUNT,  # rows where prediction and target's behavior have a margin
        "accuracy": SHARE,  # of several (task, property), this and what follows are means
        "agreement": SHARE,  # of the labels of predictor and target
        "kappa": SHARE,  # the same beyond chance
        "r_prediction": SHARE,  # of margins of the prediction with those of the target's behavior
        "r_behavior": SHARE,  # of margins of the predictor's behavior with those of the target's
    },
    optional=frozenset({"accuracy", "agreement", "kappa", "r_prediction", "r_behavior"}),
)

SIMILARITY = Table(
    name="similarity",
    version=1,
    key=("measure", "role", "property", "wrapper", "unit", "term"),
    columns={
        "measure": TEXT,  # accuracy, or log-probabilities
        "role": TEXT,
        "property": TEXT,  # a property, or all
        "wrapper": TEXT,
        "unit": TEXT,  # pair; or pair and property, where each property has a level of its own
        "term": TEXT,  # intercept, similarity, self, twin, family
        "n_pairs": COUNT,  # units
        "n_targets": COUNT,
        "coefficient": SHARE,
        "standard_error": SHARE,  # clustered by target
        "low": SHARE,
        "high": SHARE,
        "p_value": SHARE,
        "warning": TEXT,  # why there is no number, or what to be wary of
        "confidence": SHARE,
    },
    optional=frozenset(
        {"coefficient", "standard_error", "low", "high", "p_value", "warning"},
    ),
)

POWER = Table(
    name="power",
    version=1,
    key=("target", "cross_predictor", "role", "property", "wrapper", "advantage"),
    columns={
        "target": TEXT,
        "cross_predictor": TEXT,
        "relation": TEXT,
        "role": TEXT,
        "property": TEXT,  # a property, or all
        "wrapper": TEXT,
        "advantage": SHARE,  # the size that is to be shown
        "n_prompts_now": COUNT,
        "sd": SHARE,  # of prompts' differences between self and cross
        "n_prompts_needed": COUNT,
        "power_now": SHARE,
        "smallest_advantage": SHARE,  # that these prompts would show
        "power": SHARE,
        "alpha": SHARE,
        "warning": TEXT,
    },
    optional=frozenset(
        {"sd", "n_prompts_needed", "power_now", "smallest_advantage", "warning"},
    ),
)

INTERACTION = Table(
    name="interaction",
    version=1,
    key=("scope", "scale", "role", "task", "property", "wrapper", "average", "compliance"),
    columns={
        "scope": TEXT,  # two learners, "a|b", or all
        "scale": TEXT,  # accuracy or skill
        "role": TEXT,
        "task": TEXT,
        "property": TEXT,
        "wrapper": TEXT,
        "average": TEXT,
        # for compliant, a row counts for a target where all its predictors here can be read
        "compliance": TEXT,
        "n_tasks": COUNT,
        "n_prompts": COUNT,
        "n_pairs": COUNT,  # of learners that have learnt each other's labels
        "gamma": SHARE,  # null where it is not identified, as the warning says then
        "p_value": SHARE,  # of the bootstrap over prompts
        **INTERVAL,
    },
    optional=BOUNDS | {"gamma", "p_value"},
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
