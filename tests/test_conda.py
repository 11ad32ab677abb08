"""Conda: `snakemake --sdm conda` creates the environments of envs/, and jobs run in them.

What this proves: Snakemake's own way to environments works with this workflow, from the rule's
`conda:` to the record of a job that ran in one. The pins of each file can be solved together, with
what the packages installed here require; and they suffice for what the scripts import.

What it does not prove: that conda-forge has these packages and that they can be solved there, nor
that its builds work. The solver is conda's successor, rattler, behind a stand-in for the command
`conda`; the channel has one version of each package, the one that is installed here, as links to it.
"""

import json
import os
import re
import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import pytest
import yaml

from .conda_channel import PIP_NAMES, write_channel
from .conda_stand_in import write_conda
from .conftest import ROOT
from .workshop import TASKS, Workshop

PINNED = "3.11"
pytestmark = [
    pytest.mark.conda,
    pytest.mark.skipif(
        find_spec("rattler") is None, reason="py-rattler is missing, which solves and installs"
    ),
    pytest.mark.skipif(
        not sys.version.startswith(f"{PINNED}."),
        reason=f"envs/ pin Python {PINNED}, and the channel has the Python at hand",
    ),
]

MARK = ".of-the-channel"
ENVIRONMENTS = ("hosted", "local", "pipeline")
TARGETS = [
    "prompts",
    "plan",
    "results/small/models/wren.json",
    "results/small/predictions/echo/colors.parquet",
]


def dependencies(environment: str) -> list[str]:
    """Return what an environment file names."""
    found: list[str] = yaml.safe_load((ROOT / f"envs/{environment}.yaml").read_text())[
        "dependencies"
    ]
    return found


@pytest.fixture(scope="module")
def channel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a channel with what the environments name, and all that it requires."""
    place = tmp_path_factory.mktemp("conda") / "channel"
    named = {line.split(" =")[0] for name in ENVIRONMENTS for line in dependencies(name)}
    pip_names = [PIP_NAMES.get(name, name) for name in sorted(named - {"python"})]
    write_channel(place, pip_names, marked="python-dateutil", mark=MARK)
    return place


@pytest.fixture(scope="module")
def deployed(channel: Path, tmp_path_factory: pytest.TempPathFactory) -> Workshop:
    """Return a workshop in which jobs of all kinds of work have run in conda's environments."""
    workshop = Workshop(tmp_path_factory.mktemp("deployed"))
    place = workshop.root / "config.yaml"
    study = yaml.safe_load(place.read_text())
    study["models"]["wren"]["scratch"]["conversations"] = 64
    place.write_text(yaml.safe_dump(study, sort_keys=False))
    conda = write_conda(channel.parent / "base", channel)
    workshop.environment["PATH"] = f"{conda}{os.pathsep}{workshop.environment['PATH']}"
    done = workshop.run(*TARGETS, "--sdm", "conda")
    assert done.returncode == 0, (done.stdout + done.stderr)[-4000:]
    return workshop


def prefixes(workshop: Workshop) -> dict[str, Path]:
    """Return where the environments were created, by the names of their files."""
    texts = {(ROOT / f"envs/{name}.yaml").read_text(): name for name in ENVIRONMENTS}
    return {
        texts[copy.read_text()]: copy.with_suffix("")
        for copy in (workshop.root / ".snakemake/conda").glob("*.yaml")
    }


def installed(prefix: Path) -> dict[str, str]:
    """Return the packages of an environment, with the versions that they state."""
    packages = [json.loads(place.read_text()) for place in (prefix / "conda-meta").glob("*.json")]
    return {package["name"]: package["version"] for package in packages}


def record(workshop: Workshop, job: str) -> Any:
    """Return what the ledger says of a job."""
    return json.loads((workshop.results / f"ledger/{job}.json").read_text())


def test_a_pin_that_the_channel_lacks_is_an_error(channel: Path, tmp_path: Path) -> None:
    """The solver holds to the pins, so that an environment that is there has what its file names."""
    conda = write_conda(tmp_path / "base", channel) / "conda"
    (tmp_path / "old.yaml").write_text("dependencies: [python =3.11, pandas =2.0]\n")
    done = subprocess.run(
        [conda, "env", "create", "--file", tmp_path / "old.yaml", "--prefix", tmp_path / "old"],
        capture_output=True,
        text=True,
        check=False,
    )

    assert done.returncode == 1
    assert "pandas 2.0" in done.stderr


def test_an_environment_is_created_for_each_kind_of_work(deployed: Workshop) -> None:
    """Snakemake creates the three, each with an interpreter of its own and the versions pinned."""
    found = prefixes(deployed)

    assert set(found) == set(ENVIRONMENTS)
    for name, prefix in found.items():
        for line in dependencies(name):
            package, version = line.split(" =")
            assert f"{installed(prefix)[package]}.".startswith(f"{version}.")
        said = subprocess.run(
            [prefix / "bin/python", "-c", "import sys, pandas; print(sys.prefix, pandas.__file__)"],
            capture_output=True,
            text=True,
            check=True,
        )
        inside, pandas = said.stdout.split()
        assert (inside, Path(pandas).is_relative_to(prefix)) == (str(prefix), True), name


@pytest.mark.parametrize(
    ("job", "kind"),
    [
        *((f"prompts/{task}", "pipeline") for task in TASKS),
        ("models/wren", "local"),
        ("predictions/echo", "pipeline"),
    ],
)
def test_the_ledger_states_what_was_imported(deployed: Workshop, job: str, kind: str) -> None:
    """Versions on record are those of the modules themselves, whatever a package promises."""
    versions = record(deployed, job)["versions"]
    promised = installed(prefixes(deployed)[kind])

    assert versions["dateutil"] == promised["python-dateutil"] + MARK
    assert versions["pandas"] == promised["pandas"]
    assert ("torch" in versions) == (kind == "local")


IMPORTED_LATE = {
    "pipeline": {"sklearn.linear_model"},
    "local": {"inward.providers.local_sampling", "inward.providers.local_training"},
    "hosted": {"inward.providers.hosted", "inward.jobs.openai", "inward.jobs.together"},
}


def scripts_of(environment: str) -> set[str]:
    """Return the scripts of the rules that name an environment, or one by its subject."""
    texts = "".join(place.read_text() for place in ROOT.glob("rules/*.smk"))
    return {
        script
        for rule in re.split(r"^ *rule ", texts, flags=re.MULTILINE)
        for named in re.findall(r"conda:\n +(.+)", rule)
        if f"/{environment}.yaml" in named or "environment(" in named
        for script in re.findall(r'script:\n +"\.\./scripts/(\w+)\.py"', rule)
    }


@pytest.mark.parametrize("environment", ENVIRONMENTS)
def test_an_environment_has_all_that_its_scripts_import(
    deployed: Workshop, environment: str
) -> None:
    """Also without the packages around Snakemake, which it lends to scripts that miss their own."""
    names = sorted(scripts_of(environment) | IMPORTED_LATE[environment])
    done = subprocess.run(
        [prefixes(deployed)[environment] / "bin/python", "-c", f"import {', '.join(names)}"],
        env={**os.environ, "PYTHONPATH": str(ROOT / "scripts")},
        capture_output=True,
        text=True,
        check=False,
    )

    assert done.returncode == 0, done.stderr[-600:]


def reasons(workshop: Workshop, *arguments: str) -> dict[str, str]:
    """Return which rules would run again, and why; but for the plan, which always does."""
    said = workshop.run("-n", *TARGETS, *arguments).stdout
    jobs = re.findall(r"^rule (\w+):$.*?^    reason: (.*?)$", said, re.MULTILINE | re.DOTALL)
    return {rule: reason for rule, reason in jobs if rule != "plan"}


def test_an_edited_environment_runs_its_rules_again(deployed: Workshop) -> None:
    """Those that name it, what needs what they make, and no others."""
    before = reasons(deployed, "--sdm", "conda")
    place = deployed.root / "envs/local.yaml"
    place.write_text(place.read_text().replace("regex =2026.11", "regex >=2026.11"))
    after = reasons(deployed, "--sdm", "conda")

    assert before == {}
    assert after == {
        "submit_job": "Software environment definition has changed since last execution",
        "train_model": "Input files updated by another job: results/small/jobs/wren.json",
    }
