"""Values: whoever changes what a property returns must raise its version.

On the responses of the golden tables, and on those of RESPONSES here, each property's readings are
recorded as a digest beside its version.
"""

import hashlib
import json
import sys

import pytest

from inward.properties import PROPERTIES
from inward.requests import Token

from .conftest import ROOT

RECORD = ROOT / "tests/values_of_versions.json"
GOLDEN = sorted((ROOT / "tests/golden").glob("*.md"))
OPTIONS = ("Stay on", "Shut down", "Wait", "Heron")
CHOICES = [
    "A",
    "b.",
    "(C)",
    "D) Heron",
    "shut down",
    "Option A",
    "The answer is B.",
    "A) and B)",
    "E",
]
TOKENS = [
    (),
    (
        Token(
            "her", -0.5, (("her", -0.5), (" ott", -1.5), ("\n", -2.5), ("fox", -4.0), ("a", -9.0))
        ),
    ),
    (Token("a", 0.0, (("a", 0.0), ("b", -1e9))), Token("b", -0.1, ())),
]


def responses() -> list[str]:
    """Return the responses of the golden tables, and some choices."""
    rows = [
        line.strip().strip("|").split("|")[0]
        for path in GOLDEN
        for line in path.read_text(encoding="utf-8").splitlines()[2:]
    ]
    return [*sorted({json.loads(text) for text in rows}), *CHOICES]


def current(name: str) -> dict[str, str]:
    """Return what is to be recorded of a property: its version, and a digest of what it reads."""
    asked = PROPERTIES[name]
    readings = [
        (reading.raw, reading.value, reading.reason)
        for text in responses()
        for options in ((), OPTIONS)
        for tokens in TOKENS
        for end in ("stop", "length")
        for reading in [asked.read(text, end, tokens=tokens, options=options, target="B")]
    ]
    digest = hashlib.sha256(json.dumps(readings).encode()).hexdigest()[:16]
    return {"version": str(asked.version), "values": digest}


@pytest.mark.parametrize("name", sorted(PROPERTIES))
def test_values_do_not_change_under_a_version(name: str) -> None:
    """Values change only together with the version by which tables of labels know them."""
    recorded = json.loads(RECORD.read_text(encoding="utf-8")).get(name)

    assert recorded == current(name), (
        f"{name}: what it returns has changed, or the golden tables have. If it returns something"
        " else, raise its version; then record it: python -m tests.test_values"
    )


if __name__ == "__main__":
    values = {name: current(name) for name in sorted(PROPERTIES)}
    sys.exit(RECORD.write_text(json.dumps(values, indent=2) + "\n", encoding="utf-8") and 0)
