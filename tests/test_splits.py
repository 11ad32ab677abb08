"""Splits: a prompt's own digest decides what it is for."""

from collections import Counter

import pytest

from inward.splits import prompt_id, split_of

SHARES = {"test": 0.25, "validation": 0.05}
TEXTS = [f"animal otter {number}" for number in range(3000)]


def test_the_name_of_a_prompt_is_what_it_has_been() -> None:
    """A prompt is named by the first 16 digits of its text's SHA-256."""
    assert prompt_id("abc") == "ba7816bf8f01cfea"


def test_adding_and_removing_prompts_moves_none() -> None:
    """The split of a prompt is the same among ten prompts as among three thousand."""
    many = {text: split_of(text, "train", SHARES) for text in reversed(TEXTS)}

    assert {text: split_of(text, "train", SHARES) for text in TEXTS[:10]}.items() <= many.items()


@pytest.mark.parametrize(
    "shares",
    [SHARES, {"test": 0.5, "validation": 0.5}, {"test": 0.1, "validation": 0.3}],
)
def test_shares_are_roughly_kept(shares: dict[str, float]) -> None:
    """Of three thousand prompts each split gets its share, give or take three in a hundred."""
    splits = Counter(split_of(text, "train", shares) for text in TEXTS)

    assert abs(splits["test"] / 3000 - shares["test"]) < 0.03
    assert abs(splits["validation"] / 3000 - shares["validation"]) < 0.03
    assert sum(splits[split] for split in ("train", "validation", "test")) == 3000


@pytest.mark.parametrize(
    ("shares", "expected"),
    [
        ({"test": 0.0, "validation": 0.0}, {"train"}),
        ({"test": 1.0, "validation": 0.0}, {"test"}),
        ({"test": 0.0, "validation": 1.0}, {"validation"}),
    ],
)
def test_a_share_of_nothing_or_all_is_exact(shares: dict[str, float], expected: set[str]) -> None:
    """Where a split gets all prompts no other gets one."""
    assert expected == {split_of(text, "train", shares) for text in TEXTS}


def test_a_larger_test_share_takes_none_back() -> None:
    """When the share of the test is raised, what was held out stays held out."""
    before = {t for t in TEXTS if split_of(t, "train", SHARES) == "test"}
    larger = {"test": 0.5, "validation": 0.05}

    assert before < {t for t in TEXTS if split_of(t, "train", larger) == "test"}


def test_a_held_out_task_is_all_test() -> None:
    """Of a held-out task no prompt is for training, whatever the shares."""
    shares = {"test": 0.0, "validation": 0.5}

    assert {"test"} == {split_of(text, "test", shares) for text in TEXTS}
