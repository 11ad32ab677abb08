"""Asking: tables of questions become tables of answers, from the store or from a provider."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pandas as pd

from inward.progress import log, track
from inward.providers import Provider, open_provider
from inward.requests import Request, Response, Sampling, user
from inward.store import ResponseStore


def ask(
    record: dict[str, Any], questions: pd.DataFrame, sampling: Sampling, store: Path, what: str
) -> pd.DataFrame:
    """Return `questions` (columns question, sample, ...) with the answers of a subject.

    `record` is the subject's in models/. Adds text, finish_reason, tokens and request_key.
    """
    provider = open_provider(record, store)
    requests = [
        provider.request(user(question), sampling, int(sample))
        for question, sample in zip(questions["question"], questions["sample"], strict=True)
    ]
    responses = answers(requests, provider, store, what)
    return with_answers(questions, responses, [request.key for request in requests])


def answers(
    requests: Sequence[Request], provider: Provider, store: Path, what: str
) -> list[Response]:
    """Return the responses to `requests`, in their order; new ones are in the store by then."""
    with ResponseStore(store, provider.model) as responses:
        asked = {request.key: request for request in requests}
        new = [request for request in asked.values() if responses.get(request) is None]
        log.info("%s: %d requests, %d in the store", what, len(asked), len(asked) - len(new))
        for request, raw in track(provider.sample(new), len(new), what):
            responses.add(request, raw)
        return [provider.response(responses.get(request)) for request in requests]


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


def repeated(questions: pd.DataFrame, samples: int) -> pd.DataFrame:
    """Return `questions` once for each sample, numbered in the column sample."""
    return questions.merge(pd.DataFrame({"sample": range(samples)}), how="cross")


def _token(token: Any) -> dict[str, Any]:
    top = [{"token": other, "logprob": logprob} for other, logprob in token.top]
    return {"token": token.token, "logprob": token.logprob, "top": top}
