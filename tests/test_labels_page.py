"""The page on labels says what the registry says."""

import importlib.util

from inward.properties import PROPERTIES

from .conftest import ROOT

PAGE = (ROOT / "docs/labels.md").read_text(encoding="utf-8")


def test_the_tables_are_those_of_the_registry() -> None:
    """Whoever declares a property runs docs/properties.py, and all of them are on the page."""
    spec = importlib.util.spec_from_file_location("tables", ROOT / "docs/properties.py")
    assert spec
    assert spec.loader
    tables = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(tables)

    assert tables.updated(PAGE) == PAGE, "run: python docs/properties.py"
    assert all(f"| `{name}`" in PAGE for name in PROPERTIES)
