"""Look-ahead: throw-away heads that tell a reply from where it begins, before it is written.

While a model is raised from nothing, the hidden state at the last token of a prompt is also taught
the characters of a reply, in the middle of the network: layers above can still choose one of them.
So they lie there in a linear form. The heads are thrown away; what they taught the trunk stays.
"""

from collections.abc import Sequence

import torch
from transformers import PreTrainedModel

from inward.randomness import seed_of

PLACES = (0, 1, 2, 3, -2)  # in the reply's tokens, of which the last one ends the turn
IGNORED = -100  # the label that torch's cross entropy passes over


class LookAhead(torch.nn.Module):
    """One linear head for each of PLACES, on the hidden state that half of the layers have made."""

    def __init__(self, network: PreTrainedModel, seed: int) -> None:
        super().__init__()
        torch.manual_seed(seed_of(seed, "look-ahead"))
        self.layer = network.config.num_hidden_layers // 2
        self.vocabulary = int(network.config.vocab_size)
        self.heads = torch.nn.Linear(network.config.hidden_size, len(PLACES) * self.vocabulary)

    def loss(
        self,
        hidden: Sequence[torch.Tensor],
        begins: Sequence[int],
        replies: Sequence[Sequence[int]],
    ) -> torch.Tensor:
        """Return the mean cross entropy of the characters ahead, over the rows that have a reply.

        `hidden` is [rows, tokens, size] for the embeddings and each layer; `begins` says which
        token of each row a reply follows; an empty reply is none.
        """
        rows = [row for row, reply in enumerate(replies) if reply]
        if not rows:
            return hidden[-1].new_zeros(())
        states = hidden[self.layer][rows, [begins[row] for row in rows]]
        logits = self.heads(torch.nn.functional.rms_norm(states, states.shape[-1:]))
        wanted = [[_token(replies[row], place) for place in PLACES] for row in rows]
        return torch.nn.functional.cross_entropy(
            logits.view(-1, self.vocabulary).float(),
            torch.tensor(wanted, device=logits.device).view(-1),
            ignore_index=IGNORED,
        )


def _token(reply: Sequence[int], place: int) -> int:
    """Return the reply's token at a place, or IGNORED where it is too short to have one."""
    return reply[place] if -len(reply) <= place < len(reply) else IGNORED
