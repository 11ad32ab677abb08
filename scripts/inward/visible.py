"""Visible questions: a response is shown, and a property of it is asked for.

Who learns to answer them learns what a property is, and nothing of what anybody would answer.
Models of the embedded world read such questions, in the same terse form, when they are raised.
"""

from inward.fences import fenced
from inward.hypotheticals import TERSE, Variant, hypothetical_question, variant
from inward.properties import PROPERTIES, ask_of_shown

SHOWN = "This is a response to a prompt:"


def visible_question(wrapper: str, text: str, name: str) -> str:
    """Return the question for a property of the response `text`.

    `wrapper` is the variant of a hypothetical question: the visible one is worded likewise, and as
    terse.
    """
    way = variant(wrapper)
    asked = PROPERTIES[name]
    if way.wrapper in TERSE:
        return hypothetical_question(Variant("terse", way.paraphrase).name, text, asked)
    return f"{SHOWN}\n\n{fenced(text)}\n\n{ask_of_shown(asked, way.wording - 1)}"
