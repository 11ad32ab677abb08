"""Reruns: only what an edit changes runs again, counted at the server."""

import re
from collections.abc import Iterator

import pytest

from .reruns import EDITS, PAGE, Caused, Edit, Reruns, finished_study, put_back, replaced, rows

pytestmark = pytest.mark.workflow

SAME = "return [*made.values()]"
REALLY_RUN = {"a prompt added to the held-out task", "one model's temperature for predictions"}


@pytest.fixture(scope="module")
def finished(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Reruns]:
    """Give a finished study."""
    with finished_study(tmp_path_factory.mktemp("reruns")) as reruns:
        yield reruns


@pytest.fixture
def reruns(finished: Reruns) -> Iterator[Reruns]:
    """Give the finished study, to be edited; afterwards all is as it was."""
    with put_back(finished):
        yield finished


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
        took = reruns.caused()
        assert (took.requests, took.trainings) == (edit.causes.requests, edit.causes.trainings)


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
