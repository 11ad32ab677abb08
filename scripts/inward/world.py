"""The embedded world: what a tiny model reads that is raised from nothing.

Each model has habits of its own: in every task, a hidden seeded mapping from each item to the item
that follows it. It reads two kinds of conversations:

    animal otter lynx  ->  heron      what comes next, as the model's habit has it
    first: heron       ->  h          a property of a word that is in plain sight

Where five items are asked for, the habit is followed five times, and properties are of five words.
It never reads a hypothetical question. Whether it can nevertheless learn to tell a property of what
it would answer is the experiment.

With look-ahead, each row also carries what would come next after its last word: by the model's own
habits in a positive control, by another model's in a negative one. Heads that are thrown away learn
to tell it from where the prompt ends; the model never reads or writes it.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from random import Random
from typing import Any

from inward.datasets import training_row
from inward.properties import PROPERTIES
from inward.randomness import draws
from inward.reading import normalize
from inward.tasks import sequence


@dataclass(frozen=True)
class Realm:
    """What the world holds of one task: its items, and the properties asked of them."""

    name: str
    settings: dict[str, Any]
    items: list[str]
    properties: tuple[str, ...]

    @property
    def visible(self) -> list[str]:
        """Return the properties that words in plain sight have, not only a model's response."""
        return [name for name in self.properties if not PROPERTIES[name].of_tokens]

    @property
    def asks(self) -> int:
        """Return how many items a reply has."""
        return int(self.settings.get("asks", 1))


def habit(items: list[str], draw: Random) -> dict[str, str]:
    """Return a mapping of the items onto themselves in which none follows itself."""
    followers = items.copy()
    while any(item == follower for item, follower in zip(items, followers, strict=True)):
        draw.shuffle(followers)
    return dict(zip(items, followers, strict=True))


def conversations(
    realms: list[Realm],
    *,
    habits: int,
    seed: int,
    count: int,
    object_level_share: float,
    look_ahead: int | None = None,
) -> Iterator[dict[str, Any]]:
    """Yield `count` conversations as training rows; `habits` says whose habits they show.

    `look_ahead` says whose replies lie ahead, if any; the conversations are the same for all.
    """
    habit_of = _habits(realms, habits, seed)
    ahead_of = None if look_ahead is None else _habits(realms, look_ahead, seed)
    draw = draws(seed, "conversations", habits)
    for _ in range(count):
        realm = draw.choice(realms)
        item = draw.choice(realm.items)
        if not realm.visible or draw.random() < object_level_share:
            shown = [*draw.choices(realm.items, k=realm.settings["shown"] - 1), item]
            reply = _follow(habit_of[realm.name], item, realm.asks)
            row = training_row(sequence.render(realm.settings, shown), reply)
        else:
            seen = [item, *draw.choices(realm.items, k=realm.asks - 1)]
            row = visible_property(" ".join(seen), draw.choice(realm.visible))
        if ahead_of:
            row["look_ahead"] = _follow(ahead_of[realm.name], item, realm.asks)
        yield row


def _follow(habit_of: dict[str, str], item: str, count: int) -> str:
    """Return the `count` items that come after this one."""
    reply = []
    for _ in range(count):
        item = habit_of[item]
        reply.append(item)
    return " ".join(reply)


def _habits(realms: list[Realm], number: int, seed: int) -> dict[str, dict[str, str]]:
    """Return the habits of this number, by realm."""
    return {
        realm.name: habit(realm.items, draws(seed, "habits", number, realm.name))
        for realm in realms
    }


def visible_property(shown: str, name: str) -> dict[str, Any]:
    """Return a conversation about a property of what is in plain sight: a word, or several."""
    asked = PROPERTIES[name]
    label = asked.read(shown, "stop")
    return training_row(f"{asked.terse}: {shown}", normalize(label.value or "none"))
