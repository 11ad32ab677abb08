"""Faults: planned one by one, or at a rate; what they do is said where they are done."""

import re
from random import Random
from typing import Any

from inward.loopback.wire import Call, Refused, Reply, refusal, reply
from inward.randomness import draws

PLAIN = {  # instead of the work, this refusal
    "slow_down": (429, "rate_limit_exceeded"),
    "busy": (429, "rate_limit_exceeded"),
    "broken": (500, "server_error"),
    "away": (503, "overloaded"),
    "unauthorized": (401, "invalid_api_key"),
    "refused": (400, "bad_request"),
}
INSTEAD = {*PLAIN, "no_quota", "page", "empty", "hang", "dropped_before"}
AFTERWARDS = {"dropped_after", "cut_body", "truncated"}  # the work is done, the reply is not whole
JOBS = {"doubled", "job_fails", "job_cancelled"}  # of what a job becomes
BATCHES = {"batch_expires", "batch_line_errors"}  # of what a batch becomes
KINDS = {*INSTEAD, *AFTERWARDS, *JOBS, *BATCHES, "slow"}
CHAT = "chat/completions"
Fault = dict[str, Any]


class Faults:
    """The plan of faults: `planned` is used up in order; `rate` and `kinds` say what else happens.

    An entry of the plan names a `fault`, and may name a `route` (the beginning of a path, or a
    pattern found in it), a `method`, how many `times` (None is always) and a `value`: the seconds
    of `slow` and of the Retry-After of `slow_down`.
    """

    def __init__(self, seed: int, rate: float = 0.0, kinds: tuple[str, ...] = ()) -> None:
        self.seed = seed
        self.planned: list[Fault] = []
        self.rate = rate
        self.kinds = kinds
        self.route = CHAT  # where faults happen at the rate
        self._draws: dict[str, Random] = {}

    def next(self, method: str, path: str) -> Fault | None:
        """Return the fault that a request meets, and use it up; None for none."""
        for fault in self.planned:
            if fault["fault"] not in KINDS:
                raise ValueError(f"no such fault: {fault['fault']}")
            if _meets(fault, method, path):
                times = fault.get("times", 1)
                if times is not None:
                    fault["times"] = times - 1
                    if times <= 1:
                        self.planned.remove(fault)
                return fault
        if self.rate and self.kinds and re.search(self.route, path):
            draw = self._draws.setdefault(
                _kind_of(path), draws(self.seed, "faults", _kind_of(path))
            )
            if draw.random() < self.rate:
                return {"fault": draw.choice(self.kinds)}
        return None

    def change(self, said: Any) -> None:
        """Take a list as more of the plan, an object as the rate; raise Refused for neither."""
        kinds = [one.get("fault") for one in said] if isinstance(said, list) else said.get("kinds")
        unknown = sorted({str(kind) for kind in kinds or []} - KINDS)
        if unknown:
            raise Refused(400, "unknown_fault", f"no such fault: {', '.join(unknown)}")
        if isinstance(said, list):
            self.planned += [dict(one) for one in said]
            return
        self.rate = float(said.get("rate", self.rate))
        self.kinds = tuple(said.get("kinds", self.kinds))
        self.route = said.get("route", self.route)

    def clear(self) -> None:
        """Forget all that is planned, and the rate."""
        self.planned.clear()
        self.rate = 0.0

    def record(self) -> dict[str, Any]:
        """Return what is planned."""
        rate = {"rate": self.rate, "kinds": list(self.kinds), "route": self.route}
        return {"planned": self.planned, **rate}


def _meets(fault: Fault, method: str, path: str) -> bool:
    """Return whether a request is one that the fault is planned for."""
    route = fault.get("route", "")
    named = path.startswith(route) or re.search(route, path) is not None
    return named and fault.get("method", method).upper() == method


def _kind_of(path: str) -> str:
    """Return the class of a route: dialect and what it is about, so that draws do not mix."""
    return "/".join(path.split("/")[1:4])


def instead(fault: Fault, call: Call) -> Reply:
    """Return the reply of a fault that keeps the work from being done."""
    kind = fault["fault"]
    if kind == "page":
        return Reply(200, b"<html><body>Log in</body></html>", ((b"content-type", b"text/html"),))
    if kind == "empty":
        return reply({})
    if kind == "no_quota":
        return refusal(no_quota(call), call.key)
    status, code = PLAIN[kind]
    wait = str(fault.get("value", 1)).encode()
    headers = ((b"retry-after", wait),) if kind == "slow_down" else ()
    return refusal(Refused(status, code, f"planned: {kind}"), call.key, *headers)


def no_quota(call: Call) -> Refused:
    """Return the refusal of an account without credit, in the words of the dialect."""
    status = 402 if call.dialect == "together" else 429
    return Refused(status, "insufficient_quota", "you exceeded your current quota")
