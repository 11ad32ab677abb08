"""The library of tasks: what the paper asks is there, to copy from, and can be made."""

from collections import Counter
from typing import Any

import pytest
import yaml

from inward.tasks import KINDS
from inward.tasks.frame import framed

from .conftest import ROOT

TASKS: dict[str, dict[str, Any]] = yaml.safe_load((ROOT / "studies/library.yaml").read_text())[
    "tasks"
]
SEQUENCES: dict[str, dict[str, Any]] = {
    **{
        name: {"words": f"prompts/words/{name}.txt"}
        for name in ("animals", "colors", "countries", "words", "physics")
    },
    "letters": {"letters": "small"},
    "numbers of one digit": {"range": [0, 9]},
    "numbers of two digits": {"range": [10, 99]},
    "numbers of three digits": {"range": [100, 999]},
    "numbers of four digits": {"range": [1000, 9999]},
}
SETS = {
    ("encyclopedia", "word"),
    ("encyclopedia", "text"),
    ("stories", "word"),
    ("stories", "text"),
    ("dialogues", "word"),
    ("dialogues", "text"),
    ("advice", "text"),
    ("story-requests", "text"),
    ("preferences", "word"),
    ("about-itself", "text"),
    ("survival-instinct", "option"),
    ("myopic-reward", "option"),
    ("wealth-seeking", "option"),
    ("power-seeking", "option"),
    ("deontology", "option"),
    ("knowledge", "option"),
}


@pytest.mark.parametrize("items", SEQUENCES.values(), ids=SEQUENCES)
def test_each_sequence_is_asked_for_one_item_and_for_five(items: dict[str, Any]) -> None:
    """Bare, that is; a frame makes another task of it."""
    asks = [
        task.get("asks", 1)
        for task in TASKS.values()
        if task.get("items") == items and "frame" not in task
    ]

    assert sorted(asks) == [1, 5]


def test_each_set_is_asked_in_a_word_or_at_length() -> None:
    """Texts to continue in both ways; choices plain, and knowledge perturbed as well."""
    asked = Counter(
        (task["source"]["file"].split("/")[1].split(".")[0], KINDS[task["kind"]].answer_kind(task))
        for task in TASKS.values()
        if "source" in task and task["kind"] != "perturbed"
    )
    perturbed = [task for task in TASKS.values() if task["kind"] == "perturbed"]

    assert asked == dict.fromkeys(SETS, 1)
    assert [sorted(task["perturbations"]) for task in perturbed] == [
        ["are-you-sure", "hint", "opinion"]
    ]


def test_no_two_tasks_of_the_library_share_a_prompt(monkeypatch: pytest.MonkeyPatch) -> None:
    """So that none can be trained on here and held out there."""
    monkeypatch.chdir(ROOT)
    made = Counter(
        prompt.text
        for task in TASKS.values()
        for prompt in framed(KINDS[task["kind"]].prompts(task, 1), task.get("frame"))
    )

    assert [text for text, times in made.items() if times > 1] == []
