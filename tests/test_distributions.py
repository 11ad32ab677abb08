"""Distributions: from draws that are counted, and from the log-probabilities of first tokens."""

import math
from typing import Any

import pandas as pd
import pytest

from inward.distributions import (
    UNREAD,
    Evidence,
    Observed,
    behavior_counts,
    confidence,
    evidences,
    from_confidence,
    from_draws,
    from_tokens,
    prediction_counts,
)
from inward.draws import Pair
from inward.scoring import read_answers

FIRST, LAST, LENGTH = "first_character", "last_character", "answer_log_probability"
SURE = "first_token_confidence"
PROMPTS = pd.DataFrame(
    {
        "prompt_id": ["p", "q"],
        "text": ["one", "two"],
        "split": "test",
        "options": [[], []],
        "target_option": None,
    }
)
Tokens = list[dict[str, Any]]


def token(text: str, share: float, **others: float) -> dict[str, Any]:
    """Return a token with its probability, and other tokens' beside it; _ stands for <end>."""
    top = {text: share, **{name.replace("_", "<end>"): value for name, value in others.items()}}
    return {
        "token": text,
        "logprob": math.log(share),
        "top": [{"token": name, "logprob": math.log(value)} for name, value in top.items()],
    }


def behaviors(texts: dict[str, list[str]], tokens: dict[str, Tokens] | None = None) -> pd.DataFrame:
    """Return draws of behavior by prompt; of those with tokens there is one each."""
    return pd.DataFrame(
        [
            {
                "prompt_id": prompt,
                "sample": sample,
                "text": text,
                "finish_reason": "stop",
                "tokens": (tokens or {}).get(prompt, []),
            }
            for prompt, drawn in texts.items()
            for sample, text in enumerate(drawn)
        ]
    )


def predictions(texts: dict[str, list[str]], name: str, tokens: Any = None) -> pd.DataFrame:
    """Return draws of predictions of a property by prompt."""
    return behaviors(texts, tokens).assign(property=name, wrapper="terse")


def labels(values: dict[tuple[str, str], str | None]) -> pd.DataFrame:
    """Return labels by prompt and property; None stands for a refusal."""
    return pd.DataFrame(
        [
            {
                "prompt_id": prompt,
                "property": name,
                "sample": 0,
                "value": value,
                "compliant": value is not None,
                "reason": None if value is not None else "refused",
            }
            for (prompt, name), value in values.items()
        ]
    )


def shares(found: Evidence) -> dict[tuple[str, str], tuple[float, float]]:
    """Return x and y by prompt and value."""
    return {
        (row["prompt_id"], row["value"]): (round(row["x"], 6), round(row["y"], 6))
        for row in found.rows.to_dict("records")
    }


def test_shares_are_counted_draw_by_draw() -> None:
    """Of behavior among what can be read, of predictions among all; what neither gave is no row."""
    acted = behaviors({"p": ["cat", "cow", "dog", "I'm sorry, but I can't help with that."]})
    said = predictions({"p": ["c", "C.", "d", "e", "a long story"]}, FIRST)
    found = from_draws(behavior_counts(acted, PROMPTS, [FIRST]), prediction_counts(said, PROMPTS))

    assert shares(found) == {
        ("p", "c"): (round(2 / 3, 6), 0.4),
        ("p", "d"): (round(1 / 3, 6), 0.2),
        ("p", "e"): (0, 0.2),
        ("p", UNREAD): (0, 0.2),
    }
    assert found.pairs[["n_draws", "n_unread"]].to_numpy().tolist() == [[5, 1]]
    assert found.pairs["dropped"].isna().all()


def test_a_prompt_of_which_no_behavior_can_be_read_is_dropped() -> None:
    """It gives no shares, and the commonest reason is kept."""
    acted = behaviors({"p": ["", "", "I'm sorry, but I can't help with that."], "q": ["cat"]})
    said = predictions({"p": ["c", "c"], "q": ["c", "d"]}, FIRST)
    found = from_draws(behavior_counts(acted, PROMPTS, [FIRST]), prediction_counts(said, PROMPTS))

    assert shares(found) == {("q", "c"): (1, 0.5), ("q", "d"): (0, 0.5)}
    assert found.pairs.set_index("prompt_id")["dropped"].fillna("").to_dict() == {
        "p": "empty",
        "q": "",
    }


def from_first_tokens(texts: list[str], name: str = FIRST, second: str = "") -> Evidence:
    """Return the evidence of two prompts: behavior is a first token, perhaps with a second."""
    acted = behaviors(
        {"p": [texts[0] + second], "q": [texts[1]]},
        {
            "p": [
                token(texts[0], 0.5, cow=0.2, dog=0.1, _=0.2),
                *([token(second, 1)] if second else []),
            ],
            "q": [token(texts[1], 0.9)],
        },
    )
    said = predictions(
        {"p": ["c"], "q": ["d"]},
        name,
        {"p": [token("c", 0.6, d=0.2)], "q": [token("d", 0.5, e=0.25)]},
    )
    known = labels(
        {
            ("p", name): (texts[0] + second)[0 if name == FIRST else -1],
            ("q", name): texts[1][0 if name == FIRST else -1],
        }
    )
    return from_tokens(acted, known, read_answers(said), PROMPTS, [name])


def test_first_tokens_give_shares_without_sampling() -> None:
    """Alternatives of one value are one; shares are of what is known, and the rest is reported."""
    found = from_first_tokens(["cat", "dog"])

    assert shares(found) == {
        ("p", "c"): (0.875, 0.75),
        ("p", "d"): (0.125, 0.25),
        ("q", "d"): (1, round(2 / 3, 6)),
        ("q", "e"): (0, round(1 / 3, 6)),
    }
    assert found.pairs["unknown_behaviors"].tolist() == pytest.approx([0.2, 0.1])
    assert found.pairs["unknown_predictions"].tolist() == pytest.approx([0.2, 0.25])
    assert found.left_out == {}


def test_a_property_that_the_first_token_does_not_show_is_left_out() -> None:
    """One response whose end the first token does not show is enough, and is counted."""
    assert from_first_tokens(["cat", "dog"], LAST).left_out == {}
    found = from_first_tokens(["cat", "dog"], LAST, second="fish")

    assert found.left_out == {
        LAST: "the first token alone is read otherwise: 1 of 2 behaviors, 0 of 2 predictions"
    }
    assert found.rows.empty
    assert found.pairs.empty


def test_a_property_of_the_tokens_is_left_out() -> None:
    """What an alternative would have had for likelihoods, had it been said, nobody knows."""
    first = [token("c", 0.6, d=0.2)]
    acted = behaviors({"p": ["cat"]}, {"p": [token("cat", 0.5, cow=0.2)]})
    said = read_answers(predictions({"p": ["50 to 59"]}, SURE, {"p": first}))
    known = labels({("p", SURE): "50 to 59"})
    found = from_tokens(acted, known, said, PROMPTS, [SURE])

    assert found.left_out == {SURE: "it is read off the tokens, and not off their text"}
    assert found.rows.empty

    both = pd.concat([said, read_answers(predictions({"p": ["c"]}, FIRST, {"p": first}))])
    labelled = pd.concat([known, labels({("p", FIRST): "c"})])
    found = from_tokens(acted, labelled, both.reset_index(drop=True), PROMPTS, [FIRST, SURE])

    assert found.left_out.keys() == {SURE}
    assert shares(found) == {("p", "c"): (1, 0.75), ("p", "d"): (0, 0.25)}


def test_confidence_is_the_probability_of_the_whole_answer() -> None:
    """The product of its tokens'; it stands beside whether the answer is right."""
    said = predictions(
        {"p": ["c"], "q": [""]}, FIRST, {"p": [token("c", 0.5), token("", 0.5)], "q": []}
    )
    found = from_confidence(read_answers(said), labels({("p", FIRST): "c", ("q", FIRST): "d"}))

    assert confidence([token("c", 0.5), token("", 0.5)]) == pytest.approx(0.25)
    assert found.rows[["prompt_id", "x", "y"]].to_numpy().tolist() == [["p", 1.0, 0.25]]
    assert found.pairs.set_index("prompt_id")["dropped"].fillna("").to_dict() == {
        "p": "",
        "q": "no tokens",
    }


def test_who_gives_no_tokens_is_left_out_with_a_reason() -> None:
    """Draws are counted all the same."""
    acted, said = behaviors({"p": ["cat"]}), predictions({"p": ["c"]}, FIRST)
    target, predictor = ("wren", "animals"), ("echo", "animals")
    with_tokens = behaviors({"p": ["cat"]}, {"p": [token("cat", 1)]})
    observed = Observed(
        prompts={"animals": PROMPTS},
        properties={"animals": [FIRST]},
        behavior_counts={target: behavior_counts(acted, PROMPTS, [FIRST])},
        prediction_counts={predictor: prediction_counts(said, PROMPTS)},
        behaviors={target: with_tokens},
        labels={target: labels({("p", FIRST): "c"})},
        predictions={predictor: read_answers(said)},
    )
    found = dict(evidences(observed, Pair("wren", "echo", "cross"), ["animals"]))

    assert isinstance(found["samples"], dict)
    assert shares(found["samples"]["animals"]) == {("p", "c"): (1, 1)}
    assert found["log-probabilities"] == "echo gives no log-probabilities"
    assert found["confidence"] == "echo gives no log-probabilities"
