"""Requests: what makes two of them different, and what does not."""

from dataclasses import replace
from typing import Any

import pytest

from inward.requests import Request, user

BODY = {"model": "m", "messages": user("a"), "temperature": 0.5}
REQUEST = Request("local", "http://127.0.0.1:1/v1", BODY, 0)


@pytest.mark.parametrize(
    "change",
    [
        {"dialect": "openai"},
        {"base_url": None},
        {"body": {**BODY, "model": "n"}},
        {"body": {**BODY, "messages": user("b")}},
        {"body": {**BODY, "messages": [{"role": "system", "content": ""}, *user("a")]}},
        {"body": {**BODY, "temperature": 0.6}},
        {"body": {**BODY, "seed": 1}},
        {"sample": 1},
    ],
)
def test_whatever_may_change_an_answer_changes_the_key(change: dict[str, Any]) -> None:
    """Each field of a request is in its key, and everything in its body."""
    assert replace(REQUEST, **change).key != REQUEST.key


def test_the_order_of_keys_does_not_matter() -> None:
    """Bodies with the same content have the same key, however they were built."""
    turned = dict(reversed(BODY.items()))

    assert replace(REQUEST, body=turned).key == REQUEST.key


def test_the_key_is_what_it_has_been() -> None:
    """The key of a given request never changes, or all stores would be worth nothing."""
    request = Request("local", None, BODY, 0)

    assert request.key == "0198335db016bf4fa3f5a08f1ca4ffbbddd534f6ef2c4123bf93a330f0193965"
