"""The edges of the graph: requests, messages, calls on the way to them, writes."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from itertools import pairwise

from edanalyze.analyse.binding.records import HttpCall, PublishCall, RpcCall
from edanalyze.analyse.reach import Reached
from edanalyze.analyse.system import System
from edanalyze.analyse.systemgraph.nodes import Nodes
from edanalyze.analyse.witness import Point
from edanalyze.graph.records import Edge
from edanalyze.link.entries import EntryPoint
from edanalyze.link.program import dotted

SENDING = frozenset({"http", "publish", "deferred_publish", "outbox", "rpc"})
WRITING = frozenset({"write", "dedupe"})


class Edges:
    """Makes the edges of a system."""

    def __init__(self, system: System, nodes: Nodes) -> None:
        self._system = system
        self._nodes = nodes
        self._program = system.program
        self._concurrent = self._side_by_side()
        self._stored = {(row.module, row.place) for row in system.binding.stored}

    def make(self) -> Iterator[Edge]:
        """All edges; parallel ones are not united."""
        sources: set[str] = set()
        for call in self._system.binding.http_calls:
            sources.add(call.site.function)
            yield from self._requests(call)
        for rpc in self._system.binding.rpc_calls:
            sources.add(rpc.function)
            yield from self._remote(rpc)
        for publish in self._system.binding.publishes:
            sources.add(publish.site.function)
            yield from self._messages(publish, "outbox" if publish.effect.kind == "outbox" else "publish")
        for row in self._system.binding.stored:
            sources.add(row.site.function)
            yield from self._messages(row, "outbox")
        for entry, topics in self._system.binding.consumed.items():
            yield from self._consumption(entry, topics)
        yield from self._ways(sources)

    def _at(self, point: Point) -> tuple[str, int]:
        return self._program.paths[point.module], point.place.line

    def _via(self, call: HttpCall | PublishCall) -> str:
        return "" if call.function == call.site.function else dotted(call.function)

    # ---------------------------------------------------------------- requests

    def _requests(self, call: HttpCall) -> Iterator[Edge]:
        path, line = self._at(call.site)
        method = call.methods[0] if len(call.methods) == 1 else "*"
        targets = [(self._nodes.entry(target), target) for target in call.targets]
        ends = [(node, self._method(method, target)) for node, target in targets if node is not None]
        if not ends:
            ends = [(self._nodes.service(call.service) if call.service else self._nodes.outside(call), method)]
        concurrent = (call.module, call.place) in self._concurrent
        for source in self._nodes.code(call.site.function):
            for target, verb in ends:
                yield Edge(
                    id=f"http|{source}|{target}|{verb} {call.url.text}|{path}:{line}",
                    source=source,
                    target=target,
                    kind="http",
                    method=verb,
                    url=call.url.text,
                    path=path,
                    line=line,
                    via=self._via(call),
                    confidence=call.confidence,
                    concurrent=concurrent,
                )

    def _remote(self, call: RpcCall) -> Iterator[Edge]:
        path, line = self._program.paths[call.module], call.place.line
        ends = [node for target in call.targets if (node := self._nodes.entry(target)) is not None]
        if not ends:
            name = f"{call.target}.{call.method}" if call.target else call.method
            ends = [self._nodes.service(call.service) if call.service else self._nodes.unknown(name, call.reason)]
        for source in self._nodes.code(call.function):
            for target in ends:
                yield Edge(
                    id=f"rpc|{source}|{target}|{call.method}|{path}:{line}",
                    source=source,
                    target=target,
                    kind="rpc",
                    method=call.method,
                    path=path,
                    line=line,
                    confidence=call.confidence,
                )

    @staticmethod
    def _method(method: str, target: EntryPoint) -> str:
        """The method of a request, that of the route where only it says one."""
        return target.methods[0] if method == "*" and len(target.methods) == 1 else method

    def _side_by_side(self) -> set[tuple[str, object]]:
        """The places of requests that run side by side wherever they are reached."""
        together: set[tuple[str, object]] = set()
        alone: set[tuple[str, object]] = set()
        for entry in self._system.entries:
            for item in self._reached(entry):
                if item.effect.kind == "http":
                    (together if item.concurrent else alone).add(item.place)
        return together - alone

    def _reached(self, entry: EntryPoint) -> tuple[Reached, ...]:
        return self._system.reach.effects(entry.value) if entry.value is not None else ()

    # ---------------------------------------------------------------- messages

    def _messages(self, call: PublishCall, kind: str) -> Iterator[Edge]:
        path, line = self._at(call.site)
        if not call.topic:
            return
        target = self._nodes.topic(call.topic)
        for source in self._nodes.code(call.site.function):
            yield Edge(
                id=f"{kind}|{source}|{target}||{path}:{line}",
                source=source,
                target=target,
                kind=kind,
                path=path,
                line=line,
                via=self._via(call),
                confidence=call.confidence,
            )

    def _consumption(self, entry: EntryPoint, topics: Iterable[str]) -> Iterator[Edge]:
        target = self._nodes.entry(entry)
        path = self._program.paths[entry.module]
        for name in topics if target is not None else ():
            assert target is not None
            source = self._nodes.topic(name)
            identifier = f"consume|{source}|{target}||{path}:{entry.place.line}"
            yield Edge(identifier, source, target, "consume", path=path, line=entry.place.line)

    # ------------------------------------------------------------- calls, writes

    def _ways(self, sources: set[str]) -> Iterator[Edge]:
        """The calls that lead from entry points to what sends something, and what entry points write."""
        for entry in self._system.entries:
            start = self._nodes.entry(entry)
            if start is None:
                continue
            written: set[str] = set()
            for item in self._reached(entry):
                if item.effect.kind in SENDING or item.place in self._stored:
                    yield from self._steps(item, sources)
                if item.effect.kind in WRITING:
                    path, line = self._at(item.witness[-1])
                    target = self._nodes.database(item.effect.api.library, self._program.paths[entry.module])
                    if target not in written:
                        written.add(target)
                        via = dotted(item.witness[-1].function)
                        name = f"write|{start}|{target}||{path}:{line}"
                        yield Edge(name, start, target, "write", path=path, line=line, via=via)

    def _steps(self, item: Reached, sources: set[str]) -> Iterator[Edge]:
        points = item.witness
        last = max((index for index, point in enumerate(points) if point.function in sources), default=0)
        for caller, callee in pairwise(points[: last + 1]):
            path, line = self._at(caller)
            for source in self._nodes.code(caller.function):
                for target in self._nodes.code(callee.function):
                    if source != target:
                        yield Edge(
                            f"call|{source}|{target}||{path}:{line}", source, target, "call", path=path, line=line
                        )
