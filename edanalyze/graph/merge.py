"""Unites what a view brings together: parallel edges, and the findings of nodes that are folded into one."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping

import msgspec

from edanalyze.graph.records import CONFIDENCES, DELIVERIES, VERSION, Edge, Finding, Graph, Node


def merged(edges: Iterable[Edge], by_site: bool) -> tuple[Edge, ...]:
    """Unite parallel edges: same ends, kind, method and URL, and with `by_site` the same call site too.

    The one that stands for the others has the smallest call site. Findings and counts are summed up, the surest
    confidence wins, and the edge is concurrent when all are. The id is made of what the edges share, so that merging
    twice changes nothing.
    """
    groups: dict[tuple[str, str, str, str, str, tuple[str, int]], list[Edge]] = defaultdict(list)
    for edge in edges:
        site = (edge.path, edge.line) if by_site else ("", 0)
        groups[(edge.source, edge.target, edge.kind, edge.method, edge.url, site)].append(edge)
    return tuple(sorted((_united(group, by_site) for group in groups.values()), key=lambda edge: edge.id))


def _united(group: list[Edge], by_site: bool) -> Edge:
    chosen = min(group, key=lambda edge: (edge.path, edge.line, edge.via))
    request = " ".join(part for part in (chosen.method, chosen.url) if part)
    name = f"{chosen.kind}|{chosen.source}|{chosen.target}|{request}"
    return msgspec.structs.replace(
        chosen,
        id=f"{name}|{chosen.path}:{chosen.line}" if by_site else name,
        confidence=min((edge.confidence for edge in group), key=CONFIDENCES.index),
        concurrent=all(edge.concurrent for edge in group),
        diagnostics=union(edge.diagnostics for edge in group),
        count=sum(edge.count for edge in group),
        delivery=worst(edge.delivery for edge in group),
    )


def worst(deliveries: Iterable[str]) -> str:
    """The worst of several deliveries, "" for none; loss on one edge and repetition on another are both."""
    verdicts = set(deliveries) - {""}
    if {DELIVERIES[1], DELIVERIES[2]} <= verdicts:
        return DELIVERIES[0]
    return min(verdicts, key=DELIVERIES.index, default="")


def union(diagnostics: Iterable[Iterable[str]]) -> tuple[str, ...]:
    """Unite lists of fingerprints: sorted, each once."""
    return tuple(sorted({fingerprint for some in diagnostics for fingerprint in some}))


def with_diagnostics(nodes: Iterable[Node], more: Mapping[str, Iterable[str]]) -> list[Node]:
    """Add findings to nodes: `more` maps node ids to fingerprints."""
    return [
        msgspec.structs.replace(node, diagnostics=union((node.diagnostics, more.get(node.id, ())))) for node in nodes
    ]


def assembled(nodes: Iterable[Node], edges: Iterable[Edge], findings: Iterable[Finding]) -> Graph:
    """Put a graph together in its one order; findings that no node and no edge names are left out."""
    kept = tuple(sorted(nodes, key=lambda node: node.id))
    joined = tuple(sorted(edges, key=lambda edge: edge.id))
    named = {mark for node in kept for mark in node.diagnostics} | {
        mark for edge in joined for mark in edge.diagnostics
    }
    told = {finding.fingerprint: finding for finding in sorted(findings, key=_order) if finding.fingerprint in named}
    return Graph(VERSION, kept, joined, tuple(sorted(told.values(), key=_order)))


def _order(finding: Finding) -> tuple[str, int, str, str]:
    return (finding.path, finding.line, finding.code, finding.fingerprint)
