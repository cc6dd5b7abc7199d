"""Which entry points, and which services, stand behind a piece of code: reachability over call edges."""

from __future__ import annotations

from collections import Counter, defaultdict, deque
from collections.abc import Mapping

from edanalyze.graph.records import CODE_KINDS, ENTRY_KINDS, SYNCHRONOUS, Graph, GraphError, Node


def nodes_by_id(graph: Graph) -> dict[str, Node]:
    """Index the nodes of a graph and make sure that it is closed.

    Raises `GraphError` when two nodes share an id or an edge ends at a node that is not there.
    """
    nodes = {node.id: node for node in graph.nodes}
    if len(nodes) != len(graph.nodes):
        twice = min(name for name, count in Counter(node.id for node in graph.nodes).items() if count > 1)
        raise GraphError(f"two nodes share the id {twice!r}")
    for edge in graph.edges:
        for end in (edge.source, edge.target):
            if end not in nodes:
                raise GraphError(f"edge {edge.id!r} ends at {end!r}, which is no node")
    return nodes


def entry_points(graph: Graph) -> frozenset[str]:
    """Find the nodes that the outside world starts: entry kinds, and code that requests or messages lead to."""
    started = {edge.target for edge in graph.edges if edge.kind in SYNCHRONOUS or edge.kind == "consume"}
    return frozenset(
        node.id for node in graph.nodes if node.kind in ENTRY_KINDS or (node.kind in CODE_KINDS and node.id in started)
    )


def entry_points_behind(graph: Graph) -> dict[str, tuple[str, ...]]:
    """Say for each code node which entry points reach it over call edges (ids, sorted).

    An entry point reaches itself. Code that no entry point reaches is absent.
    """
    callees: dict[str, set[str]] = defaultdict(set)
    for edge in graph.edges:
        if edge.kind == "call":
            callees[edge.source].add(edge.target)
    return _spread({entry: entry for entry in entry_points(graph)}, callees)


def services_behind(graph: Graph) -> dict[str, tuple[str, ...]]:
    """Say for each code node which services run it (names, sorted).

    That is the node's own service; for code outside every service, such as a shared library, it is every service whose
    code calls it, directly or through other such code. Code that no service runs is absent.
    """
    service = {node.id: node.service for node in graph.nodes if node.kind in CODE_KINDS}
    callees: dict[str, set[str]] = defaultdict(set)
    for edge in graph.edges:
        if edge.kind == "call" and service.get(edge.target) == "":
            callees[edge.source].add(edge.target)
    return _spread({node: name for node, name in service.items() if name}, callees)


def _spread(start: Mapping[str, str], callees: Mapping[str, set[str]]) -> dict[str, tuple[str, ...]]:
    """Carry labels along call edges to the least fixed point; a set of labels is a bit mask on the way."""
    labels = sorted(set(start.values()))
    bit = {label: 1 << position for position, label in enumerate(labels)}
    reached = {node: bit[label] for node, label in start.items()}
    waiting = deque(reached)
    while waiting:
        caller = waiting.popleft()
        for callee in callees.get(caller, ()):
            before = reached.get(callee, 0)
            after = before | reached[caller]
            if after != before:
                reached[callee] = after
                waiting.append(callee)
    spelled: dict[int, tuple[str, ...]] = {}
    for mask in reached.values():
        if mask not in spelled:
            spelled[mask] = tuple(_labels(mask, labels))
    return {node: spelled[mask] for node, mask in reached.items()}


def _labels(mask: int, labels: list[str]) -> list[str]:
    found = []
    while mask:
        lowest = mask & -mask
        found.append(labels[lowest.bit_length() - 1])
        mask ^= lowest
    return found
