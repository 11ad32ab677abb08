"""The crate: the study as a Provenance Run Crate, for programs that know RO-Crate.

The crate's root is the project's folder, so that files have the names that they have in the ledger,
and the workflow lies in the crate as well. Who publishes a study lays ro-crate-metadata.json there.
"""

from collections.abc import Iterable
from datetime import datetime
from pathlib import PurePosixPath
from typing import Any
from urllib.parse import quote

from rocrate.model.computationalworkflow import ComputationalWorkflow
from rocrate.model.contextentity import ContextEntity
from rocrate.model.entity import Entity
from rocrate.model.file import File
from rocrate.rocrate import ROCrate

from inward.audit.files import Known
from inward.audit.jobs import COUNTED, job_name
from inward.digests import canonical

RO_CRATE = "https://w3id.org/ro/crate/1.1"
WORKFLOW_CRATE = "https://w3id.org/workflowhub/workflow-ro-crate/1.0"
PROFILES = {
    "https://w3id.org/ro/wfrun/process/0.5": "Process Run Crate",
    "https://w3id.org/ro/wfrun/workflow/0.5": "Workflow Run Crate",
    "https://w3id.org/ro/wfrun/provenance/0.5": "Provenance Run Crate",
    WORKFLOW_CRATE: "Workflow RO-Crate",
}
TERMS = "https://w3id.org/ro/terms/workflow-run#"
LICENSE = "https://spdx.org/licenses/MIT"
UNITS = {"seconds": "SEC", "cost": "USD"}


def crate(study: str, records: list[dict[str, Any]], workflow: dict[str, Known]) -> dict[str, Any]:
    """Return the crate of a study as JSON-LD.

    `workflow` are the files that describe the workflow, the main one first.
    """
    made = _Crate(study, records, workflow)
    made.root()
    made.main()
    for record in made.records:
        made.job(record)
    made.run()
    made.close()
    found: dict[str, Any] = made.crate.metadata.generate()
    entities = [_compact(entity) for entity in found["@graph"]]
    return {**found, "@graph": sorted(entities, key=lambda entity: str(entity["@id"]))}


def _compact(entity: dict[str, Any]) -> dict[str, Any]:
    """Return an entity as RO-Crate recommends: one value stands for itself, not in a list."""
    return {
        name: value[0] if isinstance(value, list) and len(value) == 1 else value
        for name, value in entity.items()
        if value != []
    }


class _Crate:
    """A crate in the making."""

    def __init__(
        self, study: str, records: list[dict[str, Any]], workflow: dict[str, Known]
    ) -> None:
        self.study = study
        self.records = records
        self.crate = ROCrate(version="1.1")
        self.crate.metadata.extra_terms = {
            name: f"{TERMS}{name}" for name in ("sha256", "resourceUsage")
        }
        self.known = {**_files(records), **workflow}
        self.workflow = next(iter(workflow))
        self.made = {path for record in records for path in record["outputs"]}
        self.actions: list[Entity] = []
        self.controls: list[Entity] = []
        self.tools: dict[str, Entity] = {}
        self.steps: dict[str, Entity] = {}
        for path in workflow:
            if path != self.workflow:
                self.file(path, "SoftwareSourceCode")

    def root(self) -> None:
        """Say what the crate is."""
        root = self.crate.root_dataset
        root["name"] = f"inward: study {self.study}"
        root["description"] = (
            f"A run of the introspection study {self.study}: prompts, behaviors, labels, training"
            " sets, predictions, scores and figures, with the jobs that made them."
        )
        root["datePublished"] = max(record["ended"] for record in self.records)
        root["license"] = self.thing(LICENSE, "CreativeWork", name="MIT License")
        root["conformsTo"] = [
            self.thing(url, "CreativeWork", name=name, version=url.rsplit("/", 1)[1])
            for url, name in PROFILES.items()
        ]
        self.crate.metadata["conformsTo"] = [{"@id": url} for url in (RO_CRATE, WORKFLOW_CRATE)]

    def main(self) -> None:
        """Add the workflow, and the engine that ran it."""
        language = self.thing(
            "https://w3id.org/workflowhub/workflow-ro-crate#snakemake",
            "ComputerLanguage",
            name="Snakemake",
            url={"@id": "https://snakemake.github.io"},
        )
        self.main_entity = self.crate.add(
            ComputationalWorkflow(
                self.crate,
                dest_path=self.workflow,
                properties={
                    "@type": ["File", "SoftwareSourceCode", "ComputationalWorkflow", "HowTo"],
                    "name": "inward",
                    **self.known[self.workflow].properties(),
                },
            )
        )
        self.main_entity["programmingLanguage"] = language
        commits = sorted({record["commit"] for record in self.records if record["commit"]})
        if commits:
            self.main_entity["version"] = ", ".join(commits)
        self.crate.mainEntity = self.main_entity

    def job(self, record: dict[str, Any]) -> None:
        """Add an action for a job, and what it needed and made."""
        name = job_name(record)
        action = self.action(
            f"#job/{quote(name.replace(' ', '/'))}",
            name=name,
            instrument=self.tool(record),
            needed=record["inputs"],
            made=record["outputs"],
            began=record["began"],
            ended=record["ended"],
        )
        action.append_to("object", self.value(f"{action.id}/params", "params", record["params"]))
        action["location"] = self.thing(
            f"#host/{quote(record['host'])}", "Place", name=record["host"]
        )
        action["resourceUsage"] = [
            self.value(f"{action.id}/{what}", what, amount, unitText=UNITS.get(what, "count"))
            for what, amount in _usage(record).items()
        ]
        control = self.thing(
            f"#control/{quote(name.replace(' ', '/'))}", "ControlAction", name=f"run {name}"
        )
        control["instrument"] = self.steps[record["rule"]]
        control["object"] = action
        self.controls.append(control)

    def tool(self, record: dict[str, Any]) -> Entity:
        """Return the script of a job, with the library files and packages that it used."""
        rule = record["rule"]
        if rule not in self.tools:
            named = [path for path in record["sources"] if path.endswith(f"/{rule}.py")]
            script = [*named, *record["sources"]][0]
            tool = self.file(script, "SoftwareSourceCode")
            tool["hasPart"] = [
                self.file(path, "SoftwareSourceCode")
                for path in record["sources"]
                if path != script
            ]
            step = self.thing(f"#step/{rule}", "HowToStep", name=rule)
            step["position"] = str(len(self.steps) + 1)
            step["workExample"] = tool
            self.tools[rule], self.steps[rule] = tool, step
            self.main_entity.append_to("hasPart", tool)
            self.main_entity.append_to("step", step)
        for package in self.packages(record):
            if package not in self.tools[rule].get("softwareRequirements", []):
                self.tools[rule].append_to("softwareRequirements", package)
        return self.tools[rule]

    def packages(self, record: dict[str, Any]) -> list[Entity]:
        """Return the packages that a job ran with."""
        versions = {"python": record["python"], **record["versions"]}
        return [
            self.thing(
                f"#package/{quote(name)}/{quote(version)}",
                "SoftwareApplication",
                name=name,
                version=version,
                softwareVersion=version,
            )
            for name, version in sorted(versions.items())
        ]

    def run(self) -> None:
        """Add the run of the whole workflow, and the engine's part in it."""
        needed = {path for record in self.records for path in record["inputs"]}
        run = self.action(
            "#run",
            name=f"study {self.study}",
            instrument=self.main_entity,
            needed=sorted(needed - self.made),
            made=sorted(self.made - needed),
            began=min(record["began"] for record in self.records),
            ended=max(record["ended"] for record in self.records),
        )
        engine = self.thing(
            "#snakemake", "SoftwareApplication", name="Snakemake", url="https://snakemake.github.io"
        )
        organized = self.thing("#engine", "OrganizeAction", name="run of Snakemake")
        organized["instrument"] = engine
        organized["object"] = self.controls
        organized["result"] = run

    def action(
        self,
        identifier: str,
        *,
        name: str,
        instrument: Entity,
        needed: Iterable[str],
        made: Iterable[str],
        began: str,
        ended: str,
    ) -> Entity:
        """Return a finished action."""
        action = self.thing(identifier, "CreateAction", name=name)
        action["instrument"] = instrument
        action["object"] = [self.file(path) for path in needed]
        action["result"] = [self.file(path) for path in made]
        action["startTime"], action["endTime"] = began, ended
        action["actionStatus"] = {"@id": "http://schema.org/CompletedActionStatus"}
        self.actions.append(action)
        return action

    def close(self) -> None:
        """Have the root name all actions."""
        self.crate.root_dataset["mentions"] = self.actions

    def file(self, path: str, *kinds: str) -> Entity:
        """Return the entity of a file; what lies outside the project is named by its digest."""
        known = self.known[path]
        if PurePosixPath(path).is_absolute() or ".." in PurePosixPath(path).parts:
            outside = f"urn:sha256:{known.sha256}"
            return self.thing(outside, "CreativeWork", name=PurePosixPath(path).name)
        name = quote(path)
        found = self.crate.dereference(name)
        if found is None:
            kind = {"@type": ["File", *kinds]} if kinds else {}
            made = File(
                self.crate, dest_path=path, properties={**kind, "name": path, **known.properties()}
            )
            found = self.crate.add(made)
        return found

    def value(self, identifier: str, name: str, value: Any, **more: str) -> Entity:
        """Return a property with its value."""
        plain = value if isinstance(value, int | float) else canonical(value).decode()
        return self.thing(
            identifier,
            "PropertyValue",
            name=name,
            value=plain,
            propertyID=f"https://schema.org/{name}" if name == "cost" else f"{TERMS}{name}",
            **more,
        )

    def thing(self, identifier: str, kind: str, **properties: Any) -> Entity:
        """Return the entity of this name, made if there is none yet."""
        found = self.crate.dereference(identifier)
        return found or self.crate.add(
            ContextEntity(self.crate, identifier, properties={"@type": kind, **properties})
        )


def _files(records: list[dict[str, Any]]) -> dict[str, Known]:
    """Return what is known of each file in the ledger; of several versions it is the last."""
    known = {}
    for record in records:
        for part in ("sources", "inputs"):
            known.update({path: Known.of(path, digest) for path, digest in record[part].items()})
    for record in records:
        made = {path: Known.of(path, digest) for path, digest in record["outputs"].items()}
        ended = datetime.fromisoformat(record["ended"]).isoformat(timespec="seconds")
        known.update({path: one.changed(ended) for path, one in made.items()})
    return known


def _usage(record: dict[str, Any]) -> dict[str, float]:
    """Return what a job took, as far as it took anything."""
    asked = record["facts"].get("requests", {})
    used = {name: asked.get(name) for name in (*COUNTED, "cost")}
    return {"seconds": record["seconds"], **{name: much for name, much in used.items() if much}}
