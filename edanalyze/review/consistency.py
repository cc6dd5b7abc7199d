"""Item 4: a saga or an outbox wherever changes and messages, or changes in several services, belong together."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator

from edanalyze.graph.records import Node
from edanalyze.review.evidence import Evidence
from edanalyze.review.judging import counted, judged_by_rules
from edanalyze.review.records import Criterion

_READING = frozenset({"GET", "HEAD", "OPTIONS"})


def criteria(evidence: Evidence) -> Iterator[Criterion]:
    """Changes that are told, messages that arrive at the broker, and changes of several services."""
    both = evidence.writing_and_sending
    services = {node.service for node in both}
    yield judged_by_rules(
        evidence,
        "outbox",
        "A change and the message about it happen together or not at all",
        f"{counted(len(both), 'entry point that writes and sends', 'entry points that write and send')}, "
        f"in {counted(len(services), 'service')}",
        "EDA201",
        "EDA202",
        "EDA203",
        "EDA205",
        "EDA206",
        applies=both,
        found=(
            evidence.at(each, f"an outbox row for `{each.topic}`")
            for each in evidence.publishes
            if each.kind == "outbox"
        ),
    )
    sent = len(evidence.publishes)
    yield judged_by_rules(
        evidence,
        "confirmation",
        "Who sends a message learns whether the broker took it",
        counted(sent, "call that sends", "calls that send"),
        "EDA204",
        applies=both,
    )
    changing = _changing_several(evidence)
    yield judged_by_rules(
        evidence,
        "saga",
        "What was changed in one service is undone when the change in the next one fails",
        counted(len(changing), "entry point that changes several", "entry points that change several"),
        "EDA701",
        applies=changing,
    )


def _changing_several(evidence: Evidence) -> tuple[Node, ...]:
    """The entry points that make two or more requests which change something elsewhere."""
    made: dict[str, set[tuple[str, int]]] = defaultdict(set)
    for edge in evidence.graph.edges:
        if edge.kind == "rpc" or (edge.kind == "http" and edge.method not in _READING):
            for entry in evidence.behind.get(edge.source, (edge.source,)):
                made[entry].add((edge.path, edge.line))
    return tuple(node for node in evidence.graph.nodes if len(made[node.id]) > 1)
