"""Croissant: the study's data sets, for programs that load data by their metadata.

It names files relative to the study's folder, where croissant.json belongs when that is published,
and for each kind of table its columns. Digests of files are those of the ledger.
"""

from collections.abc import Iterator
from typing import Any

import pyarrow as pa

from inward.audit.files import KINDS
from inward.tables import (
    BEHAVIORS,
    JUDGMENTS,
    LABELS,
    PREDICTIONS,
    PROMPTS,
    Table,
    calibration,
    experiments,
    scores,
)

VERSION = "http://mlcommons.org/croissant/1.0"
TASK = r".*/([^/]+)\.parquet$"
BELOW = r".*/([^/]+)/[^/]+$"
OF_SUBJECT = {"subject": BELOW, "task": TASK}
SETS: dict[str, tuple[str, Table, dict[str, str]]] = {
    "prompts": ("prompts", PROMPTS, {"task": TASK}),
    "behaviors": ("behaviors", BEHAVIORS, OF_SUBJECT),
    "judgments": ("judgments", JUDGMENTS, OF_SUBJECT),
    "labels": ("labels", LABELS, OF_SUBJECT),
    "predictions": ("predictions", PREDICTIONS, OF_SUBJECT),
    "draws-of-behaviors": ("draws/behaviors", BEHAVIORS, OF_SUBJECT),
    "draws-of-predictions": ("draws/predictions", PREDICTIONS, OF_SUBJECT),
}
FOLDERS = (*(folder for folder, _, _ in SETS.values()), "datasets", "scores")
SCORES = {
    table.name: table
    for module in (calibration, experiments, scores)
    for table in vars(module).values()
    if isinstance(table, Table)
}
MESSAGE = pa.struct([("role", pa.string()), ("content", pa.string())])
CONTEXT: dict[str, Any] = {
    "@language": "en",
    "@vocab": "https://schema.org/",
    "sc": "https://schema.org/",
    "cr": "http://mlcommons.org/croissant/",
    "dct": "http://purl.org/dc/terms/",
    "conformsTo": "dct:conformsTo",
    "column": "cr:column",
    "data": {"@id": "cr:data", "@type": "@json"},
    "dataType": {"@id": "cr:dataType", "@type": "@vocab"},
    "examples": {"@id": "cr:examples", "@type": "@json"},
    **{
        name: f"cr:{name}"
        for name in [
            "citeAs",
            "equivalentProperty",
            "extract",
            "field",
            "fileObject",
            "fileProperty",
            "fileSet",
            "format",
            "includes",
            "isLiveDataset",
            "jsonPath",
            "key",
            "md5",
            "parentField",
            "path",
            "recordSet",
            "references",
            "regex",
            "repeated",
            "replace",
            "separator",
            "source",
            "subField",
            "transform",
            "samplingRate",
            "rai",
            "key",
        ]
    },
}


def croissant(
    study: str, title: str, records: list[dict[str, Any]], license_url: str
) -> dict[str, Any]:
    """Return the description of a study's data sets as Croissant JSON-LD.

    Its title says what is to be known where it is cited, such as that its subjects are simulated.
    """
    made = {path: digest for record in records for path, digest in record["outputs"].items()}
    home = f"results/{study}/"
    files = {path.removeprefix(home): made[path] for path in sorted(made) if path.startswith(home)}
    ended = max(record["ended"] for record in records)
    return {
        "@context": CONTEXT,
        "@type": "sc:Dataset",
        "conformsTo": VERSION,
        "name": f"inward-{study}",
        "description": (
            f"Study {title} of introspection in language models: prompts, sampled behaviors, labels"
            " read from them, training sets, predictions and scores. Made by inward."
        ),
        "license": license_url,
        "url": "./",
        "version": "1.0.0",
        "datePublished": ended[:10],
        "citeAs": f"inward, study {title}",
        "distribution": [*_files(files), *_file_sets(files)],
        "recordSet": list(_record_sets(files)),
    }


def _files(files: dict[str, str]) -> Iterator[dict[str, Any]]:
    for path, digest in files.items():
        if _published(path):
            yield {
                "@type": "cr:FileObject",
                "@id": path,
                "name": path,
                "contentUrl": path,
                "encodingFormat": KINDS[path[path.rindex(".") :]],
                "sha256": digest,
            }


def _published(path: str) -> bool:
    below = tuple(f"{folder}/" for folder in FOLDERS)
    return path.endswith((".parquet", ".jsonl")) and path.startswith(below)


def _file_sets(files: dict[str, str]) -> Iterator[dict[str, Any]]:
    for name, pattern, kind in [
        *((name, f"{folder}/**.parquet", ".parquet") for name, (folder, _, _) in SETS.items()),
        *((part, f"datasets/*/{part}.jsonl", ".jsonl") for part in ("train", "validation")),
    ]:
        if any(_of_set(path, name) for path in files):
            yield {
                "@type": "cr:FileSet",
                "@id": f"{name}-files",
                "name": f"{name}-files",
                "encodingFormat": KINDS[kind],
                "includes": pattern,
            }


def _of_set(path: str, name: str) -> bool:
    if name in SETS:
        return path.startswith(f"{SETS[name][0]}/") and path.endswith(".parquet")
    return path.startswith("datasets/") and path.endswith(f"/{name}.jsonl")


def _record_sets(files: dict[str, str]) -> Iterator[dict[str, Any]]:
    for name, (_, table, of_path) in SETS.items():
        if any(_of_set(path, name) for path in files):
            source = {"fileSet": {"@id": f"{name}-files"}}
            # What some files lack cannot be said of the set.
            columns = {c: kind for c, kind in table.columns.items() if c not in table.rare}
            yield _record_set(name, source, columns, of_path)
    for part in ("train", "validation"):
        if any(_of_set(path, part) for path in files):
            source = {"fileSet": {"@id": f"{part}-files"}}
            columns = {"messages": pa.list_(MESSAGE)}
            yield _record_set(part, source, columns, {"trained": BELOW})
    for name, table in SCORES.items():
        path = f"scores/{name}.parquet"
        if path in files:
            yield _record_set(name, {"fileObject": {"@id": path}}, table.columns, {})


def _record_set(
    name: str, source: dict[str, Any], columns: dict[str, pa.DataType], of_path: dict[str, str]
) -> dict[str, Any]:
    fields = [_field(f"{name}/{column}", kind, source, column) for column, kind in columns.items()]
    fields += [
        {
            "@type": "cr:Field",
            "@id": f"{name}/{column}",
            "name": column,
            "dataType": "sc:Text",
            "source": {
                **source,
                "extract": {"fileProperty": "fullpath"},
                "transform": {"regex": regex},
            },
        }
        for column, regex in of_path.items()
    ]
    return {"@type": "cr:RecordSet", "@id": name, "name": name, "field": fields}


def _field(
    identifier: str, kind: pa.DataType, source: dict[str, Any], column: str
) -> dict[str, Any]:
    inner = kind.value_type if pa.types.is_list(kind) else kind
    place = {**source, "extract": {"column": column}}
    field: dict[str, Any] = {
        "@type": "cr:Field",
        "@id": identifier,
        "name": identifier.rsplit("/", 1)[1],
        "source": place,
    }
    if pa.types.is_list(kind):
        field["repeated"] = True
    if not pa.types.is_struct(inner):
        return {**field, "dataType": data_type(inner)}
    parts = [inner.field(index) for index in range(inner.num_fields)]
    below = [
        {
            **_field(f"{identifier}/{part.name}", part.type, source, column),
            "source": {**place, "transform": {"jsonPath": part.name}},
        }
        for part in parts
    ]
    return {**field, "subField": below}


def data_type(kind: pa.DataType) -> str:
    """Return how Croissant calls a column's type."""
    if pa.types.is_boolean(kind):
        return "sc:Boolean"
    if pa.types.is_integer(kind):
        return "sc:Integer"
    if pa.types.is_floating(kind):
        return "sc:Float"
    return "sc:Text"
