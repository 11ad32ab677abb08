"""Baselines: subjects that answer by a rule, without a model behind them.

They stand in the matrix beside the models: whatever a rule predicts as well as a model does is no
evidence of introspection.

    last_item, most_frequent_item   copy a word of the prompt; they behave, and predict just that
    mode, ngrams, nearest           learn from a subject's labels on the training prompts
    others                          say what other subjects' own behavior has, on the very prompt

Those that learn only predict. All are told the prompt, and none what is asked of whom.
"""

from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence

import pandas as pd

from inward.classifiers import Classifier
from inward.properties import PROPERTIES
from inward.reading import normalize
from inward.requests import Response
from inward.rules import COPYING, MODE, OTHERS

Labels = Mapping[tuple[str, str], pd.DataFrame]  # by subject and task


def last_item(prompt: str) -> str:
    """Return the last word of the prompt, as if the list went on with what it ended with."""
    return prompt.rsplit(maxsplit=1)[-1]


def most_frequent_item(prompt: str) -> str:
    """Return the word that the prompt has most often; of several, the one that stands last."""
    words = prompt.split()
    counts = Counter(map(normalize, words))
    return max(enumerate(words), key=lambda placed: (counts[normalize(placed[1])], placed[0]))[1]


COPY: dict[str, Callable[[str], str]] = dict(
    zip(COPYING, (last_item, most_frequent_item), strict=True)
)


def behave(rule: str, prompts: Iterable[str]) -> list[Response]:
    """Return the rule's answer to each prompt."""
    return [Response(COPY[rule](prompt), "stop", ()) for prompt in prompts]


def predict(rule: str, prompts: Iterable[str], properties: Iterable[str]) -> list[Response]:
    """Return, for each prompt and property, the property of the rule's answer."""
    readings = (
        PROPERTIES[name].read(COPY[rule](prompt), "stop")
        for prompt, name in zip(prompts, properties, strict=True)
    )
    return [Response(reading.value or "", "stop", ()) for reading in readings]


def predict_from(
    rule: str,
    of: Sequence[str],
    questions: pd.DataFrame,
    labels: Labels,
    prompts: Mapping[str, pd.DataFrame],
) -> list[Response]:
    """Return a rule's answer to each question (columns task, prompt_id, prompt, property).

    `labels` are those of the subjects `of`, `prompts` the tables of prompts by task. Where nothing
    was to be learnt the answer is empty, and so unreadable.
    """
    if rule == OTHERS:
        answers = _commonest_on_prompt(of, questions, labels)
    else:
        lessons = lessons_of(labels, prompts)
        answers = (
            _mode(questions, lessons) if rule == MODE else _classified(rule, questions, lessons)
        )
    return [Response(answer, "stop", ()) for answer in answers]


def lessons_of(labels: Labels, prompts: Mapping[str, pd.DataFrame]) -> pd.DataFrame:
    """Return the readable labels of training prompts: task, prompt_id, text, property, value."""
    tables = []
    for (_, task), table in sorted(labels.items()):
        known = prompts[task].loc[prompts[task]["split"] == "train", ["prompt_id", "text"]]
        read = table[(table["sample"] == 0) & table["compliant"]]
        learnt = read[["prompt_id", "property", "value"]].merge(known, on="prompt_id")
        tables.append(learnt.sort_values(["prompt_id", "property"]).assign(task=task))
    columns = ["task", "prompt_id", "text", "property", "value"]
    return pd.concat(tables, ignore_index=True)[columns] if tables else pd.DataFrame([], columns)


def commonest(values: Iterable[str]) -> str:
    """Return the commonest of some values, of several the first in order; nothing of none."""
    counts = Counter(values)
    return min(counts, key=lambda value: (-counts[value], value), default="")


def _mode(questions: pd.DataFrame, lessons: pd.DataFrame) -> list[str]:
    """Return the commonest label of (task, property), in a held-out task of the property."""
    groups = lessons.groupby(["task", "property"])["value"]
    single = {key: commonest(values) for key, values in groups}
    pooled = {key: commonest(values) for key, values in lessons.groupby("property")["value"]}
    return [
        single.get((task, name), pooled.get(name, ""))
        for task, name in zip(questions["task"], questions["property"], strict=True)
    ]


def _classified(rule: str, questions: pd.DataFrame, lessons: pd.DataFrame) -> list[str]:
    """Return what a classifier says for each property, learnt over all held-in tasks."""
    answers = pd.Series("", index=range(len(questions)), dtype=object)
    asked = questions.reset_index(drop=True)
    for name, group in asked.groupby("property"):
        learnt = lessons[lessons["property"] == name]
        if len(learnt):
            classifier = Classifier(rule, list(learnt["text"]), list(learnt["value"]))
            texts = group["prompt"].unique()
            said = dict(zip(texts, classifier.say(list(texts)), strict=True))
            answers[group.index] = group["prompt"].map(said)
    return list(answers)


def _commonest_on_prompt(of: Sequence[str], questions: pd.DataFrame, labels: Labels) -> list[str]:
    """Return the commonest label of several subjects; of several, that of who is named first."""
    votes: dict[tuple[str, str, str], list[str]] = {}
    for (_, task), table in sorted(labels.items(), key=lambda item: of.index(item[0][0])):
        read = table[(table["sample"] == 0) & table["compliant"]]
        for prompt, name, value in zip(
            read["prompt_id"], read["property"], read["value"], strict=True
        ):
            votes.setdefault((task, prompt, name), []).append(value)
    keys = questions[["task", "prompt_id", "property"]].itertuples(index=False, name=None)
    # A counter keeps the order in which values came, and so does most_common among equals.
    return [Counter(votes[key]).most_common(1)[0][0] if key in votes else "" for key in keys]
