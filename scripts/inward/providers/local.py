"""The local provider: a checkpoint in this process, loaded when there is something to be asked."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from inward.digests import digest
from inward.files import read_json, write_json
from inward.requests import Request, Response, Sampling, Token
from inward.scheduler import Intake

# Raised whenever the same request may get another answer; a test holds it against the sources.
ENGINE = "transformers 3"
VLLM = "vllm 1"


class LocalProvider:
    """A checkpoint with its adapters, known by digests; its weights' digest covers its template."""

    def __init__(self, record: dict[str, Any], store: Path) -> None:
        self.record = record
        self.store = store
        self._by_vllm = record.get("engine") == "vllm"
        quantized = {"quantize": record["quantize"]} if record.get("quantize") else {}
        self.model = digest(
            {
                "engine": VLLM if self._by_vllm else ENGINE,
                "weights": record["weights"]["digest"],
                "adapters": [adapter["digest"] for adapter in record["adapters"]],
                "dtype": record["dtype"],
                **quantized,
            }
        )

    def request(self, messages: list[dict[str, str]], sampling: Sampling, sample: int) -> Request:
        """Return the request that asks this checkpoint."""
        body = {"model": self.model, "messages": messages, **vars(sampling)}
        return Request("local", None, body, sample)

    def sample(self, requests: Sequence[Request], intake: Intake, among: Sequence[Request]) -> None:
        """Give `intake` the raw response to each request, as soon as its batch is answered.

        What stands beside a request in its batch moves the last decimals of its answer. So what a
        job sets out to answer is written down until it is done, and who goes on with the job after
        it was ended answers in the same batches.
        """
        if not requests:
            return
        wanted = {request.key for request in requests}
        plan = self._plan(among)
        planned = set(read_json(plan)) if plan.exists() else set()
        if not wanted <= planned:
            planned = wanted
            write_json(plan, sorted(planned))
        batched = [request for request in among if request.key in planned]
        for request, raw in self._sampler().sample(batched, wanted):
            intake.answer(request, raw)
        plan.unlink(missing_ok=True)

    def _plan(self, among: Sequence[Request]) -> Path:
        """Return the file that says which of the requests of a job are to be answered together."""
        job = digest(sorted(request.key for request in among))
        return self.store / "plans" / f"{job[:32]}.json"

    def _sampler(self) -> Any:
        """Return the engine that the record names, the checkpoint loaded."""
        if self._by_vllm:
            from inward.providers.vllm_sampling import VllmSampler  # noqa: PLC0415 - loads torch

            return VllmSampler(self.record, self.store)
        from inward.providers.local_sampling import Sampler  # noqa: PLC0415 - loads torch

        return Sampler(self.record, self.store)

    def response(self, raw: Any) -> Response:
        """Return a raw response in the shape that all providers share."""
        tokens = (
            Token(part["token"], part["logprob"], tuple((t, p) for t, p in part["top"]))
            for part in raw["tokens"]
        )
        return Response(raw["text"], raw["finish_reason"], tuple(tokens))
