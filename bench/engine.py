"""How fast local models answer: inward's engine, and the loop around `generate` that people write.

Both answer the same requests of the embedded study with the same weights, in this process, and both
end with texts, log-probabilities and alternatives. Rounds interleave them; medians are compared.

make study                              # once: what is measured are its models
python -m bench.engine                  # minutes; prints, and writes results/engine.json
"""

import argparse
import json
import os
import statistics
import time
from collections.abc import Callable, Iterator, Sequence
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import Any

import pandas as pd
import torch
import transformers

from inward.asking import behavior_questions, conversations
from inward.files import read_json, write_json
from inward.providers import open_provider
from inward.providers.local import ENGINE
from inward.providers.local_sampling import Sampler
from inward.questions import prediction_questions
from inward.requests import Request, Sampling
from inward.tables import PROMPTS, read_table

ROOT = Path(__file__).parents[1]
RESULTS = ROOT / "bench" / "results" / "engine.json"
BATCH = 64  # of the plain loop
PROPERTIES = ["first_character", "second_character", "last_character", "first_word"]
DRAWS = 20
WANTED = 3  # times the plain loop's speed

Answers = dict[str, Any]  # raw responses by request key


def main() -> None:
    """Measure each load both ways, say what came out, and write it down."""
    parser = argparse.ArgumentParser(description="Measure how fast local models answer.")
    parser.add_argument("--study", type=Path, default=ROOT, help="where the embedded study was run")
    parser.add_argument("--subject", default="wren-self")
    parser.add_argument("--prompts", type=int, help="of each task, to have a quick look")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--results", type=Path, default=RESULTS)
    given = parser.parse_args()
    home = given.study / "results/embedded"
    record = read_json(home / f"models/{given.subject}.json")
    sampler = Sampler(record, given.study / "store")
    measures = {
        name: measured(sampler, requests, given.rounds)
        for name, requests in loads(record, home, given.prompts)
    }
    found = {
        "when": f"{datetime.now(UTC):%Y-%m-%d}",
        "engine": ENGINE,
        "torch": torch.__version__,
        "transformers": transformers.__version__,
        "threads": torch.get_num_threads(),
        "cores": os.cpu_count(),
        "device": str(sampler.network.device),
        "batch_of_generate": BATCH,
        "wanted": WANTED,
        "loads": measures,
        "all": total(list(measures.values())),
    }
    write_json(given.results, found)
    print(json.dumps(found, indent=2))


def loads(
    record: dict[str, Any], home: Path, prompts: int | None
) -> Iterator[tuple[str, list[Request]]]:
    """Yield what is asked, by name: answers, draws of them, and first tokens alone."""
    paths = sorted((home / "prompts").glob("*.parquet"))
    tables = {path.stem: read_table(PROMPTS, path).head(prompts or 10**9) for path in paths}
    provider = open_provider(record, home)

    def asked(questions: pd.DataFrame, temperature: float, max_tokens: int) -> list[Request]:
        sampling = Sampling(temperature=temperature, max_tokens=max_tokens, top_logprobs=5)
        pairs = zip(conversations(questions), questions["sample"], strict=True)
        return [provider.request(messages, sampling, int(sample)) for messages, sample in pairs]

    wanted = dict.fromkeys(tables, PROPERTIES)
    predicted = prediction_questions(tables, wanted, ["terse"], 1).reset_index()
    yield "behaviors", asked(behavior_questions(tables, ["train", "test"], 1), 0, 12)
    yield "predictions", asked(predicted, 0, 12)
    yield "draws of behaviors", asked(behavior_questions(tables, ["test"], DRAWS), 1, 12)
    drawn = prediction_questions(tables, wanted, ["terse"], DRAWS)
    yield "draws of predictions", asked(drawn, 1, 12)
    yield "first tokens", asked(predicted, 0, 1)


def measured(sampler: Sampler, requests: list[Request], rounds: int) -> dict[str, Any]:
    """Return how long both take, how many times faster ours is, and whether both say the same."""
    requests = list({request.key: request for request in requests}.values())
    ways: dict[str, Callable[[], Answers]] = {
        "inward": partial(engine, sampler, requests),
        "generate": partial(loop, sampler, requests),
    }
    for way in ways.values():
        way()  # once uncounted: what torch sets up at first is in no time
    times: dict[str, list[tuple[float, float]]] = {name: [] for name in ways}
    answers: dict[str, Answers] = {}
    for number in range(rounds):
        for name in sorted(ways, reverse=bool(number % 2)):
            answers[name], *clocks = timed(ways[name])
            times[name].append((clocks[0], clocks[1]))
    seconds = {name: statistics.median(wall for wall, _ in of) for name, of in times.items()}
    worked = {name: statistics.median(cpu for _, cpu in of) for name, of in times.items()}
    return {
        "requests": len(requests),
        "seconds": rounded(seconds),
        "cpu_seconds": rounded(worked),
        "answers_a_second": {name: round(len(requests) / of) for name, of in seconds.items()},
        "times_faster": round(seconds["generate"] / seconds["inward"], 2),
        "times_faster_by_cpu": round(worked["generate"] / worked["inward"], 2),
        **compared(requests, answers["inward"], answers["generate"]),
    }


def total(measures: list[dict[str, Any]]) -> dict[str, Any]:
    """Return how many times faster ours is when all loads are answered one after the other."""
    ways = ("inward", "generate")
    seconds, worked = (
        {way: sum(one[clock][way] for one in measures) for way in ways}
        for clock in ("seconds", "cpu_seconds")
    )
    return {
        "requests": sum(one["requests"] for one in measures),
        "seconds": rounded(seconds),
        "cpu_seconds": rounded(worked),
        "times_faster": round(seconds["generate"] / seconds["inward"], 2),
        "times_faster_by_cpu": round(worked["generate"] / worked["inward"], 2),
    }


def timed(way: Callable[[], Answers]) -> tuple[Answers, float, float]:
    """Return answers, the seconds they took by the clock, and those of the processor."""
    began, worked = time.perf_counter(), time.process_time()
    answers = way()
    return answers, time.perf_counter() - began, time.process_time() - worked


def rounded(seconds: dict[str, float]) -> dict[str, float]:
    """Return seconds as they are written down."""
    return {name: round(value, 3) for name, value in seconds.items()}


def engine(sampler: Sampler, requests: Sequence[Request]) -> Answers:
    """Return what inward's engine answers."""
    wanted = {request.key for request in requests}
    return {request.key: raw for request, raw in sampler.sample(requests, wanted)}


def loop(sampler: Sampler, requests: Sequence[Request]) -> Answers:
    """Return what a plain loop around `generate` answers, in batches as they come."""
    found: Answers = {}
    for start in range(0, len(requests), BATCH):
        batch = requests[start : start + BATCH]
        found |= zip((request.key for request in batch), generated(sampler, batch), strict=True)
    return found


@torch.inference_mode()
def generated(sampler: Sampler, batch: Sequence[Request]) -> list[Any]:
    """Return the answers to a batch as the store keeps them, from transformers' own `generate`."""
    tokenizer, network, body = sampler.tokenizer, sampler.network, batch[0].body
    tokenizer.padding_side = "left"
    inputs = tokenizer.apply_chat_template(
        [request.body["messages"] for request in batch],
        add_generation_prompt=True,
        padding=True,
        return_dict=True,
        return_tensors="pt",
    ).to(network.device)
    drawn = {"do_sample": True, "temperature": body["temperature"], "top_k": 0, "top_p": 1.0}
    torch.manual_seed(int(batch[0].key[:8], 16))
    output = network.generate(
        input_ids=inputs["input_ids"],
        attention_mask=inputs["attention_mask"],
        max_new_tokens=body["max_tokens"],
        return_dict_in_generate=True,
        output_logits=True,
        pad_token_id=tokenizer.pad_token_id,
        **(drawn if body["temperature"] else {"do_sample": False}),
    )
    logprobs = torch.stack(output.logits, dim=1).float().log_softmax(-1)
    ids = output.sequences[:, inputs["input_ids"].shape[1] :]
    chosen = logprobs.gather(-1, ids.unsqueeze(-1)).squeeze(-1).tolist()
    values, likeliest = (each.tolist() for each in logprobs.topk(body["top_logprobs"]))
    spelled = tokenizer.convert_ids_to_tokens(range(len(tokenizer)))
    top = [
        [
            [[spelled[token], round(value, 4)] for token, value in zip(*of_token, strict=True)]
            for of_token in zip(*row, strict=True)
        ]
        for row in zip(likeliest, values, strict=True)
    ]
    return [_raw(sampler, spelled, row) for row in zip(ids.tolist(), chosen, top, strict=True)]


def _raw(sampler: Sampler, spelled: list[str], row: tuple[Any, ...]) -> dict[str, Any]:
    """Return an answer as the store keeps it, from its tokens and what is known of each."""
    ids = row[0]
    length = next((place for place, token in enumerate(ids) if token in sampler.ends), len(ids))
    tokens = [
        {"token": spelled[token], "logprob": round(logprob, 4), "top": top}
        for token, logprob, top in zip(*(each[:length] for each in row), strict=True)
    ]
    text = sampler.tokenizer.decode(ids[:length], skip_special_tokens=True)
    stopped = length < len(ids)
    return {"text": text, "finish_reason": "stop" if stopped else "length", "tokens": tokens}


def compared(requests: Sequence[Request], ours: Answers, theirs: Answers) -> dict[str, Any]:
    """Return how many answers are equal, and the greatest difference of two log-probabilities.

    Draws have noise of their own, so only what is said of their first tokens can be equal.
    """
    drawn = requests[0].body["temperature"] > 0
    pairs = [(ours[request.key], theirs[request.key]) for request in requests]
    alike = [(a, b) for a, b in pairs if drawn or _said(a) == _said(b)]
    first = 1 if drawn else None
    differences = [
        abs(p - q)
        for a, b in alike
        for one, other in zip(a["tokens"][:first], b["tokens"][:first], strict=False)
        for p, q in zip(_logprobs(one), _logprobs(other), strict=True)
    ]
    return {
        **({} if drawn else {"equal_answers": len(alike)}),
        "greatest_difference": round(max(differences), 6),
    }


def _said(raw: dict[str, Any]) -> tuple[Any, ...]:
    return raw["text"], raw["finish_reason"], [token["token"] for token in raw["tokens"]]


def _logprobs(token: dict[str, Any]) -> list[float]:
    """Return what is said of a token's likeliest alternatives, by place: ties may change names."""
    return [value for _, value in token["top"]]


if __name__ == "__main__":
    main()
