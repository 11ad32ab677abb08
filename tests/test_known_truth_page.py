"""The page on known truth shows what the benchmark has found."""

import importlib.util

from inward.files import read_json

from .conftest import ROOT


def test_the_page_shows_the_numbers_of_the_benchmark() -> None:
    """Whoever runs bench/known_truth.py runs docs/known_truth.py."""
    spec = importlib.util.spec_from_file_location("known_truth_page", ROOT / "docs/known_truth.py")
    assert spec
    assert spec.loader
    written = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(written)

    shown = (ROOT / "docs/known-truth.md").read_text(encoding="utf-8")
    results = read_json(ROOT / "bench/results/known-truth.json")
    assert written.updated(shown, results) == shown, "run: python docs/known_truth.py"
