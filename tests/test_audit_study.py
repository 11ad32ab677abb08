"""The audit of a study that was really run, and what it says to other programs."""

import importlib.resources
import json
import os
import shutil
import subprocess
from pathlib import Path
from typing import Any

import jsonschema
import pytest

from inward import ledger
from inward.audit.crate import LICENSE, crate
from inward.audit.croissant import croissant
from inward.audit.files import Known
from inward.digests import digest_file, digest_text
from inward.files import read_json
from inward.tables import HEALTH, LABELS, LEDGER, PROMPTS, read_table
from inward.verify import misfits

from .conftest import ROOT
from .tiny import HOME, digests, tiny
from .workshop import Workshop


def crate_of(records: list[Any]) -> Any:
    """Return the crate of these records; Snakefile is the workflow."""
    known = Known.of("Snakefile", digest_text("Snakefile"))
    return crate("tiny", records, {"Snakefile": known})


def test_each_job_is_an_action_of_the_crate() -> None:
    """With its script, what it needed and made, and what it took; a file outside has no path."""
    records = tiny()
    records[0]["inputs"] = digests(["/outside/words.txt"])
    graph = {entity["@id"]: entity for entity in crate_of(records)["@graph"]}
    action = graph["#job/sample_behaviors/one"]

    assert action["instrument"] == {"@id": "scripts/sample_behaviors.py"}
    assert {"@id": f"{HOME}/models/one.json"} in action["object"]
    assert {"@id": f"{HOME}/behaviors/one/a.parquet"} in action["result"]
    assert graph["#job/sample_behaviors/one/cost"]["value"] == 0.5
    assert graph["prompts/words/a%20list.txt"]["sha256"] == digest_text("prompts/words/a list.txt")
    assert not [name for name in graph if "outside" in name]
    assert len(graph["./"]["mentions"]) == len(records) + 1


def test_croissant_names_every_column() -> None:
    """Files with their digests; record sets whose fields are the columns of the tables."""
    said = croissant("tiny", "tiny (simulated)", tiny(), LICENSE)
    files = {part["@id"]: part for part in said["distribution"]}
    sets = {part["@id"]: part for part in said["recordSet"]}
    fields = {field["name"]: field for field in sets["behaviors"]["field"]}

    assert said["conformsTo"] == "http://mlcommons.org/croissant/1.0"
    assert files["datasets/two/train.jsonl"]["sha256"] == digest_text(
        f"{HOME}/datasets/two/train.jsonl"
    )
    assert set(sets) == {"prompts", "behaviors", "train", "items"}
    assert set(fields) >= {"prompt_id", "text", "tokens", "subject", "task"}
    assert fields["tokens"]["repeated"]
    assert [part["name"] for part in fields["tokens"]["subField"]] == ["token", "logprob", "top"]
    assert fields["sample"]["dataType"] == "sc:Integer"
    for part in sets.values():
        for field in part["field"]:
            source = field["source"]
            named = source.get("fileSet") or source["fileObject"]

            assert named["@id"] in files


# Without a network the context that rocrate brings stands for that of RO-Crate 1.1, from which it
# differs, in what the crate uses, in the address of Bioschemas' terms.
REMEMBER = """
import sys, requests, urllib3
from requests_cache import CachedSession
path, url = sys.argv[1:]
answer = requests.Response()
answer.status_code, answer.url, answer._content = 200, url, sys.stdin.buffer.read()
answer.headers["Content-Type"] = "application/ld+json"
answer.request = requests.Request("GET", url).prepare()
answer.raw = urllib3.HTTPResponse(body=b"", status=200, preload_content=False)
CachedSession(path, backend="sqlite", expire_after=-1).cache.save_response(answer)
"""


def validator() -> Path:
    """Return rocrate-validator's path; skip the test where it is missing."""
    beside = ROOT / ".venv/validator/bin/rocrate-validator"
    named = os.environ.get("ROCRATE_VALIDATOR") or shutil.which("rocrate-validator") or beside
    if not Path(named).is_file():
        pytest.skip(
            "rocrate-validator is missing; `make test` installs it, or set ROCRATE_VALIDATOR"
        )
    return Path(named)


def validated(root: Path, cache: Path) -> str:
    """Return what the validator says of the crate in a folder."""
    command, context = validator(), importlib.resources.files("rocrate") / "data/ro-crate.jsonld"
    terms = context.read_text().replace("bioschemas.org/terms/", "bioschemas.org/")
    subprocess.run(
        [command.parent / "python", "-c", REMEMBER, cache, "https://w3id.org/ro/crate/1.1/context"],
        input=terms.encode(),
        check=True,
    )
    asked = ["-p", "provenance-run-crate-0.5", "-l", "required", "-v", "--no-paging", "--offline"]
    done = subprocess.run(
        [command, "-y", "validate", root, *asked, "--cache-path", cache],
        capture_output=True,
        text=True,
        check=False,
    )
    return "" if done.returncode == 0 else done.stdout + done.stderr


def test_the_validator_can_tell(tmp_path: Path) -> None:
    """It accepts a crate in order, and refuses one whose tool nobody ran."""
    records = [one for one in tiny() if one["rule"] == "write_prompts"]
    for one in records:
        for path in [*one["inputs"], *one["sources"], *one["outputs"], "Snakefile"]:
            (tmp_path / path).parent.mkdir(parents=True, exist_ok=True)
            (tmp_path / path).write_text(path)
    made = crate_of(records)
    (tmp_path / "ro-crate-metadata.json").write_text(json.dumps(made))
    well = validated(tmp_path, tmp_path / "cache")
    made["@graph"] = [
        {name: value for name, value in entity.items() if name != "instrument"}
        for entity in made["@graph"]
    ]
    (tmp_path / "ro-crate-metadata.json").write_text(json.dumps(made))

    assert not well
    assert "instrument" in validated(tmp_path, tmp_path / "cache")


@pytest.fixture(scope="module")
def once_audited(workshop: Workshop) -> Workshop:
    """Give the finished small study, audited."""
    done = workshop.run("audit")
    assert done.returncode == 0, done.stderr[-4000:]
    return workshop


@pytest.fixture
def audited(once_audited: Workshop, monkeypatch: pytest.MonkeyPatch) -> Workshop:
    """Give the audited study as the working folder."""
    monkeypatch.chdir(once_audited.root)
    return once_audited


@pytest.mark.workflow
def test_a_study_is_audited(audited: Workshop, tmp_path: Path) -> None:
    """`snakemake audit` writes all its parts as often as it is asked, and leaves the study as it was."""
    folder = audited.results / "audit"
    records = ledger.records(Path("results/small"))
    jobs = read_table(LEDGER, folder / "ledger.parquet")
    seen = read_table(HEALTH, folder / "label-health.parquet")
    shown = (folder / "index.html").read_text()
    first = (folder / "index.html").stat().st_mtime_ns
    (folder / "rules.svg").unlink()
    again = audited.run("audit")

    assert again.returncode == 0, again.stderr[-2000:]
    assert (folder / "index.html").stat().st_mtime_ns > first
    assert (folder / "rules.svg").is_file()
    assert len(jobs) == len(records) > 50
    assert jobs["reused"].sum() + jobs["made"].sum() == sum(
        one["facts"]["requests"]["made"] + one["facts"]["requests"]["reused"]
        for one in records
        if "requests" in one["facts"]
    )
    for row in seen.to_dict("records"):
        table = read_table(
            LABELS, audited.results / f"labels/{row['subject']}/{row['task']}.parquet"
        )
        own = table.loc[table["property"] == row["property"], "value"].dropna()

        assert row["n_labels"] == len(own)
        if len(own):
            assert row["top_share"] == pytest.approx(own.value_counts().max() / len(own))
    assert "every file as recorded" in shown
    assert shown.count("<svg") == 2
    assert next(misfits(Path("results/small"), Path("store")), None) is None
    assert audited.planned() == {}
    shutil.copy(folder / "ro-crate-metadata.json", audited.root)

    assert not validated(audited.root, tmp_path / "cache")


@pytest.mark.workflow
def test_croissant_describes_the_files_that_are_there(audited: Workshop) -> None:
    """Every digest is right, every pattern finds files, every column is in every file."""
    said = read_json(audited.results / "audit/croissant.json")
    for part in said["distribution"]:
        if part["@type"] == "cr:FileObject":
            assert digest_file(audited.results / part["contentUrl"]) == part["sha256"]
        else:
            assert list(audited.results.glob(part["includes"].replace("**.", "**/*.")))
    prompts = next(part for part in said["recordSet"] if part["@id"] == "prompts")

    assert {field["name"] for field in prompts["field"]} == {
        *PROMPTS.columns,
        "task",
    } - PROMPTS.rare


@pytest.mark.workflow
def test_records_have_the_form_of_their_schema(workshop: Workshop) -> None:
    """schemas/ledger.schema.json says what a record holds."""
    schema = read_json(ROOT / "schemas/ledger.schema.json")
    jsonschema.Draft202012Validator.check_schema(schema)
    checker = jsonschema.Draft202012Validator(schema)
    records = ledger.records(workshop.results)

    assert records
    for one in map(ledger.sealed, [*records, *tiny()]):
        assert not [error.message for error in checker.iter_errors(one)]
