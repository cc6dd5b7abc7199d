"""What the HTML report says, as records: its JSON is the data of the page."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence

import msgspec

from edanalyze.check.diagnostic import CheckResult, Diagnostic
from edanalyze.facts.module import Unanalysed
from edanalyze.graph import DrawingError, Graph, fold, render
from edanalyze.graph.lettering import anchor, printable
from edanalyze.graph.records import Edge, Node
from edanalyze.report.page.event import Event, Line

VIEWS = ("services", "events", "chains", "routes")
"""The views of the graph that the report shows, in the order of its menu."""
_AROUND = 3
_LONGEST_LINE = 240

Lines = Callable[[str], Sequence[str]]
"""Gives the lines of a file, by its path from the root; none when it cannot be read."""


class Step(msgspec.Struct, frozen=True):
    """One step of a finding's path; `source` is the line of code there."""

    path: str
    line: int
    message: str
    source: str


class Found(msgspec.Struct, frozen=True):
    """A finding with the code around it."""

    fingerprint: str
    code: str
    name: str
    message: str
    path: str
    line: int
    function: str
    service: str
    confidence: str
    excerpt: tuple[Line, ...]
    trace: tuple[Step, ...]


class Box(msgspec.Struct, frozen=True):
    """A node of a view; `anchor` is its name in the drawing."""

    anchor: str
    kind: str
    name: str
    service: str
    path: str
    line: int
    reason: str
    diagnostics: tuple[str, ...]


class Site(msgspec.Struct, frozen=True):
    """One call or publish behind a line of the drawing."""

    method: str
    url: str
    path: str
    line: int
    via: str
    confidence: str
    count: int


class Link(msgspec.Struct, frozen=True):
    """A line of the drawing: all edges of one kind between two boxes, by their anchors."""

    source: str
    target: str
    kind: str
    sites: tuple[Site, ...]
    diagnostics: tuple[str, ...]


class View(msgspec.Struct, frozen=True):
    """A view of the graph as drawn; `problem` says why there is no drawing."""

    name: str
    svg: str
    problem: str
    nodes: tuple[Box, ...]
    links: tuple[Link, ...]


class Delivery(msgspec.Struct, frozen=True):
    """What can happen to the messages of a topic at a consumer. `kind` is safe, duplicate, lose, both or unknown."""

    topic: str
    consumer: str
    path: str
    line: int
    kind: str
    verdict: str
    why: str
    change: str


class Document(msgspec.Struct, frozen=True):
    """The whole report; `rules` maps codes to names."""

    title: str
    summary: str
    findings: tuple[Found, ...]
    rules: dict[str, str]
    views: tuple[View, ...]
    events: tuple[Event, ...]
    delivery: tuple[Delivery, ...]
    not_analysed: tuple[Unanalysed, ...]


def document(
    title: str,
    result: CheckResult,
    graph: Graph,
    lines: Lines,
    delivery: Iterable[Delivery] = (),
    events: Iterable[Event] = (),
) -> Document:
    """Put a report together.

    Takes the result of a check, the graph at full detail and a way to read sources. A view that nothing on this
    machine can draw stays without a picture and says why.
    """
    found = tuple(_found(diagnostic, lines) for diagnostic in result.diagnostics)
    services = sum(node.kind == "service" for node in graph.nodes)
    counts = [(len(found), "finding"), (services, "service"), (result.files, "file"), (result.lines, "line")]
    return Document(
        title=printable(title),
        summary=" · ".join(f"{count:,} {noun}{'' if count == 1 else 's'}" for count, noun in counts),
        findings=found,
        rules={diagnostic.code: diagnostic.name for diagnostic in result.diagnostics},
        views=tuple(_view(graph, name) for name in VIEWS),
        events=tuple(events),
        delivery=tuple(delivery),
        not_analysed=tuple(Unanalysed(printable(each.path), printable(each.reason)) for each in result.not_analysed),
    )


# -------------------------------------------------------------------- findings


def _found(diagnostic: Diagnostic, lines: Lines) -> Found:
    source = lines(diagnostic.path)
    first, last = max(1, diagnostic.line - _AROUND), min(len(source), diagnostic.line + _AROUND)
    return Found(
        fingerprint=diagnostic.fingerprint,
        code=diagnostic.code,
        name=diagnostic.name,
        message=printable(diagnostic.message),
        path=printable(diagnostic.path),
        line=diagnostic.line,
        function=printable(diagnostic.function),
        service=printable(diagnostic.service),
        confidence=diagnostic.confidence.value,
        excerpt=tuple(Line(number, shown(source[number - 1])) for number in range(first, last + 1)),
        trace=tuple(
            Step(printable(step.path), step.line, printable(step.message), _at(lines(step.path), step.line).strip())
            for step in diagnostic.trace
        ),
    )


def _at(source: Sequence[str], line: int) -> str:
    return shown(source[line - 1]) if 0 < line <= len(source) else ""


def shown(line: str) -> str:
    """A line of source without control characters, its blanks kept, cut where it grows beyond all bounds."""
    text = line.expandtabs(4).rstrip()[:_LONGEST_LINE]
    return " ".join(printable(part) for part in text.split(" "))


# ----------------------------------------------------------------------- views


def _view(graph: Graph, name: str) -> View:
    folded = fold(graph, name)
    svg = problem = ""
    try:
        svg = _plain(render(folded, "svg").decode())
    except DrawingError as error:
        problem = str(error)
    return View(name, svg, problem, tuple(_box(node) for node in folded.nodes), tuple(_links(folded.edges)))


def _plain(svg: str) -> str:
    """A drawing without the declarations before its root element."""
    return svg[svg.index("<svg") :]


def _box(node: Node) -> Box:
    return Box(
        anchor(node.id),
        node.kind,
        printable(node.name),
        printable(node.service),
        printable(node.path),
        node.line,
        printable(node.reason),
        node.diagnostics,
    )


def _links(edges: Iterable[Edge]) -> Iterable[Link]:
    """United as they are drawn, in the order in which they are written."""
    united: dict[tuple[str, str, str], list[Edge]] = defaultdict(list)
    for edge in edges:
        united[(edge.source, edge.target, edge.kind)].append(edge)
    for (source, target, kind), members in sorted(united.items()):
        yield Link(
            anchor(source),
            anchor(target),
            kind,
            tuple(_site(edge) for edge in sorted(members, key=lambda edge: (edge.path, edge.line, edge.id))),
            tuple(sorted({mark for edge in members for mark in edge.diagnostics})),
        )


def _site(edge: Edge) -> Site:
    url, path, via = printable(edge.url), printable(edge.path), printable(edge.via)
    return Site(edge.method, url, path, edge.line, via, edge.confidence, edge.count)
