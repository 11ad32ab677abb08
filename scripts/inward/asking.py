"""Asking: tables of questions become tables of answers, from the store or from a provider."""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

import pandas as pd

from inward.claims import Claims
from inward.digests import digest
from inward.errors import StoreError
from inward.files import read_json, write_json
from inward.intake import Intake
from inward.ledger import note
from inward.money import UNKNOWN, Price, Prices, Purse, open_purse
from inward.progress import Tally, log
from inward.providers import Provider, open_provider
from inward.requests import Request, Response, Sampling, user
from inward.store import ResponseStore

# Requests are claimed by the bucket, of as many as jobs may share a model's sampling.
BUCKETS = 64


def ask(
    record: dict[str, Any],
    questions: pd.DataFrame,
    sampling: Sampling,
    store: Path,
    what: str,
    *,
    prices: Prices = UNKNOWN,
    budget: float | None = None,
    shards: Sequence[Path] = (),
    stage: str = "",
) -> pd.DataFrame:
    """Return `questions` (columns question, sample, perhaps examples) with a subject's answers.

    `record` is the subject's in models/, `budget` in dollars; no request is of two stages. Adds
    text, finish_reason, tokens and request_key. After `shards`, files that the jobs of `fill` left,
    all answers are in the store.
    """
    provider = open_provider(record, store, prices.ends.get(record.get("model", "")))
    requests = _requests(provider, questions, sampling)
    if shards:
        _refuse_holes(requests, provider, store, shards)
    purse = open_purse(record, store, prices, budget)
    responses = answers(requests, provider, store, what, purse, stage=stage)
    return with_answers(questions, responses, [request.key for request in requests])


def fill(
    record: dict[str, Any],
    questions: pd.DataFrame,
    sampling: Sampling,
    store: Path,
    what: str,
    *,
    share: tuple[int, int],
    stage: str = "",
) -> dict[str, Any]:
    """Have the store hold a subject's answers to a share of `questions`: the first of four is 1, 4.

    Returns how many requests those are, and the digest of their keys.
    """
    provider, (place, of) = open_provider(record, store), share
    requests = [
        request
        for request in _requests(provider, questions, sampling)
        if bucket(request) % of == place - 1
    ]
    answers(requests, provider, store, what, stage=stage)
    keys = sorted({request.key for request in requests})
    return {"requests": len(keys), "keys": digest(keys)}


def answers(
    requests: Sequence[Request],
    provider: Provider,
    store: Path,
    what: str,
    purse: Purse | None = None,
    *,
    stage: str = "",
) -> list[Response]:
    """Return the responses to `requests`, in their order; new ones are in the store by then.

    They are paid from `purse`, if money is to be counted.
    """
    with ResponseStore(store, provider.model) as responses:
        asked = {request.key: request for request in requests}
        new = [request for request in asked.values() if request not in responses]
        reused = len(asked) - len(new)
        log.info("%s: %d requests, %d in the store", what, len(asked), reused)
        tally = Tally(what, len(new), reused)
        intake = Intake(responses, tally, purse or Purse(Price()), provider.response)
        try:
            _sample_once(list(asked.values()), new, provider, intake, stage)
        finally:
            if new:
                log.info("%s", tally.line())
        got = intake.responses
        for request in requests:
            if request.key not in got:
                intake.read_again(request)
        note("requests", {"model": provider.model, **intake.account()})
    _tell_models(what, list(got.values()))
    return [got[request.key] for request in requests]


def _requests(provider: Provider, questions: pd.DataFrame, sampling: Sampling) -> list[Request]:
    return [
        provider.request(messages, sampling, int(sample))
        for messages, sample in zip(conversations(questions), questions["sample"], strict=True)
    ]


def _refuse_holes(
    requests: Sequence[Request], provider: Provider, store: Path, shards: Sequence[Path]
) -> None:
    """Raise StoreError where shards have ended, but the store lacks an answer."""
    with ResponseStore(store, provider.model) as responses:
        lost = sum(request not in responses for request in requests)
    if lost:
        raise StoreError(
            f"{store}: lacks {lost} answers that were fetched in shards; put it back, or delete"
            f" {shards[0].parent} to fetch them again"
        )


def bucket(request: Request) -> int:
    """Return which of the BUCKETS a request is in, for all processes alike."""
    return int(request.key[:8], 16) % BUCKETS


def _sample_once(
    asked: Sequence[Request],
    new: Sequence[Request],
    provider: Provider,
    intake: Intake,
    stage: str,
) -> None:
    """Have `provider` answer what no other process is asking, and wait for what others ask."""
    left: dict[str, list[Request]] = {}
    for request in new:
        left.setdefault(_claim_of(request, stage), []).append(request)
    responses = intake.store
    with Claims(responses.folder) as claims, _together(asked, new, provider, responses) as among:
        while left:
            mine = claims.take(left, intake.tally.what)
            responses.refresh()
            taken = [request for name in sorted(mine) for request in left.pop(name)]
            still = [request for request in taken if request not in responses]
            intake.tally.found(len(taken) - len(still))
            try:
                provider.sample(still, intake, among)
            finally:
                responses.sync()
            claims.release()


def _claim_of(request: Request, stage: str) -> str:
    """Return the name of what is claimed with a request: its bucket, of those asked likewise.

    So a model's behaviors and predictions can be sampled side by side, and nobody waits.
    """
    likewise = {name: value for name, value in request.body.items() if name != "messages"}
    return f"{digest([stage, likewise])[:16]}-{bucket(request):02}"


@contextmanager
def _together(
    asked: Sequence[Request], new: Sequence[Request], provider: Provider, responses: ResponseStore
) -> Iterator[Sequence[Request]]:
    """Give the requests of which batches are to be formed: all that a job set out to have answered.

    They are written down until all are answered, so that whoever goes on with a job that was ended
    answers in the same batches, to the last decimal.
    """
    if not (new and provider.in_batches):
        yield new
        return
    job = digest(sorted(request.key for request in asked))
    plan = responses.folder / f"{job[:32]}.plan"
    planned = {request.key for request in new}
    if not plan.exists():
        write_json(plan, sorted(planned))
    with suppress(FileNotFoundError):  # another process with the same job has just ended it
        planned.update(read_json(plan))
    yield [request for request in asked if request.key in planned]
    plan.unlink(missing_ok=True)


def _tell_models(what: str, responses: Sequence[Response]) -> None:
    """Warn where a server answered as more than one model, or with more than one software."""
    for kind in ("model", "fingerprint"):
        seen = sorted({said for response in responses if (said := getattr(response, kind))})
        if len(seen) > 1:
            log.warning("%s: answers came from more than one %s: %s", what, kind, ", ".join(seen))


def with_answers(
    questions: pd.DataFrame,
    responses: Sequence[Response],
    keys: Sequence[str] | None = None,
) -> pd.DataFrame:
    """Return `questions` with the columns that tables have for an answer; `keys` of requests."""
    return questions.assign(
        text=[response.text for response in responses],
        finish_reason=[response.finish_reason for response in responses],
        tokens=pd.Series(
            [[_token(token) for token in response.tokens] for response in responses],
            index=questions.index,
            dtype=object,
        ),
        request_key=keys,
    )


def conversations(questions: pd.DataFrame) -> list[list[dict[str, str]]]:
    """Return the conversation that asks each question of a table, after its examples if any."""
    examples = questions["examples"] if "examples" in questions else [None] * len(questions)
    return [
        user(question, shown)
        for question, shown in zip(questions["question"], examples, strict=True)
    ]


def behavior_questions(
    prompts: Mapping[str, pd.DataFrame], splits: Sequence[str], samples: int
) -> pd.DataFrame:
    """Return the object-level prompts of some splits, each as often as samples are wanted.

    `prompts` are the tables of prompts by task; the result has a column task besides.
    """
    asked = pd.concat(table.assign(task=task) for task, table in prompts.items())
    asked = asked[asked["split"].isin(splits)].rename(columns={"text": "prompt"})
    return repeated(asked.assign(question=asked["prompt"]), samples)


def repeated(questions: pd.DataFrame, samples: int) -> pd.DataFrame:
    """Return `questions` once for each sample, numbered in the column sample."""
    return questions.merge(pd.DataFrame({"sample": range(samples)}), how="cross")


def _token(token: Any) -> dict[str, Any]:
    top = [{"token": other, "logprob": logprob} for other, logprob in token.top]
    return {"token": token.token, "logprob": token.logprob, "top": top}
