"""SVG: a graph as a picture that needs nothing else."""

from html import escape
from itertools import pairwise

from inward.audit.graph import Graph, Node
from inward.audit.layout import Layout, Point, layout
from inward.audit.mermaid import carried

HIGH, STEP, GAP, EDGE = 34.0, 74.0, 14.0, 14.0  # of nodes, from layer to layer, between nodes, rim
ASIDE = 14.0  # half the distance of two edges between the same nodes
LETTER = 6.3  # the width of a letter
COLORS = {
    "sources": "#f3f3f3",
    "prompts": "#e3e3e3",
    "behaviors": "#cfe3f5",
    "judgments": "#dfe6c0",
    "labels": "#d7efd3",
    "datasets": "#fdebc3",
    "jobs": "#fbd9c0",
    "models": "#f6cbd0",
    "predictions": "#dccff0",
    "draws": "#ead9f7",
    "scores": "#c9ecec",
    "figures": "#eee8d5",
}
STYLE = (
    "text{font:11px Helvetica,Arial,sans-serif;text-anchor:middle;fill:#222}"
    "text.head{font-weight:bold}text.files{font-size:10px;fill:#555;"
    "paint-order:stroke;stroke:#fff;stroke-width:3px}"
    "path.edge{fill:none;stroke:#8a8f98;stroke-width:1.2}path.back{stroke-dasharray:4 3}"
    "rect{stroke:#8a8f98;stroke-width:.8}"
)
TIP = (
    '<defs><marker id="tip" viewBox="0 0 8 8" refX="7" refY="4" markerWidth="7" markerHeight="7"'
    ' orient="auto"><path d="M0,0 L8,4 L0,8 z" fill="#8a8f98"/></marker></defs>'
)


def svg(graph: Graph, name: str, *, files: bool) -> str:
    """Return a picture of a graph; `files` has each edge say what goes along it."""
    widths = {key: _width(node) for key, node in graph.nodes.items()}
    placed = layout(widths, graph.edges, gap=GAP * (3 if files else 1), step=STEP)
    width, height = placed.width + 2 * EDGE, placed.height + HIGH + 2 * EDGE
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" role="img" {_box(width, height)}>',
        f"<title>{escape(name)}</title><style>{STYLE}</style>",
        TIP,
        f'<rect width="{width:.0f}" height="{height:.0f}" fill="#fff" style="stroke:none"/>',
        f'<g transform="translate({EDGE:.0f} {EDGE + HIGH / 2:.0f})">',
        *_edges(graph, placed),
        *(_node(node, placed.places[key], widths[key]) for key, node in graph.nodes.items()),
        *(_carried(graph, placed) if files else []),
        "</g></svg>",
    ]
    return "\n".join([*parts, ""])


def _box(width: float, height: float) -> str:
    return f'viewBox="0 0 {width:.0f} {height:.0f}" width="{width:.0f}" height="{height:.0f}"'


def _width(node: Node) -> float:
    return max(len(node.head) * LETTER * 1.08, len(node.line) * LETTER * 0.95) + 16


def _node(node: Node, place: Point, width: float) -> str:
    x, y = place
    said = escape("\n".join(node.jobs))
    color = COLORS.get(node.stage, "#f5f5f5")
    return (
        f'<g><title>{said}</title><rect x="{x - width / 2:.1f}" y="{y - HIGH / 2:.1f}"'
        f' width="{width:.1f}" height="{HIGH:.0f}" rx="5" fill="{color}"/>'
        f'<text class="head" x="{x:.1f}" y="{y - 2 if node.line else y + 4:.1f}">'
        f"{escape(node.head)}</text>"
        f'<text x="{x:.1f}" y="{y + 11:.1f}">{escape(node.line)}</text></g>'
    )


def _edges(graph: Graph, placed: Layout) -> list[str]:
    lines = []
    for edge, way in sorted(placed.routes.items()):
        points = _aside(way, both=edge[::-1] in placed.routes, back=edge in placed.back)
        kind = "edge back" if edge in placed.back else "edge"
        said = escape("\n".join(graph.edges[edge]))
        lines.append(
            f'<path class="{kind}" d="{_curve(points)}" marker-end="url(#tip)">'
            f"<title>{said}</title></path>"
        )
    return lines


def _aside(points: list[Point], *, both: bool, back: bool) -> list[Point]:
    """Return a way a little aside where there is another in the opposite direction."""
    aside = (ASIDE if back else -ASIDE) if both else 0
    return [(x + aside, y) for x, y in points]


def _curve(points: list[Point]) -> str:
    """Return a smooth way through `points`, which begins and ends at the rims of nodes."""
    down = 1 if points[-1][1] > points[0][1] else -1
    (x, y), *bends, (last_x, last_y) = points
    stops = [(x, y + down * HIGH / 2), *bends, (last_x, last_y - down * HIGH / 2)]
    way = f"M{stops[0][0]:.1f},{stops[0][1]:.1f}"
    for (from_x, from_y), (to_x, to_y) in pairwise(stops):
        middle = (from_y + to_y) / 2
        way += f" C{from_x:.1f},{middle:.1f} {to_x:.1f},{middle:.1f} {to_x:.1f},{to_y:.1f}"
    return way


def _carried(graph: Graph, placed: Layout) -> list[str]:
    lines = []
    taken: list[Point] = []
    for edge, points in sorted(placed.routes.items()):
        said = carried(graph.edges[edge])
        x, y = _free(points, taken, len(said) * LETTER)
        taken.append((x, y))
        lines.append(f'<text class="files" x="{x:.1f}" y="{y + 3:.1f}">{escape(said)}</text>')
    return lines


def _free(points: list[Point], taken: list[Point], width: float) -> Point:
    """Return a place along an edge where few other texts stand, the middle if it is free."""
    spots = [
        (near[0] + (far[0] - near[0]) * (3 * t**2 - 2 * t**3), near[1] + (far[1] - near[1]) * t)
        for near, far in pairwise(points)
        for t in (0.5, 0.36, 0.64)
    ]
    middle = spots[len(spots) // 2]

    def clashes(spot: Point) -> tuple[int, float]:
        """Return how many texts a spot would cover, and how far it is from the middle."""
        x, y = spot
        covered = sum(abs(x - a) < width and abs(y - b) < LETTER * 2 for a, b in taken)
        return (covered, abs(y - middle[1]))

    return min(spots, key=clashes)
