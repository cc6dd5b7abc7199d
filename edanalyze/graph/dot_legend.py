"""The legend of a DOT drawing: a cluster of samples, drawn with the very shapes and lines they explain."""

from __future__ import annotations

from itertools import pairwise

import pydot

from edanalyze.graph.dot_text import note, quoted
from edanalyze.graph.legend import TITLE, Legend
from edanalyze.graph.palette import FAINT, FRAME, BoxLook, LinkLook

_RULES_TOGETHER = 4


def legend_cluster(legend: Legend) -> pydot.Subgraph:
    """Make the cluster: lines first, then boxes, then the rules, each step one rank further.

    Samples are tied to those of the step before with invisible edges, or Graphviz would set all of them in one row.
    """
    cluster = pydot.Subgraph(
        "cluster_legend ",  # a blank, so that it is no service's cluster
        label=quoted(TITLE),
        labeljust="l",
        style=quoted("rounded"),
        color=quoted(FRAME),
        fontcolor=quoted(FAINT),
        fontname="Helvetica-Bold",
        fontsize="9",
        margin="10",
    )
    starts = [_start(look, position) for position, look in enumerate(legend.lines)]
    ends = [_end(look, position) for position, look in enumerate(legend.lines)]
    boxes = [_box(look, position) for position, look in enumerate(legend.boxes)]
    rules = [
        note(f"legend rules {start}", legend.rules[start : start + _RULES_TOGETHER])
        for start in range(0, len(legend.rules), _RULES_TOGETHER)
    ]
    for sample in (*starts, *ends, *boxes, *rules):
        cluster.add_node(sample)
    for look, start, end in zip(legend.lines, starts, ends, strict=True):
        cluster.add_edge(
            pydot.Edge(
                start.get_name(),
                end.get_name(),
                style=look.style,
                arrowhead=look.head,
                color=quoted(look.line),
                penwidth=str(look.width),
            )
        )
    steps = [step for step in (ends, boxes, rules) if step]
    for before, after in pairwise(steps):
        for position, sample in enumerate(after):
            cluster.add_edge(pydot.Edge(before[position % len(before)].get_name(), sample.get_name(), style="invis"))
    return cluster


def _start(look: LinkLook, position: int) -> pydot.Node:
    return pydot.Node(
        quoted(f"legend from {position}"),
        label=quoted(""),
        shape="point",
        width="0.04",
        height="0.04",
        color=quoted(look.line),
    )


def _end(look: LinkLook, position: int) -> pydot.Node:
    return pydot.Node(
        quoted(f"legend to {position}"),
        label=quoted(look.word),
        shape="plaintext",
        fontcolor=quoted(look.line),
        fontsize="9",
        margin=quoted("0.04,0.02"),
        height="0.2",
    )


def _box(look: BoxLook, position: int) -> pydot.Node:
    return pydot.Node(
        quoted(f"legend box {position}"),
        label=quoted(look.word),
        shape=look.shape,
        style=quoted(look.style),
        color=quoted(look.line),
        fillcolor=quoted(look.ground),
        fontsize="9",
        margin=quoted("0.08,0.03"),
        height="0.2",
    )
