"""What several tests start from: the project's files, and a configuration that is in order."""

import copy
from typing import Any

import pytest
import yaml
from hypothesis import settings

from inward.files import read_json

from .workshop import ROOT, Workshop, finished

__all__ = ["ROOT"]

settings.register_profile("repeatable", derandomize=True, database=None)
settings.load_profile("repeatable")


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
def workshop(tmp_path_factory: pytest.TempPathFactory) -> Workshop:
    """Return a workshop in which the small study was killed halfway, and then run to its end."""
    return finished(tmp_path_factory.mktemp("workshop"))
