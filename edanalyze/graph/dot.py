"""Writes a scene as DOT, the language of Graphviz, with pydot.

Labels are plain text, not HTML-like ones: the WebAssembly build of Graphviz has no parser for these.
"""

from __future__ import annotations

from collections.abc import Iterable

import pydot

from edanalyze.graph.dot_legend import legend_cluster
from edanalyze.graph.dot_text import label, note, quoted
from edanalyze.graph.legend import legend_of
from edanalyze.graph.palette import (
    ALARM,
    ALARM_GROUND,
    ALARM_SIGN,
    ALARM_WIDTH,
    BOXES,
    DELIVERIES,
    FRAME,
    GROUND,
    INK,
    LINKS,
    PAPER,
)
from edanalyze.graph.scene import Box, Group, Link, Scene

_FONT = "Helvetica"  # whose widths every build of Graphviz knows


def to_dot(scene: Scene) -> str:
    """Write a scene as a DOT digraph: services as clusters, findings marked, a legend of what occurs.

    With services as clusters the picture grows to the right, without them it grows downwards: so both stay near the
    shape of a page. The same scene always gives the same text.
    """
    heading = [line for line in (scene.title, scene.summary) if line]
    across = bool(scene.groups)
    graph = pydot.Dot(
        graph_type="digraph",
        label=label(heading, "l"),
        labelloc="t",
        labeljust="l",
        rankdir="LR" if across else "TB",
        fontname=_FONT,
        fontsize="14",
        fontcolor=quoted(INK),
        bgcolor=quoted(PAPER),
        pad="0.3",
        nodesep="0.15" if across else "0.3",
        ranksep="0.6" if across else "0.45",
        tooltip=label(heading),
    )
    graph.set_node_defaults(
        fontname=_FONT, fontsize="11", fontcolor=quoted(INK), margin=quoted("0.12,0.06"), height="0.3", width="0.6"
    )
    graph.set_edge_defaults(fontname=_FONT, fontsize="9", arrowsize="0.7")
    for group in scene.groups:
        graph.add_subgraph(_cluster(group))
    for box in scene.boxes:
        graph.add_node(_node(box))
    for link in scene.links:
        graph.add_edge(_edge(link))
    for row in _beside(scene):
        graph.add_subgraph(row)
    if scene.boxes or scene.groups:
        graph.add_subgraph(legend_cluster(legend_of(scene)))
    return str(graph.to_string())


def _cluster(group: Group) -> pydot.Subgraph:
    cluster = pydot.Subgraph(
        quoted(f"cluster_{group.id}"),
        label=label([group.title, *_marked(group.codes)], "l"),
        tooltip=label(group.tooltip),
        labeljust="l",
        style=quoted("filled,rounded"),
        color=quoted(ALARM if group.codes else FRAME),
        fillcolor=quoted(GROUND),
        fontname=f"{_FONT}-Bold",
        fontsize="12",
        margin="10",
    )
    for box in group.boxes:
        cluster.add_node(_node(box))
    if group.quiet:
        cluster.add_node(note(f"quiet {group.id}", group.quiet, group.quiet_tooltip))
    return cluster


def _node(box: Box) -> pydot.Node:
    look = BOXES[box.kind]
    return pydot.Node(
        quoted(box.id),
        label=label([*box.lines, *_marked(box.codes)]),
        tooltip=label(box.tooltip),
        shape=look.shape,
        style=quoted(look.style),
        color=quoted(ALARM if box.codes else look.line),
        fillcolor=quoted(ALARM_GROUND if box.codes else look.ground),
        penwidth="2" if box.codes else "1",
    )


def _edge(link: Link) -> pydot.Edge:
    look = LINKS[link.kind]
    color = quoted(ALARM if link.codes else DELIVERIES.get(link.delivery, look.line))
    return pydot.Edge(
        quoted(link.source),
        quoted(link.target),
        label=label(f" {line} " for line in (*link.lines, *_marked(link.codes))),
        tooltip=label(link.tooltip),
        labeltooltip=label(link.tooltip),
        style=look.style,
        arrowhead=look.head,
        color=color,
        fontcolor=color,
        penwidth=str(ALARM_WIDTH if link.codes else look.width),
    )


def _beside(scene: Scene) -> Iterable[pydot.Subgraph]:
    """Stand each database that one service alone writes beside that service; shared ones get a place of their own."""
    kinds = {box.id: box.kind for box in scene.boxes}
    writers: dict[str, list[str]] = {}
    for link in scene.links:
        if kinds.get(link.target) == "database":
            writers.setdefault(link.target, []).append(link.source)
    for database, sources in writers.items():
        if len(sources) == 1 and kinds.get(sources[0]) == "service":
            row = pydot.Subgraph("", rank="same")
            for name in (sources[0], database):
                row.add_node(pydot.Node(quoted(name)))
            yield row


def _marked(codes: tuple[str, ...]) -> list[str]:
    return [f"{ALARM_SIGN} {', '.join(codes)}"] if codes else []
