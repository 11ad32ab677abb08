"""Sources: which files of the project a script reaches."""

from pathlib import Path

import pytest

from inward.sources import _copy_stripped, _imported, sources, stripped_copies

from .conftest import ROOT

FILES = {
    "one.py": "import lib.a\nfrom json import dumps\n",
    "two.py": "def main():\n    from lib.deep import b\n",
    "three.py": "from lib import helper_in_init\n",
    "lib/__init__.py": "",
    "lib/a.py": "from . import c\nfrom .deep.b import thing\n",
    "lib/c.py": "",
    "lib/deep/__init__.py": "from ..d import x\n",
    "lib/deep/b.py": "from inward import nothing\n",
    "lib/d.py": "",
}


@pytest.mark.parametrize(
    ("script", "reached"),
    [
        (
            "one.py",
            [
                "lib/__init__.py",
                "lib/a.py",
                "lib/c.py",
                "lib/d.py",
                "lib/deep/__init__.py",
                "lib/deep/b.py",
                "one.py",
            ],
        ),
        (
            "two.py",
            ["lib/__init__.py", "lib/d.py", "lib/deep/__init__.py", "lib/deep/b.py", "two.py"],
        ),
        ("three.py", ["lib/__init__.py", "three.py"]),
    ],
)
def test_a_script_reaches_what_it_imports(tmp_path: Path, script: str, reached: list[str]) -> None:
    """Imports are followed to the end: relative ones, inside functions, and package heads."""
    for name, text in FILES.items():
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text(text)

    found = [path.relative_to(tmp_path).as_posix() for path in sources(tmp_path / script)]
    assert found == reached


def test_comments_and_docstrings_are_taken_out(tmp_path: Path) -> None:
    """A copy changes with what its source does, and is as old as its source."""
    source, copies = tmp_path / "a.py", tmp_path / "copies"

    def copied(text: str) -> tuple[str, float]:
        source.write_text(text)
        _copy_stripped.cache_clear()
        _imported.cache_clear()
        (copy,) = stripped_copies(source, tmp_path, copies)
        return copy.read_text(), copy.stat().st_mtime_ns

    first = copied('"""What."""\n\ndef f():\n    """Why."""\n    return 1  # so\n')
    again = copied('"""Other."""\ndef f():\n\n    # because\n    return 1\n')
    other = copied("def f():\n    return 2\n")
    documented = copied('def f():\n    """Nothing else."""\n')

    assert first == again
    assert "What" not in first[0]
    assert "so" not in first[0]
    assert other[0] != first[0]
    assert "pass" in documented[0]


# Run by the Snakefile itself, before there is any job; known_truth.py by a benchmark.
OUTSIDE_JOBS = {
    *("arms.py", "config.py", "controls.py", "judges.py", "kinship.py", "machine.py"),
    *("precision.py", "shape.py", "siblings.py", "wrappers.py", "known_truth.py"),
}


def test_every_file_of_the_library_is_reached_by_some_rule() -> None:
    """No library file can change without Snakemake knowing whom it concerns."""
    library = ROOT / "scripts/inward"
    reached = {path for script in (ROOT / "scripts").glob("*.py") for path in sources(script)}

    lost = {path.relative_to(library).as_posix() for path in set(library.rglob("*.py")) - reached}
    assert lost == OUTSIDE_JOBS


def test_no_library_file_imports_snakemake() -> None:
    """The domain is plain Python, importable and testable without Snakemake."""
    importing = [
        path.name
        for path in (ROOT / "scripts/inward").rglob("*.py")
        if "import snakemake" in path.read_text() or "from snakemake" in path.read_text()
    ]

    assert importing == []


def test_functions_and_files_are_short() -> None:
    """No file has more than 400 lines, and no function more than 80."""
    import ast

    for path in [*(ROOT / "scripts").rglob("*.py")]:
        tree = ast.parse(path.read_text())
        functions = [node for node in ast.walk(tree) if isinstance(node, ast.FunctionDef)]

        assert len(path.read_text().splitlines()) <= 400, path
        assert all((node.end_lineno or 0) - node.lineno < 80 for node in functions), path
