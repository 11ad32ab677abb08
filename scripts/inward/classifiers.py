"""Classifiers: what can be told of a subject's answer from the letters of the prompt alone.

Prompts are compared by their character n-grams, weighted by how rare they are (tf-idf). `ngrams`
is a logistic regression on them, `nearest` answers as the most similar training prompt. Neither
knows a model: what they get right is no evidence that anybody looked inward.
"""

from collections import Counter
from collections.abc import Sequence
from typing import Any

import numpy as np

from inward.rules import NGRAMS

LENGTHS = (1, 4)  # of n-grams, in characters
MOST_FEATURES = 10_000  # the n-grams that are kept, the commonest ones
MOST_VALUES = 200  # a property of free text may have more values; the commonest ones are learnt
STEPS = 1000  # at most, until the regression has converged
ROWS = 1000  # compared at once


class Classifier:
    """A rule, learnt from the texts of prompts and a value for each of them."""

    def __init__(self, rule: str, texts: Sequence[str], values: Sequence[str]) -> None:
        # Loads scikit-learn, which those who ask models have no need of.
        from sklearn.feature_extraction.text import TfidfVectorizer  # noqa: PLC0415

        if rule == NGRAMS:
            texts, values = _learnable(texts, values)
        self.values = np.array(values, dtype=object)
        self.vectors = TfidfVectorizer(
            analyzer="char", ngram_range=LENGTHS, max_features=MOST_FEATURES
        )
        self.known = self.vectors.fit_transform(texts)
        self.regression = _regression(self.known, values) if rule == NGRAMS else None

    def say(self, texts: Sequence[str]) -> list[str]:
        """Return the value for each text."""
        asked = self.vectors.transform(texts)
        if self.regression is not None:
            return [str(value) for value in self.regression.predict(asked)]
        nearest = [
            place
            for start in range(0, len(texts), ROWS)
            # Of training prompts that are equally near the first is taken.
            for place in (asked[start : start + ROWS] @ self.known.T).toarray().argmax(axis=1)
        ]
        return [str(self.values[place]) for place in nearest]


def _regression(known: Any, values: Sequence[str]) -> Any:
    """Return the regression, or where there is one value only, who always says it."""
    from sklearn.dummy import DummyClassifier  # noqa: PLC0415
    from sklearn.linear_model import LogisticRegression  # noqa: PLC0415

    if len(set(values)) == 1:
        return DummyClassifier(strategy="most_frequent").fit(known, values)
    return LogisticRegression(max_iter=STEPS).fit(known, values)


def _learnable(texts: Sequence[str], values: Sequence[str]) -> tuple[list[str], list[str]]:
    """Return the texts whose values are among the commonest."""
    counts = Counter(values)
    kept = set(sorted(counts, key=lambda value: (-counts[value], value))[:MOST_VALUES])
    pairs = [pair for pair in zip(texts, values, strict=True) if pair[1] in kept]
    return [text for text, _ in pairs], [value for _, value in pairs]
