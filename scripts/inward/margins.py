"""Margins: how far ahead the likeliest way to begin an answer is.

    margin = log P(likeliest first token) - log P(second likeliest)

Where a prompt has options it is log P(A) - log P(B), so that it also says which of the two; and it
is unknown where not both letters are among the tokens that are known.
"""

from collections.abc import Collection

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from inward.stats import Floats

IMPOSSIBLE = -1000.0  # what servers call impossible (-9999, -inf) is no log-probability
AROUND = " \t\n()"  # what may stand around a letter


def margins(rows: pa.Table, with_options: Collection[str]) -> pd.DataFrame:
    """Return the first samples of a table of behaviors or predictions, with a column `margin`.

    `with_options` are the IDs of the prompts that have options.
    """
    first = rows.filter(pc.equal(rows["sample"], 0))
    known = _first_tokens(first["tokens"].combine_chunks())
    keys = [name for name in ("prompt_id", "property", "wrapper") if name in rows.column_names]
    found: pd.DataFrame = first.select(keys).to_pandas()
    lettered = found["prompt_id"].isin(with_options).to_numpy()
    values = np.where(lettered, _signed(known, len(found)), _unsigned(known, len(found)))
    return found.assign(margin=values)


def _first_tokens(tokens: pa.ListArray) -> pd.DataFrame:
    """Return every known way to begin: which row, which token, its log-probability."""
    there = pc.greater(pc.list_value_length(tokens), 0).to_numpy(zero_copy_only=False)
    rows = np.flatnonzero(there)
    first = pc.list_flatten(pc.list_slice(tokens, 0, 1))
    others = first.field("top")
    flat = pc.list_flatten(others)
    own = {"row": rows, "token": first.field("token"), "logprob": first.field("logprob")}
    more = {
        "row": rows[pc.list_parent_indices(others).to_numpy()],
        "token": flat.field("token"),
        "logprob": flat.field("logprob"),
    }
    known = pd.concat(
        pd.DataFrame(
            {
                "row": part["row"],
                "token": part["token"].dictionary_encode().to_pandas().astype("string"),
                "logprob": part["logprob"].to_numpy(zero_copy_only=False),
            }
        )
        for part in (own, more)
    )
    # The token itself is mostly among its alternatives.
    return known[known["logprob"] > IMPOSSIBLE].drop_duplicates(["row", "token"])


def _unsigned(known: pd.DataFrame, count: int) -> Floats:
    ranked = known.sort_values(["row", "logprob"], ascending=[True, False])
    row, logprob = ranked["row"].to_numpy(), ranked["logprob"].to_numpy()
    starts = np.flatnonzero(np.diff(row, prepend=-1))
    two = starts[(np.diff(starts, append=len(row)) > 1)]
    found = np.full(count, np.nan)
    found[row[two]] = logprob[two] - logprob[two + 1]
    return found


def _signed(known: pd.DataFrame, count: int) -> Floats:
    letters = known["token"].str.strip(AROUND).str.upper()
    of_letter = [
        known[letters == letter].groupby("row")["logprob"].max().reindex(range(count)).to_numpy()
        for letter in "AB"
    ]
    found: Floats = of_letter[0] - of_letter[1]
    return found
