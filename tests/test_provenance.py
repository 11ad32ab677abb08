"""Provenance: the ledger, verification and tracing of a study that was really run."""

import json
import os
import platform
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from inward import ledger
from inward.digests import digest_file, digest_text
from inward.files import read_json, write_json
from inward.store import HEAD
from inward.tables import ITEMS, LABELS, read_table, write_table
from inward.verify import misfits

from .workshop import Workshop

pytestmark = pytest.mark.workflow

RESULTS, STORE = Path("results/small"), Path("store")
RECORD = "results/small/ledger/labels/wren.json"


@pytest.fixture
def copy(workshop: Workshop, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """Give a copy of the finished study, to be corrupted, as the working folder."""
    shutil.copytree(
        workshop.root, tmp_path / "copy", ignore=shutil.ignore_patterns(".snakemake", "*.partial")
    )
    monkeypatch.chdir(tmp_path / "copy")
    return tmp_path / "copy"  # type: ignore[return-value]


def first_misfit() -> str | None:
    """Return what verification finds first."""
    return next(misfits(RESULTS, STORE), None)


def test_a_processor_has_a_name(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Its model's, where the system lists processors, and else its architecture's."""
    (tmp_path / "cpuinfo").write_text("processor\t: 0\nmodel name\t: A CPU @ 2.50GHz\n")
    monkeypatch.setattr(ledger, "PROCESSORS", tmp_path / "cpuinfo")
    assert ledger.processor() == "A CPU @ 2.50GHz"

    monkeypatch.setattr(ledger, "PROCESSORS", tmp_path / "none")
    assert ledger.processor() in {platform.processor(), platform.machine()} - {""}


@pytest.mark.usefixtures("copy")
def test_every_file_is_on_record() -> None:
    """Each job has left a record with digests of all it needed and made; all of them fit."""
    assert first_misfit() is None
    records = ledger.records(RESULTS)
    made = {path for record in records for path in record["outputs"]}
    found = {
        path.as_posix()
        for path in RESULTS.rglob("*")
        if path.is_file() and not {"logs", "ledger"} & set(path.parts)
    }

    assert made == found
    for record in records:
        assert record["versions"] or record["rule"] == "write_headline"
        assert record["seconds"] >= 0
        assert record["platform"].endswith(ledger.processor())
        assert len([path for path in record["sources"] if path.count("/") == 1]) == 1
        assert all(digest_file(Path(path)) == known for path, known in record["inputs"].items())


def edit(path: str) -> Callable[[], None]:
    """Return what changes one byte in the middle of a file."""

    def change() -> None:
        file = next(Path().glob(path))
        data = bytearray(file.read_bytes())
        data[len(data) // 2] ^= 1
        file.write_bytes(bytes(data))

    return change


def append(path: str) -> Callable[[], None]:
    """Return what adds a statement to a source."""

    def change() -> None:
        file = Path(path)
        file.write_text(f"{file.read_text()}\nADDED = True\n")

    return change


def remove(path: str) -> Callable[[], None]:
    """Return what deletes a file."""
    return lambda: next(Path().glob(path)).unlink()


def other_response() -> None:
    """Change the text of a response in the store."""
    for segment in sorted(Path("store/responses").rglob("*.jsonl")):
        lines = segment.read_bytes().split(b"\n")
        record = json.loads(lines[0])
        record["response"]["text"] = "forged"
        lines[0] = json.dumps(record, ensure_ascii=False).encode()
        assert HEAD.match(lines[0] + b"\n")
        segment.write_bytes(b"\n".join(lines))


def other_study() -> None:
    """Put another study's results where this one's were."""
    for path in RESULTS.rglob("*.json"):
        if "ledger" in path.parts:
            theirs = path.read_text().replace("results/small/", "results/other/")
            unsealed = json.loads(theirs)
            del unsealed["seal"]
            write_json(path, ledger.sealed(unsealed))


def other_job() -> None:
    """Write another job's ID into a job's file, and into the record of it."""
    job = RESULTS / "jobs/wren-self.json"
    write_json(job, {**read_json(job), "id": "local-another"})


def edit_json(pattern: str, **other: object) -> Callable[[], None]:
    """Return what changes values of the first JSON file of a pattern."""

    def change() -> None:
        path = min(Path().glob(pattern))
        write_json(path, {**read_json(path), **other})

    return change


def other_request() -> None:
    """Change the question that a response in the store answers."""
    for segment in sorted(Path("store/responses").rglob("*.jsonl")):
        head, rest = segment.read_bytes().split(b"\n", 1)
        record = json.loads(head)
        record["request"]["body"]["messages"][0]["content"] = "forged"
        segment.write_bytes(json.dumps(record, ensure_ascii=False).encode() + b"\n" + rest)


def forged_labels() -> None:
    """Change a label, and make its record fit."""
    path = RESULTS / "labels/wren/colors.parquet"
    table = read_table(LABELS, path)
    table["value"] = "x"
    write_table(LABELS, table, path)
    record = ledger.read_record(Path(RECORD))
    outputs = {**record["outputs"], path.as_posix(): digest_file(path)}
    write_json(Path(RECORD), ledger.sealed({**record, "outputs": outputs}))


def forged_scores() -> None:
    """Rewrite a score table with one more correct answer, as a valid table."""
    path = RESULTS / "scores/items.parquet"
    table = read_table(ITEMS, path)
    wrong = table.index[table["correct"] == False][0]  # noqa: E712 - a nullable column
    table.loc[wrong, "correct"] = True
    write_table(ITEMS, table, path)


CORRUPTIONS: dict[str, tuple[Callable[[], object], str]] = {
    "a prompt table": (edit("results/small/prompts/colors.parquet"), "was changed after"),
    "a behavior table": (edit("results/small/behaviors/wren/colors.parquet"), "was changed after"),
    "a label table": (edit("results/small/labels/finch/colors.parquet"), "was changed after"),
    "a training file": (edit("results/small/datasets/wren-self/train.jsonl"), "was changed after"),
    "a dataset's account": (edit("results/small/datasets/wren/dataset.json"), "was changed after"),
    "a job's ID": (other_job, "was changed after submit_job made it"),
    "a model": (edit("results/small/models/wren-self.json"), "was changed after"),
    "predictions": (edit("results/small/predictions/echo/animals.parquet"), "was changed after"),
    "a score table": (forged_scores, "scores/items.parquet: was changed after score made it"),
    "a figure": (edit("results/small/figures/matrix.svg"), "was changed after"),
    "the headline": (edit("results/small/headline.txt"), "was changed after"),
    "a lost intermediate": (remove("results/small/labels/wren/colors.parquet"), "is gone"),
    "a lost job": (remove("results/small/jobs/finch-self.json"), "is gone"),
    "a lost record": (
        remove("results/small/ledger/prompts/colors.json"),
        "nothing on record says who made it",
    ),
    "a word list": (edit("prompts/words/colors.txt"), "was made from another prompts/words/colors"),
    "a script": (append("scripts/score.py"), "was made by another scripts/score.py"),
    "a library file": (append("scripts/inward/reading.py"), "was made by another scripts/inward"),
    "a broken script": (edit("scripts/score.py"), "was made by another scripts/score.py"),
    "weights": (
        edit("store/runs/*/weights/adapter_model.safetensors"),
        "not the weights that",
    ),
    "a response": (other_response, "a response was changed after"),
    "lost responses": (lambda: shutil.rmtree("store/responses"), "the store has lost the response"),
    "a run's intent": (edit_json("store/runs/*/intent.json", seed=7), "not the run that"),
    "a run's result": (
        edit_json("store/runs/*/result.json", key="other"),
        "its result is not what",
    ),
    "lost runs": (lambda: shutil.rmtree("store/runs"), "not the run that"),
    "lost weights": (
        lambda: [*map(shutil.rmtree, Path("store/runs").glob("*/weights"))],
        "not the weights that",
    ),
    "a request": (other_request, "was changed after"),
    "another study's results": (other_study, "was made for study"),
    "a file of nobody's": (
        lambda: shutil.copy("results/small/headline.txt", "results/small/scores/extra.parquet"),
        "nothing on record says who made it",
    ),
    "a record's inputs": (edit_json(RECORD, inputs={}), "was changed after it was written"),
    "a record's sources": (edit_json(RECORD, sources={}), "was changed after it was written"),
    "a record's parameters": (edit_json(RECORD, params={}), "was changed after it was written"),
    "a record's facts": (edit_json(RECORD, facts={"x": 1}), "was changed after it was written"),
    "a record's version": (edit_json(RECORD, version=1), "was changed after it was written"),
    "a record that is none": (lambda: Path(RECORD).write_text("[]"), "was changed after"),
    "a broken record": (lambda: Path(RECORD).write_text("{"), "not JSON"),
    "a record twice": (
        lambda: shutil.copy(RECORD, Path(RECORD).with_name("again.json")),
        "2 records say who made it",
    ),
    "a forged table with a forged record": (forged_labels, "was made from another"),
    "a table in another's place": (
        lambda: shutil.copy(
            RESULTS / "labels/wren/numbers.parquet", RESULTS / "labels/wren/colors.parquet"
        ),
        "was changed after",
    ),
    "no records at all": (lambda: shutil.rmtree("results/small/ledger"), "nothing is on record"),
}


@pytest.mark.usefixtures("copy")
@pytest.mark.parametrize(("corrupt", "said"), CORRUPTIONS.values(), ids=CORRUPTIONS)
def test_no_corruption_goes_unnoticed(corrupt: Callable[[], object], said: str) -> None:
    """Whatever is changed, lost, forged or foreign is named in one line, with what to run."""
    corrupt()
    found = first_misfit()

    assert found is not None
    assert said in found
    assert "\n" not in found


def command(script: str, *arguments: str) -> subprocess.CompletedProcess[str]:
    """Run one of the scripts in the working folder."""
    return subprocess.run(
        [sys.executable, f"scripts/{script}.py", *arguments],
        capture_output=True,
        text=True,
        check=False,
        env={**os.environ, "PYTHONPATH": ""},
    )


@pytest.mark.usefixtures("copy")
def test_verify_says_it_in_one_line() -> None:
    """Exit 0 and one line where all is well; else the first misfit, or every one of them."""
    well = command("verify", "results/small")
    edit("results/small/labels/wren/colors.parquet")()
    edit("results/small/figures/matrix.svg")()
    ill, every = command("verify", "results/small"), command("verify", "results/small", "--all")

    assert (well.returncode, well.stdout.count("\n")) == (0, 1)
    assert (ill.returncode, ill.stderr.count("\n")) == (1, 1)
    assert "labels/wren/colors.parquet" in ill.stderr
    assert "figures/matrix.svg" in every.stderr


@pytest.mark.usefixtures("copy")
def test_an_item_is_traced_to_its_prompt() -> None:
    """Each step stands where it is said to stand, and says what the step before was made of."""
    items = read_table(ITEMS, RESULTS / "scores/items.parquet")
    chosen = items[(items["predictor"] == "finch-on-wren") & (items["target"] == "wren-self")]
    for row in chosen.sample(6, random_state=1).to_dict("records"):
        done = command("trace_item", "results/small", str(row["item_id"]), "--json")
        assert done.returncode == 0, done.stderr
        steps = {step["what"]: step for step in reversed(json.loads(done.stdout))}
        asked = steps["prediction: response"]["row"]["request"]["body"]["messages"]
        taught = steps["training rows about this prompt"]["row"]

        assert steps["score"]["row"]["answer"] == row["answer"]
        assert (
            steps["prediction: response"]["row"]["response"]["text"]
            == (steps["prediction"]["row"]["text"])
        )
        assert asked == [{"role": "user", "content": steps["prediction"]["row"]["question"]}]
        assert steps["label"]["row"]["value"] == row["label"]
        assert (
            steps["behavior"]["row"]["text"]
            == steps["behavior: response"]["row"]["response"]["text"]
        )
        assert steps["prompt"]["row"]["text"] in steps["prediction"]["row"]["question"]
        assert taught == "none" or row["task"] != "animals"
        assert steps["job"]["row"]["id"].startswith("local-")
        for what, step in steps.items():
            if what.endswith(": response"):
                lines = Path(step["file"]).read_text().split("\n")
                assert step["digest"] in map(digest_text, lines)
            else:
                assert step["digest"] == digest_file(Path(step["file"]))


@pytest.mark.usefixtures("copy")
def test_a_name_that_is_no_item_is_refused() -> None:
    """In one line, which says how items are named."""
    for name in ("wrens", "wren/wren/colors/first_character/terse/zzzz"):
        done = command("trace_item", "results/small", name)

        assert done.returncode == 1
        assert done.stderr.count("\n") == 1
        assert "target/predictor/task/property/wrapper/prompt" in done.stderr


@pytest.mark.usefixtures("copy")
def test_a_cell_of_a_figure_lists_its_items() -> None:
    """The name that a figure's tooltip shows leads to the items it is the average of."""
    cell = "wren-self/finch-on-wren/all/first_character/terse"
    items = read_table(ITEMS, RESULTS / "scores/items.parquet")
    there = items[items["item_id"].str.fullmatch(cell.replace("all", "[^/]+") + "/[^/]+")]
    listed = command("trace_item", "results/small", cell, "--json").stdout
    shown = command("trace_item", "results/small", "wren-self/finch-on-wren").stdout.splitlines()
    more = items["item_id"].str.startswith("wren-self/finch-on-wren/").sum() - 20

    assert cell in (RESULTS / "figures/self-cross.html").read_text()
    assert [row["item_id"] for row in json.loads(listed)] == there["item_id"].tolist()
    assert all(line.split()[1].startswith("wren-self/finch-on-wren/") for line in shown[:20])
    assert shown[20:] == [f"and {more} more: --json has them all"]
