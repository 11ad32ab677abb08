"""Capabilities: what a hosted model cannot do, known before it is asked."""

import re

from inward.requests import Sampling

# OpenAI's reasoning models, also behind gateways, which put a vendor's name in front.
REASONING = re.compile(r"(^|[/:])(o[1-9]|gpt-[5-9])(?!.*-chat)")
MOST_ALTERNATIVES = 20


def refusal(dialect: str, model: str, limit: str, sampling: Sampling) -> str | None:
    """Return why a model cannot be asked so, and the mend; None where nothing is known against it.

    `limit` is the name under which the longest answer is sent.
    """
    if sampling.top_logprobs > MOST_ALTERNATIVES:
        return f"no server gives more than {MOST_ALTERNATIVES} alternatives; lower top_logprobs"
    if dialect == "together":
        return None if limit == "max_tokens" else "Together only knows limit: max_tokens"
    return _reasoning(model, limit, sampling) if REASONING.search(model) else None


def _reasoning(model: str, limit: str, sampling: Sampling) -> str | None:
    reasons = f"{model} is a reasoning model, which"
    if sampling.top_logprobs:
        return f"{reasons} gives no log-probabilities; set top_logprobs: 0"
    if sampling.temperature not in (None, 1):
        return f"{reasons} takes no temperature; set temperature: null"
    if limit != "max_completion_tokens":
        return f"{reasons} wants limit: max_completion_tokens"
    return None
