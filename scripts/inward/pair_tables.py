"""Tables of pairs: schemas of how alike subjects are, and of what comparisons can show."""

from inward.tables import COUNT, SHARE, TEXT, Table

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
