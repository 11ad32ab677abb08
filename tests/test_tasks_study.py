"""Tasks of all kinds through Snakemake: what is read is watched, what is fetched is fetched once."""

import hashlib
import json
import shutil
import threading
from collections.abc import Iterator
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest
import yaml

from inward.tables import PROMPTS, read_table

from .workshop import Workshop

pytestmark = pytest.mark.workflow

ROWS = [
    {"text": f"Is {n} a lot?", "options": ["Yes", "No"], "target": "AB"[n % 2]} for n in range(20)
]
LINES = "".join(f"{json.dumps(row)}\n" for row in ROWS)


class Quiet(SimpleHTTPRequestHandler):
    """A server of files that counts and says nothing."""

    asked: list[str]

    def log_message(self, _form: str, *said: Any) -> None:
        """Remember what was asked for."""
        self.asked.append(str(said[0]))


@pytest.fixture(scope="module")
def library(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Workshop]:
    """Give a workshop with a task of each kind but sequences, after its prompts were made."""
    there = tmp_path_factory.mktemp("there")
    (there / "far.jsonl").write_text(LINES)
    Quiet.asked = []
    server = ThreadingHTTPServer(("127.0.0.1", 0), partial(Quiet, directory=str(there)))
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    workshop = Workshop(tmp_path_factory.mktemp("library"))
    (workshop.root / "near.jsonl").write_text(LINES)
    fetched = {
        "url": f"http://127.0.0.1:{server.server_port}/far.jsonl",
        "sha256": hashlib.sha256(LINES.encode()).hexdigest(),
    }
    study = yaml.safe_load((workshop.root / "config.yaml").read_text())
    study["models"] = {"echo": study["models"]["echo"]}
    study["finetunes"] = {}
    common = {"role": "test", "properties": ["first_character"]}
    study["tasks"] = {
        "near": {**common, "kind": "text", "answers": "word", "source": {"file": "near.jsonl"}},
        "far": {
            **common,
            "kind": "text",
            "answers": "word",
            "source": fetched,
            "template": "Well: {text}",
        },
        "farther": {
            **common,
            "kind": "text",
            "answers": "word",
            "source": fetched,
            "template": "Now: {text}",
            "prompts": 5,
        },
    }
    (workshop.root / "config.yaml").write_text(yaml.safe_dump(study, sort_keys=False))
    done = workshop.run("prompts")
    assert done.returncode == 0, done.stderr[-4000:]
    yield workshop
    server.shutdown()
    thread.join()
    server.server_close()


def configured(workshop: Workshop, **sources: Any) -> dict[str, Any]:
    """Return the workshop's configuration with other sources of its tasks."""
    study: dict[str, Any] = yaml.safe_load((workshop.root / "config.yaml").read_text())
    for name, source in sources.items():
        study["tasks"][name]["source"] = source
    return study


def test_tasks_share_what_is_fetched(library: Workshop) -> None:
    """One request for two tasks, whose prompts are those of the file."""
    tables = {
        name: read_table(PROMPTS, library.results / f"prompts/{name}.parquet")
        for name in ("near", "far", "farther")
    }

    assert [line.split()[1] for line in Quiet.asked] == ["/far.jsonl"]
    assert {name: len(table) for name, table in tables.items()} == {
        "near": 20,
        "far": 20,
        "farther": 5,
    }
    assert set(tables["near"]["item"]) == set(tables["far"]["item"]) == {r["text"] for r in ROWS}


def test_what_was_fetched_is_not_fetched_again(library: Workshop) -> None:
    """Not even when all results are gone, with Snakemake's own records."""
    before = library.digests()
    shutil.rmtree(library.results)
    shutil.rmtree(library.root / ".snakemake")
    done = library.run("prompts")

    assert done.returncode == 0, done.stderr[-4000:]
    assert library.digests() == before
    assert len(Quiet.asked) == 1


def test_a_changed_file_concerns_its_task_only(library: Workshop) -> None:
    """Every file that a task reads is an input of its prompts."""
    path = library.root / "near.jsonl"
    path.write_text(LINES.replace("Is 7 a lot?", "Is seven a lot?"))
    planned = library.run("-n", "prompts").stdout
    path.write_text(LINES)

    assert "write_prompts" in planned
    assert "task=near" in planned
    assert "task=far" not in planned
    assert "fetch_source" not in planned


def test_another_digest_ends_with_one_line(library: Workshop) -> None:
    """Both digests are named, nothing is kept, and what was there stays."""
    wrong = "0" * 64
    far = configured(library)["tasks"]["far"]["source"]
    path = library.root / "wrong.yaml"
    path.write_text(yaml.safe_dump(configured(library, far={**far, "sha256": wrong})))
    done = library.run("prompts", "--configfile", str(path))
    said = done.stdout + done.stderr

    assert done.returncode != 0
    assert f"far.jsonl: its SHA-256 is {far['sha256']}, not {wrong}; if that is the file" in said
    assert "Traceback" not in (library.results / f"logs/sources/{wrong}/far.jsonl.log").read_text()
    assert not (library.root / "store/sources" / wrong).exists()
    assert (library.root / "store/sources" / far["sha256"] / "far.jsonl").is_file()


def test_a_broken_line_ends_with_one_line(library: Workshop) -> None:
    """With its file, its number and the mend, and without a traceback."""
    path: Path = library.root / "near.jsonl"
    path.write_text(LINES.replace('"Is 7 a lot?"', '"Is 7 a lot?'))
    done = library.run("prompts")
    path.write_text(LINES)
    said = done.stdout + done.stderr

    assert done.returncode != 0
    assert "near.jsonl, line 8: not JSON (Expecting ',' delimiter at character" in said
    assert "Traceback" not in library.logged("prompts")
