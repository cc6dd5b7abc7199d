"""The facts of a system: what other systems, and drawings, need to know of it."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from itertools import pairwise

import msgspec

from edanalyze import exchange
from edanalyze.analyse.binding.records import HttpCall, PublishCall, RpcCall
from edanalyze.analyse.reach import Reached
from edanalyze.analyse.system import System
from edanalyze.analyse.systemgraph.findings import Findings, Reported
from edanalyze.analyse.systemgraph.nodes import Nodes
from edanalyze.analyse.witness import Point
from edanalyze.discover.operation import Means
from edanalyze.exchange import records
from edanalyze.facts.module import Unanalysed
from edanalyze.facts.names import dotted
from edanalyze.link.entries import EntryPoint
from edanalyze.link.values import Hole, String

SENDING = frozenset({"http", "publish", "deferred_publish", "outbox", "rpc"})
WRITING = frozenset({"write", "dedupe"})


def facts(
    system: System, diagnostics: Sequence[Reported] = (), name: str = "", skipped: Iterable[Unanalysed] = ()
) -> exchange.Facts:
    """The facts of a system under a name, with the findings in it and the files that were not analysed."""
    return _Facts(system, diagnostics, name).make(skipped)


def surveyed(
    made: exchange.Facts, name: str, rules: Iterable[str], operations: Iterable[Means], operated: bool
) -> exchange.Facts:
    """The same facts of the system of that name, with the rules that were run and what it is operated with."""
    told = tuple(
        records.Operation(
            system=name, kind=each.kind, name=each.name, transports=each.transports, path=each.path, line=each.line
        )
        for each in operations
    )
    survey = records.Survey(system=name, rules=tuple(sorted(rules)), operated=operated)
    return exchange.union([msgspec.structs.replace(made, operations=told, surveys=(survey,))])


class _Facts:
    def __init__(self, system: System, diagnostics: Sequence[Reported], name: str) -> None:
        self._system = system
        self._program = system.program
        self._name = name
        self._nodes = Nodes(system)
        self._findings = Findings(system, self._nodes, diagnostics)
        self._concurrent = self._side_by_side()
        self._stored = {(row.module, row.place) for row in system.binding.stored}
        self._waiting = self._waited_for()
        self._procedures = {each.entry: each for each in system.binding.procedures}

    def make(self, skipped: Iterable[Unanalysed]) -> exchange.Facts:
        """All of them."""
        binding = self._system.binding
        requests = [self._request(call) for call in binding.http_calls]
        remote = [self._remote(call) for call in binding.rpc_calls]
        publishes = [self._message(call, _kind(call)) for call in binding.publishes]
        publishes += [self._message(row, "outbox") for row in binding.stored]
        calls, writes = self._ways()
        entries = [entry for point in self._system.entries for entry in self._entry(point)]
        self._findings.settle()
        made = exchange.Facts(
            services=tuple(
                records.Service(
                    system=self._name, name=each.name, kind=each.kind, path=each.path, hosts=tuple(sorted(each.hosts))
                )
                for each in self._system.services.all
            ),
            code=tuple(
                records.Code(
                    system=self._name,
                    id=node.id,
                    kind=node.kind,
                    name=node.name,
                    service=node.service,
                    path=node.path,
                    line=node.line,
                    diagnostics=self._findings.of_node(node.id),
                )
                for node in self._nodes.all.values()
            ),
            entries=tuple(entries),
            requests=tuple(requests),
            remote_calls=tuple(remote),
            publishes=tuple(publishes),
            calls=tuple(calls),
            writes=tuple(writes),
            feeds=tuple(
                records.Feed(system=self._name, queue=queue, source=feed.source, pattern=feed.pattern, scope=scope)
                for queue, scope, feed in binding.feeds
            ),
            exchanges=tuple(
                records.Exchange(system=self._name, name=name, type=kind)
                for name, kind in sorted(binding.feeds.types.items())
            ),
            findings=tuple(
                records.Finding(
                    system=self._name,
                    fingerprint=each.fingerprint,
                    code=each.code,
                    name=each.name,
                    message=each.message,
                    path=each.path,
                    line=each.line,
                )
                for each in self._findings.all
            ),
            skipped=tuple(records.Skipped(system=self._name, path=each.path, reason=each.reason) for each in skipped),
        )
        return exchange.union([made])

    def _at(self, point: Point) -> tuple[str, int]:
        return self._program.paths[point.module], point.place.line

    def _via(self, call: HttpCall | PublishCall) -> str:
        return "" if call.function == call.site.function else dotted(call.function)

    def _targets(self, entries: Iterable[EntryPoint]) -> tuple[str, ...]:
        return tuple(dict.fromkeys(node for entry in entries if (node := self._nodes.entry(entry)) is not None))

    # ------------------------------------------------------------------ entries

    def _entry(self, point: EntryPoint) -> Iterator[records.Entry]:
        code = self._nodes.entry(point)
        if code is None:
            return
        named = self._procedures.get(point)
        yield records.Entry(
            system=self._name,
            code=code,
            kind=point.kind,
            service=self._system.service_of(self._program.paths[point.module]),
            methods=point.methods,
            route=point.path,
            topics=tuple(map(template, point.topics)),
            transport=point.transport,
            group=tuple(map(template, point.group)),
            scope=point.scope,
            owners=named.owners if named is not None else (),
            procedures=named.procedures if named is not None else (),
            deliveries=tuple(
                records.Delivery(topic=topic, verdict=verdict) for topic, verdict in self._system.deliveries.of(point)
            ),
        )

    # ---------------------------------------------------------------- requests

    def _request(self, call: HttpCall) -> records.Request:
        path, line = self._at(call.site)
        return records.Request(
            system=self._name,
            sources=tuple(self._nodes.code(call.site.function)),
            methods=call.methods,
            url=template(call.url),
            ways=tuple(
                records.Way(
                    address=template(way.address.url),
                    methods=way.methods,
                    passed=way.passed,
                    wholesale=way.wholesale,
                )
                for way in call.ways
            ),
            asked=call.asked,
            host=call.host,
            targets=self._targets(call.targets),
            service=call.service,
            external=call.external,
            reason=call.reason,
            confidence=call.confidence,
            concurrent=(call.module, call.place) in self._concurrent,
            waiting=tuple(sorted(self._waiting.get(call, ()))),
            via=self._via(call),
            path=path,
            line=line,
            diagnostics=self._findings.of_call(path, line, sends=True),
        )

    def _remote(self, call: RpcCall) -> records.RemoteCall:
        path, line = self._program.paths[call.module], call.place.line
        return records.RemoteCall(
            system=self._name,
            sources=tuple(self._nodes.code(call.function)),
            method=call.method,
            owner=call.target,
            targets=self._targets(call.targets),
            service=call.service,
            reason=call.reason,
            confidence=call.confidence,
            path=path,
            line=line,
            diagnostics=self._findings.of_call(path, line),
        )

    def _waited_for(self) -> dict[HttpCall, set[str]]:
        """The entry points that wait for each request."""
        found: dict[HttpCall, set[str]] = defaultdict(set)
        for entry in self._system.entries:
            node = self._nodes.entry(entry)
            for call, _ in self._system.hops.of(entry) if node is not None else ():
                found[call].add(str(node))
        return found

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

    def _message(self, call: PublishCall, kind: str) -> records.Publish:
        path, line = self._at(call.site)
        return records.Publish(
            system=self._name,
            kind=kind,
            sources=tuple(self._nodes.code(call.site.function)),
            topic=call.topic,
            destination=template(call.destination),
            exchange=call.exchange,
            key=call.key,
            transport=call.transport,
            bus=call.bus,
            task=call.task is not None,
            partition=self._system.partition_keys.given(call),
            reason=call.reason,
            confidence=call.confidence,
            via=self._via(call),
            path=path,
            line=line,
            diagnostics=self._findings.of_call(path, line, sends=True),
        )

    # ------------------------------------------------------------- calls, writes

    def _ways(self) -> tuple[list[records.Call], list[records.Write]]:
        """The calls that lead from entry points to what sends something, and what entry points write."""
        calls: list[records.Call] = []
        writes: list[records.Write] = []
        sources = self._sending()
        for entry in self._system.entries:
            start = self._nodes.entry(entry)
            if start is None:
                continue
            written: set[tuple[str, str]] = set()
            for item in self._reached(entry):
                if item.effect.kind in SENDING or item.place in self._stored:
                    calls += self._steps(item, sources, start)
                if item.effect.kind in WRITING:
                    path, line = self._at(item.witness[-1])
                    service = self._system.service_of(self._program.paths[entry.module])
                    target = (service, item.effect.api.library)
                    if target not in written:
                        written.add(target)
                        writes.append(
                            records.Write(
                                system=self._name,
                                source=start,
                                service=service,
                                library=item.effect.api.library,
                                via=dotted(item.witness[-1].function),
                                path=path,
                                line=line,
                                diagnostics=self._findings.of_call(path, line),
                            )
                        )
        return calls, writes

    def _sending(self) -> set[str]:
        """The functions that fix where something is sent."""
        binding = self._system.binding
        sites: list[HttpCall | PublishCall] = [*binding.http_calls, *binding.publishes, *binding.stored]
        return {call.site.function for call in sites} | {call.function for call in binding.rpc_calls}

    def _steps(self, item: Reached, sources: set[str], start: str) -> Iterator[records.Call]:
        """The calls on a way from an entry point; what decorators make is passed over, for it is on many ways."""
        points = item.witness
        last = max((index for index, point in enumerate(points) if point.function in sources), default=0)
        way = [
            ([start] if index == 0 or start in (nodes := self._nodes.code(point.function)) else nodes, self._at(point))
            for index, point in enumerate(points[: last + 1])
            if index in {0, last} or not self._is_wrapper(point.function)
        ]
        for (callers, (path, line)), (callees, _) in pairwise(way):
            for source in callers:
                for target in callees:
                    if source != target:
                        found = self._findings.of_call(path, line)
                        yield records.Call(
                            system=self._name, source=source, target=target, path=path, line=line, diagnostics=found
                        )

    def _is_wrapper(self, function: str) -> bool:
        """Whether a function stands in another one: it is made anew by each call of that."""
        scope = self._program.scopes.get(function)
        return scope is not None and scope.parent is not None and scope.parent.kind == "function"


def _kind(call: PublishCall) -> str:
    return "outbox" if call.effect.kind == "outbox" else "publish"


def template(text: String) -> records.Template:
    """A text as facts files hold it."""
    return tuple(records.Hole(part.kind, part.name) if isinstance(part, Hole) else part for part in text.parts)
