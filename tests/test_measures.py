"""Measures: averages over the rows that have them, on draws that all of them share."""

import pandas as pd
import pytest

from inward.accuracies import accuracy
from inward.cells import ALL
from inward.measures import Measured, commonest, measure

from .planted import BOOTSTRAP, FIRST, LAST, items

LABELS = {"wren": "aabbc-dd"}
ANSWERS = {"wren": "aab-caad"}


def table(labels: dict[str, str] = LABELS) -> pd.DataFrame:
    """Return items of two tasks with a column `right`."""
    found = pd.concat(
        [
            items(labels, ANSWERS),
            items(labels, {"wren": "xabbcdxd"}, name=LAST),
            items(labels, {"wren": "axxbcdxd"}, task="words"),
        ],
        ignore_index=True,
    )
    return found.assign(right=found["correct"].astype("Float64"))


def of(found: list[Measured], task: str, name: str, average: str = "micro") -> Measured:
    """Return the measures of one cell."""
    [cell] = [
        one
        for one in found
        if (one.cell.task, one.cell.property, one.cell.average) == (task, name, average)
    ]
    return cell


def test_a_measure_is_an_accuracy_where_it_says_what_is_right() -> None:
    """Shares, counts and all bounds are those of the accuracy table, to the last digit."""
    scores = accuracy(table(), BOOTSTRAP).query("compliance == 'wrong'")
    found = measure(table(), ["right"], BOOTSTRAP)

    assert len(found) == len(scores) > 10
    for row in scores.to_dict("records"):
        cell = of(found, row["task"], row["property"], row["average"])
        assert {name: row[name] for name in cell.counts("right")} == cell.counts("right")
        assert cell.value("right") == row["accuracy"]
        for name, value in cell.interval("right").items():
            assert value == pytest.approx(row[name], abs=1e-12, nan_ok=True)


def test_the_rows_of_a_measure_are_those_that_have_it() -> None:
    """Of the first five prompts of one task four are right, and three are not part of it."""
    rows = table()
    some = rows["right"].where(rows["prompt_id"] <= "animals-004")
    cell = of(measure(rows.assign(some=some), ["right", "some"], BOOTSTRAP), ALL, FIRST)

    assert (cell.value("some"), cell.count("some")) == (0.8, 4)
    assert cell.counts("some")["n_rows"] == cell.counts("some")["n_prompts"] == 5
    assert cell.counts("some")["n_tasks"] == 1
    assert str(cell.counts("some")["warning"]).startswith("5 prompts")
    assert cell.difference("some", "right") == 0.8 - cell.value("right")


def test_a_measure_and_its_copy_differ_by_nothing() -> None:
    """They are on the same draws; and no chance could make a smaller difference."""
    rows = table()
    pair = ("right", "copy")
    found = measure(rows.assign(copy=rows["right"]), pair, BOOTSTRAP, pairs=[pair])

    for cell in found:
        assert cell.difference(*pair) == 0
        assert set(cell.over_prompts(*pair, as_="of").values()) == {0}
        assert cell.chance(*pair) == 1


def test_a_row_that_is_there_twice_is_a_bug() -> None:
    """It would count once, and nobody would know which."""
    with pytest.raises(ValueError, match="two rows for first_character of prompt animals-000"):
        measure(pd.concat([table(), table()]), ["right"], BOOTSTRAP)


def test_the_commonest_label_is_of_its_task_and_property() -> None:
    """Of labels that are as common the first in order; rows without a label are not part of it."""
    rows = table({"wren": "ccbbba-d"}).query(f"task == 'animals' and property == '{FIRST}'")

    assert commonest(rows, "label").fillna(9).tolist() == [0, 0, 1, 1, 1, 0, 9, 0]
    tied = table({"wren": "ddbbcc--"}).query(f"task == 'animals' and property == '{FIRST}'")
    assert commonest(tied, "label").fillna(9).tolist() == [0, 0, 1, 1, 0, 0, 9, 9]
