"""The local provider: a checkpoint in this process, loaded when there is something to be asked."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from inward.digests import digest
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
        self.in_batches = not self._by_vllm  # which forms its own
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
        """Give `intake` the raw response to each request, as soon as its batch is answered."""
        if not requests:
            return
        wanted = {request.key for request in requests}
        for request, raw in self._sampler().sample(among, wanted):
            intake.answer(request, raw)

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
