"""The headline: what came out, in lines that can be read aloud."""

from typing import Any

import pandas as pd
import pytest

from inward.cells import ALL
from inward.headline import headline

ROW: dict[str, Any] = {
    "target": "wren-self",
    "self_predictor": "wren-self",
    "cross_predictor": "finch-on-wren",
    "role": "test",
    "task": ALL,
    "property": "first_word",
    "average": "macro",
    "self_accuracy": 0.5,
    "cross_accuracy": 0.625,
    "mode_baseline": 0.25,
    "advantage": -0.125,
    "low": -0.2,
    "high": 0.05,
}


def said(*rows: dict[str, Any]) -> list[str]:
    """Return the lines of the headline of these rows, each a change to ROW."""
    frame = pd.DataFrame([{**ROW, **row} for row in rows])
    return headline("small", frame, "figures/a.html").splitlines()


def test_the_headline_reads_like_this() -> None:
    """One block for a target, one line for a property, and where the figures are."""
    assert said({}) == [
        "Study small: macro averages over tasks, in percent",
        "",
        "wren-self on held-out tasks (cross: finch-on-wren)",
        "  property             self  cross   mode   self - cross",
        "  first word           50.0   62.5   25.0    -12.5 [-20.0, +5.0]",
        "",
        "Figures: figures/a.html",
    ]


def test_held_in_tasks_come_before_held_out_ones() -> None:
    """Each target and role has its own block, in an order that does not depend on the table's."""
    rows = [
        {"role": "test"},
        {"role": "train"},
        {"role": "test", "target": "finch-self"},
        {"role": "test", "cross_predictor": "another"},
    ]
    heads = [line for line in said(*rows) if "(cross: " in line]

    assert heads == [
        "wren-self on held-out prompts of held-in tasks (cross: finch-on-wren)",
        "finch-self on held-out tasks (cross: finch-on-wren)",
        "wren-self on held-out tasks (cross: another)",
        "wren-self on held-out tasks (cross: finch-on-wren)",
    ]
    assert said(*rows) == said(*reversed(rows))


def test_all_properties_stand_last() -> None:
    """Properties are in the order of their names, and the average over all of them ends."""
    lines = said({"property": ALL}, {"property": "second_character"}, {"property": "first_word"})

    assert [line[2:20].strip() for line in lines[4:7]] == [
        "first word",
        "second character",
        "all properties",
    ]


@pytest.mark.parametrize("other", [{"task": "animals"}, {"average": "micro"}])
def test_only_macro_averages_over_tasks_are_told(other: dict[str, str]) -> None:
    """Single tasks and micro averages are left to the tables."""
    assert said({}) == said({}, {**other, "self_accuracy": 0.0})


def test_what_is_undefined_is_a_dash() -> None:
    """A number that there is not is shown as one dash, never as nan."""
    undefined = dict.fromkeys(
        ("self_accuracy", "cross_accuracy", "mode_baseline", "advantage", "low", "high")
    )
    lines = said(undefined)

    assert lines[4].split() == ["first", "word", "-", "-", "-", "-", "[-,", "-]"]
    assert "nan" not in "\n".join(lines)
