"""States: what a network has read, row by row, and what it would say next.

A row holds the keys and values of its tokens at the right end; what is left of them is masked. Rows
can be copied, dropped and shortened, which shared beginnings and finished answers make use of.
"""

import inspect
from collections.abc import Sequence

import torch
from transformers import Cache, DynamicCache, PreTrainedModel
from transformers.cache_utils import DummyLayer, DynamicLayer, DynamicSlidingWindowLayer

from inward.providers.prefixes import Tokens, best_cuts


class Room(DynamicLayer):  # type: ignore[misc]
    """Keys and values of one layer, with room for more tokens, so that few are ever copied.

    They lie as [rows, tokens, heads, size], so that a row's token is one piece of memory.
    """

    def __init__(self) -> None:
        super().__init__()
        self.spare = 0  # tokens for which there is to be room, when first there are some
        self.whole: list[torch.Tensor] = []

    def update(
        self, key_states: torch.Tensor, value_states: torch.Tensor, *_: object, **__: object
    ) -> tuple[torch.Tensor, torch.Tensor]:
        """Take in more tokens, [rows, heads, tokens, size]; return those of all."""
        new = [key_states.transpose(1, 2), value_states.transpose(1, 2)]
        if not self.whole:
            self.lazy_initialization(key_states, value_states)
            self.whole = [_roomy(states, self.spare) for states in new]
            return self._show(key_states.shape[2])
        before, after = self.keys.shape[2], self.keys.shape[2] + key_states.shape[2]
        if after > self.whole[0].shape[1]:
            self.whole = [_roomy(states, after - before) for states in self.whole]
        for states, more in zip(self.whole, new, strict=True):
            states[:, before:after] = more
        return self._show(after)

    def select(self, rows: torch.Tensor, places: torch.Tensor, tokens: int) -> None:
        """Let these `rows` be all; each holds what was at its `places` [rows, places].

        The first `tokens` of them count, the others are room for more.
        """
        if not self.whole:
            return
        lying = rows.unsqueeze(1) * self.whole[0].shape[1] + places
        at = lying.flatten().to(self.keys.device)
        self.whole = [
            states.flatten(0, 1).index_select(0, at).view(*lying.shape, *states.shape[2:])
            for states in self.whole
        ]
        self._show(tokens)

    def _show(self, tokens: int) -> tuple[torch.Tensor, torch.Tensor]:
        self.keys, self.values = (states[:, :tokens].transpose(1, 2) for states in self.whole)
        return self.keys, self.values


def _roomy(states: torch.Tensor, room: int) -> torch.Tensor:
    """Return `states` [rows, tokens, heads, size] with room for more tokens behind."""
    return torch.nn.functional.pad(states, (0, 0, 0, 0, 0, room)) if room else states.contiguous()


class States:
    """Rows of tokens that a network has read; none at first.

    Where `copied` is false, the network keeps something of its own beside keys and values, and rows
    stay as they are.
    """

    def __init__(self, network: PreTrainedModel) -> None:
        self.network = network
        self.copied = is_plain(network)
        self.cache: Cache | None = _cache(network) if self.copied else None
        self.lengths = torch.zeros(0, dtype=torch.long, device=network.device)
        self.width = 0
        self.spare = 0  # tokens that will be read before rows are selected again
        self._takes = set(inspect.signature(network.forward).parameters)
        self._mamba = "cache_params" in self._takes

    def read_prompts(self, prompts: Sequence[Tokens], more: int) -> torch.Tensor:
        """Read the first tokens of all rows; return what is said of the next [rows, vocabulary].

        What several begin with is read once. `more` tokens will be read after.
        """
        cuts = best_cuts(prompts) if self.copied else []
        self._keep_room(0 if cuts else more)
        logits = self._read_padded(cuts[-1].heads if cuts else prompts)
        for number in range(len(cuts) - 1, -1, -1):
            cut = cuts[number]
            self._keep_room(cut.tail + (0 if number else more))
            self.select(cut.parents, cut.dropped)
            whole = cuts[number - 1].heads if number else prompts
            logits = self.read([prompt[-cut.tail :] for prompt in whole])
        return logits

    def read(self, tokens: Sequence[Sequence[int]]) -> torch.Tensor:
        """Read as many more tokens in each row; return what is said of the next."""
        ids = torch.tensor(tokens, device=self.network.device)
        return self._read(ids, torch.full_like(self.lengths, ids.shape[1]))

    def select(self, rows: Sequence[int], dropped: Sequence[int] | None = None) -> None:
        """Let these rows be all, each without its last tokens, as many as are to be dropped."""
        device = self.network.device
        kept = torch.tensor(rows, device=device)
        lost = torch.tensor(dropped, device=device) if dropped else torch.zeros_like(kept)
        self.lengths = self.lengths[kept] - lost
        width = int(self.lengths.max())
        ends = torch.arange(self.width - width, self.width, device=device)
        # What lies in the room for more is of no matter.
        within = torch.nn.functional.pad(ends - lost.unsqueeze(1), (0, self.spare)).clamp(min=0)
        for layer in self._rooms():
            layer.select(kept, within, width)
        self.width = width

    def _keep_room(self, tokens: int) -> None:
        self.spare = tokens
        for layer in self._rooms():
            layer.spare = tokens

    def _rooms(self) -> list[Room]:
        layers = self.cache.layers if self.cache and self.copied else []
        return [layer for layer in layers if isinstance(layer, Room)]

    def _read_padded(self, prompts: Sequence[Tokens]) -> torch.Tensor:
        longest = max(map(len, prompts))
        ids = torch.tensor([(0,) * (longest - len(prompt)) + prompt for prompt in prompts])
        lengths = torch.tensor([len(prompt) for prompt in prompts], device=self.network.device)
        self.lengths = torch.zeros_like(lengths)
        return self._read(ids.to(self.network.device), lengths)

    def _read(self, ids: torch.Tensor, lengths: torch.Tensor) -> torch.Tensor:
        """Read `ids` [rows, tokens], of which the last `lengths` of each row are meant."""
        count, device = ids.shape[1], ids.device
        self.width += count
        self.lengths = self.lengths + lengths
        ends = torch.arange(-count, 0, device=device)
        said = {
            "attention_mask": (
                torch.arange(self.width, 0, -1, device=device) <= self.lengths.unsqueeze(1)
            ).long(),
            "position_ids": (self.lengths.unsqueeze(1) + ends).clamp(min=0),
            "logits_to_keep": 1,
        }
        if self._mamba and self.cache:
            del said["attention_mask"]  # is of the tokens that are read now, which all are meant
        memory = "cache_params" if self._mamba else "past_key_values"
        output = self.network(
            input_ids=ids,
            use_cache=True,
            **{memory: self.cache},
            **{name: value for name, value in said.items() if name in self._takes},
        )
        self.cache = output[memory]
        logits: torch.Tensor = output.logits[:, -1]
        return logits.float()


def is_plain(network: PreTrainedModel) -> bool:
    """Return whether a network remembers by keys and values alone."""
    known = (DynamicLayer, DynamicSlidingWindowLayer, DummyLayer)
    return all(type(layer) in known for layer in DynamicCache(config=network.config).layers)


def _cache(network: PreTrainedModel) -> Cache:
    """Return an empty cache that keeps all tokens; masks see to windows."""
    layers = DynamicCache(config=network.config).layers
    return Cache(layers=[layer if isinstance(layer, DummyLayer) else Room() for layer in layers])
