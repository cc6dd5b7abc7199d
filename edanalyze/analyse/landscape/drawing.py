"""The graph of a landscape at full detail: its code, services, topics, databases, and what goes between them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from edanalyze.analyse.landscape.landscape import Landscape
from edanalyze.analyse.landscape.remote import Remote, text, ways
from edanalyze.discover.service import CODED
from edanalyze.exchange import records
from edanalyze.graph.merge import assembled, worst
from edanalyze.graph.records import Edge, Finding, Graph, Node


def drawn(landscape: Landscape) -> Graph:
    """The graph. Where there are several systems, ids of code and all paths begin with the name of their system."""
    return _Drawing(landscape).graph()


class _Drawing:
    def __init__(self, landscape: Landscape) -> None:
        self._landscape = landscape
        self._services = landscape.services
        self._several = len(landscape.systems) > 1
        self._methods = {(each.system, each.code): each.methods for each in landscape.facts.entries}
        self._nodes: dict[str, Node] = {}

    def graph(self) -> Graph:
        facts = self._landscape.facts
        for service in facts.services:
            if service.kind in CODED:
                self._service(service.system, service.name)
        for code in facts.code:
            self._code(code)
        edges: dict[str, Edge] = {}
        for edge in self._edges():
            if edge.source in self._nodes and edge.target in self._nodes:
                edges.setdefault(edge.id, edge)
        findings = [
            Finding(each.fingerprint, each.code, each.name, each.message, self._path(each.system, each.path), each.line)
            for each in facts.findings
        ]
        return assembled(self._nodes.values(), edges.values(), findings)

    def _edges(self) -> Iterator[Edge]:
        facts = self._landscape.facts
        for request in facts.requests:
            yield from self._request(request)
        for call in facts.remote_calls:
            yield from self._remote(call)
        for publish in facts.publishes:
            yield from self._message(publish)
        for entry, topics in self._landscape.consumed():
            yield from self._consumption(entry, topics)
        for inner in facts.calls:
            yield from self._between(inner, "call", [inner.source], [(self._id(inner.system, inner.target), "")], "")
        for write in facts.writes:
            target = self._database(write)
            yield from self._between(write, "write", [write.source], [(target, "")], "", via=write.via)

    # ------------------------------------------------------------------- nodes

    def _id(self, system: str, code: str) -> str:
        if not self._several:
            return code
        kind, _, name = code.partition(":")
        return f"{kind}:{system}/{name}"

    def _path(self, system: str, path: str) -> str:
        if not self._several:
            return path
        return f"{system}/{path}" if path else ""

    def _add(self, node: Node) -> str:
        self._nodes.setdefault(node.id, node)
        return node.id

    def _code(self, code: records.Code) -> None:
        service = self._services.shown(code.system, code.service)
        path = self._path(code.system, code.path)
        identifier = self._id(code.system, code.id)
        self._add(Node(identifier, code.kind, code.name, service, path, code.line, diagnostics=code.diagnostics))

    def _service(self, system: str, name: str) -> str:
        shown = self._services.shown(system, name)
        folder = self._services.folder(system, name)
        path = self._path(system, folder).removesuffix("/.") if folder != "." or self._several else ""
        return self._add(Node(f"service:{shown}", "service", shown, path=path))

    def _topic(self, system: str, name: str) -> str:
        shown = self._landscape.topic(system, name)
        return self._add(Node(f"topic:{shown}", "topic", shown))

    def _database(self, write: records.Write) -> str:
        service = self._services.shown(write.system, write.service)
        name = f"{service} ({write.library})" if service else write.library
        holder = service or (f"{write.system}/" if self._several else "")
        return self._add(Node(f"database:{holder}:{write.library}", "database", name, service))

    def _unknown(self, name: str, reason: str) -> str:
        return self._add(Node(f"unknown:{name or '?'}", "unknown", name or "?", reason=reason))

    # ------------------------------------------------------------------- edges

    def _request(self, request: records.Request) -> Iterator[Edge]:
        method = request.methods[0] if len(request.methods) == 1 else "*"
        url = text(request.url).text
        targets = request.targets
        confidence = request.confidence
        ends = [self._answered(request.system, target, method) for target in targets]
        if not ends and self._several and not self._services.is_coded(request.system, request.service):
            reached = self._landscape.request(ways(request), request.asked, request.system)
            ends = [self._answered(entry.record.system, entry.record.code, method) for entry in reached.entries]
            if not ends and reached.service:
                ends = [(f"service:{reached.service}", method)]
            if ends:
                confidence = reached.confidence
            elif reached.reason and not request.external and not request.service:
                ends = [(self._unknown(request.host, reached.reason), method)]
        if not ends:
            ends = [(self._own_end(request), method)]
        yield from self._between(
            request, "http", request.sources, ends, url, request.via, confidence, concurrent=request.concurrent
        )

    def _answered(self, system: str, code: str, method: str) -> tuple[str, str]:
        """The node of a route, and the method of a request to it: that of the route where only it says one."""
        served = self._methods.get((system, code), ())
        return self._id(system, code), served[0] if method == "*" and len(served) == 1 else method

    def _own_end(self, request: records.Request) -> str:
        if request.service:
            return self._service(request.system, request.service)
        if request.external:
            return self._add(Node(f"external:{request.external}", "external", request.external))
        return self._unknown(request.host or text(request.url).text, request.reason)

    def _remote(self, call: records.RemoteCall) -> Iterator[Edge]:
        ends = [self._id(call.system, target) for target in call.targets]
        confidence = call.confidence
        if not ends and self._several and not self._services.is_coded(call.system, call.service):
            found = self._landscape.procedure(call)
            ends = [self._id(entry.record.system, entry.record.code) for entry in found]
            confidence = "likely" if found else confidence
        if not ends:
            name = f"{call.owner}.{call.method}" if call.owner else call.method
            known = call.service
            ends = [self._service(call.system, known) if known else self._unknown(name, call.reason)]
        yield from self._between(
            call, "rpc", call.sources, [(end, call.method) for end in ends], "", confidence=confidence
        )

    def _message(self, publish: records.Publish) -> Iterator[Edge]:
        if publish.topic:
            end = self._topic(publish.system, publish.topic)
        else:
            end = self._unknown(text(publish.destination).text, publish.reason)
        yield from self._between(
            publish, publish.kind, publish.sources, [(end, "")], "", publish.via, publish.confidence
        )

    def _consumption(self, entry: Remote, topics: Iterable[str]) -> Iterator[Edge]:
        system = entry.record.system
        node = self._nodes.get(self._id(system, entry.record.code))
        for name in topics if node is not None else ():
            assert node is not None
            source = self._topic(system, name)
            identifier = f"consume|{source}|{node.id}||{node.path}:{node.line}"
            delivery = _delivery(entry.record, name)
            yield Edge(identifier, source, node.id, "consume", path=node.path, line=node.line, delivery=delivery)

    def _between(
        self,
        made: records.Request | records.RemoteCall | records.Publish | records.Call | records.Write,
        kind: str,
        sources: Iterable[str],
        ends: Iterable[tuple[str, str]],
        url: str,
        via: str = "",
        confidence: str = "certain",
        concurrent: bool = False,
    ) -> Iterator[Edge]:
        """The edges of a record, from all its sources to all its ends: ids, each with the method that it is asked."""
        path = self._path(made.system, made.path)
        reached = list(ends)
        for source in (self._id(made.system, each) for each in sources):
            for target, method in reached:
                request = f"{method} {url}".strip()
                yield Edge(
                    id=f"{kind}|{source}|{target}|{request}|{path}:{made.line}",
                    source=source,
                    target=target,
                    kind=kind,
                    method=method,
                    url=url,
                    path=path,
                    line=made.line,
                    via=via,
                    confidence=confidence,
                    concurrent=concurrent,
                    diagnostics=made.diagnostics,
                )


def _delivery(entry: records.Entry, topic: str) -> str:
    """The verdict on a topic; where only another system knows it by this name, the worst of the entry point's."""
    known = {each.topic: each.verdict for each in entry.deliveries}
    return known[topic] if topic in known else worst(known.values())
