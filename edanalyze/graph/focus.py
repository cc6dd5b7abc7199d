"""The neighbourhood of one thing in a graph, for pictures that would otherwise be too large."""

from __future__ import annotations

import difflib
import heapq
from collections import defaultdict
from collections.abc import Callable

from edanalyze.graph.merge import assembled
from edanalyze.graph.reach import nodes_by_id
from edanalyze.graph.records import Graph, GraphError, Node
from edanalyze.graph.views import SERVICE_PREFIX


def focus(graph: Graph, name: str, depth: int = 1) -> Graph:
    """Keep what is named and everything within `depth` steps of it, in either direction of the edges.

    `name` is a node's id or name, a service (then all its code is meant), a route's path, a file, or the end of a
    dotted name; capitals matter only where nothing else tells nodes apart. The step on from a topic is free, so that
    one step leads from a publisher to the handlers. Only edges that such a step takes are kept, not those between two
    nodes at the rim. Raises `GraphError` when nothing has that name, and says what is close to it.
    """
    nodes = nodes_by_id(graph)
    start = _named(graph, name)
    free = {node.id for node in graph.nodes if node.kind == "topic"} - start
    distance = _distances(graph, start, free, depth)

    def taken(tail: str, head: str) -> bool:
        return tail in distance and distance[tail] + (tail not in free) <= depth and head in distance

    edges = [edge for edge in graph.edges if taken(edge.source, edge.target) or taken(edge.target, edge.source)]
    services = {SERVICE_PREFIX + nodes[near].service for near in distance if nodes[near].service}
    return assembled(
        (node for node in graph.nodes if node.id in distance or node.id in services), edges, graph.findings
    )


def _named(graph: Graph, name: str) -> set[str]:
    """Find the nodes that are meant, by the strictest reading that finds any."""
    bare = name.strip()
    readings: tuple[Callable[[Node], bool], ...] = (
        lambda node: node.id == bare,
        lambda node: bare in (node.name, node.service),
        lambda node: node.path == bare or node.name.endswith((f".{bare}", f" {bare}")),
        lambda node: bare.casefold() in (node.name.casefold(), node.service.casefold()),
    )
    for reading in readings:
        found = [node for node in graph.nodes if reading(node)] if bare else []
        if found:
            owned = {node.name for node in found if node.kind == "service"}
            return {node.id for node in found} | {node.id for node in graph.nodes if node.service in owned}
    names = sorted({node.name for node in graph.nodes} | {node.service for node in graph.nodes if node.service})
    close = difflib.get_close_matches(bare, names, n=3, cutoff=0.5)
    hint = f"; close to it: {', '.join(close)}" if close else ""
    raise GraphError(f"nothing in this view is named {name!r}{hint}")


def _distances(graph: Graph, start: set[str], free: set[str], depth: int) -> dict[str, int]:
    """Count the steps from the nearest start (Dijkstra, where leaving a `free` node costs nothing)."""
    neighbours: dict[str, set[str]] = defaultdict(set)
    for edge in graph.edges:
        neighbours[edge.source].add(edge.target)
        neighbours[edge.target].add(edge.source)
    distance: dict[str, int] = {}
    waiting = [(0, node) for node in sorted(start)]
    while waiting:
        steps, node = heapq.heappop(waiting)
        if node in distance or steps > depth:
            continue
        distance[node] = steps
        for neighbour in neighbours[node]:
            heapq.heappush(waiting, (steps + (node not in free), neighbour))
    return distance
