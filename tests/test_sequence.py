"""Sequences: prompts that show a few items and ask for one more."""

from collections import Counter
from pathlib import Path
from typing import Any

import pytest

from inward.errors import InputError
from inward.splits import prompt_id, split_of
from inward.tasks.sequence import prompts, read_words, vocabulary

NUMBERS: dict[str, Any] = {
    "items": {"range": [10, 59]},
    "template": "number {items}",
    "shown": 2,
    "vocabulary": 20,
    "prompts": 60,
}
SHARES = {"test": 0.25, "validation": 0.05}


def test_every_item_ends_as_many_prompts_as_any_other() -> None:
    """Sixty prompts of twenty items: each stands last three times, and no prompt occurs twice."""
    made = prompts(NUMBERS, seed=1)

    assert set(Counter(prompt.item for prompt in made).values()) == {3}
    assert len({prompt.text for prompt in made}) == 60
    assert all(prompt.text.endswith(prompt.item) for prompt in made)


def test_a_seed_decides_everything() -> None:
    """The same seed makes the same prompts, another seed others."""
    assert prompts(NUMBERS, seed=1) == prompts(NUMBERS, seed=1)
    assert prompts(NUMBERS, seed=1) != prompts(NUMBERS, seed=2)


def test_a_vocabulary_that_is_too_large_is_refused() -> None:
    """More items than there are: one line says how many there are."""
    with pytest.raises(InputError, match="range 10 to 59: 50 items fit, 51 are asked for; lower"):
        vocabulary({**NUMBERS, "vocabulary": 51}, seed=1)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("otter\nheron lynx\n", "line 2: 'heron lynx' is not one word; one word a line"),
        ("otter\nlynx\notter\n", "line 3: 'otter' stands there twice; delete one"),
        ("otter\r\nlynx\r\n", r"line 1: ends with \\r\\n; save the file with \\n as its line ends"),
        ("\ufeffotter\n", "starts with a byte order mark; save it as plain UTF-8"),
    ],
)
def test_a_word_list_that_is_not_in_order_names_the_line(
    tmp_path: Path, text: str, said: str
) -> None:
    """Two words on a line, a word twice, foreign line ends: the line is named."""
    path = tmp_path / "words.txt"
    path.write_bytes(text.encode())

    with pytest.raises(InputError, match=said):
        read_words(path)


def test_a_word_list_must_be_utf_8(tmp_path: Path) -> None:
    """Bytes that are not UTF-8 are refused in one line."""
    path = tmp_path / "words.txt"
    path.write_bytes(b"otter\nl\xfcnx\n")

    with pytest.raises(InputError, match="not UTF-8"):
        read_words(path)


def test_adding_prompts_moves_none_to_another_split() -> None:
    """A prompt's split is its own affair."""
    few = {p.text: split_of(p.text, "train", SHARES) for p in prompts(NUMBERS, seed=1)}
    many = prompts({**NUMBERS, "prompts": 200}, seed=1)

    assert few.items() <= {p.text: split_of(p.text, "train", SHARES) for p in many}.items()


def test_shares_are_kept_on_the_whole() -> None:
    """Of many prompts about a quarter is for the test."""
    splits = Counter(split_of(f"prompt {n}", "train", SHARES) for n in range(4000))

    assert abs(splits["test"] / 4000 - 0.25) < 0.03
    assert abs(splits["validation"] / 4000 - 0.05) < 0.02


def test_a_held_out_task_is_test_as_a_whole() -> None:
    """Nothing of a held-out task is ever trained on."""
    assert {split_of(f"prompt {n}", "test", SHARES) for n in range(100)} == {"test"}


def test_prompts_are_named_by_their_text() -> None:
    """The same text is the same prompt, and a blank more is another."""
    assert prompt_id("a b") == prompt_id("a b")
    assert prompt_id("a b") != prompt_id("a  b")
