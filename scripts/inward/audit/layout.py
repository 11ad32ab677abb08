"""The layout of a graph in layers: where its nodes stand, and along which points its edges run.

The known four steps of Sugiyama: circles are broken, nodes put in layers, ordered in them, placed.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from scipy.optimize import isotonic_regression

SWEEPS = 24
BEND = 26.0  # the room that an edge takes where it passes a layer

Edge = tuple[str, str]
Point = tuple[float, float]


@dataclass(frozen=True)
class Layout:
    """The middle of each node, the points of each edge, the edges that lead back, and the size."""

    places: dict[str, Point]
    routes: dict[Edge, list[Point]]
    back: set[Edge]
    width: float
    height: float


def layout(widths: dict[str, float], edges: Iterable[Edge], *, gap: float, step: float) -> Layout:
    """Return where nodes of these `widths` stand, layers `step` apart and nodes `gap` apart."""
    asked = sorted(edge for edge in set(edges) if edge[0] != edge[1])
    back = _leading_back(list(widths), asked)
    forward = {edge: edge[::-1] if edge in back else edge for edge in asked}
    layers = _layers(list(widths), sorted(set(forward.values())))
    chains = {edge: _chain(way, layers) for edge, way in forward.items()}
    rows = _rows(layers, chains)
    near = _neighbors(chains)
    _arrange(rows, near)
    room = {name: widths.get(name, BEND) for row in rows for name in row}
    xs = _places(rows, near, room, gap)
    left = min(xs[name] - room[name] / 2 for name in xs) if xs else 0.0
    points = {
        name: (xs[name] - left, depth * step) for depth, row in enumerate(rows) for name in row
    }
    right = max((points[name][0] + room[name] / 2 for name in points), default=0.0)
    return Layout(
        places={name: points[name] for name in widths},
        routes={
            edge: [points[name] for name in (chain[::-1] if edge in back else chain)]
            for edge, chain in chains.items()
        },
        back=back,
        width=right,
        height=max(len(rows) - 1, 0) * step,
    )


def _leading_back(names: list[str], edges: list[Edge]) -> set[Edge]:
    """Return the edges that close a circle when one walks from the first nodes on."""
    after: dict[str, list[str]] = {name: [] for name in names}
    place = {name: index for index, name in enumerate(names)}
    for source, target in sorted(edges, key=lambda edge: place[edge[1]]):
        after[source].append(target)
    back, done = set(), set()
    for start in names:
        way: list[tuple[str, list[str]]] = [] if start in done else [(start, list(after[start]))]
        while way:
            here, left = way[-1]
            done.add(here)
            if not left:
                way.pop()
                continue
            target = left.pop(0)
            if any(target == passed for passed, _ in way):
                back.add((here, target))
            elif target not in done:
                way.append((target, list(after[target])))
    return back


def _layers(names: list[str], edges: list[Edge]) -> dict[str, int]:
    """Return each node's layer: behind all it needs; what needs nothing is close to its users."""
    layers = dict.fromkeys(names, 0)
    for _ in names:
        for source, target in edges:
            layers[target] = max(layers[target], layers[source] + 1)
    for name in set(names) - {target for _, target in edges}:
        users = [layers[target] for source, target in edges if source == name]
        layers[name] = min(users, default=1) - 1
    return layers


def _chain(way: Edge, layers: dict[str, int]) -> list[str]:
    """Return an edge's nodes, with a bend at each layer that it passes."""
    source, target = way
    passed = range(layers[source] + 1, layers[target])
    return [source, *(f"{source}\n{target}\n{depth}" for depth in passed), target]


def _rows(layers: dict[str, int], chains: dict[Edge, list[str]]) -> list[list[str]]:
    rows: list[list[str]] = [[] for _ in range(max(layers.values(), default=-1) + 1)]
    for name, depth in layers.items():
        rows[depth].append(name)
    for chain in chains.values():
        for depth, bend in enumerate(chain[1:-1], start=layers[chain[0]] + 1):
            rows[depth].append(bend)
    return rows


def _neighbors(chains: dict[Edge, list[str]]) -> tuple[dict[str, list[str]], dict[str, list[str]]]:
    """Return for each node and bend what is next to it in the layer above, and in that below."""
    above: dict[str, list[str]] = {}
    below: dict[str, list[str]] = {}
    for chain in chains.values():
        for upper, lower in pairwise(chain):
            above.setdefault(lower, []).append(upper)
            below.setdefault(upper, []).append(lower)
    return above, below


def _arrange(
    rows: list[list[str]], near: tuple[dict[str, list[str]], dict[str, list[str]]]
) -> None:
    """Order each layer by where the neighbors of its nodes stand, down and up again."""
    place = {name: index / len(row) for row in rows for index, name in enumerate(row)}
    for sweep in range(SWEEPS):
        side = near[sweep % 2]
        for row in rows if sweep % 2 == 0 else rows[::-1]:
            wish = {
                name: sum(place[other] for other in side[name]) / len(side[name])
                if name in side
                else place[name]
                for name in row
            }
            row.sort(key=wish.__getitem__)
            place.update({name: (index + 0.5) / len(row) for index, name in enumerate(row)})


def _places(
    rows: list[list[str]],
    near: tuple[dict[str, list[str]], dict[str, list[str]]],
    room: dict[str, float],
    gap: float,
) -> dict[str, float]:
    """Return where nodes and bends stand across: near their neighbors, as order and room let."""
    offsets = {}
    for row in rows:
        widths = np.array([room[name] for name in row])
        offsets[row[0]] = np.cumsum(widths) - widths / 2 + gap * np.arange(len(row))
    xs = {
        name: float(x - offsets[row[0]][-1] / 2)
        for row in rows
        for name, x in zip(row, offsets[row[0]], strict=True)
    }
    for sweep in range(SWEEPS):
        for row in rows if sweep % 2 == 0 else rows[::-1]:
            sides = near if sweep > SWEEPS // 2 else (near[sweep % 2],)
            wishes = [[xs[other] for side in sides for other in side.get(name, [])] for name in row]
            wish = np.array(
                [sum(w) / len(w) if w else xs[name] for w, name in zip(wishes, row, strict=True)]
            )
            weights = np.array([4.0 if "\n" in name else 1.0 for name in row])
            offset = offsets[row[0]]
            placed = isotonic_regression(wish - offset, weights=weights).x + offset
            xs.update(zip(row, map(float, placed), strict=True))
    return xs
