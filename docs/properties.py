"""Bring the tables of docs/labels.md up to date with the registry: python docs/properties.py."""

from pathlib import Path

from inward.forms import FORMS
from inward.properties import ANSWERS, MODULES, PROPERTIES, Property
from inward.properties.registry import LISTED

PAGE = Path(__file__).with_name("labels.md")
READ_AS = {
    "character": "one character; `space`, `a space` or white space alone for white space",
    "characters": "two characters, or one where the other is white space",
    "word": "anything without white space inside",
    "truth": "`true` or `yes`, `false` or `no`",
    "number": (
        "digits, with a sign (or a dash for one) or not; thousands may have commas, apostrophes,"
        " `_` or narrow spaces, but no points: `1,000`, `1'000` and `01000` are 1000"
    ),
    "option": (
        "`B`, `(b)`, `B)`, `B. …`, `Option B`, `The answer is B`, or the option's own text; not two"
        " letters: `(a) and (b)`"
    ),
    "text": "anything that does not refuse",
    "category": "one of the values that are listed",
    "bin": "one of the ranges, or a number that falls into one: `12` is `11 to 20`, so is `11-20`",
}


def forms() -> str:
    """Return the table of forms."""
    lines = [
        "| form | the question ends with | a value is | reason otherwise |",
        "| --- " * 4 + "|",
    ]
    for name, form in FORMS.items():
        instruction = form.instruction.replace("{domain}", "…")
        unfit = "" if name == "text" else f"`{form.unfit}`"
        lines.append(f"| {name} | {instruction} | {READ_AS[name]} | {unfit} |")
    return "\n".join(lines)


def properties() -> str:
    """Return a table of the properties of each module, with what the module says of them."""
    parts = []
    for module in MODULES:
        own = [p for p in PROPERTIES.values() if p.value.__module__ == module.__name__]
        said = str(module.__doc__).split("\n\n")
        parts.append(" ".join(part.replace("\n", " ").strip() for part in said))
        lines = ["| property | value | form | answers | reads |", "| --- " * 5 + "|"]
        parts.append("\n".join([*lines, *map(_row, own)]))
    return "\n\n".join(parts)


def updated(page: str) -> str:
    """Return the page with its tables anew."""
    for name, table in (("forms", forms()), ("properties", properties())):
        start, end = f"<!-- {name} -->\n", f"\n<!-- end of {name} -->"
        before, _, rest = page.partition(start)
        _, _, after = rest.partition(end)
        page = f"{before}{start}\n{table}\n{end}{after}"
    return page


def _row(one: Property) -> str:
    doc = str(one.value.__doc__).split("\n", maxsplit=1)[0].removeprefix("Return ").rstrip(".")
    version = "" if one.version == 1 else f" (version {one.version})"
    domain = ": " + ", ".join(one.domain) if one.form in LISTED else ""
    answers = ", ".join(kind for kind in ANSWERS if kind in one.answers)
    answers = "all" if set(ANSWERS) == one.answers else answers
    return (
        f"| `{one.name}`{version} | {doc}{domain} | {one.form} | {answers}"
        f" | {', '.join(sorted(one.reads))} |"
    )


if __name__ == "__main__":
    PAGE.write_text(updated(PAGE.read_text(encoding="utf-8")), encoding="utf-8")
