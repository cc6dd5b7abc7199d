"""Service rings: services that call each other and wait, directly or by way of others."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterator
from itertools import pairwise
from typing import TYPE_CHECKING, NamedTuple

from edanalyze.analyse.binding.address import parse
from edanalyze.analyse.binding.records import HttpCall
from edanalyze.analyse.landscape.remote import text
from edanalyze.analyse.reach import says
from edanalyze.analyse.rings import components, way
from edanalyze.analyse.witness import Point, Witness
from edanalyze.link.values import String

if TYPE_CHECKING:
    from edanalyze.analyse.binding.records import RpcCall
    from edanalyze.analyse.system import System

_HEALTH = re.compile(
    r"_*(health[-_]?z?(check)?s?|healthz|livez?|readyz?|liveness|readiness|alive|ping|heartbeat|startupz?"
    r"|metrics|is[-_]?(alive|ready|healthy))"
)


class Dependency(NamedTuple):
    """A call in the code of one service that waits for another: the place that says which, and the way to the call.

    The way is empty for a call in another system, which is known from facts alone.
    """

    source: str
    target: str
    path: Witness
    certain: bool


class Ring(NamedTuple):
    """A dependency, and one for each further service on the shortest way back to where it began."""

    first: Dependency
    further: tuple[Dependency, ...]

    @property
    def services(self) -> tuple[str, ...]:
        """The services in the order of the calls; the first one once more at the end."""
        return (self.first.source, *(each.source for each in self.further), self.first.source)


class ServiceRings:
    """Finds them."""

    def __init__(self, system: System) -> None:
        self._system = system

    def find(self) -> Iterator[Ring]:
        """For each call that belongs to a ring the shortest one that it belongs to."""
        edges: dict[tuple[str, str], list[Dependency]] = defaultdict(list)
        for dependency in self._dependencies():
            edges[(dependency.source, dependency.target)].append(dependency)
        graph: dict[str, list[str]] = defaultdict(list)
        for source, target in sorted(edges):
            graph[source].append(target)
        parts = components(graph)
        for (source, target), calls in sorted(edges.items()):
            if parts[source] != parts[target]:
                continue
            back = way(graph, target, source)
            further = tuple(min(edges[pair], key=_surest) for pair in pairwise(back))
            for call in sorted(calls, key=_place):
                if call.path:
                    yield Ring(call, further)

    # ------------------------------------------------------------ dependencies

    def _dependencies(self) -> Iterator[Dependency]:
        """The calls between services whose code is known, one for each place and callee."""
        seen: set[tuple[str, str, object]] = set()
        for dependency in (*self._requests(), *self._remote(), *self._elsewhere()):
            key = (dependency.source, dependency.target, _place(dependency))
            if dependency.source and dependency.target not in {"", dependency.source} and key not in seen:
                seen.add(key)
                yield dependency

    def _requests(self) -> Iterator[Dependency]:
        for call in self._system.binding.http_calls:
            if is_health_check(call.url):
                continue
            for source in self._callers(call.site):
                for target in self._called(call):
                    yield Dependency(source, target, call.path, call.confidence == "certain")

    def _remote(self) -> Iterator[Dependency]:
        for call in self._system.binding.rpc_calls:
            data = call.effect.api.data
            if data.get("style") == "future" or data.get("confirm") == "future" or is_health_check(call.method):
                continue
            point = Point(call.module, call.function, call.place, says(call.effect), call.effect.likely)
            for source in self._callers(point):
                for target in self._called(call):
                    yield Dependency(source, target, (point,), call.confidence == "certain")

    def _elsewhere(self) -> Iterator[Dependency]:
        """The requests of other systems, whose code is not at hand to point to."""
        landscape, others = self._system.landscape, self._system.others
        for request in others.facts.requests if landscape is not None and others is not None else ():
            if landscape is not None and not is_health_check(text(request.url)):
                for source, target, certain in landscape.dependencies(request):
                    yield Dependency(source, target, (), certain)

    def _called(self, call: HttpCall | RpcCall) -> tuple[str, ...]:
        if isinstance(call, HttpCall) and call.elsewhere is not None:
            return (call.elsewhere.service,)
        if call.service:
            service = self._system.services.named(call.service)
            return (call.service,) if service is not None and service.kind == "python" else ()
        paths = (self._system.program.paths[target.module] for target in call.targets)
        return tuple(sorted({self._system.service_of(path) for path in paths}))

    def _callers(self, site: Point) -> tuple[str, ...]:
        """The service that holds a call; for code that several share, those whose entry points lead to it."""
        own = self._system.service_of(self._system.program.paths[site.module])
        if own:
            return (own,)
        entries = self._system.redelivery.entries_of.get(site.function, [])
        return tuple(sorted({self._system.service_of(self._system.program.paths[entry.module]) for entry in entries}))


def is_health_check(url: String | str) -> bool:
    """Whether a URL (or the name of a procedure) only asks whether somebody is there."""
    if isinstance(url, str):
        return _HEALTH.fullmatch(url.lower()) is not None or url == "Check"
    segments = parse(url).segments
    if not segments:
        return False
    last = String(segments[-1]).literal
    words = [part for segment in segments for part in segment if isinstance(part, str)]
    if last is None:
        return False
    return _HEALTH.fullmatch(last.lower()) is not None or words in (["status"], ["version"], ["info"])


def _place(dependency: Dependency) -> tuple[str, int, int]:
    if not dependency.path:
        return ("", 0, 0)
    point = dependency.path[0]
    return (point.module, point.place.line, point.place.column)


def _surest(dependency: Dependency) -> tuple[bool, tuple[str, int, int]]:
    return (not dependency.certain, _place(dependency))
