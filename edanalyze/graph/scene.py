"""What a drawing shows, whatever draws it: boxes in groups, links between them, and the words on both.

DOT and Mermaid are written from the same scene, so that the two pictures say the same.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable

import msgspec

from edanalyze.graph.lettering import anchor, printable, shortened
from edanalyze.graph.merge import worst
from edanalyze.graph.reach import nodes_by_id
from edanalyze.graph.records import CODE_KINDS, CONFIDENCES, Edge, Finding, Graph, Node

LABEL_LENGTH = 38
_URL_LENGTH = 26
_CODES_SHOWN = 3
_QUIET_SHOWN = 12
_TOLD = 30


class Box(msgspec.Struct, frozen=True):
    """A node as drawn: its `lines`, the `codes` of its findings ("EDA301 ×2"), and a `tooltip` of several lines."""

    id: str
    kind: str
    lines: tuple[str, ...]
    codes: tuple[str, ...]
    tooltip: tuple[str, ...]


class Link(msgspec.Struct, frozen=True):
    """All edges of one kind between two nodes, drawn as one line with the `lines` and `codes` as its label.

    `delivery` is the worst that may happen to a message on it, "" for what is no way of messages.
    """

    source: str
    target: str
    kind: str
    lines: tuple[str, ...]
    codes: tuple[str, ...]
    tooltip: tuple[str, ...]
    delivery: str = ""


class Group(msgspec.Struct, frozen=True):
    """A service with the boxes it holds. `quiet` names entry points that send nothing and have no findings: listed, not
    drawn; where there are many of them only the tooltip names all.
    """

    id: str
    title: str
    codes: tuple[str, ...]
    tooltip: tuple[str, ...]
    boxes: tuple[Box, ...]
    quiet: tuple[str, ...]
    quiet_tooltip: tuple[str, ...]


class Scene(msgspec.Struct, frozen=True):
    """A whole drawing. `boxes` are those outside every group; `rules` maps the codes that occur to their names."""

    title: str
    summary: str
    groups: tuple[Group, ...]
    boxes: tuple[Box, ...]
    links: tuple[Link, ...]
    rules: tuple[tuple[str, str], ...]


def compose(graph: Graph, title: str = "") -> Scene:
    """Decide what a drawing of the graph shows.

    Raises `GraphError` when an edge ends at a node that is not there.
    """
    nodes = nodes_by_id(graph)
    findings = {finding.fingerprint: finding for finding in graph.findings}
    links = tuple(_links(graph, nodes, findings))
    linked = {end for edge in graph.edges for end in (edge.source, edge.target)}
    grouped: dict[str, list[Node]] = defaultdict(list)
    for node in sorted(graph.nodes, key=_order):
        if node.service and node.kind in CODE_KINDS:
            grouped[node.service].append(node)
    owners = {node.name: node for node in graph.nodes if node.kind == "service"}
    groups = tuple(
        _group(service, owners.get(service), members, linked, findings) for service, members in sorted(grouped.items())
    )
    loose = (
        node
        for node in sorted(graph.nodes, key=_order)
        if not (node.service and node.kind in CODE_KINDS)
        and not (node.kind == "service" and node.name in grouped and node.id not in linked)
    )
    return Scene(
        title=printable(title),
        summary=_summary(graph),
        groups=groups,
        boxes=tuple(_box(node, findings) for node in loose),
        links=links,
        rules=tuple(sorted({(finding.code, printable(finding.name)) for finding in graph.findings})),
    )


def _order(node: Node) -> tuple[str, str, str, str]:
    """Routes in the order of their paths, then by method: related routes stand together."""
    method, _, path = node.name.rpartition(" ")
    return (node.kind, path, method, node.id)


def _group(
    service: str, owner: Node | None, members: list[Node], linked: set[str], findings: dict[str, Finding]
) -> Group:
    drawn = [node for node in members if node.id in linked or node.diagnostics]
    quiet = [node.name for node in members if node.id not in linked and not node.diagnostics]
    own = owner.diagnostics if owner else ()
    path = owner.path if owner else ""
    return Group(
        id=anchor(service),
        title=shortened(service, LABEL_LENGTH),
        codes=_codes(own, findings),
        tooltip=(printable(f"service {service}"), *((printable(path),) if path else ()), *_told(own, findings)),
        boxes=tuple(_box(node, findings) for node in drawn),
        quiet=_first([shortened(name, LABEL_LENGTH) or "unnamed" for name in quiet], _QUIET_SHOWN),
        quiet_tooltip=_first([printable(name) for name in quiet], _TOLD),
    )


def _first(lines: list[str], count: int) -> tuple[str, ...]:
    """Cut a list short, and say by how much."""
    more = len(lines) - count
    return (*lines[:count], f"and {more} more") if more > 0 else tuple(lines)


def _box(node: Node, findings: dict[str, Finding]) -> Box:
    lines = [shortened(node.name, LABEL_LENGTH) or f"unnamed {node.kind}"]
    if node.kind == "service" and node.path not in {"", node.name}:
        lines.append(shortened(node.path, LABEL_LENGTH))
    if node.kind == "unknown" and node.reason:
        lines.append(shortened(node.reason, LABEL_LENGTH))
    place = f"{node.path}:{node.line}" if node.line else node.path
    tooltip = [f"{node.kind} {node.name}", *(part for part in (place, node.reason) if part)]
    return Box(
        id=anchor(node.id),
        kind=node.kind,
        lines=tuple(lines),
        codes=_codes(node.diagnostics, findings),
        tooltip=(*(printable(line) for line in tooltip), *_told(node.diagnostics, findings)),
    )


def _links(graph: Graph, nodes: dict[str, Node], findings: dict[str, Finding]) -> Iterable[Link]:
    bundles: dict[tuple[str, str, str], list[Edge]] = defaultdict(list)
    for edge in sorted(graph.edges, key=lambda edge: (edge.path, edge.line, edge.id)):
        bundles[(edge.source, edge.target, edge.kind)].append(edge)
    for (source, target, kind), edges in sorted(bundles.items()):
        marks = tuple(sorted({mark for edge in edges for mark in edge.diagnostics}))
        delivery = worst(edge.delivery for edge in edges)
        yield Link(
            source=anchor(source),
            target=anchor(target),
            kind=kind,
            lines=(*_link_lines(kind, nodes[target], edges), *_doubt(edges), *([delivery] if delivery else [])),
            codes=_codes(marks, findings),
            tooltip=(*_sites(nodes[source], nodes[target], edges), *_told(marks, findings)),
            delivery=delivery,
        )


def _link_lines(kind: str, target: Node, edges: list[Edge]) -> tuple[str, ...]:
    """Label a link with what its ends do not say: the requests, unless the target is the route itself."""
    if kind in {"rpc", "outbox"}:
        return (kind,)
    if kind != "http" or target.kind in CODE_KINDS:
        return ()
    requests = {_request(edge) for edge in edges} - {""}
    return (f"{len(requests)} requests",) if len(requests) > 1 else tuple(requests)


def _doubt(edges: list[Edge]) -> tuple[str, ...]:
    return ("guessed",) if all(edge.confidence == CONFIDENCES[-1] for edge in edges) else ()


def _request(edge: Edge) -> str:
    """Write a request as method and path, the host being the node it goes to."""
    scheme, separator, rest = edge.url.partition("://")
    path = "/" + rest.partition("/")[2] if separator else scheme
    return shortened(f"{edge.method} {path}".strip(), _URL_LENGTH)


def _sites(source: Node, target: Node, edges: list[Edge]) -> tuple[str, ...]:
    """Tell where a link comes from: one line for each call site."""
    lines = []
    for edge in edges:
        words = (
            f"{edge.method} {edge.url}".strip(),
            f"{edge.path}:{edge.line}" if edge.path else "",
            f"in {edge.via}" if edge.via else "",
            f"and {edge.count - 1} more" if edge.count > 1 else "",
            "concurrent" if edge.concurrent else "",
            edge.delivery,
            edge.confidence if edge.confidence != CONFIDENCES[0] else "",
        )
        lines.append(printable(", ".join(word for word in words if word)))
    heading = printable(f"{edges[0].kind}: {source.name} \N{RIGHTWARDS ARROW} {target.name}")
    return (heading, *_first([line for line in lines if line], _TOLD))


def _codes(marks: Iterable[str], findings: dict[str, Finding]) -> tuple[str, ...]:
    """Count findings by code: "EDA101", "EDA301 ×2"; a finding the graph does not describe counts as "finding"."""
    counted = Counter(findings[mark].code if mark in findings else "finding" for mark in marks)
    labels = [
        f"{printable(code)} ×{count}" if count > 1 else printable(code) for code, count in sorted(counted.items())
    ]
    return _first(labels, _CODES_SHOWN)


def _told(marks: Iterable[str], findings: dict[str, Finding]) -> tuple[str, ...]:
    known = sorted(
        (findings[mark] for mark in marks if mark in findings), key=lambda found: (found.code, found.path, found.line)
    )
    lines = [printable(f"{found.code} {found.name}: {found.message} ({found.path}:{found.line})") for found in known]
    return _first(lines, _TOLD)


def _summary(graph: Graph) -> str:
    counted = Counter(node.kind for node in graph.nodes)
    parts = [
        f"{counted[kind]} {kind if counted[kind] == 1 else plural}"
        for kind, plural in (
            ("service", "services"),
            ("route", "routes"),
            ("handler", "handlers"),
            ("job", "jobs"),
            ("topic", "topics"),
        )
        if counted[kind]
    ]
    findings = len(graph.findings)
    parts.append(f"{findings or 'no'} {'finding' if findings == 1 else 'findings'}")
    return " · ".join(parts)
