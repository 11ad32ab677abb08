"""The training-run store: a run is known by its key and done once."""

import os
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from inward.files import written_whole
from inward.runs import RunStore, TrainingRun

RUN = TrainingRun(
    provider="local",
    base={"weights": "b"},
    training_rows="t",
    validation_rows="v",
    hyperparameters={"epochs": 1},
    seed=1,
    trainer="local 1",
)


@pytest.mark.parametrize(
    "change",
    [
        {"provider": "openai"},
        {"base": {"weights": "c"}},
        {"training_rows": "u"},
        {"validation_rows": "w"},
        {"hyperparameters": {"epochs": 2}},
        {"seed": 2},
        {"trainer": "local 2"},
    ],
)
def test_whatever_may_change_the_weights_changes_the_key(change: dict[str, Any]) -> None:
    """Each field of a run is in its key."""
    assert replace(RUN, **change).key != RUN.key


def test_an_intent_comes_back_whole(tmp_path: Path) -> None:
    """What was intended can be read back under its key, and is written once."""
    store = RunStore(tmp_path)
    store.intend(RUN)
    store.intend(RUN)

    assert store.intent(RUN.key) == RUN
    assert store.result(RUN.key) is None


def test_unfinished_weights_are_never_taken_for_finished_ones(tmp_path: Path) -> None:
    """A training that fails leaves no weights, and the next one can write them."""
    store = RunStore(tmp_path)
    store.intend(RUN)
    with pytest.raises(RuntimeError), store.writing_weights(RUN.key) as folder:
        (folder / "half").write_text("half")
        raise RuntimeError
    with store.writing_weights(RUN.key) as folder:
        (folder / "whole").write_text("whole")

    assert [path.name for path in store.weights(RUN.key).iterdir()] == ["whole"]
    assert sorted(path.name for path in (tmp_path / "runs" / RUN.key).iterdir()) == [
        "intent.json",
        "weights",
    ]


def test_of_two_trainers_of_one_run_the_first_to_end_is_kept(tmp_path: Path) -> None:
    """Two processes that train the same run do not disturb each other."""
    store = RunStore(tmp_path)
    store.intend(RUN)
    with store.writing_weights(RUN.key) as slow:
        (slow / "by").write_text("slow")
        with store.writing_weights(RUN.key) as fast:
            (fast / "by").write_text("fast")

    assert (store.weights(RUN.key) / "by").read_text() == "fast"


def test_what_killed_processes_left_of_a_run_goes_when_it_is_complete(tmp_path: Path) -> None:
    """Half of a checkpoint, or of the weights, may be as large as these."""
    store = RunStore(tmp_path)
    store.intend(RUN)
    folder = tmp_path / "runs" / RUN.key
    with written_whole(store.checkpoint(RUN.key)) as half:
        half.write_text("half")
        os.link(half, folder / half.name.replace(".checkpoint.", ".checkpoint.0"))
    (folder / "weights.partial-left").mkdir()
    (folder / "weights.partial-left/half").write_text("of the weights")
    with store.writing_weights(RUN.key) as weights:
        (weights / "whole").write_text("whole")
    store.finish(RUN.key, {"weights": {}})

    assert {path.name for path in folder.iterdir()} == {"intent.json", "weights", "result.json"}
