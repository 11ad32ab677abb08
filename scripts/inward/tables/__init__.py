"""Tables: the schema of every Parquet file, and the one way to write and to read it."""

from inward.tables.calibration import CALIBRATION, CALIBRATION_BINS
from inward.tables.experiments import CHANGE, DRIFT, GENERALIZATION, OWN_TARGET, SCALING, SEEDS
from inward.tables.scores import (
    ACCURACY,
    ADVANTAGE,
    AGREEMENT,
    EXAMPLES,
    INTERACTION,
    ITEMS,
    PAIRS,
    POWER,
    SIMILARITY,
    read_items,
)
from inward.tables.stages import (
    BEHAVIORS,
    HEALTH,
    JUDGMENTS,
    LABELS,
    LEDGER,
    OVERLAPS,
    PREDICTIONS,
    PROMPTS,
)
from inward.tables.table import Table, read_arrow, read_table, write_table

__all__ = [
    "ACCURACY",
    "ADVANTAGE",
    "AGREEMENT",
    "BEHAVIORS",
    "CALIBRATION",
    "CALIBRATION_BINS",
    "CHANGE",
    "DRIFT",
    "EXAMPLES",
    "GENERALIZATION",
    "HEALTH",
    "INTERACTION",
    "ITEMS",
    "JUDGMENTS",
    "LABELS",
    "LEDGER",
    "OVERLAPS",
    "OWN_TARGET",
    "PAIRS",
    "POWER",
    "PREDICTIONS",
    "PROMPTS",
    "SCALING",
    "SEEDS",
    "SIMILARITY",
    "Table",
    "read_arrow",
    "read_items",
    "read_table",
    "write_table",
]
