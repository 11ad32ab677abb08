"""Versions: whoever changes what is made must say so, or stores would serve what is out of date."""

import ast
import hashlib
import json
import sys

import pytest

from inward import requests, training
from inward.providers import local, simulated

from .conftest import ROOT

RECORD = ROOT / "tests/sources_of_versions.json"
LIBRARY = ROOT / "scripts/inward"
SOURCES = {
    "trainer": [
        "providers/local_training.py",
        "providers/masking.py",
        "providers/training_checkpoint.py",
        "providers/training_loop.py",
        "providers/look_ahead.py",
        "providers/checkpoints.py",
        "randomness.py",
        "training.py",
    ],
    "engine": [
        "providers/local_sampling.py",
        "providers/batches.py",
        "providers/checkpoints.py",
        "providers/choices.py",
        "providers/prefixes.py",
        "providers/states.py",
    ],
    "vllm engine": ["providers/vllm_sampling.py", "providers/checkpoints.py"],
    "request key": ["requests.py", "digests.py"],
    "simulated": ["simulated.py", "providers/simulated.py"],
}
VERSIONS = {
    "trainer": training.TRAINER,
    "engine": local.ENGINE,
    "vllm engine": local.VLLM,
    "request key": str(requests.KEY_VERSION),
    "simulated": simulated.ENGINE,
}


def digest_of_code(name: str) -> str:
    """Return a digest of what a file does: comments, docstrings and layout do not count."""
    tree = ast.parse((LIBRARY / name).read_text())
    for node in ast.walk(tree):
        if (
            isinstance(node, (ast.Module, ast.ClassDef, ast.FunctionDef))
            and ast.get_docstring(node) is not None
        ):
            node.body = node.body[1:] or [ast.Pass()]
    return hashlib.sha256(ast.dump(tree).encode()).hexdigest()[:16]


def current() -> dict[str, dict[str, str]]:
    """Return what is to be recorded: for each part its version, and digests of its sources."""
    return {
        part: {"version": VERSIONS[part], **{name: digest_of_code(name) for name in names}}
        for part, names in SOURCES.items()
    }


@pytest.mark.parametrize("part", SOURCES)
def test_sources_do_not_change_under_a_version(part: str) -> None:
    """Code that decides what is stored changes only together with its version."""
    recorded = json.loads(RECORD.read_text())[part]
    now = current()[part]
    changed = [name for name in SOURCES[part] if recorded[name] != now[name]]

    assert recorded == now, (
        f"{part} {now['version']}: {', '.join(changed) or 'its version'} changed. If it may now make"
        " something else, raise its version; then record it: python -m tests.test_versions"
    )


if __name__ == "__main__":
    sys.exit(RECORD.write_text(json.dumps(current(), indent=2) + "\n") and 0)
