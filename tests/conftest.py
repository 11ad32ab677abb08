"""What several tests start from: the project's files, and a configuration that is in order."""

import copy
from pathlib import Path
from typing import Any

import pytest
import yaml
from hypothesis import settings

from inward.files import read_json

settings.register_profile("repeatable", derandomize=True, database=None)
settings.load_profile("repeatable")

ROOT = Path(__file__).parents[1]


@pytest.fixture
def schema() -> Any:
    """Return the schema of configurations."""
    return read_json(ROOT / "schemas/config.schema.json")


@pytest.fixture
def embedded(monkeypatch: pytest.MonkeyPatch) -> Any:
    """Return a copy of config.yaml, to be broken; the project's root is the working folder."""
    monkeypatch.chdir(ROOT)
    return copy.deepcopy(yaml.safe_load((ROOT / "config.yaml").read_text()))
