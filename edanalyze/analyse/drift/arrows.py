"""Diagrams and saved graphs held against who depends on whom in the code."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from functools import cached_property
from typing import TYPE_CHECKING, NamedTuple

from edanalyze.analyse.drift.diagrams import Diagram
from edanalyze.analyse.drift.names import near
from edanalyze.analyse.drift.records import Drift, are_few, in_document
from edanalyze.analyse.drift.used import Used
from edanalyze.analyse.landscape import Landscape, drawn
from edanalyze.analyse.witness import Point, Witness
from edanalyze.discover.documents import Document
from edanalyze.discover.service import CODED
from edanalyze.graph.reach import services_behind
from edanalyze.graph.records import SYNCHRONOUS, Graph

if TYPE_CHECKING:
    from edanalyze.analyse.system import System


class Dependency(NamedTuple):
    """One service depends on another: it waits for it, or sends it a message on `topic` ("" for none)."""

    source: str
    target: str
    topic: str
    witness: Witness

    @property
    def verb(self) -> str:
        """What the one does to the other."""
        return f"sends `{self.topic}` to" if self.topic else "calls"


class Arrows:
    """Compares them."""

    def __init__(self, system: System, documents: list[Document], used: Used) -> None:
        self._system = system
        self._used = used
        self._services = frozenset(each.name for each in system.services.all if each.kind in CODED)
        drawings = [Diagram(each, sorted(self._services), used.names) for each in documents]
        self.diagrams = [each for each in drawings if len(each.shown) > 1 or each.document.kind == "graph"]

    def find(self) -> Iterator[Drift]:
        """Dependencies that no diagram shows although one shows both services, and arrows that are no dependency."""
        for dependency in self.dependencies:
            yield from self._undrawn(dependency)
        for diagram in self.diagrams:
            yield from self._unused(diagram)
            yield from self._topics(diagram)

    # -------------------------------------------------------------------- code

    @cached_property
    def dependencies(self) -> tuple[Dependency, ...]:
        """Which service with code depends on which, each place once."""
        graph = self.graph
        nodes = {node.id: node for node in graph.nodes}
        behind = services_behind(graph)
        heard: dict[str, set[str]] = defaultdict(set)
        for edge in graph.edges:
            if edge.kind == "consume":
                heard[edge.source].update(behind.get(edge.target, ()))
        found: dict[tuple[str, str, str, str, int], Dependency] = {}
        for edge in graph.edges:
            target = nodes[edge.target]
            if edge.kind in SYNCHRONOUS:
                topic, targets = "", {target.name if target.kind == "service" else target.service}
            elif edge.kind in {"publish", "outbox"}:
                topic, targets = target.name, heard[edge.target]
            else:
                continue
            for source in behind.get(edge.source, ()):
                for name in sorted(targets & self._services - {source}):
                    key = (source, name, topic, edge.path, edge.line)
                    found.setdefault(key, Dependency(source, name, topic, self.witness(edge.path, edge.line)))
        return tuple(found.values())

    @cached_property
    def graph(self) -> Graph:
        """The system at full detail, without findings."""
        from edanalyze.analyse.systemgraph.facts import facts

        return drawn(Landscape(facts(self._system, (), "system")))

    @cached_property
    def _witnesses(self) -> dict[tuple[str, int], Witness]:
        binding, paths = self._system.binding, self._system.program.paths
        calls = [(call.site, call.path) for call in binding.http_calls]
        calls += [(call.site, call.path) for call in (*binding.publishes, *binding.stored)]
        return {(paths[site.module], site.place.line): path for site, path in reversed(calls)}

    def witness(self, path: str, line: int) -> Witness:
        """The way from the call at a line down to the library's."""
        known = self._witnesses.get((path, line))
        if known is not None:
            return known
        point = in_document(path, line, "is the call")
        modules = {each: module for module, each in self._system.program.paths.items()}
        return (Point(modules.get(path, path), "", point.place, point.message),)

    # ------------------------------------------------------------------- drift

    def _undrawn(self, dependency: Dependency) -> Iterator[Drift]:
        source, target = dependency.source, dependency.target
        if any(each.connects(source, target) for each in self.diagrams):
            return
        both = [each for each in self.diagrams if {source, target} <= each.shown or each.document.kind == "graph"]
        if both:
            files = ", ".join(sorted({each.document.file for each in both}))
            text = f"{source} {dependency.verb} {target} here, and {files} does not show it"
            yield Drift(text, dependency.witness, both[0].document.kind != "graph")

    def _unused(self, diagram: Diagram) -> Iterator[Drift]:
        """Arrows between services of which neither depends on the other, as far as all of it is known."""
        known = {frozenset({each.source, each.target}) for each in self.dependencies}
        unused = {ends: arrow for ends, arrow in diagram.direct.items() if frozenset(ends) not in known}
        if not are_few(len(unused), len(diagram.direct)):
            return
        for (source, target), arrow in unused.items():
            if self._is_open(source) or self._is_open(target):
                continue
            text = f"an arrow from {source} to {target}, and nothing in the code of either depends on the other"
            point = in_document(diagram.document.file, arrow.line, f"shows {source} and {target}")
            yield Drift(text, (point,), True)

    def _is_open(self, service: str) -> bool:
        """Whether some of what a service calls or sends is not known."""
        return service in self._open

    @cached_property
    def _open(self) -> frozenset[str]:
        system, paths = self._system, self._system.program.paths
        foreign = {each.name for each in system.services.all if each.kind != "python"}
        calls = [call for call in system.binding.http_calls if call.reason]
        sent = [call for call in system.binding.publishes if not call.topic]
        places = [*(call.site for call in calls), *(call.site for call in sent)]
        return frozenset(foreign | {system.service_of(paths[point.module]) for point in places})

    def _topics(self, diagram: Diagram) -> Iterator[Drift]:
        """The topics of a saved graph, which shows all there are."""
        if diagram.document.kind != "graph":
            return
        topics = {*diagram.document.topics}
        for message in self._used.messages:
            if not topics & {*message.names}:
                meant = near(message.topic, topics - self._used.names)
                where = f"documented as `{meant}`" if meant else "it is not there"
                verb = "is sent" if message.sent else "is received"
                text = f"`{message.topic}` {verb} here and is not in {diagram.document.file}: {where}"
                yield Drift(text, message.witness, message.likely)
        for topic in sorted(topics - self._used.names):
            meant = near(topic, {message.topic for message in self._used.messages} - topics)
            line = next((each.line for each in diagram.document.arrows if topic in (each.source, each.target)), 1)
            hint = f"; the code has `{meant}`" if meant else ""
            text = f"`{topic}` is in this graph, and nothing in the code sends or receives it{hint}"
            if "{" not in topic and (meant or self._used.is_resolved(diagram.document)):
                yield Drift(text, (in_document(diagram.document.file, line, f"shows `{topic}`"),), True)
