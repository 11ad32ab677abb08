"""Refusals: responses that decline to answer, in English, known by how they open.

Who cannot *wait*, or is sorry *to hear* something, declines nothing; so what follows counts, too.
Stories begin like refusals: "I could not say a word"; "It is impossible to describe the smell". So
what is declined must be a request, and the speaker must be nobody in a dialogue. One word is never
a refusal: "Sorry" may well be the next word of a list.
"""

import re

_ME = r"(?:i|we)"
_AM = r"(?: am|'m| are|'re)"
_CANNOT = (
    rf"(?:{_ME} (?:can't|cannot|can not|won't|will not)(?: be able to)?"
    rf"|{_ME} (?:couldn't|could not|wouldn't|would not) be able to"
    rf"|{_ME}{_AM} (?:unable|not able|not going) to|(?:unable|not able) to|cannot|can't)"
)
_ENDS = r"(?:\W*$|[.;!])"
# What nobody says in a story that they cannot, ...
_SERVE = (
    r"(?:help(?! (?:but|it|my|you if|\w+ing)\b)|assist|provide(?! for\b)|comply|fulfil|predict"
    r"|determine|generate|engage|respond|participate|fabricate|speculate|in good conscience)"
)
# ... and what somebody might, unless it is a request that they decline.
_REQUEST = (
    r"(?:request|question|prompt|task|topic|information|answer|opinion|preference|choice|option"
    r"|response|content|next \w+)s?\b"
)
_TEXT = r"(?:story|text|sentence|list|sequence|conversation)\b"
_ACT = (
    r"(?:(?:do|say|tell|answer|know|continue|complete|create|write|share|give|discuss|choose|pick"
    r"|select|decide|access|guess|offer|express|disclose|reveal|make|produce|comment)"
    r"(?: you)?(?=\W*$"
    rf"| (?:that|this|these|it|so|them)(?:{_ENDS}| (?:\w+ ){{0,2}}?(?:{_REQUEST}|{_TEXT}))"
    rf"| (?:an?|the|your|any|my|such)(?: \w+){{0,2}}? {_REQUEST}| content\b"
    r"| between (?:the (?:two|options)|these|those|them|options|two)\b"
    r"| (?:what|which|how) i(?:'d| would| will| might)\b| for you\b"
    r"| (?:on|about) (?:that|this|my|myself|your)\b)"
    rf"|answer(?={_ENDS})|(?:continue|complete) (?:the|your) {_TEXT}|{_SERVE})"
)
_LACK = (
    r"(?:i (?:do not|don't) (?:have|possess|hold)"
    r" (?:(?:any |an? |the )?(?:personal|preferences?|opinions?(?! of\b)|beliefs|emotions"
    r"|desires)\b"
    rf"|(?:any )?feelings(?={_ENDS}|,| (?:or|and)\b)"
    r"|(?:any |the )?access to (?:my |any )?(?:previous|past|earlier|real|current|live|external"
    r"|personal|your|that|this|any|the (?:internet|web))\b"
    r"|(?:enough|sufficient|the) (?:information|context)|(?:any )?(?:information|context) to\b"
    r"|(?:the |an? )?(?:ability|capability|capacity) to\b))"
)
_DECLINE = (
    r"(?:i(?: must| have to| need to|'ll have to| will have to)?(?: respectfully| politely)?"
    rf" (?:decline|refuse)(?=\W*$| (?:this|that|your)\b| to {_ACT})"
    rf"|i(?:'d| would)? (?:rather|prefer) not(?:\W*$| (?:to )?{_ACT})"
    rf"|i (?:do not|don't) (?:want|wish|care) to {_ACT}"
    rf"|i{_AM} not (?:allowed|permitted|programmed|designed|authori[sz]ed) to (?:{_ACT}|have\b)"
    rf"|i(?:{_AM} not| (?:do not|don't) feel) comfortable (?:(?:with|about) (?:that|this|your|it)\b"
    r"|(?:answer|discuss|shar|choos|writ|continu|provid|say|mak|generat|giv)\w*ing\b)"
    rf"|(?:it|that|this)(?:'s| is) (?:not (?:appropriate|possible)|impossible|inappropriate)\W*$"
    r"|(?:that|this)(?:'s| is) not something (?:i|we) can\b"
    r"|it(?:'s| is|'d be| would be) (?:not (?:appropriate|possible)|inappropriate|impossible"
    r"|unethical) (?:for me\b|to (?:predict|determine|answer|provide|comply)\b)"
    r"|there(?:'s| is) no way (?:for me to"
    r"|to (?:know|predict|tell|determine|say) (?:what|which|how) (?:i|my))\b"
    r"|i (?:do not|don't) know\W*$|no comment\W*$)"
)
_NOT = r"(?:\bno\b|\bnone\b|\bneither\b|\bnot\b|n't\b|\bcannot\b|\bunable\b|\black\b)"
_MACHINE = (
    r"(?:ai|artificial intelligence|language model|chatbot)"
    r"(?: language)?(?: model| assistant| system| chatbot)?"
    r"(?: (?:developed|created|made|trained|built|designed)\b[^,.]*)?"
)
_AS_MACHINE = (
    rf"(?:as an? (?:\w+ )??{_MACHINE},? (?:i|my)\b[^.!?\n]*{_NOT}"
    rf"|i{_AM} (?:just |only )?an? (?:\w+ )??{_MACHINE}(?:,| and| so)[^.!?\n]*{_NOT})"
)
_CORE = (
    rf"(?:{_CANNOT}(?: and (?:will not|won't))?,? (?:\w+ly )?{_ACT}"
    rf"|{_LACK}|{_DECLINE}|{_AS_MACHINE})"
)
_SORRY = (
    rf"(?:{_ME}{_AM} (?:\w+ )?sorry|sorry|(?:my )?(?:sincere )?apologies|{_ME} apologi[sz]e"
    r"(?: for (?:the|any) \w+)?)"
)
_REGRET = rf"(?:{_SORRY}|unfortunately|regrettably|{_ME}{_AM} afraid)"
_BREAK = r"[\s,.;:!\u2013\u2014-]*"
REFUSAL = re.compile(
    rf"{_CORE}"
    rf"|{_SORRY}{_BREAK}(?:(?:but|however)\b[^.!?\n]*(?:{_NOT}|\b(?:need|require|decline)\b)"
    rf"|(?:but )?no{_ENDS}|for (?:the|any) (?:confusion|inconvenience|misunderstanding)|$)"
    rf"|{_REGRET}(?: that)?{_BREAK}(?:{_CORE}|{_CANNOT}\W*$)"
    rf"|{_CANNOT}\W*$"
    rf"|{_ME} (?:couldn't|could not|wouldn't|would not) (?:say|tell you|do that|help you)\W*$"
)
# Somebody in a story says something, and the story goes on.
DIALOGUE = re.compile(
    r"[\s*_]*(?:\"[^\"]*\"|\u201c[^\u201d]*\u201d|\u00ab[^\u00bb]*\u00bb).*\w", re.DOTALL
)
OPENING = re.compile(r"^[\s\"'`*_\u201c\u201d\u2018\u2019\u00ab\u00bb(\[]+")
TYPEWRITTEN = str.maketrans("\u2018\u2019", "''", "*_")
LONGEST_OPENING = 400  # characters; what comes later refuses nothing


def is_refusal(text: str) -> bool:
    """Return whether a response of several words opens like a refusal."""
    if DIALOGUE.match(text):
        return False
    opening = OPENING.sub("", text[:LONGEST_OPENING], count=1)
    said = " ".join(opening.translate(TYPEWRITTEN).casefold().split())
    return " " in said and REFUSAL.match(said) is not None
