"""Refusals: responses that decline to answer, known by how they open.

Who cannot *wait*, or is sorry *to hear* something, declines nothing; so what follows counts, too.
One word is never a refusal: "Sorry" may well be the next word of a list.
"""

import re

_ME = r"(?:i|we)"
_AM = r"(?: am|'m| are|'re)"
_CANNOT = (
    rf"(?:{_ME} (?:can't|cannot|can not|couldn't|could not|won't|will not|wouldn't|would not)"
    r"(?: be able to)?"
    rf"|{_ME}{_AM} (?:unable|not able|not going) to|(?:unable|not able) to|cannot|can't)"
)
# What nobody says in a story that they cannot, ...
_DECLINED = (
    r"(?:help(?! (?:but|\w+ing)\b)|assist|answer|provide|comply|fulfil|predict|determine|generate"
    r"|engage|respond|disclose|participate|fabricate|speculate|in good conscience)"
)
# ... and what somebody might, unless the sentence ends or goes on like this.
_DECLINED_HERE = (
    r"(?:do|say|tell|know|continue|complete|create|write|share|give|discuss|choose|pick|select"
    r"|decide|access|guess|offer|express)"
    r"(?=\W*$|[.,;!]| (?:that|this|it|so|you|an?|any|the|your|for|between|on|about|what|such)\b)"
    r"(?! (?:you how|that i|the difference|it enough|this any))"
)
_LACK = (
    rf"(?:{_ME} (?:do not|don't) (?:have|possess|hold) (?:an? |any |the |enough |sufficient )?"
    r"(?:personal|preferences?|opinions?|feelings|beliefs|emotions|desires|access|information"
    r"|context|ability|capability|capacity))"
)
_DECLINE = (
    rf"(?:{_ME}(?: must| have to| need to|'ll have to| will have to)?"
    r"(?: respectfully| politely)? (?:decline|refuse)(?=\W*$| (?:to|this|that|your)\b)"
    rf"|{_ME}(?:'d| would) (?:rather|prefer) not\b|{_ME} prefer not to\b"
    rf"|{_ME}{_AM} not (?:comfortable|allowed|permitted|programmed|designed|authori[sz]ed)\b"
    rf"|{_ME} (?:do not|don't) feel comfortable\b"
    r"|(?:it|that|this)(?:'s| is) not (?:appropriate|possible|something (?:i|we) can)\b"
    r"|it(?:'s| is|'d be| would be) (?:inappropriate|impossible|unethical) (?:for me )?to\b"
    r"|there(?:'s| is) no way (?:for me )?to (?:know|predict|tell|determine)\b"
    rf"|{_ME} (?:do not|don't) know\W*$|no comment\W*$)"
)
_AS_MACHINE = (
    r"(?:as an? (?:\w+ )?(?:ai|artificial intelligence|language model|chatbot)\b"
    rf"|{_ME}{_AM} (?:just |only )?an? (?:ai|\w+ model)\b[^.!?\n]*(?:can't|cannot|don't|do not))"
)
_CORE = (
    rf"(?:{_CANNOT}(?: and (?:will not|won't))?,? (?:\w+ly )?(?:{_DECLINED}|{_DECLINED_HERE})"
    rf"|{_LACK}|{_DECLINE}|{_AS_MACHINE})"
)
_SORRY = (
    rf"(?:{_ME}{_AM} (?:\w+ )?sorry|sorry|(?:my )?(?:sincere )?apologies|{_ME} apologi[sz]e"
    rf"|unfortunately|regrettably|{_ME}{_AM} afraid)"
)
_BREAK = r"[\s,.;:!\u2013\u2014-]*"
REFUSAL = re.compile(
    rf"{_CORE}"
    rf"|{_SORRY}{_BREAK}(?:but\b|however\b|no\b|for (?:the|any) (?:confusion|inconvenience)|$)"
    rf"|{_SORRY}(?: that)?{_BREAK}(?:{_CORE}|{_CANNOT}\W*$)"
    rf"|{_CANNOT}\W*$"
)
OPENING = re.compile(r"^[\s\"'`*_\u201c\u201d\u2018\u2019\u00ab\u00bb(\[]+")
TYPEWRITTEN = str.maketrans("\u2018\u2019", "''", "*_")
LONGEST_OPENING = 400  # characters; what comes later refuses nothing


def is_refusal(text: str) -> bool:
    """Return whether a response of several words opens like a refusal."""
    opening = OPENING.sub("", text[:LONGEST_OPENING], count=1)
    said = " ".join(opening.translate(TYPEWRITTEN).casefold().split())
    return " " in said and REFUSAL.match(said) is not None
