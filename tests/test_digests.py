"""Digests: equal content has equal names, on every machine and in every order."""

from pathlib import Path
from typing import Any

import pytest

from inward.digests import canonical, digest, digest_file, digest_folder, digest_text

# SHA-256 of the three bytes of "abc", as the standard FIPS 180-2 prints it.
ABC = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"


def folder(root: Path, files: dict[str, str]) -> Path:
    """Return `root` with these files below it."""
    for name, text in files.items():
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_text(text)
    return root


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ({"b": 1, "a": [1, 2]}, '{"a":[1,2],"b":1}'),
        ({"b": {"d": None, "c": True}}, '{"b":{"c":true,"d":null}}'),
        ((1, "x"), '[1,"x"]'),
        ("\U0001f426 \u2028", '"\U0001f426 \u2028"'),
        ("\n\"'", '"\\n\\"\'"'),
        ("", '""'),
    ],
)
def test_a_value_has_one_canonical_form(value: Any, expected: str) -> None:
    """Canonical JSON has sorted keys, no blanks, and characters as they are."""
    assert expected.encode() == canonical(value)


@pytest.mark.parametrize("value", [float("nan"), float("inf"), -float("inf")])
def test_what_json_cannot_say_has_no_digest(value: float) -> None:
    """Not-a-number and infinity are refused instead of written as something that is not JSON."""
    with pytest.raises(ValueError, match="not JSON compliant"):
        digest({"learning_rate": value})


def test_the_order_of_keys_leaves_no_trace() -> None:
    """Two mappings with the same content have the same digest, nested ones as well."""
    one = {"a": 1, "b": {"c": 2, "d": 3}}
    other = {"b": {"d": 3, "c": 2}, "a": 1}

    assert digest(one) == digest(other)
    assert digest([1, 2]) != digest([2, 1])


@pytest.mark.parametrize(("one", "other"), [("1", 1), (None, "null"), ("", None), ([], {})])
def test_things_of_other_types_have_other_digests(one: Any, other: Any) -> None:
    """A number is not the text that looks like it, and an empty text is not nothing."""
    assert digest(one) != digest(other)


def test_texts_and_files_have_the_digest_that_everybody_computes(tmp_path: Path) -> None:
    """The digest of a text and of a file is that of `sha256sum`."""
    path = tmp_path / "abc"
    path.write_bytes(b"abc")

    assert digest_text("abc") == ABC
    assert digest_file(path) == ABC


def test_a_folder_is_named_by_names_and_contents(tmp_path: Path) -> None:
    """Where a folder lies does not matter; a file renamed, changed or added does."""
    files = {"a.txt": "1", "deep/b.txt": "2"}
    expected = digest_folder(folder(tmp_path / "one", files))
    changes = {
        "renamed": {"a.txt": "1", "deep/c.txt": "2"},
        "moved": {"a.txt": "1", "b.txt": "2"},
        "changed": {"a.txt": "1", "deep/b.txt": "3"},
        "swapped": {"a.txt": "2", "deep/b.txt": "1"},
        "added": {**files, "c.txt": ""},
    }
    others = {name: digest_folder(folder(tmp_path / name, made)) for name, made in changes.items()}

    assert expected == digest_folder(folder(tmp_path / "two", dict(reversed(files.items()))))
    assert len(changes) == len(set(others.values()) - {expected})
