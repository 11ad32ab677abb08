"""inward: from a table of questions to a Parquet file of answers, everything in the store.

The time has in it what a study has: building and hashing requests, looking into the store, asking,
appending every response to the store, and writing the table. Folders are new for each call.
"""

import sys
import tempfile
from pathlib import Path
from typing import Any

import pandas as pd

sys.path.insert(0, str(Path(__file__).parents[2] / "scripts"))

from inward.asking import ask
from inward.requests import Sampling
from inward.tables import BEHAVIORS, write_table

from .load import SAMPLING, Load, measure

ASKED = Sampling(SAMPLING["temperature"], SAMPLING["max_tokens"], SAMPLING["top_logprobs"])


def record(load: Load) -> dict[str, Any]:
    """Return how the subject is called: what models/<subject>.json says of a hosted model."""
    return {
        "provider": "openai",
        "model": "m",
        "base_url": load.base_url,
        "key_variable": "BENCH_KEY",
        "limit": "max_tokens",
        "in_flight": load.in_flight,
        "deadline": 60,
        "transport": "direct",
    }


def sample(load: Load) -> int:
    """Return how many rows the written table has."""
    questions = pd.DataFrame({"question": load.questions(), "sample": 0})
    questions["prompt_id"] = questions["question"]
    with tempfile.TemporaryDirectory() as folder:
        answered = ask(record(load), questions, ASKED, Path(folder) / "store", "bench")
        table = answered[list(BEHAVIORS.columns)]
        write_table(BEHAVIORS, table, Path(folder) / "behaviors.parquet")
    return len(table)


if __name__ == "__main__":
    measure("inward", ["openai", "aiohttp"], sample)
