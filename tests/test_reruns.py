"""Reruns: only what an edit changes runs again, counted at the server."""

import re
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from inward.loopback.serve import served

from .reruns import EDITS, PAGE, Caused, Edit, Reruns, replaced, rows

pytestmark = pytest.mark.workflow

SAME = "return [*made.values()]"
REALLY_RUN = {"a prompt added to the held-out task", "one model's temperature for predictions"}


@pytest.fixture(scope="module")
def finished(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Reruns]:
    """Give a finished study."""
    root = tmp_path_factory.mktemp("reruns")
    with served(root / "server", training_seconds=0.2) as server:
        reruns = Reruns(root, server)
        assert reruns.caused().requests == 340
        yield reruns


@pytest.fixture
def reruns(finished: Reruns, tmp_path: Path) -> Iterator[Reruns]:
    """Give the finished study, to be edited; afterwards all is as it was."""
    kept = tmp_path / "kept"
    shutil.copytree(finished.root, kept, ignore=shutil.ignore_patterns("server"))
    yield finished
    for path in finished.root.iterdir():
        if path.name != "server":
            shutil.rmtree(path) if path.is_dir() else path.unlink()
    for path in kept.iterdir():
        shutil.move(path, finished.root / path.name)


@pytest.mark.parametrize("edit", EDITS, ids=lambda edit: edit.what)
def test_an_edit_runs_again_what_it_changes(reruns: Reruns, edit: Edit) -> None:
    """The rules are those of the table in docs/reruns.md.

    Where it is run, so are the requests, and the plan has said so before.
    """
    edit.make(reruns)
    planned = {
        rule: count for rule, count in reruns.planned().items() if rule not in {"all", "total"}
    }

    assert planned == edit.causes.rules
    if edit.what in REALLY_RUN:
        said = re.search(r"^all +(\d+) +(\d+) ", reruns.run("plan").stdout, re.MULTILINE)
        assert said is not None
        assert int(said[1]) - int(said[2]) == edit.causes.requests
        assert reruns.caused() == edit.causes


def test_the_page_is_the_table_that_is_tested() -> None:
    """docs/reruns.md says what the tests prove."""
    page = PAGE.read_text().splitlines()

    assert all(row in page for row in rows())


def test_in_stages_an_edit_that_changes_no_data_ends_where_it_began(reruns: Reruns) -> None:
    """What wrote the same bytes has nothing run after it in the next invocation."""
    replaced("scripts/inward/tasks/sequence.py", "return list(made.values())", SAME)(reruns)
    at_once = reruns.planned()
    first = reruns.caused("prompts")

    assert at_once["score"] == 1
    assert first == Caused({"write_prompts": 2}, 0, 0)
    assert reruns.planned() == {}
