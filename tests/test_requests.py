"""Requests: what makes two of them different, and what does not."""

from dataclasses import replace
from typing import Any

import pytest

from inward.requests import Request, Sampling, user

SAMPLING = Sampling(temperature=0.5, max_tokens=8, top_logprobs=5)
REQUEST = Request("local", "http://127.0.0.1:1/v1", "m", user("a"), SAMPLING, 0)


@pytest.mark.parametrize(
    "change",
    [
        {"dialect": "openai"},
        {"base_url": None},
        {"model": "n"},
        {"messages": user("b")},
        {"messages": ({"role": "system", "content": ""}, *user("a"))},
        {"sampling": replace(SAMPLING, temperature=0.6)},
        {"sampling": replace(SAMPLING, max_tokens=9)},
        {"sampling": replace(SAMPLING, top_logprobs=4)},
        {"sample": 1},
    ],
)
def test_whatever_may_change_an_answer_changes_the_key(change: dict[str, Any]) -> None:
    """Each field of a request is in its key."""
    assert replace(REQUEST, **change).key != REQUEST.key


def test_the_order_of_keys_does_not_matter() -> None:
    """Messages with the same content have the same key, however they were built."""
    turned = ({"content": "a", "role": "user"},)

    assert REQUEST.key == Request("local", REQUEST.base_url, "m", turned, SAMPLING, 0).key


def test_the_key_is_what_it_has_been() -> None:
    """The key of a given request never changes, or all stores would be worth nothing."""
    request = Request("local", None, "m", user("a"), SAMPLING, 0)

    assert request.key == "536ebbaa112a6e3da307b648af8d2fc4773797d84b521b5e92caa4361092b9ca"
