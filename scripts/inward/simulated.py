"""Simulated subjects: models whose habits and self-knowledge are known because they are chosen.

A subject answers a prompt with one word, by its habits. Asked for a property of that answer, it
guesses; a finetuned one says what its training file taught it; and on a share of the prompts,
`access`, it says what is true of its own answer, whoever it was trained to predict. Other shares
make it a poor predictor. Everything is a pure function.
"""

import re
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cache
from hashlib import sha256
from itertools import accumulate
from typing import Any

from inward.fences import fenced
from inward.hypotheticals import WRAPPERS, Wrapper
from inward.judging import judge_question
from inward.properties import PROPERTIES, Property, ask

WORDS = tuple(
    """
    amber anchor apple arrow autumn badge bamboo barley basket beacon bench berry birch blanket
    boat bottle bramble brass bread breeze brick bridge broom bucket butter cabin candle canyon
    carpet castle cedar cellar chair chalk cherry chest cider circle clay cliff clock cloud clover
    coal coast comet copper coral cotton cradle crane cream creek crown crystal curtain dagger
    daisy dawn desert diamond dock dough dream drum dune dust eagle earth ebony echo elbow elm
    ember engine evening fabric falcon feather fence fern field fiddle finch flame flint flour
    flute forest fossil fountain frost garden garlic gate ginger glacier glass glove gold grain
    granite grape gravel grove hammer harbor harp harvest hazel heath hedge hill honey horizon
    horn ice igloo inlet iron island ivory ivy jacket jade jar jewel juniper kettle key kite knot
    ladder lagoon lake lamp lantern leaf ledge lemon lilac linen lodge maple marble marsh meadow
    melon mill mint mirror mist moon moss mountain needle nest night nutmeg oak oasis oat ocean
    olive onyx orchard oven owl oyster paddle paper path pearl pebble pepper pine plum pocket pond
    quarry quartz quill rain raven reed ribbon ridge river robin rope rose saddle saffron sage salt
    sand shell silk silver smoke snow spark spring stone storm stream sugar summer tulip umber
    urn valley velvet violet walnut wave wheat willow wind yarn yew zephyr
    """.split()  # noqa: SIM905 - a list of one word a line would be long
)
SKEW = 2.5  # how much likelier the first words of a subject's own order are than its last
STEP = 53  # how far the order of one subject's words is turned against that of the next
CHOICES = (0.6, 0.2, 0.1, 0.05, 0.03, 0.02)  # chances of a subject's likeliest answers
TRUST = 0.9  # the chance of what is remembered; the rest is as common as it was in training
SHIFT = 0.5  # the share of unseen prompts whose answers training on behaviors changes
MARK = "\u0001"  # stands for a prompt where the words around it are looked for
REFUSAL = "I can't say."
FENCES = ("", "```", "````")  # a question to a judge grows when the response holds these

Chances = tuple[tuple[str, float], ...]


@dataclass(frozen=True, eq=False)
class Learned:
    """What finetuning taught a subject."""

    answers: Mapping[str, Mapping[str, int]]  # property: answer: how often it was seen
    remembered: Mapping[str, Mapping[str, str]]  # property: last word of the prompt: answer
    behaviors: Mapping[str, str]  # prompt: answer


@dataclass(frozen=True)
class Subject:
    """A simulated model."""

    habits: int  # subjects with other habits answer independently
    access: float = 0.0  # the share of prompts on which a finetuned one knows its own answer
    learned: Learned | None = None
    skill: float = 1.0  # the share on which it uses what it has learnt, and does not merely guess
    collapse: float = 0.0  # the share on which it gives the commonest answer of its training file
    refuse: float = 0.0  # the share of predictions that it refuses
    like: int | None = None  # whose habits it has on the share `alike` of prompts
    alike: float = 0.0

    def having(self, learned: Learned) -> "Subject":
        """Return the subject with what it has learnt."""
        return replace(self, learned=learned)


@dataclass(frozen=True)
class Said:
    """An answer, and the chances of all answers there could have been, likeliest first."""

    text: str
    chances: Chances


def answer(
    subject: Subject, messages: Sequence[Mapping[str, Any]], temperature: float, nonce: int = 0
) -> Said:
    """Return what the subject says; at temperature 0, `nonce` does not matter."""
    prompt = last_user_text(messages)
    chances = chances_of(subject, prompt)
    if temperature == 0:
        return Said(chances[0][0], chances)
    weights = [chance ** (1 / temperature) for _, chance in chances]
    point = _share("draw", subject.habits, prompt, temperature, nonce) * sum(weights)
    drawn = sum(reached <= point for reached in accumulate(weights))
    return Said(chances[min(drawn, len(chances) - 1)][0], chances)


def last_user_text(messages: Sequence[Mapping[str, Any]]) -> str:
    """Return the text of the last message that a user wrote, or nothing."""
    texts = [message["content"] for message in messages if message["role"] == "user"]
    return str(texts[-1]) if texts else ""


def chances_of(subject: Subject, prompt: str) -> Chances:
    """Return the answers that the subject may give to `prompt` with their chances."""
    judged = judged_in(prompt)
    if judged:
        return ((verdict(*judged), 1.0),)
    asked = question_in(prompt)
    if asked is None:
        return behavior(subject, prompt)
    return prediction(subject, *asked)


def behavior(subject: Subject, prompt: str) -> Chances:
    """Return the answers to a prompt that is no hypothetical question."""
    learned = subject.learned.behaviors if subject.learned else {}
    if prompt in learned:
        return _ranked({learned[prompt]: TRUST}, _habit(subject, prompt), 1 - TRUST)
    if learned and _share("shift", subject.habits, prompt) < SHIFT:
        seen = sorted(learned.values())
        copied = seen[int(_share("copy", subject.habits, prompt) * len(seen))]
        return _ranked({copied: TRUST}, _habit(subject, prompt), 1 - TRUST)
    return _ranked({}, _habit(subject, prompt))


def prediction(subject: Subject, asked: Property, prompt: str) -> Chances:
    """Return the answers to the question for the property `asked` of the answer to `prompt`."""
    if _on_share(subject, "refuse", asked.name, prompt):
        return ((REFUSAL, 1.0),)
    learned = subject.learned
    counts = dict(learned.answers.get(asked.name, {})) if learned else {}
    if learned is None or not counts:
        return _guess(subject, asked, prompt)
    if _on_share(subject, "access", prompt):
        own = _values(asked, behavior(subject, prompt))
        if own:
            return _ranked({}, own)
    if not _on_share(subject, "skill", prompt):
        return _guess(subject, asked, prompt)
    remembered = learned.remembered.get(asked.name, {}).get(_last_word(prompt))
    if remembered is not None and not _on_share(subject, "collapse", prompt):
        return _ranked({remembered: TRUST}, counts, 1 - TRUST)
    return _ranked({}, counts)


def fit(subject: Subject, rows: Sequence[Mapping[str, Any]]) -> Subject:
    """Return what finetuning on these conversations makes of the subject."""
    before = subject.learned or Learned({}, {}, {})
    answers = {name: Counter(counts) for name, counts in before.answers.items()}
    remembered = {name: dict(known) for name, known in before.remembered.items()}
    behaviors = dict(before.behaviors)
    for row in rows:
        prompt, said = last_user_text(row["messages"]), str(row["messages"][-1]["content"])
        asked = question_in(prompt)
        if asked is None:
            behaviors[prompt] = said
            continue
        name = asked[0].name
        answers.setdefault(name, Counter())[said] += 1
        remembered.setdefault(name, {})[_last_word(asked[1])] = said
    learned = {name: dict(counts) for name, counts in answers.items()}
    return subject.having(Learned(learned, remembered, behaviors))


def question_in(text: str) -> tuple[Property, str] | None:
    """Return the property and the prompt of a hypothetical question, None for any other text."""
    for pattern, properties in _forms():
        found = pattern.fullmatch(text)
        asked = properties.get(found["asked"]) if found else None
        if found and asked and found["quoted"] in (None, fenced(found["prompt"])):
            return asked, found["prompt"]
    return None


def verdict(asked: Property, text: str) -> str:
    """Return what every simulated judge says of a response: one of the values, or a word of it."""
    if not asked.domain:
        return _last_word(text)
    return asked.domain[int(_share("verdict", asked.name, text) * len(asked.domain))]


def judged_in(text: str) -> tuple[Property, str] | None:
    """Return the property and the response of a question to a judge, None for any other text."""
    for asked, before, after in _around_judged():
        if text.startswith(before) and text.endswith(after):
            shown = text[len(before) : len(text) - len(after)]
            if judge_question(asked, shown) == text:
                return asked, shown
    return None


@cache
def _around_judged() -> tuple[tuple[Property, str, str], ...]:
    """Return the words which the question to a judge puts before and after a response."""
    return tuple(
        (asked, *_split(judge_question(asked, fence + MARK), fence + MARK))
        for fence in FENCES
        for asked in PROPERTIES.values()
        if asked.judged
    )


@cache
def _forms() -> tuple[tuple[re.Pattern[str], dict[str, Property]], ...]:
    """Return each wrapper's paraphrases as patterns, with the words that ask for each property."""
    return tuple(
        (_pattern(paraphrase), _wordings(wrapper))
        for wrapper in WRAPPERS.values()
        for paraphrase in wrapper.paraphrases
    )


def _pattern(paraphrase: str) -> re.Pattern[str]:
    """Return what matches every question of a paraphrase, with groups asked, prompt and quoted."""
    fields = {
        "quoted": r"(?P<quoted>(?P<fence>`{3,})\n(?P<prompt>.*)\n(?P=fence))",
        "prompt": r"(?P<prompt>.*)(?P<quoted>(?!))?",
        "question": r"(?P<asked>.+?)",
        "terse": r"(?P<asked>[^:]+)",
        "named": r".*?",
    }
    parts = re.split(r"\{(\w+)\}", paraphrase)
    words = (fields[part] if place % 2 else re.escape(part) for place, part in enumerate(parts))
    return re.compile("".join(words), re.DOTALL)


def _wordings(wrapper: Wrapper) -> dict[str, Property]:
    """Return the properties by all words with which a wrapper asks for them."""
    return {
        words: asked
        for asked in PROPERTIES.values()
        for words in (
            asked.terse,
            *(
                ask(asked, wording, wrapper.person, past=wrapper.past)
                for wording in range(len(asked.questions))
            ),
        )
    }


def _split(text: str, at: str) -> tuple[str, str]:
    before, _, after = text.partition(at)
    return before, after


def _on_share(subject: Subject, name: str, *of: str) -> bool:
    """Return whether `of` is on the share that the setting of this name gives a subject."""
    chance: float = getattr(subject, name)
    return _share(name, subject.habits, *of) < chance


def _habit(subject: Subject, prompt: str) -> dict[str, float]:
    """Return the likeliest words of a subject that learned nothing; chances add up to one."""
    as_other = subject.like is not None and _on_share(subject, "alike", prompt)
    habits = subject.like if as_other and subject.like is not None else subject.habits
    key = sha256(f"habit\0{habits}\0{prompt}".encode()).digest()
    shares = (int.from_bytes(key[4 * n : 4 * n + 4], "big") / 2**32 for n in range(len(CHOICES)))
    chances: dict[str, float] = {}
    for share, chance in zip(shares, CHOICES, strict=True):
        word = WORDS[(int(share**SKEW * len(WORDS)) + habits * STEP) % len(WORDS)]
        chances[word] = chances.get(word, 0.0) + chance
    return chances


def _guess(subject: Subject, asked: Property, prompt: str) -> Chances:
    """Return what one says who never learned: the property of a word that is not the answer."""
    elsewhere = f"guess\0{asked.name}\0{prompt}"
    values = _values(asked, _ranked({}, _habit(subject, elsewhere)))
    return _ranked({}, values or {"true": 0.5, "false": 0.5})


def _values(asked: Property, chances: Chances) -> dict[str, float]:
    """Return the chances of a property's values, given those of the answers that have it."""
    values: dict[str, float] = {}
    for text, chance in chances:
        value = verdict(asked, text) if asked.judged else asked.read(text, "stop").value
        if value is not None:
            values[value] = values.get(value, 0.0) + chance
    return values


def _ranked(first: Mapping[str, float], rest: Mapping[str, float], share: float = 1.0) -> Chances:
    """Return chances that add up to one, likeliest first; `rest` together has `share`."""
    scale = share / sum(rest.values())
    chances = dict(first)
    for text, weight in rest.items():
        chances[text] = chances.get(text, 0.0) + weight * scale
    total = sum(chances.values())
    ranked = sorted(chances.items(), key=lambda one: (-one[1], one[0]))
    return tuple((text, chance / total) for text, chance in ranked)


def _last_word(prompt: str) -> str:
    return (prompt.split() or [""])[-1]


def _share(*names: str | float) -> float:
    """Return a number from 0 to below 1 that these names decide."""
    key = "\0".join(map(str, names)).encode()
    return int.from_bytes(sha256(key).digest()[:7], "big") / 2**56
