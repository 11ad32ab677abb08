"""The plan: what a study would ask and pay, without a key, and without sending anything."""

from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from inward.money import UNKNOWN, Price, Prices
from inward.plan import asked, closings, endings, price_of, table, trained
from inward.providers import open_provider
from inward.requests import Sampling, user
from inward.store import ResponseStore
from plan import _new

SAMPLING = Sampling(temperature=0, max_tokens=10, top_logprobs=0)
HOSTED = {
    "provider": "openai",
    "model": "m",
    "base_url": "http://127.0.0.1:1/v1",
    "key_variable": "NO_KEY",
    "limit": "max_tokens",
}
QUESTIONS = pd.DataFrame({"question": ["x" * 40] * 3, "sample": [0, 1, 2]})
PRICE = Price(input=1e6, output=1e5, training=1e6)


def line(record: dict[str, Any] | None, store: Path, price: Price = PRICE) -> Any:
    """Return the plan's line for three questions."""
    return asked("s", "behaviors", QUESTIONS, SAMPLING, record=record, price=price, store=store)


def test_what_the_store_has_is_not_counted_again(tmp_path: Path) -> None:
    """Tokens and cost are those of the requests that are missing."""
    provider = open_provider(HOSTED, tmp_path)
    with ResponseStore(tmp_path, provider.model) as responses:
        responses.add(provider.request(user("x" * 40), SAMPLING, 1), {"choices": []})
    found = line(HOSTED, tmp_path)

    assert (found.requests, found.stored) == (3, 1)
    assert found.tokens == 2 * (10 + 10)
    assert found.cost == pytest.approx(20 * 1 + 20 * 0.1)


def test_who_is_not_there_yet_may_have_answered_already(tmp_path: Path) -> None:
    """What the store has of a subject that is yet to be trained is not known; all is counted."""
    found = line(None, tmp_path)

    assert (found.requests, found.stored) == (3, None)
    assert "not known yet" in table([found])


def test_who_is_asked_nothing_is_planned_with_nothing(tmp_path: Path) -> None:
    """Another may behave for a subject; then there is nothing to be asked, and all of it known."""
    for record in (HOSTED, None):
        found = asked(
            "s", "behaviors", QUESTIONS[:0], SAMPLING, record=record, price=PRICE, store=tmp_path
        )

        assert (found.requests, found.stored, found.tokens, found.cost) == (0, 0, 0, 0)


def test_the_same_request_is_planned_once() -> None:
    """For two subjects that are one model; other questions, samplings and models stay."""
    one = {"run": "wren", "sampling": {"behaviors": {"temperature": 0}}}
    seen: set[tuple[str, ...]] = set()

    assert len(_new(QUESTIONS[:2], one, "behaviors", seen)) == 2
    assert list(_new(QUESTIONS, one, "behaviors", seen)["sample"]) == [2]
    assert len(_new(QUESTIONS, {**one, "run": "finch"}, "behaviors", seen)) == 3
    hot = {**one, "sampling": {"behaviors": {"temperature": 1}}}
    assert len(_new(QUESTIONS, hot, "behaviors", seen)) == 3


def test_an_unknown_price_is_never_nothing(tmp_path: Path) -> None:
    """It is said to be unknown, in its line and in the sum."""
    unknown, known = line(HOSTED, tmp_path, Price()), line(HOSTED, tmp_path)
    lines = table([unknown, known]).splitlines()

    assert unknown.cost is None
    assert lines[1].endswith("unknown")
    assert lines[-1].endswith(f"${known.cost:,.2f} + unknown")
    assert table([unknown]).splitlines()[-1].endswith("unknown")


def test_nothing_left_costs_nothing(tmp_path: Path) -> None:
    """Whatever a price may be, what is in the store, and what is trained, is paid."""
    provider = open_provider(HOSTED, tmp_path)
    with ResponseStore(tmp_path, provider.model) as responses:
        for sample in range(3):
            responses.add(provider.request(user("x" * 40), SAMPLING, sample), {"choices": []})

    assert line(HOSTED, tmp_path, Price()).cost == 0
    assert trained("f", 1000, 2, Price(), done=True).cost == 0
    assert line({"provider": "baseline", "rule": "last_item"}, tmp_path).tokens == 0


def test_training_is_paid_by_the_token_in_each_epoch() -> None:
    """A token is about four bytes."""
    found = trained("f", 4000, 3, PRICE, done=False)

    assert found.tokens == 3000
    assert found.cost == pytest.approx(3000)


def test_finetunes_have_prices_of_their_own() -> None:
    """At OpenAI by the token; what Together serves is billed by the hour, which nobody knows yet."""
    prices = Prices("today", {"m": PRICE, "ft:m": Price(2.0, 3.0)}, {})

    assert price_of("openai", "m", prices, finetuned=False) == PRICE
    assert price_of("openai", "m", prices, finetuned=True) == Price(2.0, 3.0, PRICE.training)
    assert price_of("together", "m", prices, finetuned=True) == Price(training=PRICE.training)
    assert price_of("openai", "n", prices, finetuned=True) == Price()
    assert price_of("local", None, UNKNOWN, finetuned=True).of_training(10) == 0


def test_what_ends_is_named_with_its_day() -> None:
    """Models that have ended or will, and servers that will train no more."""
    prices = Prices(
        "today",
        {},
        {"old": "2020-01-01", "new": "2999-01-01"},
        {"https://api.openai.com": "2027-01-06"},
    )

    assert endings(["old", "new", "other"], prices) == [
        "new stops answering on 2999-01-01",
        "old stopped answering on 2020-01-01",
    ]
    assert closings(["https://api.openai.com/v1", "http://own"], prices) == [
        "https://api.openai.com/v1 takes training jobs until 2027-01-06 only"
    ]
