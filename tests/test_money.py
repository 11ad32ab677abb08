"""Money: prices are read or refused, and a budget stops before it is passed."""

from pathlib import Path
from typing import Any

import pytest

from inward.errors import InputError, ProviderError
from inward.files import read_json_lines, write_json
from inward.money import NOTHING, Price, Prices, Purse, open_purse, read_prices, spent
from inward.requests import Request, Usage, user
from inward.store import ResponseStore

from .conftest import ROOT
from .sampling import DIALECTS, KEY, VARIABLE, Site, site

PRICES = """
as_of: 2026-11-23
models:
  m: {input: 1.0, output: 2.0, training: 3.0, ends: 2027-01-14}
  ft:m: {input: 4.0, output: 8.0}
  unknown: {input: null, output: null}
  half: {input: 1.0}
"""
DOLLAR = Price(0.0, 1e6)  # a token of an answer costs a dollar


def prices(tmp_path: Path, text: str = PRICES) -> Prices:
    """Return the prices that a text lists."""
    (tmp_path / "prices.yaml").write_text(text)
    return read_prices(tmp_path / "prices.yaml")


def request(text: str = "a", model: str = "m") -> Request:
    """Return a request for eight tokens at most."""
    return Request(
        "openai", "http://x", {"model": model, "messages": user(text), "max_tokens": 8}, 0
    )


def test_prices_are_read(tmp_path: Path) -> None:
    """Dollars for a million tokens; finetunes of a model have a price of their own."""
    found = prices(tmp_path)

    assert found.of("m") == Price(1.0, 2.0, 3.0)
    assert found.of("m").of(Usage(1_000_000, 500_000)) == 2.0
    assert found.of("m").of_training(2_000_000) == 6.0
    assert found.of("ft:m:org:name:id") == Price(4.0, 8.0)
    assert found.ends == {"m": "2027-01-14"}


@pytest.mark.parametrize("model", ["unknown", "half", "nowhere", "ft:nowhere:x"])
def test_what_is_not_listed_is_unknown(tmp_path: Path, model: str) -> None:
    """And never nothing."""
    assert prices(tmp_path).of(model).of(Usage(1, 1)) is None


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "not a list of prices"),
        ("as_of: x", "not a list of prices ('models')"),
        ("as_of: x\nmodels: {m: }", "not a list of prices"),
        ("as_of: x\nmodels: {m: {input: -1}}", "-1 is no price"),
        ("as_of: x\nmodels: {m: {input: .nan}}", "nan is no price"),
        ("as_of: x\nmodels: {m: {input: .inf}}", "inf is no price"),
        ("as_of: x\nmodels: {m: {input: true}}", "True is no price"),
        ("as_of: x\nmodels: {m: {input: cheap}}", "could not convert"),
        ("as_of: x\nmodels: {m: {imput: 1}}", "'imput' is none of input, output"),
        ("as_of: x\nmodels: {m: {ends: soon}}", "soon"),
        ("as_of: [", "not a list of prices"),
    ],
)
def test_a_broken_list_is_one_line(tmp_path: Path, text: str, said: str) -> None:
    """With the file, what is wrong, and the mend."""
    with pytest.raises(InputError) as error:
        prices(tmp_path, text)

    assert said in str(error.value)
    assert str(error.value).startswith(str(tmp_path / "prices.yaml"))
    assert str(error.value).endswith("compare it with the project's own prices.yaml")
    assert "\n" not in str(error.value)


def test_a_list_that_is_not_there_is_one_line(tmp_path: Path) -> None:
    """Likewise."""
    with pytest.raises(InputError, match="not a list of prices"):
        read_prices(tmp_path / "none.yaml")


def test_the_projects_own_list_is_in_order() -> None:
    """And invents no price of a real model."""
    found = read_prices(ROOT / "prices.yaml")

    assert found.of("sim-heron").of(Usage(1, 1)) is not None
    assert found.of("gpt-4o-2024-08-06").input is None


def test_a_purse_sets_aside_settles_and_gives_back() -> None:
    """The most that a request may cost is set aside; what it costs is taken; a failure is free."""
    purse = Purse(DOLLAR, left=20.0, budget=20.0)
    assert purse.hold(request("a"))
    assert purse.hold(request("b"))
    assert not purse.hold(request("c"))
    assert purse.left == 4.0
    assert purse.settle(request("a"), Usage(5, 3)) == 3.0
    assert purse.left == 9.0
    assert purse.hold(request("c"))
    purse.release(request("c"))
    purse.release(request("b"))
    assert purse.left == 17.0
    assert purse.settle(request("d"), Usage(1, 1)) == 1.0
    assert purse.left == 16.0


def test_an_answer_without_usage_costs_the_most() -> None:
    """What is not known is not counted as nothing."""
    purse = Purse(DOLLAR, left=20.0, budget=20.0)
    purse.hold(request())

    assert purse.settle(request(), None) is None
    assert purse.left == 12.0


def test_an_empty_purse_refuses() -> None:
    """Once nothing is set aside that could be put back."""
    purse = Purse(DOLLAR, left=7.0, budget=20.0)
    with pytest.raises(
        ProviderError, match=r"budget of \$20 is used up: \$7.0000 are left, and one"
    ):
        purse.hold(request())


def test_what_costs_nothing_is_always_paid() -> None:
    """Also from an empty purse."""
    assert Purse(Price(0.0, 0.0), left=0.0, budget=1.0).hold(request())
    assert Purse(NOTHING).hold(request())


def record(model: str, **more: Any) -> dict[str, Any]:
    """Return the record of a model."""
    return {"provider": "openai", "model": model, "base_url": "http://x", **more}


def test_an_unknown_price_and_a_budget_do_not_go_together(tmp_path: Path) -> None:
    """One line names the model; without a budget it does not matter."""
    with pytest.raises(ProviderError, match=r"what unknown costs is unknown; enter it in the file"):
        open_purse(record("unknown"), tmp_path, prices(tmp_path), 5.0)
    assert open_purse(record("unknown"), tmp_path, prices(tmp_path), None).left is None


def test_what_was_spent_before_counts(tmp_path: Path) -> None:
    """Answers of all models, also those that were lost on their way, and finetunes."""
    with ResponseStore(tmp_path, "x") as store:
        store.add(request(), {"usage": {"prompt_tokens": 1_000_000, "completion_tokens": 0}})
        store.add_error(request("b"), "no answer", Usage(0, 500_000))
        store.add_error(request("c"), "HTTP 500")
    run = tmp_path / "runs/k"
    write_json(run / "job.json", {"submitted": {"base": {"model": "m"}}, "estimated_tokens": 1e6})

    assert open_purse(record("m"), tmp_path, prices(tmp_path), 10.0).left == 10 - 1 - 1 - 3
    write_json(run / "result.json", {"trained_tokens": 2_000_000})
    assert open_purse(record("m"), tmp_path, prices(tmp_path), 10.0).left == 10 - 1 - 1 - 6
    assert sorted(cost or 0.0 for _, cost in spent(tmp_path, prices(tmp_path))) == [1.0, 1.0, 6.0]


FAULTS = ["truncated", "cut_body", "dropped_after", "broken", "busy"]


@pytest.mark.parametrize("dialect", DIALECTS)
@pytest.mark.parametrize("faults", [[], FAULTS])
def test_a_budget_is_never_passed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, dialect: str, faults: list[str]
) -> None:
    """With many in flight, replies that are lost, and over two runs: by the server's own count."""
    monkeypatch.setenv(VARIABLE, KEY)
    listed = Prices("now", {"sim-heron": DOLLAR}, {})
    with site(tmp_path, dialect, log_bodies=True) as hosted:
        for kind in faults:
            hosted.plan(kind)
        for budget, runs in ((150.0, 2), (200.0, 1)):
            for _ in range(runs):
                purse = open_purse(hosted.record(), hosted.store, listed, budget)
                with pytest.raises(ProviderError, match="is used up") as error:
                    hosted.ask(400, purse=purse, in_flight=64)
                assert "\n" not in str(error.value)
            assert budget - 8 < known(hosted) + lost(hosted) <= budget
            assert known(hosted) + billed_in_vain(hosted) <= budget


def known(hosted: Site) -> int:
    """Return the dollars for answers in the store."""
    return sum(int(one["response"]["usage"]["completion_tokens"]) for one in hosted.stored())


def lost(hosted: Site) -> int:
    """Return the dollars that lost answers may have cost."""
    errors = (hosted.store / "errors").rglob("*.jsonl")
    return sum(
        int(line.get("lost", [0, 0])[1]) for path in errors for line in read_json_lines(path)
    )


def billed_in_vain(hosted: Site) -> int:
    """Return the most that the server has billed for replies it did not send whole."""
    return sum(8 for line in read_json_lines(hosted.log) if line["paid"] and not line["whole"])
