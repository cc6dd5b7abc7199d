"""Item 5: tracing and replay that are ready to use."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from edanalyze.review.elsewhere import kept_elsewhere
from edanalyze.review.evidence import Evidence
from edanalyze.review.judging import counted, judged, judged_by_rules
from edanalyze.review.records import Criterion, Place


def criteria(evidence: Evidence) -> Iterator[Criterion]:
    """Identifiers along the way, failures that are kept aside, what is watched, and bringing messages back."""
    hops = [edge for edge in evidence.graph.edges if edge.kind in {"http", "publish", "consume"}]
    yield judged_by_rules(
        evidence,
        "correlation",
        "An identifier goes along from the request over the broker to the consumer",
        counted(len(hops), "hop"),
        "EDA401",
        "EDA402",
        "EDA403",
        applies=hops,
    )
    yield _dead_letters(evidence)
    yield judged_by_rules(
        evidence,
        "failures",
        "A failed message is neither dropped in silence nor tried for ever",
        counted(len(evidence.handlers), "handler"),
        "EDA601",
        "EDA603",
        applies=evidence.handlers,
    )
    yield judged_by_rules(
        evidence,
        "replay safety",
        "Handling old messages again gives what it gave the first time",
        counted(len(evidence.handlers), "handler"),
        "EDA604",
        applies=evidence.handlers,
    )
    yield kept_elsewhere(evidence, _lag(evidence))
    yield kept_elsewhere(evidence, _depth(evidence))
    yield kept_elsewhere(evidence, _replay(evidence))


def _consumers(evidence: Evidence) -> list[Place]:
    """The consumers of which the code does not tell where messages go that always fail."""
    return [
        Place(end.path, end.line, f"nothing says where messages of `{message.name}` go that `{end.function}` fails on")
        for message in evidence.messages
        for end in message.consumers
        if end.dead_letter is None
    ]


def _dead_letters(evidence: Evidence) -> Criterion:
    return judged_by_rules(
        evidence,
        "dead letters",
        "Messages that always fail are kept aside",
        counted(len(evidence.handlers), "handler"),
        "EDA602",
        applies=evidence.handlers,
        unsure=(*_consumers(evidence), *evidence.undescribed),
    )


def _lag(evidence: Evidence) -> Criterion:
    return _watched(evidence, "lag", "lag", "How far consumers are behind is watched", evidence.transports)


def _depth(evidence: Evidence) -> Criterion:
    keeping = {
        message.transport for message in evidence.messages if any(each.dead_letter for each in message.consumers)
    }
    claim = "The number of dead letters is watched"
    return _watched(evidence, "dead-letter-depth", "dead letters", claim, keeping, evidence.undescribed)


def _watched(
    evidence: Evidence, name: str, kind: str, claim: str, transports: Iterable[str], blind: Sequence[Place] = ()
) -> Criterion:
    """Whether something that is checked in watches each of some transports; `blind` says why there may be others."""
    wanted = sorted(transports)
    watching = evidence.operations(kind)
    covered = {transport for each in watching for transport in each.transports or wanted}
    lacking = [each for each in wanted if each not in covered]
    missing = [Place("", 0, f"nothing that is checked in watches {each}") for each in lacking]
    known = evidence.operated and not evidence.unsurveyed
    return judged(
        name,
        claim,
        f"{len(wanted) - len(missing)} of {counted(len(wanted), 'transport')}",
        applies=wanted or blind,
        wrong=missing if known else (),
        unsure=(*(() if known else missing), *blind),
        found=(Place(evidence.path(each.system, each.path), each.line, each.name) for each in watching),
        remedy=f"check in an alert or an exporter for {', '.join(lacking)}, or say where it is in "
        f"`[tool.edanalyze.elsewhere]` (`{name}`)",
    )


def _replay(evidence: Evidence) -> Criterion:
    tools = evidence.operations("replay")
    found = [Place(evidence.path(each.system, each.path), each.line, each.name) for each in tools]
    nothing = Place("", 0, "no command, script or handler that brings messages back was found")
    return judged(
        "replay",
        "There is a tool that brings messages back",
        counted(len(found), "tool"),
        applies=evidence.handlers,
        wrong=() if found or evidence.unsurveyed else (nothing,),
        unsure=() if found or not evidence.unsurveyed else (nothing,),
        found=found,
        remedy="check in a command that sends dead letters again, or say where it is in `[tool.edanalyze.elsewhere]` "
        "(`replay`)",
    )
