"""Files, as catalogs describe them: digest, size and kind."""

from dataclasses import dataclass, replace
from pathlib import Path

KINDS = {
    ".parquet": "application/x-parquet",
    ".jsonl": "application/jsonlines",
    ".json": "application/json",
    ".html": "text/html",
    ".svg": "image/svg+xml",
    ".txt": "text/plain",
    ".py": "text/x-python",
    ".yaml": "application/yaml",
}


@dataclass(frozen=True)
class Known:
    """What is known of a file; its size is None where the file is gone."""

    sha256: str
    size: int | None
    kind: str
    made: str | None = None

    @classmethod
    def of(cls, path: str, sha256: str) -> "Known":
        """Return what is known of the file at `path`, whose digest is on record."""
        file = Path(path)
        size = file.stat().st_size if file.is_file() else None
        return cls(sha256, size, KINDS.get(file.suffix, "application/octet-stream"))

    def changed(self, when: str) -> "Known":
        """Return the same, with the time at which the file was made."""
        return replace(self, made=when)

    def properties(self) -> dict[str, str]:
        """Return what catalogs say of the file, in the words of schema.org."""
        said = {"sha256": self.sha256, "encodingFormat": self.kind}
        if self.size is not None:
            said["contentSize"] = str(self.size)
        if self.made:
            said["dateModified"] = self.made
        return said
