"""What to do first: by what a mistake leads to, then by how many consumers feel it.

An event that is lost is gone for good, while a name that misleads can wait; that is the order of `CONSEQUENCES`. Within
one of them the topic with the most consumers comes first.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator
from typing import NamedTuple

from edanalyze.graph.records import SYNCHRONOUS
from edanalyze.review.evidence import SENDING, Evidence
from edanalyze.review.judging import counted
from edanalyze.review.records import NOT_MET, Criterion, Place, Step

CONSEQUENCES: tuple[tuple[str, frozenset[str]], ...] = (
    ("messages are lost", frozenset({"EDA201", "EDA205", "EDA206", "EDA302", "EDA601", "EDA204"})),
    ("messages tell of what never happened", frozenset({"EDA202"})),
    ("work is done twice, or half of it", frozenset({"EDA301", "EDA303", "EDA701"})),
    ("failures block or vanish", frozenset({"EDA603", "EDA602", "dead letters"})),
    ("consumers break, or see events in the wrong order", frozenset({"EDA506", "EDA502", "EDA211", "partitioning"})),
    ("messages cannot be brought back", frozenset({"EDA604", "replay"})),
    ("nobody sees that consumers are behind", frozenset({"lag", "dead-letter-depth"})),
    ("a window for loss stays open", frozenset({"EDA203"})),
    ("an event has no owner, or no other end", frozenset({"EDA504", "EDA505", "owner"})),
    ("a change cannot be traced through the system", frozenset({"EDA401", "EDA402", "EDA403"})),
    ("contracts cannot grow", frozenset({"EDA501", "compatibility"})),
    ("nobody knows what to expect", frozenset({"sla"})),
)
"""What mistakes lead to, the worst first, with the rules and criteria that speak of it."""

_RANK = {name: rank for rank, (_, names) in enumerate(CONSEQUENCES) for name in names}


class Reach(NamedTuple):
    """Who feels a finding: the topics it is about, and the names of the code and the services that consume them."""

    topics: frozenset[str] = frozenset()
    handlers: frozenset[str] = frozenset()
    services: frozenset[str] = frozenset()


def steps(evidence: Evidence, criteria: Iterable[Criterion]) -> tuple[Step, ...]:
    """What to do about criteria that are not met, in order."""
    reaches = _reaches(evidence)
    found = [
        step
        for criterion in criteria
        if criterion.answer == NOT_MET
        for step in (*_about_findings(evidence, criterion, reaches), *_about_itself(criterion))
    ]
    return ordered(found)


def ordered(found: Iterable[Step]) -> tuple[Step, ...]:
    """Steps, the most pressing first."""
    return tuple(sorted(found, key=_urgency))


def _urgency(step: Step) -> tuple[int, int, int, str, str, int]:
    rank = _RANK.get(step.rule or step.criterion, len(CONSEQUENCES))
    return (rank, -len(step.services), -len(step.places), step.rule, step.path, step.line)


def _about_findings(evidence: Evidence, criterion: Criterion, reaches: dict[str, Reach]) -> Iterator[Step]:
    """A step for each rule and set of topics that its findings are about."""
    groups: dict[tuple[str, Reach], list[Place]] = defaultdict(list)
    for code in criterion.rules:
        for place, fingerprint in evidence.found.get(code, ()):
            groups[(code, reaches.get(fingerprint, Reach()))].append(place)
    for (code, reach), places in groups.items():
        places.sort()
        yield Step(
            criterion=criterion.name,
            rule=code,
            what=places[0].text,
            why=_why(code, reach),
            path=places[0].path,
            line=places[0].line,
            places=tuple(places),
            services=tuple(sorted(reach.services)),
        )


def _about_itself(criterion: Criterion) -> Iterator[Step]:
    """A step for what no rule has found."""
    places = tuple(place for place in criterion.places if not place.rule)
    if places:
        yield Step(
            criterion=criterion.name,
            rule="",
            what=criterion.remedy,
            why=_why(criterion.name, Reach()),
            path=places[0].path,
            line=places[0].line,
            places=places,
        )


def _why(name: str, reach: Reach) -> str:
    consequence = CONSEQUENCES[_RANK[name]][0] if name in _RANK else "it is asked for"
    if not reach.topics:
        return consequence
    topics = ", ".join(f"`{topic}`" for topic in sorted(reach.topics))
    heard = counted(len(reach.handlers), "consumer") if reach.handlers else "no known consumer"
    services = ", ".join(sorted(reach.services))
    return f"{consequence}: {topics}, {heard}" + (f" ({services})" if services else "")


def _reaches(evidence: Evidence) -> dict[str, Reach]:
    """Who feels each finding, by its fingerprint.

    What is wrong where a message is sent is felt by all consumers of its topic; what is wrong in a consumer, by that
    one; what is wrong with a request, by the service that makes it.
    """
    found: dict[str, Reach] = defaultdict(Reach)
    nodes = evidence.nodes
    for edge in evidence.graph.edges:
        source, target = nodes[edge.source], nodes[edge.target]
        if edge.kind in SENDING:
            heard = evidence.consumers.get(edge.target, ())
            topics, felt, marks = {target.name}, heard, edge.diagnostics
        elif edge.kind == "consume":
            topics, felt, marks = {source.name}, (target,), (*edge.diagnostics, *target.diagnostics)
        elif edge.kind in SYNCHRONOUS:
            topics, felt, marks = set(), (source,), edge.diagnostics
        else:
            continue
        for mark in marks:
            known = found[mark]
            found[mark] = Reach(
                known.topics | topics,
                known.handlers | {node.name for node in felt},
                known.services | {node.service for node in felt if node.service},
            )
    return found
