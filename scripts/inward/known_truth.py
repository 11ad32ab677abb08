"""Known truth: simulated studies whose advantages and interactions are known before they are run.

There are a few learners, each with a target that is trained from it. A target answers a prompt with
a word, of which several properties are read. Asked for the properties of a target's answer, a
learner says on a share of the prompts, `access`, what is true of its own answer; on a share `skill`
of the others what is true of the target's; and else it guesses, with the commonest values on a
share `collapse` of the prompts and with a likely word's on the rest. Some predictions cannot be
read. All chances are given, so all accuracies are known exactly, for the tasks there are.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import product
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from inward.accuracies import skill
from inward.cells import Comparison
from inward.interactions import contrast, entries
from inward.stats import Floats

PROPERTIES = {"of_two": 2, "of_three": 3, "of_four": 4}  # a word's number, divided: what is left
VALUES = np.array([str(number) for number in range(4)], dtype=object)
WORDS = 12
TURN = 5  # how far the words of one target are turned against those of the next
STEEPEST = 0.5  # how common each word is beside the one before, in the first task


@dataclass(frozen=True)
class Learner:
    """How a learner predicts, and how its target behaves; all are shares of prompts."""

    access: float = 0.0
    skill: float = 0.2
    collapse: float = 0.5
    refuse: float = 0.0  # of predictions, one by one, that cannot be read
    narrow: float = 0.0  # on which its target gives its commonest word, whatever it is asked


@dataclass(frozen=True)
class World:
    """A kind of study, from which any number can be drawn."""

    learners: tuple[Learner, ...]
    prompts: tuple[int, ...] = (60, 60, 60, 60)  # of each task
    alike: float = 0.0  # the share of prompts to which a target answers as the first one does
    flattest: float = 0.7  # how common each word is beside the one before, in the last task

    @property
    def names(self) -> list[str]:
        """The names of learners, which those of their targets begin with."""
        return [f"l{place}" for place in range(len(self.learners))]

    @property
    def targets(self) -> list[str]:
        """The names of targets."""
        return [f"{name}-self" for name in self.names]

    @property
    def tasks(self) -> list[str]:
        """The names of tasks."""
        return [f"t{place}" for place in range(len(self.prompts))]

    @property
    def comparisons(self) -> list[Comparison]:
        """Each target with each other learner's predictor of it."""
        return [
            Comparison(self.targets[of], self.targets[of], self.predictor(learner, of), "cross")
            for of, learner in product(range(len(self.learners)), repeat=2)
            if of != learner
        ]

    @property
    def roots(self) -> dict[str, str]:
        """The learner behind each predictor."""
        size = range(len(self.learners))
        return {
            self.predictor(learner, of): self.names[learner] for learner, of in product(size, size)
        }

    def predictor(self, learner: int, of: int) -> str:
        """Return the name of a learner's predictor of a target."""
        return self.targets[of] if learner == of else f"{self.names[learner]}-on-{self.names[of]}"

    def words(self, target: int) -> Floats:
        """Return the chances of the words that a target has for itself [tasks, words]."""
        steps = np.linspace(STEEPEST, self.flattest, len(self.prompts))[:, None] ** np.arange(WORDS)
        chances = steps / steps.sum(axis=1, keepdims=True)
        narrow = self.learners[target].narrow
        likelier = (1 - narrow) * chances + narrow * (np.arange(WORDS) == 0)
        found: Floats = np.roll(likelier, TURN * target, axis=1)
        return found

    def follows(self, target: int) -> float:
        """Return the share of prompts to which a target answers as the first one does."""
        return self.alike if target else 1.0

    def behavior(self, target: int) -> Floats:
        """Return the chances of a target's words [tasks, words]."""
        same = self.follows(target)
        found: Floats = same * self.words(0) + (1 - same) * self.words(target)
        return found

    def both(self, one: int, other: int) -> Floats:
        """Return the chances of the words of two targets at once [tasks, words, words]."""
        if one == other:
            return self.behavior(one)[:, :, None] * np.eye(WORDS)
        apart = self.behavior(one)[:, :, None] * self.behavior(other)[:, None, :]
        first = self.words(0)
        same = first[:, :, None] * np.eye(WORDS) - first[:, :, None] * first[:, None, :]
        found: Floats = apart + self.follows(one) * self.follows(other) * same
        return found


def modes(world: World, target: int) -> Floats:
    """Return the chance of the commonest value of a target's labels [tasks, properties]."""
    return np.stack([chances.max(axis=1) for chances in _values(world.behavior(target))], axis=1)


def right(world: World, learner: int, of: int) -> Floats:
    """Return the chance that a prediction that can be read is right [tasks, properties]."""
    who = world.learners[learner]
    guessed = np.stack(
        [(chances**2).sum(axis=1) for chances in _values(world.behavior(of))], axis=1
    )
    guess = who.collapse * modes(world, of) + (1 - who.collapse) * guessed
    both = world.both(learner, of)
    numbers = np.arange(WORDS)
    same = np.stack(
        [
            both[:, (numbers[:, None] - numbers) % count == 0].sum(axis=1)
            for count in PROPERTIES.values()
        ],
        axis=1,
    )
    chances: Floats = who.access * same + (1 - who.access) * (who.skill + (1 - who.skill) * guess)
    return chances


def averaged(world: World, values: Floats, average: str) -> float:
    """Return the average of values [tasks, properties] over all of them."""
    sizes = np.array(world.prompts, dtype=float)
    weights = sizes if average == "micro" else np.ones_like(sizes)
    return float(weights @ values.mean(axis=1) / weights.sum())


def true_accuracy(world: World, learner: int, of: int, view: str, average: str) -> float:
    """Return how often a learner is right about a target in a view of what cannot be read."""
    read = 1 - world.learners[learner].refuse if view == "wrong" else 1.0
    return read * averaged(world, right(world, learner, of), average)


def true_advantage(world: World, of: int, other: int, view: str, average: str) -> float:
    """Return what self-prediction of a target has over another learner's prediction of it."""
    own, cross = (true_accuracy(world, learner, of, view, average) for learner in (of, other))
    return own - cross


def true_interaction(world: World, scale: str, view: str, average: str) -> float:
    """Return gamma over all learners."""
    matrix = entries(world.comparisons, world.roots)
    weights = contrast(matrix)
    assert weights is not None, "every learner has learnt every target's labels"
    values = []
    for entry in matrix:
        learner, of = world.names.index(entry.learner), world.names.index(entry.of)
        accuracy = np.array(true_accuracy(world, learner, of, view, average))
        mode = np.array(averaged(world, modes(world, of), average))
        values.append(float(accuracy if scale == "accuracy" else skill(accuracy, mode)))
    return float(weights @ values)


def simulated_items(world: World, generator: np.random.Generator) -> pd.DataFrame:
    """Return the items of one study, as scoring makes them, but for the items' IDs."""
    parts = [part for task in range(len(world.tasks)) for part in _of_task(world, task, generator)]
    columns = {name: np.concatenate([part[name] for part in parts]) for name in parts[0]}
    return pd.DataFrame(columns).assign(role="test", wrapper="terse", dropped=None, repeated=None)


def _of_task(
    world: World, task: int, generator: np.random.Generator
) -> Iterator[dict[str, NDArray[Any]]]:
    """Yield the columns of each learner, target and property in one task."""
    size, count = world.prompts[task], len(world.learners)
    name_of_task = world.tasks[task]
    prompt_ids = np.array([f"{name_of_task}-{n:04}" for n in range(size)], dtype=object)
    easy = generator.random(size)  # a prompt that is easy for one learner is so for all
    own = [_drawn(world.words(target)[task], size, generator) for target in range(count)]
    follow = [generator.random(size) < world.follows(target) for target in range(count)]
    words = [np.where(same, own[0], other) for same, other in zip(follow, own, strict=True)]
    accessed = [generator.random(size) < who.access for who in world.learners]
    for learner, of in product(range(count), repeat=2):
        who, chances = world.learners[learner], world.behavior(of)[task]
        known = ~accessed[learner] & (easy < who.skill)
        guessed = ~accessed[learner] & ~known
        collapsed = guessed & (generator.random(size) < who.collapse)
        said = np.where(known, words[of], words[learner])
        said[guessed] = _drawn(chances, size, generator)[guessed]
        for name, number in PROPERTIES.items():
            label, answer = words[of] % number, said % number
            answer[collapsed] = _of_words(chances, number).argmax()
            unread = generator.random(size) < who.refuse
            yield {
                "target": _same(world.targets[of], size),
                "predictor": _same(world.predictor(learner, of), size),
                "task": _same(name_of_task, size),
                "property": _same(name, size),
                "prompt_id": prompt_ids,
                "label": VALUES[label],
                "answer": np.where(unread, _same(None, size), VALUES[answer]),
                "noncompliant": np.where(unread, _same("refused", size), _same(None, size)),
                "correct": (label == answer) & ~unread,
            }


def _same(text: str | None, size: int) -> NDArray[Any]:
    return np.full(size, text, dtype=object)


def _drawn(chances: Floats, size: int, generator: np.random.Generator) -> NDArray[np.int64]:
    found: NDArray[np.int64] = generator.choice(len(chances), size=size, p=chances)
    return found


def _values(chances: Floats) -> list[Floats]:
    """Return the chances of each property's values [tasks, values], by those of words."""
    return [
        np.stack([_of_words(of_task, count) for of_task in chances])
        for count in PROPERTIES.values()
    ]


def _of_words(chances: Floats, count: int) -> Floats:
    found: Floats = chances.reshape(-1, count).sum(axis=0)
    return found
