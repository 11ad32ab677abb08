"""Few-shot: questions about other prompts, with their answers, are shown before the question.

Examples are of other held-out prompts of the same task: those that follow the prompt in a circle of
seeded order. So every prompt is shown about as often as any other, and the examples of all subjects
and of all variants are about the same prompts, as far as they have labels.
"""

from collections.abc import Mapping

import pandas as pd

from inward.errors import InputError
from inward.hypotheticals import SCRAMBLED, teacher, variant
from inward.randomness import draws

Labels = Mapping[tuple[str, str], pd.DataFrame]  # by subject and task
Example = dict[str, str]  # a question, and its answer


def with_examples(
    questions: pd.DataFrame, labels: Labels, *, subject: str, count: int, seed: int
) -> pd.DataFrame:
    """Return the questions to a subject with a column examples, None where none are wanted.

    `labels` are those of its teachers. Raises InputError where fewer than `count` can be shown.
    """
    shown = pd.Series([None] * len(questions), index=questions.index, dtype=object)
    for (task, name, wrapper), group in questions.groupby(["task", "property", "wrapper"]):
        learnt_from = teacher(str(wrapper), subject)
        if learnt_from is None:
            continue
        known = _known(labels[learnt_from, str(task)], str(name))
        if len(known) <= count:
            raise InputError(
                f"tasks.{task}: {len(known)} answers of {learnt_from} have a {name}, too few to"
                f" show {count} before each question; lower hypothetical.examples"
            )
        asked = dict(zip(group["prompt_id"], group["question"], strict=True))
        following = _following(sorted(asked), known, count, seed)
        scrambled = variant(str(wrapper)).examples == SCRAMBLED
        shown[group.index] = [
            _examples(following[prompt], asked, known, scrambled=scrambled)
            for prompt in group["prompt_id"]
        ]
    return questions.assign(examples=shown)


def _known(labels: pd.DataFrame, name: str) -> dict[str, str]:
    """Return the labels of a property that could be read, of first samples, by prompt."""
    read = labels[(labels["property"] == name) & (labels["sample"] == 0) & labels["compliant"]]
    return dict(zip(read["prompt_id"], read["value"], strict=True))


def _following(
    prompts: list[str], known: Mapping[str, str], count: int, seed: int
) -> dict[str, list[str]]:
    """Return, for each prompt, the `count` that follow it among those whose labels are known."""
    order = draws(seed, "examples").sample(prompts, len(prompts))
    circle = [prompt for prompt in order if prompt in known]
    following, place = {}, 0
    for prompt in order:
        place += prompt in known
        following[prompt] = [circle[(place + step) % len(circle)] for step in range(count)]
    return following


def _examples(
    prompts: list[str], asked: Mapping[str, str], known: Mapping[str, str], *, scrambled: bool
) -> list[Example]:
    answers = [known[prompt] for prompt in prompts]
    if scrambled:  # each prompt gets the answer to the next, the last that to the first
        answers = answers[1:] + answers[:1]
    return [
        {"question": asked[prompt], "answer": answer}
        for prompt, answer in zip(prompts, answers, strict=True)
    ]
