"""Calibration tables: the schemas of what calibration finds."""

from inward.tables.table import COUNT, SHARE, TEXT, Table

# What is held against a target's behavior: a predictor's distributions, or its confidence.
_CALIBRATED = {
    "target": TEXT,
    "predictor": TEXT,
    "relation": TEXT,  # self, cross, untrained or earlier
    "role": TEXT,
    "task": TEXT,  # a task, or all of the role
    "property": TEXT,  # a property, or all
    "source": TEXT,  # samples, log-probabilities, or confidence: of the answer given
    "rank": TEXT,  # 1, 2, 3: only the first, second, third likeliest value of each prompt; or all
}

CALIBRATION = Table(
    name="calibration",
    version=1,
    key=tuple(name for name in _CALIBRATED if name != "relation"),
    columns={
        **_CALIBRATED,
        "n_prompts": COUNT,
        "n_points": COUNT,  # values of prompts that are binned
        "n_dropped": COUNT,  # prompts of a property where no behavior could be read
        "dropped": TEXT,  # reasons with their counts
        # Of all that the cell's predictions were drawn for, whatever the rank; samples only.
        "n_draws": COUNT,
        "noncompliant": SHARE,  # of these draws: those that cannot be read
        # Mean probability that the alternatives kept leave unknown; log-probabilities only.
        "unknown_behaviors": SHARE,
        "unknown_predictions": SHARE,
        "mad": SHARE,  # mean absolute deviation over bins, in percent, as the paper has it
        "mad_low": SHARE,
        "mad_high": SHARE,
        "ece": SHARE,  # expected calibration error: the same weighted by points, as a share
        "ece_low": SHARE,
        "ece_high": SHARE,
        "brier": SHARE,
        "total_variation": SHARE,
        "left_out": TEXT,  # why there are no numbers
        "confidence": SHARE,
        "resamples": COUNT,
        "seed": COUNT,  # the study's
    },
    optional=frozenset(
        {"n_draws", "noncompliant", "unknown_behaviors", "unknown_predictions", "mad", "mad_low"}
        | {"mad_high", "ece", "ece_low", "ece_high", "brier", "total_variation", "left_out"}
    ),
)

CALIBRATION_BINS = Table(
    name="calibration_bins",
    version=1,
    key=(*CALIBRATION.key, "bin"),
    columns={
        **_CALIBRATED,
        "bin": COUNT,  # from 1, in the order of what bins are made by
        "mean_x": SHARE,  # of behavior
        "mean_y": SHARE,  # of prediction
        "n": COUNT,  # points
    },
)
