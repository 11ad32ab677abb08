"""What a property reads: a response without its reasoning, and what is known of its prompt."""

from collections.abc import Sequence
from dataclasses import dataclass

from inward.forms import chosen
from inward.reading import problem_of, without_reasoning
from inward.reasoning import after_reasoning
from inward.requests import Token


class Unreadable(Exception):  # noqa: N818 - no error: responses are like that
    """This response does not have the property; the text says why."""


@dataclass(frozen=True)
class Response:
    """All that a property may read."""

    text: str  # without reasoning and outer white space; never empty
    tokens: tuple[Token, ...] = ()  # of the text; none where a subject's server gives none
    options: tuple[str, ...] = ()  # of the prompt, in the order of their letters: A, B, ...
    target: str | None = None  # the letter of one of them
    cut: bool = False  # whether it ran into its token limit, so that nobody knows its end


def received(
    text: str,
    finish_reason: str,
    *,
    tokens: Sequence[Token] = (),
    options: Sequence[str] = (),
    target: str | None = None,
) -> Response:
    """Return what a property may read of a raw response; raise Unreadable where that is nothing."""
    problem = problem_of(text, finish_reason)
    # An option may be worded like a refusal; whoever repeats it has chosen it.
    if problem and not (options and chosen(without_reasoning(text), options)):
        raise Unreadable(problem)
    answer = without_reasoning(text)
    return Response(
        text=answer,
        tokens=_tokens_of(answer, text, tokens),
        options=tuple(options),
        target=target,
        cut=finish_reason == "length",
    )


def _tokens_of(answer: str, text: str, tokens: Sequence[Token]) -> tuple[Token, ...]:
    """Return the tokens of the answer alone, none where they cannot be told from the reasoning's.

    A response without reasoning has no others, and need not be spelled out.
    """
    if not tokens or after_reasoning(text) == text:
        return tuple(tokens)
    place = "".join(token.token for token in tokens).rstrip().rfind(answer)
    kept, end = [], 0
    for token in tokens:
        end += len(token.token)
        if end > place:
            kept.append(token)
    spelled = "".join(token.token for token in kept).strip()
    return tuple(kept) if place >= 0 and spelled == answer else ()
