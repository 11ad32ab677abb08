"""Prefixes: what prompts have in common is read once, and nothing else is read in its place."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from inward.providers.prefixes import Tokens, best_cuts, cut

prompts = st.lists(
    st.lists(st.integers(0, 2), min_size=3, max_size=12).map(tuple), min_size=1, max_size=20
)


@given(prompts, st.integers(1, 2))
def test_heads_and_tails_make_the_prompts(asked: list[Tokens], tail: int) -> None:
    """Each prompt is its head, less what is dropped, and its own tail."""
    found = cut(asked, tail)
    for prompt, parent, dropped in zip(asked, found.parents, found.dropped, strict=True):
        head = found.heads[parent]

        assert head[: len(head) - dropped] + prompt[-tail:] == prompt


@given(prompts, st.integers(1, 2))
def test_no_head_begins_another(asked: list[Tokens], tail: int) -> None:
    """What is the beginning of something else is not read for itself."""
    heads = cut(asked, tail).heads

    assert not any(
        other[: len(head)] == head for head in heads for other in heads if other is not head
    )


def test_what_all_say_first_is_read_once() -> None:
    """A hundred prompts behind one instruction are one head, and what is their own."""
    instruction = tuple(range(1000, 1200))
    asked = [(*instruction, *([0] * (number % 3)), number, 7) for number in range(100)]
    found = best_cuts(asked)

    assert [one.heads for one in found] == [[(*instruction, 0, 0)]]
    assert found[0].tail == 2


def test_prompts_of_two_depths_are_cut_twice() -> None:
    """Several questions about one text, behind an instruction that all have: each is read once."""
    asked = [
        (*range(1000, 1300), *([text] * 200), question, 7)
        for text in range(20)
        for question in range(10)
    ]
    counts = [len(one.heads) for one in best_cuts(asked)]

    assert counts == [20, 1]


@pytest.mark.parametrize("asked", [[(1, 2, 3)], [(1,), (1, 2)], [(1, 2, 3), (4, 5, 6)] * 5])
def test_what_is_not_worth_another_pass_is_not_cut(asked: list[Tokens]) -> None:
    """A few tokens are read again sooner than the network is called again."""
    assert best_cuts(asked) == []
