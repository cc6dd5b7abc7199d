"""Graphs that `edanalyze graph --format json` wrote."""

from __future__ import annotations

from collections.abc import Iterator

import msgspec

from edanalyze.discover.documents.records import Arrow, Document


class _Node(msgspec.Struct):
    id: str
    kind: str
    name: str
    service: str = ""


class _Edge(msgspec.Struct):
    id: str
    source: str
    target: str
    kind: str


class _Graph(msgspec.Struct):
    nodes: tuple[_Node, ...]
    edges: tuple[_Edge, ...]


def documents(path: str, text: str) -> Iterator[Document]:
    """The graph in a file; nothing for JSON of another shape.

    Arrows go between services and topics: code stands for its service.
    """
    try:
        graph = msgspec.json.decode(text, type=_Graph)
    except (msgspec.DecodeError, RecursionError):
        return
    names = {node.id: node.service if node.kind not in {"service", "topic"} else node.name for node in graph.nodes}
    lines = _lines(text, [edge.id for edge in graph.edges])
    arrows = [
        Arrow(names[edge.source], names[edge.target], edge.kind, lines.get(edge.id, 1))
        for edge in graph.edges
        if names.get(edge.source) and names.get(edge.target) and edge.kind not in {"call", "write"}
    ]
    yield Document(
        kind="graph",
        file=path,
        arrows=tuple(arrows),
        services=tuple(sorted({name for node in graph.nodes if (name := node.service or _own(node, "service"))})),
        topics=tuple(sorted(node.name for node in graph.nodes if node.kind == "topic")),
    )


def _own(node: _Node, kind: str) -> str:
    return node.name if node.kind == kind else ""


def _lines(text: str, identifiers: list[str]) -> dict[str, int]:
    """The lines at which edges begin, by their ids."""
    wanted = {msgspec.json.encode(each).decode(): each for each in identifiers}
    found: dict[str, int] = {}
    for number, line in enumerate(text.splitlines(), 1):
        key, _, value = line.strip().rstrip(",").partition(": ")
        if key == '"id"' and value in wanted:
            found.setdefault(wanted[value], number)
    return found
