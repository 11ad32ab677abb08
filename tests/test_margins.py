"""Margins: how far ahead the likeliest way to begin an answer is."""

from typing import Any

import pandas as pd
import pyarrow as pa
import pytest

from inward.margins import margins
from inward.tables import BEHAVIORS, PREDICTIONS

Tops = dict[str, float]


def rows(*begins: Tops, **more: Any) -> pa.Table:
    """Return behaviors that begin with the first token of each, with the others beside it."""
    fields = [BEHAVIORS.schema.field(name) for name in ("prompt_id", "sample", "tokens")]
    columns: dict[str, Any] = {
        "prompt_id": [f"p{number}" for number in range(len(begins))],
        "sample": [0] * len(begins),
        "tokens": [[token(begin), token({"z": -9.0})] if begin else [] for begin in begins],
        **more,
    }
    more_fields = [PREDICTIONS.schema.field(name) for name in more if name not in columns]
    return pa.table(columns, pa.schema([*fields, *more_fields]))


def token(top: Tops) -> dict[str, Any]:
    """Return a token that was sampled, the first of `top`, with all of these beside it."""
    first = next(iter(top))
    beside = [{"token": text, "logprob": value} for text, value in top.items()]
    return {"token": first, "logprob": top[first], "top": beside}


def found(table: pa.Table, *with_options: str) -> list[float]:
    """Return the margins of a table's rows."""
    values: list[float] = margins(table, set(with_options))["margin"].tolist()
    return values


def test_a_margin_is_between_the_two_likeliest_first_tokens() -> None:
    """Whatever their order, whichever was sampled; later tokens do not count."""
    table = rows({"a": -0.5, "b": -2.0, "c": -4.0}, {"c": -4.0, "a": -0.5, "b": -2.0})

    assert found(table) == pytest.approx([1.5, 1.5])


def test_the_sampled_token_counts_where_it_is_not_among_its_alternatives() -> None:
    """Servers that list the likeliest five leave out a token that was sampled from further down."""
    sampled = {**token({"a": -0.5}), "top": [{"token": "b", "logprob": -2.0}]}

    assert found(rows({"x": 0.0}, tokens=[[sampled]])) == pytest.approx([1.5])


def test_what_is_not_known_has_no_margin() -> None:
    """No tokens, one alternative, and what a server calls impossible."""
    table = rows({}, {"a": -0.1}, {"a": -0.1, "b": -9999.0}, {"a": -0.1, "b": float("-inf")})

    assert pd.isna(found(table)).all()


def test_options_give_a_margin_with_a_sign() -> None:
    """It is that of A over B, in parentheses or not, and unknown where one of them is."""
    table = rows(
        {"A": -0.2, "B": -1.7},
        {" b": -0.2, "(A": -1.7, "C": -3.0},
        {"A": -0.2, "C": -1.7},
    )

    first, second, third = found(table, "p0", "p1", "p2")
    assert [first, second] == pytest.approx([1.5, -1.5])
    assert pd.isna([third]).all()


def test_only_first_samples_have_margins() -> None:
    """A second sample begins with the same tokens, and would count twice."""
    table = rows({"a": -0.5, "b": -2.0}, {"a": -0.5, "b": -3.0}, sample=[1, 0])

    assert found(table) == [2.5]
