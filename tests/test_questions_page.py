"""The page on hypothetical questions says what subjects are asked."""

import importlib.util

from .conftest import ROOT


def test_the_page_shows_every_paraphrase() -> None:
    """Whoever changes a wrapper runs docs/questions.py."""
    spec = importlib.util.spec_from_file_location("questions_page", ROOT / "docs/questions.py")
    assert spec
    assert spec.loader
    written = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(written)

    shown = (ROOT / "docs/questions.md").read_text(encoding="utf-8")
    assert written.updated(shown) == shown, "run: python docs/questions.py"
