"""Money: what answers and training cost, by a dated list of prices, and the budget.

An unknown price stays unknown; it is never counted as nothing.
"""

import math
import time
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from typing import Any

import yaml

from inward.digests import canonical
from inward.errors import InputError, ProviderError
from inward.files import read_json, read_json_lines
from inward.requests import Request, Usage
from inward.store import billed

MILLION = 1e6
SERVED = "/live"  # ends the name of what is served for its asker alone, and billed by the hour
FREE = {"local", "baseline", "simulated"}  # nobody bills for these


@dataclass(frozen=True)
class Price:
    """Dollars per million tokens; None where unknown."""

    input: float | None = None
    output: float | None = None
    training: float | None = None
    hour: float | None = None  # not by tokens: of a model that is served for its asker alone

    def of(self, usage: Usage) -> float | None:
        """Return what the tokens cost, or None where that is unknown."""
        if self.input is None or self.output is None:
            return None
        return (usage.prompt * self.input + usage.completion * self.output) / MILLION

    def of_training(self, tokens: float) -> float | None:
        """Return what training on so many tokens costs, or None where that is unknown."""
        return None if self.training is None else tokens * self.training / MILLION


NOTHING = Price(0.0, 0.0, 0.0, 0.0)
KINDS = ("input", "output", "training", "hour")


@dataclass(frozen=True)
class Prices:
    """A list of prices, as of a day, with the days on which models end."""

    as_of: str
    models: dict[str, Price]
    ends: dict[str, str]
    finetuning_ends: dict[str, str] = field(default_factory=dict)  # by server

    def last_day_of_finetuning(self, base_url: str) -> str | None:
        """Return the last day on which a server takes training jobs, as far as it is listed."""
        days = (day for server, day in self.finetuning_ends.items() if base_url.startswith(server))
        return next(days, None)

    def of(self, model: str) -> Price:
        """Return a model's price; all finetunes of a model, `ft:<model>:...`, have one price."""
        for name in (model, ":".join(model.split(":")[:2])):
            if name in self.models:
                return self.models[name]
        return Price()


UNKNOWN = Prices(as_of="never", models={}, ends={})


def read_prices(path: Path) -> Prices:
    """Return the prices in a YAML file; raise InputError where it is not such a list."""
    try:
        raw = yaml.safe_load(path.read_text(encoding="utf-8"))
        models = {str(name): _known(dict(entry)) for name, entry in raw["models"].items()}
        return Prices(
            as_of=str(raw["as_of"]),
            models={
                name: Price(*(_dollars(entry.get(kind)) for kind in KINDS))
                for name, entry in models.items()
            },
            ends={name: _day(entry["ends"]) for name, entry in models.items() if "ends" in entry},
            finetuning_ends={
                server: _day(day) for server, day in raw.get("finetuning_ends", {}).items()
            },
        )
    except (OSError, yaml.YAMLError, KeyError, TypeError, ValueError, AttributeError) as error:
        said = " ".join(str(error).split())
        raise InputError(
            f"{path}: not a list of prices ({said}); compare it with the project's own prices.yaml"
        ) from None


def _dollars(value: Any) -> float | None:
    if value is None:
        return None
    if isinstance(value, bool) or not 0 <= float(value) < math.inf:
        raise ValueError(f"{value!r} is no price")
    return float(value)


def _day(value: Any) -> str:
    return date.fromisoformat(str(value)).isoformat()


def _known(entry: dict[str, Any]) -> dict[str, Any]:
    unknown = entry.keys() - {*KINDS, "ends"}
    if unknown:
        raise ValueError(f"{min(map(str, unknown))!r} is none of {', '.join(KINDS)}, ends")
    return entry


def spent(store: Path, prices: Prices) -> Iterator[tuple[str, float | None]]:
    """Yield each model that a store has bills for, with what was paid; None where unknown."""
    for request, usage in billed(store):
        if request["dialect"] in FREE:
            continue
        model = request["body"]["model"]
        if not model.endswith(SERVED):
            yield model, prices.of(model).of(usage)
    for waiting in promised(store):
        model = waiting.body["model"]
        yield model, prices.of(model).of(usage_at_most(waiting))
    for path in sorted((store / "served").glob("*.jsonl")):
        for served in read_json_lines(path):
            hour = prices.of(served["base_model"]).hour
            yield served["base_model"], None if hour is None else hour * served["seconds"] / 3600
    for path in sorted((store / "runs").glob("*/job.json")):
        job, result = read_json(path), path.with_name("result.json")
        # Until a job has ended, what it was estimated to need is as good as spent.
        trained = read_json(result)["trained_tokens"] if result.exists() else None
        model = job["submitted"]["base"]["model"]
        yield model, prices.of(model).of_training(trained or job["estimated_tokens"])


def promised(store: Path) -> Iterator[Request]:
    """Yield the requests that are in batches which nobody has read yet."""
    for path in sorted((store / "batches").glob("*/*.json")):
        batch = read_json(path)
        if not batch["read"]:
            yield from (Request(**record) for record in batch["requests"].values())


@dataclass
class Purse:
    """What may still be spent on one model's answers."""

    price: Price
    left: float | None = None  # dollars, less what is set aside; None without a budget
    budget: float | None = None
    held: dict[str, float] = field(default_factory=dict)  # dollars set aside, by request key
    promised: dict[str, float] = field(default_factory=dict)  # likewise, by an earlier run
    began: float = field(default_factory=time.monotonic)

    def hold(self, request: Request) -> bool:
        """Set aside the most that a request may cost; return whether there is enough now.

        Raises ProviderError where there is not enough, and nothing is set aside that may be put
        back.
        """
        if self.left is None or request.key in self.held or request.key in self.promised:
            return True
        most = self.price.of(usage_at_most(request)) or 0.0
        hourly = self.price.hour or 0.0
        left = self.left - hourly * (time.monotonic() - self.began) / 3600
        if most <= left and (left > 0 or not hourly):
            self.held[request.key] = most
            self.left -= most
            return True
        if self.held:
            return False
        raise ProviderError(
            f"the budget of ${self.budget:g} is used up: ${left:.4f} are left, and one"
            f" more request may cost ${most:.4f}; raise `budget`, or ask less"
        )

    def settle(self, request: Request, usage: Usage | None) -> float | None:
        """Return what an answer cost, and take it out of the purse; None where unknown.

        What it may have cost at most is taken out then.
        """
        cost = self.price.of(usage) if usage else None
        held = self._taken_back(request)
        if self.left is not None and cost is not None:
            self.left += held - cost
        return cost

    def release(self, request: Request) -> None:
        """Put back what was set aside for a request that was not answered."""
        held = self._taken_back(request)
        if self.left is not None:
            self.left += held

    def _taken_back(self, request: Request) -> float:
        return self.held.pop(request.key, 0.0) + self.promised.pop(request.key, 0.0)


def open_purse(record: dict[str, Any], store: Path, prices: Prices, budget: float | None) -> Purse:
    """Return the purse for a subject's answers, with what earlier runs spent taken out.

    Raises ProviderError where there is a budget, but something has no known price.
    """
    if record["provider"] in FREE:
        return Purse(NOTHING)
    price = prices.of(record["model"])
    bill = (record["model"], price.of(Usage()))
    if "served" in record:
        price = Price(0.0, 0.0, hour=prices.of(record["base_model"]).hour)
        bill = (f"an hour of serving {record['base_model']}", price.hour and 0.0)
    if budget is None:
        return Purse(price)
    total = total_of([bill, *spent(store, prices)])
    before = {request.key: price.of(usage_at_most(request)) or 0.0 for request in promised(store)}
    return Purse(price, left=budget - total, budget=budget, promised=before)


def total_of(bills: Iterable[tuple[str, float | None]]) -> float:
    """Return the sum of bills; raise ProviderError where one is unknown."""
    total = 0.0
    for model, cost in bills:
        if cost is None:
            raise ProviderError(
                f"the budget cannot be kept, for what {model} costs is unknown; enter it in the"
                " file of `prices`"
            )
        total += cost
    return total


def usage_at_most(request: Request) -> Usage:
    """Return the most tokens that a request may be billed for: one for each byte, and its limit."""
    body = request.body
    limit = body.get("max_completion_tokens") or body.get("max_tokens") or 0
    return Usage(len(canonical(body["messages"])), limit)
