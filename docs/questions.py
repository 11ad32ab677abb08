"""Write all paraphrases into docs/questions.md, as a subject sees them.

python docs/questions.py
"""

from pathlib import Path

from inward.hypotheticals import WRAPPERS, Variant, hypothetical_question
from inward.properties import PROPERTIES

PAGE = Path(__file__).with_name("questions.md")
START = "<!-- paraphrases -->\n"
ASKED, PROMPT, NAMED = PROPERTIES["second_character"], "lion, tiger,", "Aurora"


def updated(page: str) -> str:
    """Return the page with all that comes after its prose written anew."""
    prose, _, _ = page.partition(START)
    return prose + START + "\n" + "\n".join(map(_section, _ways()))


def _ways() -> list[str]:
    return [
        Variant(name, number).name
        for name, wrapper in WRAPPERS.items()
        for number in range(1, len(wrapper.paraphrases) + 1)
    ]


def _section(way: str) -> str:
    asked = hypothetical_question(way, PROMPT, ASKED, NAMED)
    return f"### `{way}`\n\n````text\n{asked}\n````\n"


if __name__ == "__main__":
    PAGE.write_text(updated(PAGE.read_text(encoding="utf-8")), encoding="utf-8")
