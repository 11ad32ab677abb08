"""Mermaid: a graph as text that editors, GitHub and GitLab draw."""

from inward.audit.graph import Graph, stage_of


def mermaid(graph: Graph) -> str:
    """Return a graph as a Mermaid flowchart; edges say which files go along them."""
    names = {name: f"n{number}" for number, name in enumerate(graph.nodes)}
    lines = ["flowchart TD"]
    lines += [
        f'  {names[name]}["{_text(f"{node.head}<br>{node.line}" if node.line else node.head)}"]'
        for name, node in graph.nodes.items()
    ]
    lines += [
        f'  {names[source]} -->|"{_text(carried(files))}"| {names[target]}'
        for (source, target), files in graph.edges.items()
    ]
    return "\n".join([*lines, ""])


def carried(files: tuple[str, ...]) -> str:
    """Return what goes along an edge, such as "48 labels"."""
    counts: dict[str, int] = {}
    for path in files:
        stage = stage_of(path) or "files"
        counts[stage] = counts.get(stage, 0) + 1
    return ", ".join(
        f"1 {stage.removesuffix('s')}" if count == 1 else f"{count} {stage}"
        for stage, count in counts.items()
    )


def _text(text: str) -> str:
    return text.replace("&", "&amp;").replace('"', "&quot;")
