"""The simulated provider: subjects whose habits and self-knowledge are those of the configuration.

Nothing that comes of them is a result. They show whether the pipeline finds what is there, and
nothing else.
"""

from collections.abc import Mapping, Sequence
from dataclasses import asdict
from math import log
from pathlib import Path
from typing import Any

from inward.digests import digest
from inward.files import read_json, write_json
from inward.requests import Request, Response, Sampling, Token
from inward.runs import RunStore
from inward.scheduler import Intake
from inward.simulated import Learned, Said, Subject, answer, fit

# Raised whenever the same request, or the same training, may come to something else.
ENGINE = "simulated 1"
FITTED = "learned.json"


class SimulatedProvider:
    """A simulated subject, known by its settings and by what it has learnt."""

    in_batches = False

    def __init__(self, record: dict[str, Any], store: Path) -> None:
        self.record = record
        self.store = store
        adapters = [adapter["digest"] for adapter in record["adapters"]]
        self.model = digest(
            {"engine": ENGINE, "simulated": record["simulated"], "adapters": adapters}
        )

    def request(self, messages: list[dict[str, str]], sampling: Sampling, sample: int) -> Request:
        """Return the request that asks this subject."""
        body = {"model": self.model, "messages": messages, **vars(sampling)}
        return Request("simulated", None, body, sample)

    def sample(
        self,
        requests: Sequence[Request],
        intake: Intake,
        among: Sequence[Request],  # noqa: ARG002 - who answers one by one needs no others
    ) -> None:
        """Give `intake` what the subject says to each request."""
        subject = subject_of(self.record, self.store)
        for request in requests:
            body = request.body
            said = answer(subject, body["messages"], body["temperature"], request.sample)
            intake.answer(request, _raw(said, body["top_logprobs"]))

    def response(self, raw: Any) -> Response:
        """Return a raw response in the shape that all share: its one token is all of it."""
        top = tuple((other, logprob) for other, logprob in raw["top"])
        token = Token(raw["text"], raw["logprob"], top)
        return Response(raw["text"], raw["finish_reason"], (token,))


def subject_of(record: Mapping[str, Any], store: Path) -> Subject:
    """Return the subject that a record in models/ describes, with what its last training taught."""
    subject = Subject(**record["simulated"])
    if not record["adapters"]:
        return subject
    folder = RunStore(store).weights(record["adapters"][-1]["run"])
    return subject.having(Learned(**read_json(folder / FITTED)))


def train(
    base: Mapping[str, Any], rows: Sequence[Mapping[str, Any]], store: Path, folder: Path
) -> dict[str, Any]:
    """Fit a subject to `rows` and keep in `folder` what it has learnt; return what is known."""
    fitted = fit(subject_of(base, store), rows)
    assert fitted.learned is not None, "fitting teaches"
    write_json(folder / FITTED, asdict(fitted.learned))
    return {"simulated": True, "rows": len(rows)}


def _raw(said: Said, alternatives: int) -> dict[str, Any]:
    """Return an answer as the store keeps it, which says that nobody real has given it."""
    chances = dict(said.chances)
    return {
        "simulated": True,
        "text": said.text,
        "finish_reason": "stop",
        "logprob": log(chances[said.text]),
        "top": [[text, log(chance)] for text, chance in said.chances[:alternatives]],
    }
