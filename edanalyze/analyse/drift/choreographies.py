"""Choreographies: long chains of events in which nobody leads, and which no diagram shows.

A hop is a message from the call that sends it to a handler that receives it. Where one service stands at an end of
every hop, it leads the others: an orchestrated saga, or a service that talks to itself.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterator
from functools import cached_property
from typing import TYPE_CHECKING, NamedTuple

from edanalyze.analyse.drift.arrows import Arrows
from edanalyze.analyse.witness import Point, Witness
from edanalyze.graph.reach import entry_points_behind, services_behind
from edanalyze.graph.records import Edge, Node

if TYPE_CHECKING:
    from edanalyze.analyse.system import System

SHORTEST = 4
"""Hops from which on a chain is worth a diagram."""
LONGEST = 12
_MOST_STEPS = 5_000
_ASIDE = re.compile(r"retr(y|ies)|re-?queue|dlq|dlx|dead[-_.]?letter|parking|redrive|replay|repl(y|ies)", re.I)
_LEADING = re.compile(r"saga|orchestrat|coordinat|process_?manager|state_?machine|workflow", re.I)


class Hop(NamedTuple):
    """A message on `topic`, sent at `edge` by `source`, to a handler of `target` (services)."""

    topic: str
    edge: Edge
    source: str
    target: str
    handler: Node


class Choreography(NamedTuple):
    """A chain of hops, and the way along it in the code."""

    hops: tuple[Hop, ...]
    witness: Witness

    @property
    def topics(self) -> tuple[str, ...]:
        """The topics in their order."""
        return tuple(hop.topic for hop in self.hops)

    @property
    def services(self) -> tuple[str, ...]:
        """The services in their order, each as often as the chain comes by."""
        return (self.hops[0].source, *(hop.target for hop in self.hops))

    @property
    def likely(self) -> bool:
        """Whether a hop is not certain."""
        return any(hop.edge.confidence != "certain" for hop in self.hops)


class Choreographies:
    """Finds them."""

    def __init__(self, system: System, arrows: Arrows) -> None:
        self._system = system
        self._arrows = arrows
        self._graph = arrows.graph
        self._nodes = {node.id: node for node in self._graph.nodes}

    def find(self) -> Iterator[Choreography]:
        """The longest chain from each call that begins one, without those that have a leader or are drawn."""
        for edge in self._beginnings:
            chain = self._longest(edge)
            if len(chain) < SHORTEST or _is_led(chain) or self._is_drawn(chain):
                continue
            yield Choreography(chain, tuple(self._witness(chain)))

    # ------------------------------------------------------------------- chains

    @cached_property
    def _sent(self) -> tuple[Edge, ...]:
        """The publishes whose message is known to get where the graph says."""
        several = self._shared_by_types
        return tuple(
            edge
            for edge in self._graph.edges
            if edge.kind == "publish"
            and self._nodes[edge.target].kind == "topic"
            and edge.target not in several
            and not _ASIDE.search(self._nodes[edge.target].name)
        )

    @cached_property
    def _shared_by_types(self) -> frozenset[str]:
        """The topics on which several types of messages go: which of them a handler takes is not known here."""
        types: dict[str, set[str]] = defaultdict(set)
        for call in self._system.binding.publishes:
            for payload in self._system.payloads.of(call):
                told = {each.text for each in payload.names if each.source in {"type", "header", "field"}}
                types[f"topic:{call.topic}"].update(told)
        return frozenset(topic for topic, names in types.items() if len(names) > 1)

    @cached_property
    def _behind(self) -> dict[str, tuple[str, ...]]:
        return entry_points_behind(self._graph)

    @cached_property
    def _services(self) -> dict[str, tuple[str, ...]]:
        return services_behind(self._graph)

    @cached_property
    def _heard(self) -> dict[str, list[Node]]:
        """The handlers of each topic."""
        found: dict[str, list[Node]] = defaultdict(list)
        for edge in self._graph.edges:
            if edge.kind == "consume":
                found[edge.source].append(self._nodes[edge.target])
        return found

    @cached_property
    def _passed_on(self) -> dict[str, list[Edge]]:
        """What each handler sends."""
        handlers = {node.id for nodes in self._heard.values() for node in nodes}
        found: dict[str, list[Edge]] = defaultdict(list)
        for edge in self._sent:
            for entry in self._behind.get(edge.source, ()):
                if entry in handlers:
                    found[entry].append(edge)
        return found

    @cached_property
    def _beginnings(self) -> list[Edge]:
        """The publishes that something else than a handler of a known message leads to."""
        fed = {edge.target for edge in self._sent}
        led = {node.id for topic in fed for node in self._heard.get(topic, ())}
        return [edge for edge in self._sent if not set(self._behind.get(edge.source, ("",))) <= led]

    def _longest(self, beginning: Edge) -> tuple[Hop, ...]:
        """The longest chain on which no topic and no handler comes twice; of several the first in the graph's order."""
        best: tuple[Hop, ...] = ()
        steps = 0
        waiting: list[tuple[Edge, tuple[Hop, ...]]] = [(beginning, ())]
        while waiting and steps < _MOST_STEPS:
            edge, chain = waiting.pop()
            steps += 1
            for hop in self._hops(edge, chain):
                longer = (*chain, hop)
                best = max(best, longer, key=len)
                if len(longer) < LONGEST:
                    waiting += [(further, longer) for further in reversed(self._passed_on.get(hop.handler.id, []))]
        return best

    def _hops(self, edge: Edge, chain: tuple[Hop, ...]) -> Iterator[Hop]:
        visited = {hop.handler.id for hop in chain}
        if any(hop.edge.target == edge.target for hop in chain):
            return
        source = chain[-1].target if chain else next(iter(self._services.get(edge.source, ())), "")
        for handler in self._heard.get(edge.target, ()):
            if handler.id not in visited:
                yield Hop(self._nodes[edge.target].name, edge, source, handler.service, handler)

    # ---------------------------------------------------------------- exceptions

    def _is_drawn(self, chain: tuple[Hop, ...]) -> bool:
        """Whether one diagram connects the services of every hop."""
        return any(
            all(hop.source == hop.target or diagram.connects(hop.source, hop.target) for hop in chain)
            for diagram in self._arrows.diagrams
        )

    def _witness(self, chain: tuple[Hop, ...]) -> Iterator[Point]:
        entries = {
            (self._system.program.paths[entry.module], entry.place.line): entry for entry in self._system.entries
        }
        for hop in chain:
            yield from self._arrows.witness(hop.edge.path, hop.edge.line)
            entry = entries.get((hop.handler.path, hop.handler.line))
            if entry is not None:
                yield Point(entry.module, entry.function, entry.place, f"handles `{hop.topic}`")


def _is_led(chain: tuple[Hop, ...]) -> bool:
    """Whether one service has a part in every hop, or something on the way is called a leader."""
    shared = set.intersection(*({hop.source, hop.target} for hop in chain))
    return bool(shared) or any(_LEADING.search(f"{hop.handler.id} {hop.edge.via} {hop.edge.path}") for hop in chain)
