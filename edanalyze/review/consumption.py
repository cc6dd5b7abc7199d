"""Item 3: idempotent consumers, and a partition strategy that is documented."""

from __future__ import annotations

from collections.abc import Iterator

from edanalyze.review.evidence import Evidence, matches
from edanalyze.review.judging import counted, judged, judged_by_rules
from edanalyze.review.records import Criterion, Place


def criteria(evidence: Evidence) -> Iterator[Criterion]:
    """What a second delivery does, when messages are acknowledged, retried requests, and keys."""
    handlers = counted(len(evidence.handlers), "handler")
    unsure = list(_unsure(evidence))
    yield judged_by_rules(
        evidence,
        "idempotency",
        "Handling a message twice does what handling it once does",
        handlers,
        "EDA301",
        applies=evidence.handlers,
        unsure=unsure,
    )
    yield judged_by_rules(
        evidence,
        "acknowledgement",
        "Messages are acknowledged when their work is done",
        handlers,
        "EDA302",
        applies=evidence.handlers,
        unsure=unsure,
    )
    requests = [each for each in evidence.facts.requests if not set(each.methods) <= {"GET", "HEAD", "OPTIONS"}]
    yield judged_by_rules(
        evidence,
        "retried requests",
        "Requests that are retried carry an idempotency key",
        counted(len(requests), "changing request"),
        "EDA303",
        applies=requests and evidence.handlers,
    )
    yield _partitioning(evidence)


def _unsure(evidence: Evidence) -> Iterator[Place]:
    """The handlers of which nobody knows how messages get to them or what they do."""
    for edge in evidence.graph.edges:
        if edge.kind == "consume" and edge.delivery == "unknown":
            topic, handler = evidence.nodes[edge.source], evidence.nodes[edge.target]
            text = f"what becomes of `{topic.name}` in `{handler.name}` is not known"
            yield Place(handler.path, handler.line, text)


def _partitioning(evidence: Evidence) -> Criterion:
    """Every message to a log has a key, or its topic is declared to be in no order."""
    logged = [each for each in evidence.publishes if each.partition]
    free = [each for each in logged if matches(evidence.declared.unordered, each.topic)]
    keyed = [each for each in logged if each not in free and each.partition == "key"]
    reported = evidence.findings("EDA211")
    at = {(place.path, place.line) for place in reported}
    bare = [
        evidence.at(each, f"a message to `{each.topic or 'a topic'}` has no key, and its topic is not unordered")
        for each in logged
        if each.partition == "none" and each not in free
    ]
    unsure = [
        evidence.at(each, f"whether a message to `{each.topic or 'a topic'}` has a key is not known")
        for each in logged
        if each.partition == "unknown" and each not in free
    ]
    return judged(
        "partitioning",
        "Every message to a log has a key, or its topic is declared unordered",
        f"{len(keyed)} keyed and {len(free)} declared unordered of {counted(len(logged), 'publish', 'publishes')}",
        applies=logged or reported,
        wrong=(*reported, *(place for place in bare if (place.path, place.line) not in at)),
        unsure=(*unsure, *evidence.not_looked_for("EDA211")),
        found=(
            *(evidence.at(each, f"a message to `{each.topic or 'a topic'}` has a key") for each in keyed),
            *(evidence.at(each, f"`{each.topic}` is declared unordered") for each in free),
        ),
        rules=("EDA211",),
        remedy="give messages a key, or list topics without order in `unordered-topics`",
    )
