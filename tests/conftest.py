"""What several tests start from: the project's files, and a configuration that is in order."""

import copy
import os
from pathlib import Path
from typing import Any

import pytest
import yaml
from filelock import FileLock
from hypothesis import settings

from inward.files import read_json

from .workshop import ROOT, Workshop, finished

__all__ = ["ROOT"]

# Each process of tests has the networks of its tests on one thread: they are tiny, and threads of
# several processes that wait for one another take tens of times as long.
os.environ.setdefault("OMP_NUM_THREADS", "1")

settings.register_profile("repeatable", derandomize=True, database=None)
settings.load_profile("repeatable")


LONG = ("slurm", "workflow", "conda")  # marks of tests that take minutes, the longest first


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Have files that take minutes begin first, so that no process is left alone with one."""
    of_file: dict[Path, int] = {}
    for item in items:
        marked = [LONG.index(mark.name) for mark in item.iter_markers() if mark.name in LONG]
        of_file[item.path] = min([*marked, of_file.get(item.path, len(LONG))])
    items.sort(key=lambda item: of_file[item.path])


@pytest.fixture
def schema() -> Any:
    """Return the schema of configurations."""
    return read_json(ROOT / "schemas/config.schema.json")


@pytest.fixture
def embedded(monkeypatch: pytest.MonkeyPatch) -> Any:
    """Return a copy of config.yaml, to be broken; the project's root is the working folder."""
    monkeypatch.chdir(ROOT)
    return copy.deepcopy(yaml.safe_load((ROOT / "config.yaml").read_text()))


@pytest.fixture(scope="session")
def finished_study(tmp_path_factory: pytest.TempPathFactory, worker_id: str) -> Path:
    """Return where the small study was killed halfway, and then run to its end.

    It is run once, and not by each of the processes that run tests.
    """
    folder = tmp_path_factory.getbasetemp()
    place = (folder if worker_id == "master" else folder.parent) / "finished"
    with FileLock(f"{place}.lock"):
        if not place.exists():
            partial = place.with_name("unfinished")
            partial.mkdir()
            finished(partial)
            partial.rename(place)
    return place


@pytest.fixture(scope="module")
def workshop(finished_study: Path, tmp_path_factory: pytest.TempPathFactory) -> Workshop:
    """Return a workshop with the finished small study, which the tests of a file share."""
    return Workshop(tmp_path_factory.mktemp("workshop"), like=finished_study)
