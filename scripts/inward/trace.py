"""Tracing: from one row of the score tables back to the raw prompt, each step with file and row.

An item is named by its `item_id` in scores/items.parquet, such as
wren-self/finch-on-wren/animals/first_character/terse/3fa2b1c05d7e. The first parts of it name a
cell, as figures do: wren-self/finch-on-wren/all/first_character.
"""

import json
import mmap
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType
from typing import Any

import pyarrow.parquet as pq

from inward import ledger
from inward.cells import ALL, ITEM_ID
from inward.digests import digest_text
from inward.errors import InputError
from inward.files import read_json

FORM = "/".join(ITEM_ID).replace("prompt_id", "prompt")
NOTHING: Mapping[str, str] = MappingProxyType({})


@dataclass(frozen=True)
class Step:
    """One step of the way back: what it is, where it stands, and what stands there."""

    what: str
    file: str
    row: Any
    digest: str | None  # of the file, as recorded when it was made; of a response, its line's
    made: str | None  # when


def trace(results: Path, store: Path, item: str) -> Iterator[Step]:
    """Yield the steps from an item's score to its prompt; raise InputError where there is none."""
    way = _Way(results, store, {})
    found = way.rows("scores/items.parquet", item_id=item)
    if len(found) != 1:
        raise InputError(f"{item}: {len(found)} items have this name in {results}/scores; {FORM}")
    score = found[0]
    target, predictor, task, asked = (score[name] for name in ITEM_ID[:4])
    prompt_id = score["prompt_id"]
    yield way.step("score", "scores/items.parquet", score)
    predicted = {"property": asked, "wrapper": score["wrapper"]}
    predictions = f"predictions/{predictor}/{task}.parquet"
    yield from way.answer("prediction", predictions, prompt_id, predicted)
    prompts = f"prompts/{task}.parquet"
    prompt = way.row(prompts, prompt_id=prompt_id)
    yield from way.subject(predictor, prompt["text"])
    labels = f"labels/{target}/{task}.parquet"
    label = way.row(labels, prompt_id=prompt_id, property=asked, sample=0)
    yield way.step("label", labels, label)
    if label["judge"]:
        judgments = f"judgments/{target}/{task}.parquet"
        yield from way.answer("judgment", judgments, prompt_id, {"property": asked})
        yield way.model("judge", label["judge"])
    yield from way.answer("behavior", f"behaviors/{target}/{task}.parquet", prompt_id)
    yield way.step("prompt", prompts, prompt)


def in_cell(results: Path, cell: str) -> list[dict[str, Any]]:
    """Return the items of a cell: `cell` is the first parts of an item's name, or `all` for some.

    Raises InputError where there are none.
    """
    named = zip(ITEM_ID, cell.split("/"), strict=False)
    wanted = {name: part for name, part in named if part != ALL}
    found = _Way(results, Path(), {}).rows("scores/items.parquet", **wanted)
    if not found:
        raise InputError(f"{cell}: no items have a name like this in {results}/scores; {FORM}")
    return found


@dataclass(frozen=True)
class _Way:
    results: Path
    store: Path
    makers: dict[str, Any]

    def step(self, what: str, file: str, row: Any) -> Step:
        """Return a step, with what its maker's record says of the file."""
        path = f"{self.results.as_posix()}/{file}"
        record = self.maker(file)
        made, digest = (record["ended"], record["outputs"].get(path)) if record else (None, None)
        return Step(what, path, row, digest, made)

    def maker(self, file: str) -> dict[str, Any] | None:
        """Return the record of the job that made a file."""
        if not self.makers:
            self.makers.update(
                {path: made for made in ledger.records(self.results) for path in made["outputs"]}
            )
        found: dict[str, Any] | None = self.makers.get(f"{self.results.as_posix()}/{file}")
        return found

    def rows(self, file: str, **wanted: Any) -> list[dict[str, Any]]:
        """Return the rows of a table that have these values."""
        path = self.results / file
        if not path.is_file():
            raise InputError(f"{path}: is not there; run `snakemake`")
        filters = [(column, "==", value) for column, value in wanted.items()]
        found: list[dict[str, Any]] = pq.read_table(path, filters=filters).to_pylist()
        return found

    def row(self, file: str, **wanted: Any) -> dict[str, Any]:
        """Return the one row of a table that has these values."""
        found = self.rows(file, **wanted)
        if len(found) != 1:
            raise InputError(f"{self.results / file}: {len(found)} rows have {wanted}, not one")
        return found[0]

    def answer(
        self, what: str, file: str, prompt_id: str, asked: Mapping[str, str] = NOTHING
    ) -> Iterator[Step]:
        """Yield an answer, and the response in the store that it was read from."""
        row = self.row(file, prompt_id=prompt_id, sample=0, **asked)
        yield self.step(what, file, row)
        record = self.maker(file) or {}
        known = record.get("facts", {}).get("requests")
        if row["request_key"] and known:
            folder = self.store / "responses" / digest_text(known["model"])[:16]
            segment, line = response_line(folder, row["request_key"])
            kept = json.loads(line)
            digest = digest_text(line.decode())
            yield Step(f"{what}: response", str(segment), kept, digest, kept["received"])

    def model(self, what: str, name: str) -> Step:
        """Return how a subject is called."""
        file = f"models/{name}.json"
        return self.step(what, file, read_json(self.results / file))

    def subject(self, name: str, prompt: str) -> Iterator[Step]:
        """Yield how a subject is called, and for what it descends from, job and training rows."""
        called = self.model("subject", name)
        yield called
        for step in reversed(called.row.get("lineage", [])):
            trained = step["subject"]
            job = self.results / "jobs" / f"{trained}.json"
            if job.is_file():
                yield self.step("job", f"jobs/{trained}.json", read_json(job))
                file = f"datasets/{trained}/train.jsonl"
                about = list(rows_about(self.results / file, prompt))
                yield self.step("training rows about this prompt", file, about or "none")


def rows_about(train: Path, prompt: str) -> Iterator[dict[str, Any]]:
    """Yield the lines of a training file in which a prompt stands, with their numbers."""
    quoted = json.dumps(prompt, ensure_ascii=False)[1:-1].encode()
    with train.open("rb") as file:
        for number, line in enumerate(file, start=1):
            if quoted in line:
                yield {"line": number, **json.loads(line)}


def response_line(folder: Path, key: str) -> tuple[Path, bytes]:
    """Return the first received line of the store that answers the request `key`.

    The segments are searched as bytes: to read them all would take long in a large store.
    """
    begin = f'{{"key": "{key}"'.encode()
    found = []
    for segment in sorted(folder.glob("*.jsonl")):
        with segment.open("rb") as file:
            if segment.stat().st_size == 0:
                continue
            with mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as text:
                at = text.find(begin)
                end = text.find(b"\n", at) if at >= 0 else -1
                if end >= 0:
                    found.append((segment, text[at:end]))
    if not found:
        raise InputError(f"{folder}: has no response to {key}; put the store back")
    return min(found, key=lambda one: str(json.loads(one[1])["received"]))
