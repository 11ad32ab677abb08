"""Shelves: records of one kind, each a JSON file, so that they outlive the server."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

from inward.digests import digest
from inward.files import read_json, write_json, written_whole
from inward.loopback.wire import unknown

Record = dict[str, Any]


class Shelf:
    """Records of one kind by ID, in the order of their making.

    What is removed leaves its number behind, so that no ID is given twice.
    """

    def __init__(self, folder: Path, what: str, prefix: str) -> None:
        self.folder = folder
        self.what = what
        self.prefix = prefix
        read = (read_json(path) for path in folder.glob("*.json"))
        self._records = {
            record["id"]: record for record in sorted(read, key=lambda one: int(one["number"]))
        }

    def add(self, content: Record) -> Record:
        """Keep a new record and return it with its `id` and `number`."""
        number = len(self._records) + 1
        name = f"{self.prefix}{digest([self.prefix, number])[:12]}"
        record = {**content, "id": name, "number": number}
        self.keep(record)
        return record

    def keep(self, record: Record) -> None:
        """Write a record, new or changed."""
        self._records[record["id"]] = record
        write_json(self.folder / f"{record['id']}.json", record)

    def get(self, name: str) -> Record | None:
        """Return the record with this ID, or None."""
        record = self._records.get(name)
        return None if record is None or record.get("removed") else record

    def known(self, name: str) -> Record:
        """Return the record with this ID; raise Refused where there is none."""
        record = self.get(name)
        if record is None:
            raise unknown(self.what, name)
        return record

    def remove(self, record: Record) -> None:
        """Forget a record."""
        record["removed"] = True
        self.keep(record)

    def __iter__(self) -> Iterator[Record]:
        """Yield the records, oldest first."""
        return (record for record in list(self._records.values()) if not record.get("removed"))

    def newest_first(self) -> list[Record]:
        """Return the records, newest first."""
        return list(self)[::-1]

    def write_content(self, name: str, content: bytes) -> None:
        """Write the bytes that belong to a record."""
        with written_whole(self.folder / f"{name}.content") as partial:
            partial.write_bytes(content)

    def read_content(self, name: str) -> bytes:
        """Return the bytes that belong to a record."""
        return (self.folder / f"{name}.content").read_bytes()


def page(
    records: list[Record], query: dict[str, str], limit: int = 20
) -> tuple[list[Record], bool]:
    """Return the records behind the one named by `after`, and whether there are more."""
    start = 0
    if "after" in query:
        names = [record["id"] for record in records]
        start = names.index(query["after"]) + 1 if query["after"] in names else len(records)
    end = start + int(query.get("limit", limit))
    return records[start:end], end < len(records)
