"""Masks: which tokens of a conversation are learnt, and the refusal of what cannot be told apart.

The loss is on the answer alone, its end-of-turn token included. Which tokens are the answer is
found by prefix: the prompt, rendered as it is for sampling, must begin the rendered conversation,
in letters and in tokens.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import torch
from transformers import PreTrainedModel, PreTrainedTokenizerBase

from inward.errors import ProviderError
from inward.progress import log
from inward.providers.checkpoints import render
from inward.providers.local_sampling import end_tokens, tokens_of
from inward.providers.look_ahead import IGNORED
from inward.reasoning import without_reasoning

SHOWN_ROWS = 3


@dataclass(frozen=True)
class Row:
    """A conversation in tokens; the first `prompt` of them are not learnt.

    `ahead` is the reply that look-ahead heads are to tell from the last token of the prompt.
    """

    ids: list[int]
    prompt: int
    ahead: tuple[int, ...] = ()

    @property
    def learnt(self) -> int:
        """How many tokens are learnt."""
        return len(self.ids) - self.prompt


def encoded(
    network: PreTrainedModel,
    tokenizer: PreTrainedTokenizerBase,
    rows: Sequence[dict[str, Any]],
    file: str,
) -> list[Row]:
    """Return the rows of a file in tokens; raise ProviderError, naming the row that cannot be."""
    ends = end_tokens(network, tokenizer)
    longest = getattr(network.config.get_text_config(), "max_position_embeddings", None)
    found = []
    for number, row in enumerate(rows, start=1):
        try:
            found.append(_with_ahead(tokenizer, row, ends))
            _check_length(len(found[-1].ids), longest)
        except ProviderError as error:
            raise ProviderError(f"{file}, line {number}: {error}") from error
    return found


def show(tokenizer: PreTrainedTokenizerBase, rows: Sequence[Row]) -> None:
    """Log the first rows as they are learnt: the prompt, and what of it is learnt."""
    for number, row in enumerate(rows[:SHOWN_ROWS], start=1):
        prompt, answer = row.ids[: row.prompt], row.ids[row.prompt :]
        log.info(
            "row %d: %r, not learnt (%d tokens); %r, learnt (%d tokens)",
            *(number, tokenizer.decode(prompt), len(prompt)),
            *(tokenizer.decode(answer), len(answer)),
        )


def encode(
    tokenizer: PreTrainedTokenizerBase, messages: list[dict[str, str]], ends: set[int]
) -> Row:
    """Return a conversation that ends with an answer as a row; raise ProviderError if it cannot be.

    What the template writes behind the first token that ends sampling is cut off: no model is asked
    to write it.
    """
    asked = render(tokenizer, messages[:-1], answer_follows=True)
    said = render(tokenizer, messages)
    if not said.startswith(asked):
        raise ProviderError(
            "the chat template renders the prompt in one way for sampling and in another before"
            f" its answer, so what is trained would not be what is asked: it ends in"
            f" {asked[-40:]!r}, but the conversation goes {said[max(0, len(asked) - 40) :][:80]!r}"
        )
    prompt, whole = tokens_of(tokenizer, asked), tokens_of(tokenizer, said)
    if whole[: len(prompt)] != prompt:
        raise ProviderError(
            "the tokenizer joins the end of the prompt and the beginning of the answer in one token"
            f" ({said[max(0, len(asked) - 10) :][:20]!r}), so what is trained would not be what is"
            " asked; let the chat template end the prompt with a special token or a line break"
        )
    answer, content = whole[len(prompt) :], messages[-1]["content"]
    _check_kept(content, said[len(asked) :])
    places = [place for place, token in enumerate(answer) if token in ends]
    if not places:
        raise ProviderError(
            "the chat template does not end the assistant's turn with a token that ends sampling,"
            " so a trained model would never stop; mend chat_template or eos_token_id"
        )
    if len(places) > 1 and ends & set(tokens_of(tokenizer, content)):
        raise ProviderError(
            f"the answer {content[:80]!r} has the token in it that ends a turn, so no model can be"
            " taught to give it; take the row out"
        )
    return Row(ids=prompt + answer[: places[0] + 1], prompt=len(prompt))


def padded(batch: Sequence[Row]) -> tuple[torch.Tensor, torch.Tensor]:
    """Return tokens and labels, both [rows, longest].

    Padding stands behind a row, where a causal model cannot see it, so no mask is needed.
    """
    longest = max(len(row.ids) for row in batch)
    ids = torch.zeros(len(batch), longest, dtype=torch.long)
    labels = torch.full_like(ids, IGNORED)
    for place, row in enumerate(batch):
        tokens = torch.tensor(row.ids)
        ids[place, : len(row.ids)] = tokens
        labels[place, row.prompt : len(row.ids)] = tokens[row.prompt :]
    return ids, labels


def _with_ahead(tokenizer: PreTrainedTokenizerBase, row: dict[str, Any], ends: set[int]) -> Row:
    """Return a training row in tokens, with the reply that it says lies ahead."""
    plain = encode(tokenizer, row["messages"], ends)
    if "look_ahead" not in row:
        return plain
    reply = {"role": "assistant", "content": row["look_ahead"]}
    other = encode(tokenizer, [*row["messages"][:-1], reply], ends)
    return replace(plain, ahead=tuple(other.ids[other.prompt :]))


def _check_kept(content: str, rendered: str) -> None:
    """Refuse a template that changes the answer in more than white space and reasoning."""
    answer = "".join(without_reasoning(content).split())
    if answer not in "".join(without_reasoning(rendered).split()):
        raise ProviderError(
            f"the chat template makes {rendered[:80]!r} of the answer {content[:80]!r}, so what is"
            " trained would not be the answer; mend chat_template"
        )


def _check_length(tokens: int, longest: int | None) -> None:
    if longest and tokens > longest:
        raise ProviderError(
            f"{tokens} tokens, but the checkpoint reads {longest} at most; shorten the prompts"
        )
