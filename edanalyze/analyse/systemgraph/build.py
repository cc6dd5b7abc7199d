"""The graph of a system at full detail, with its findings."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from typing import Protocol

import msgspec

from edanalyze.analyse.binding.records import HttpCall, PublishCall
from edanalyze.analyse.system import System
from edanalyze.analyse.systemgraph.edges import Edges
from edanalyze.analyse.systemgraph.nodes import Nodes
from edanalyze.graph.merge import assembled, with_diagnostics
from edanalyze.graph.records import Edge, Finding, Graph, Node

Place = tuple[str, int]


class Reported(Protocol):
    """What the graph needs to know of a diagnostic; the records of the check layer have these fields."""

    @property
    def fingerprint(self) -> str:
        """What identifies it."""

    @property
    def code(self) -> str:
        """The code of its rule."""

    @property
    def name(self) -> str:
        """The name of its rule."""

    @property
    def message(self) -> str:
        """What it says."""

    @property
    def path(self) -> str:
        """The file it is reported in."""

    @property
    def line(self) -> int:
        """The line it is reported at."""

    @property
    def function(self) -> str:
        """The function (dotted) that holds the place."""


def build(system: System, diagnostics: Sequence[Reported] = ()) -> Graph:
    """The graph of a system: services, entry points and code that sends, topics, databases, hosts outside.

    A finding is attached to the edges whose call it is reported at, else to the nodes whose `def` it is reported at,
    else to the function that holds the place.
    """
    nodes = Nodes(system)
    edges: dict[str, Edge] = {}
    for edge in Edges(system, nodes).make():
        edges.setdefault(edge.id, edge)
    marked = _Findings(system, nodes, diagnostics)
    drawn = [msgspec.structs.replace(edge, diagnostics=tuple(sorted(marked.of_edge(edge)))) for edge in edges.values()]
    marked.settle(nodes.all.values())
    kept = with_diagnostics(nodes.all.values(), marked.on_nodes)
    findings = [
        Finding(item.fingerprint, item.code, item.name, item.message, item.path, item.line) for item in diagnostics
    ]
    return assembled(kept, drawn, findings)


class _Findings:
    """Hands out findings, by place."""

    def __init__(self, system: System, nodes: Nodes, diagnostics: Sequence[Reported]) -> None:
        self._nodes = nodes
        self._system = system
        self._at: dict[Place, list[Reported]] = defaultdict(list)
        self._placed: set[str] = set()
        self.on_nodes: dict[str, set[str]] = defaultdict(set)
        for item in diagnostics:
            self._at[(item.path, item.line)].append(item)
        self._physical: dict[Place, set[Place]] = defaultdict(set)
        calls: list[HttpCall | PublishCall] = [*system.binding.http_calls, *system.binding.publishes]
        for call in calls:
            site = (system.program.paths[call.site.module], call.site.place.line)
            self._physical[site].add((system.program.paths[call.module], call.place.line))

    def of_edge(self, edge: Edge) -> Iterable[str]:
        """The findings at the call that an edge stands for, and at the library call behind it."""
        if edge.kind == "consume":
            return ()
        places = {(edge.path, edge.line)}
        if edge.kind in {"http", "publish", "outbox"}:
            places |= self._physical.get((edge.path, edge.line), set())
        found = {item.fingerprint for place in places for item in self._at.get(place, ())}
        self._placed |= found
        return found

    def settle(self, nodes: Iterable[Node]) -> None:
        """Put the findings that no edge carries on nodes."""
        code = [node for node in nodes if node.path and node.line]
        by_place: dict[Place, list[Node]] = defaultdict(list)
        for node in code:
            by_place[(node.path, node.line)].append(node)
        for place, items in sorted(self._at.items()):
            for item in items:
                for node in by_place.get(place, ()):
                    self.on_nodes[node.id].add(item.fingerprint)
                if not by_place.get(place) and item.fingerprint not in self._placed:
                    self._on_function(item)

    def _on_function(self, item: Reported) -> None:
        module = next((name for name, path in self._system.program.paths.items() if path == item.path), None)
        name = item.function.replace(":", ".").removeprefix(f"{module}.")
        if module is not None and f"{module}:{name}" in self._system.program.functions:
            for node in self._nodes.code(f"{module}:{name}"):
                self.on_nodes[node].add(item.fingerprint)
