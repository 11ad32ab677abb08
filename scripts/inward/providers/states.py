"""States: what a network has read, row by row, and what it would say next.

A row holds the keys and values of its tokens at the right end; what is left of them is masked. Rows
can be copied, dropped and shortened, which shared beginnings and finished answers make use of.
"""

import inspect
from collections.abc import Sequence

import torch
from transformers import Cache, DynamicCache, PreTrainedModel
from transformers.cache_utils import DummyLayer, DynamicLayer, DynamicSlidingWindowLayer

from inward.providers.prefixes import Tokens, best_cut


class Room(DynamicLayer):
    """Keys and values of one layer, with room for more tokens, so that few are ever copied."""

    def __init__(self) -> None:
        super().__init__()
        self.spare = 0  # tokens for which there is to be room, when next they are copied
        self.whole: tuple[torch.Tensor, torch.Tensor] | None = None

    def update(
        self, key_states: torch.Tensor, value_states: torch.Tensor, *_: object, **__: object
    ) -> tuple[torch.Tensor, torch.Tensor]:
        """Take in more tokens, [rows, heads, tokens, size]; return those of all."""
        more = key_states.shape[2]
        if self.whole is None:
            self.lazy_initialization(key_states, value_states)
            self._hold(key_states, value_states, self.spare)
            return self.keys, self.values
        before, after = self.keys.shape[2], self.keys.shape[2] + more
        if after > self.whole[0].shape[2]:
            self._hold(self.keys, self.values, more + self.spare)
        keys, values = self.whole
        keys[:, :, before:after] = key_states
        values[:, :, before:after] = value_states
        self.keys, self.values = keys[:, :, :after], values[:, :, :after]
        return self.keys, self.values

    def select(self, rows: torch.Tensor, places: torch.Tensor | None) -> None:
        """Keep `rows`, and of each the tokens at `places` [rows, tokens], or all."""
        if self.whole is None:
            return
        rows = rows.to(self.keys.device)
        if places is None:
            self._hold(self.keys[rows], self.values[rows], self.spare)
            return
        at = (rows.unsqueeze(1), slice(None), places.to(self.keys.device))
        keys, values = self.keys[at].transpose(1, 2), self.values[at].transpose(1, 2)
        self._hold(keys, values, self.spare)

    def _hold(self, keys: torch.Tensor, values: torch.Tensor, room: int) -> None:
        self.whole = (_roomy(keys, room), _roomy(values, room))
        tokens = keys.shape[2]
        self.keys, self.values = self.whole[0][:, :, :tokens], self.whole[1][:, :, :tokens]


def _roomy(states: torch.Tensor, room: int) -> torch.Tensor:
    """Return `states` [rows, heads, tokens, size] with room for more tokens behind."""
    if not room:
        return states
    rows, heads, tokens, size = states.shape
    whole = states.new_empty(rows, heads, tokens + room, size)
    whole[:, :, :tokens] = states
    return whole


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
        self._takes = set(inspect.signature(network.forward).parameters)

    def read_prompts(self, prompts: Sequence[Tokens], more: int) -> torch.Tensor:
        """Read the first tokens of all rows; return what is said of the next [rows, vocabulary].

        What several begin with is read once. `more` tokens will be read after.
        """
        found = best_cut(prompts) if self.copied else None
        if found is None:
            self._keep_room(more)
            return self._read_padded(prompts)
        self.read_prompts(found.heads, 0)
        self._keep_room(found.tail + more)
        self.select(found.parents, found.dropped)
        return self.read([prompt[-found.tail :] for prompt in prompts])

    def read(self, tokens: Sequence[Sequence[int]]) -> torch.Tensor:
        """Read as many more tokens in each row; return what is said of the next."""
        ids = torch.tensor(tokens, device=self.network.device)
        return self._read(ids, torch.full_like(self.lengths, ids.shape[1]))

    def select(self, rows: Sequence[int], dropped: Sequence[int] | None = None) -> None:
        """Let these rows be all, each without its last tokens, as many as are to be dropped."""
        device = self.network.device
        kept = torch.tensor(rows, device=device)
        self.lengths = self.lengths[kept]
        places = None
        if dropped is not None and any(dropped):
            lost = torch.tensor(dropped, device=device)
            self.lengths = self.lengths - lost
            width = int(self.lengths.max())
            ends = torch.arange(self.width - width, self.width, device=device)
            places = (ends - lost.unsqueeze(1)).clamp(min=0)
            self.width = width
        for layer in self._rooms():
            layer.select(kept, places)

    def _keep_room(self, tokens: int) -> None:
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
        output = self.network(
            input_ids=ids,
            past_key_values=self.cache,
            use_cache=True,
            **{name: value for name, value in said.items() if name in self._takes},
        )
        self.cache = output.past_key_values
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
