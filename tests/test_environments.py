"""Environments: what pip, conda and the lock files promise is the same."""

import re
import tomllib
from pathlib import Path

import pytest
import yaml
from packaging.requirements import Requirement
from packaging.version import Version

from .conda_channel import PIP_NAMES
from .conftest import ROOT

PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
BOUNDS = {
    requirement.name: requirement.specifier
    for line in [
        *PROJECT["dependencies"],
        *PROJECT["optional-dependencies"]["local"],
        *PROJECT["optional-dependencies"]["slurm"],
        *PROJECT["optional-dependencies"]["test"],
    ]
    for requirement in [Requirement(line)]
}
LOCKS = ["requirements.lock", "requirements-test.lock"]


def locked() -> dict[str, str]:
    """Return the versions in the lock files, by normalized name."""
    lines = [line for lock in LOCKS for line in (ROOT / lock).read_text().split()]
    return {
        re.sub(r"[-_.]+", "-", name).lower(): version
        for name, version in (line.split("==") for line in lines)
    }


@pytest.mark.parametrize("path", sorted((ROOT / "envs").glob("*.yaml")), ids=lambda path: path.name)
def test_conda_environments_agree_with_pyproject(path: Path) -> None:
    """Each pin of envs/ is within the bounds that pip has, and python within its own."""
    for dependency in yaml.safe_load(path.read_text())["dependencies"]:
        name, version = dependency.split(" =")
        if name == "python":
            assert version in PROJECT["requires-python"]
        else:
            bounds = BOUNDS[PIP_NAMES.get(name, name)]

            assert bounds.contains(version), f"{name} {version} is not {bounds}"


@pytest.mark.parametrize("lock", LOCKS)
def test_lock_files_hold_plain_versions(lock: str) -> None:
    """Each line is name==version, without hosts, paths or hashes."""
    for line in (ROOT / lock).read_text().splitlines():
        assert re.fullmatch(r"[A-Za-z0-9._-]+==[A-Za-z0-9.]+", line), line


def test_what_is_locked_is_what_is_allowed() -> None:
    """Every bound of pyproject.toml has a locked version within it."""
    versions = locked()
    for name, bounds in BOUNDS.items():
        version = versions[re.sub(r"[-_.]+", "-", name).lower()]

        assert bounds.contains(Version(version)), f"{name} {version} is not {bounds}"


@pytest.mark.parametrize("path", sorted((ROOT / "envs").glob("*.yaml")), ids=lambda path: path.name)
def test_conda_environments_agree_with_the_lock_files(path: Path) -> None:
    """Who installs with conda has the versions that the tests were run with, as exactly as it pins them."""
    versions = {**locked(), "python": "3.11"}
    for dependency in yaml.safe_load(path.read_text())["dependencies"]:
        name, version = dependency.split(" =")
        pip_name = PIP_NAMES.get(name, name)

        assert f"{versions[pip_name]}.".startswith(f"{version}."), f"{name} {version}"


RULES = re.split(
    r"^ *(?=rule )",
    "\n".join(place.read_text() for place in sorted((ROOT / "rules").glob("*.smk"))),
    flags=re.MULTILINE,
)[1:]


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.split(":")[0].removeprefix("rule "))
def test_every_rule_names_its_environment(rule: str) -> None:
    """Whatever runs a script says in which environment, by its kind of work or by its subject."""
    scripts = re.findall(r"^ +script:$", rule, re.MULTILINE)
    named = re.findall(r"^ +conda:\n +(.+)$", rule, re.MULTILINE)

    assert len(named) == len(scripts)
    for place in named:
        fixed = re.fullmatch(r'"\.\./(envs/\w+\.yaml)"', place)
        assert (ROOT / fixed[1]).is_file() if fixed else "environment(" in place


def test_torch_is_pinned_everywhere() -> None:
    """Torch is 2.13.0 for pip, in the lock file and for conda."""
    assert str(BOUNDS["torch"]) == "==2.13.0"
    assert locked()["torch"] == "2.13.0"
    assert "pytorch =2.13.0" in (ROOT / "envs/local.yaml").read_text()
