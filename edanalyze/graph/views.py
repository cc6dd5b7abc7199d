"""The views of the refactoring graph: what is folded together, and what a view leaves out.

The full graph has every function that matters. A view folds it to the question at hand: which service talks to which
(`services`), which entry point makes which call (`routes`), where requests wait for requests (`chains`), what happens
on a message (`events`), and who calls whom (`calls`). Folding a folded graph once more changes nothing, and the order
of nodes and edges has no say.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping

import msgspec

from edanalyze.graph.merge import assembled, merged, with_diagnostics
from edanalyze.graph.reach import entry_points, entry_points_behind, nodes_by_id, services_behind
from edanalyze.graph.records import ASYNCHRONOUS, CODE_KINDS, SYNCHRONOUS, Edge, Graph, GraphError, Node

SERVICE_PREFIX = "service:"
_OUTSIDE = frozenset({"external", "unknown"})


def fold(graph: Graph, view: str) -> Graph:
    """Fold a graph to one of `VIEWS`.

    Takes a graph at any detail and returns a new one, in order. Raises `GraphError` for an unknown view, and when an
    edge ends at a node that is not there.
    """
    if view not in _FOLDS:
        raise GraphError(f"there is no view {view!r}: choose one of {', '.join(VIEWS)}")
    nodes_by_id(graph)
    return _FOLDS[view](graph)


def _services(graph: Graph) -> Graph:
    """Fold code into the services that run it; calls inside the code go, everything else keeps its kind."""
    nodes = nodes_by_id(graph)
    behind = services_behind(graph)

    def runs_in(node: Node) -> list[str]:
        return [SERVICE_PREFIX + service for service in behind.get(node.id, ())] or [node.id]

    def answers_in(node: Node) -> str:
        return SERVICE_PREFIX + node.service if node.kind in CODE_KINDS and node.service else node.id

    moved: list[Edge] = []
    findings: dict[str, set[str]] = defaultdict(set)
    sent_nowhere = _unknown_topics(graph, nodes)
    for edge in graph.edges:
        for source in runs_in(nodes[edge.source]):
            if edge.target in sent_nowhere:
                findings[source].update(edge.diagnostics, nodes[edge.target].diagnostics)
            elif edge.kind == "call":
                findings[source].update(edge.diagnostics)
            else:
                moved.append(msgspec.structs.replace(edge, source=source, target=answers_in(nodes[edge.target])))
    folded = {node.id: node for node in graph.nodes if node.kind not in CODE_KINDS and node.id not in sent_nowhere}
    for node in (node for node in graph.nodes if node.kind in CODE_KINDS):
        for place in runs_in(node):
            findings[place].update(node.diagnostics)
        if node.service:
            name = SERVICE_PREFIX + node.service
            folded.setdefault(name, Node(id=name, kind="service", name=node.service))
    touched = _ends(moved)
    for node in graph.nodes:
        if node.id in touched or findings[node.id]:
            folded.setdefault(node.id, node)
    return assembled(with_diagnostics(folded.values(), findings), merged(moved, by_site=False), graph.findings)


def _unknown_topics(graph: Graph, nodes: Mapping[str, Node]) -> frozenset[str]:
    """The nodes of topics that could not be resolved: between services they would say nothing."""
    unknown = {edge.target for edge in graph.edges if nodes[edge.target].kind == "unknown"}
    asked = {edge.target for edge in graph.edges if edge.kind not in {*ASYNCHRONOUS, "call"}}
    return frozenset(unknown - asked)


def _routes(graph: Graph) -> Graph:
    """Move what a function sends up to the entry points that reach it; other functions, calls and writes go."""
    nodes = nodes_by_id(graph)
    behind = entry_points_behind(graph)
    moved: list[Edge] = []
    findings: dict[str, set[str]] = defaultdict(set)
    for edge in graph.edges:
        sent = edge.kind in SYNCHRONOUS or edge.kind in ASYNCHRONOUS
        for source in behind.get(edge.source, (edge.source,)):
            if sent:
                via = edge.via or ("" if source == edge.source else nodes[edge.source].name)
                moved.append(msgspec.structs.replace(edge, source=source, via=via))
            else:
                findings[source].update(edge.diagnostics)
    for node in graph.nodes:
        for place in behind.get(node.id, (node.id,)):
            findings[place].update(node.diagnostics)
    always = entry_points(graph) | {node.id for node in graph.nodes if node.kind in {"service", "topic"}}
    touched = _ends(moved)
    kept = [node for node in graph.nodes if node.id in always or node.id in touched or findings[node.id]]
    return assembled(with_diagnostics(kept, findings), merged(moved, by_site=True), graph.findings)


def _chains(graph: Graph) -> Graph:
    """Keep where requests wait for requests: two or more hops in a row, or a finding on the call or the caller.

    The hosts outside that are called from there are kept too.
    """
    routes = _routes(graph)
    nodes = nodes_by_id(routes)
    waits = [edge for edge in routes.edges if edge.kind in SYNCHRONOUS]
    inside = [edge for edge in waits if nodes[edge.target].kind not in _OUTSIDE]
    callers = {edge.source for edge in inside}
    answering = {edge.target for edge in inside}
    kept: set[str] = set()
    for edge in inside:
        if edge.target in callers or edge.source in answering:
            kept |= {edge.source, edge.target}
    for edge in waits:
        if edge.diagnostics or nodes[edge.source].diagnostics:
            kept |= {edge.source, edge.target}
    kept |= {edge.target for edge in waits if edge.source in kept and nodes[edge.target].kind in _OUTSIDE}
    return _part(routes, kept, (edge for edge in waits if edge.source in kept and edge.target in kept))


def _events(graph: Graph) -> Graph:
    """Keep topics, who publishes to them, who handles them, and what the handlers send in turn."""
    routes = _routes(graph)
    handlers = {edge.target for edge in routes.edges if edge.kind == "consume"}
    shown = [edge for edge in routes.edges if edge.kind in ASYNCHRONOUS or edge.source in handlers]
    topics = {node.id for node in routes.nodes if node.kind == "topic"}
    return _part(routes, topics | handlers | _ends(shown), shown)


def _calls(graph: Graph) -> Graph:
    """Keep code and the calls inside it; findings on what the code sends go to the code that sends it."""
    nodes = nodes_by_id(graph)
    calls = [edge for edge in graph.edges if edge.kind == "call"]
    findings: dict[str, set[str]] = defaultdict(set)
    for edge in graph.edges:
        if edge.kind != "call" and nodes[edge.source].kind in CODE_KINDS:
            findings[edge.source].update(edge.diagnostics)
    marked = assembled(with_diagnostics(graph.nodes, findings), merged(calls, by_site=True), graph.findings)
    shown = _ends(calls) | {
        node.id for node in marked.nodes if node.kind in CODE_KINDS and (node.kind != "function" or node.diagnostics)
    }
    return _part(marked, shown, marked.edges)


def _part(graph: Graph, kept: Iterable[str], edges: Iterable[Edge]) -> Graph:
    """Take the part of a graph with these nodes and edges, and the services that the nodes belong to."""
    named = set(kept)
    services = {SERVICE_PREFIX + node.service for node in graph.nodes if node.id in named and node.service}
    nodes = [node for node in graph.nodes if node.id in named or node.id in services]
    return assembled(nodes, edges, graph.findings)


def _ends(edges: Iterable[Edge]) -> set[str]:
    return {end for edge in edges for end in (edge.source, edge.target)}


_FOLDS: dict[str, Callable[[Graph], Graph]] = {
    "services": _services,
    "routes": _routes,
    "chains": _chains,
    "events": _events,
    "calls": _calls,
}
VIEWS = tuple(_FOLDS)
"""The names of the views, coarsest first."""
