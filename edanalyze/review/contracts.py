"""Item 2: versioned contracts and compatibility rules."""

from __future__ import annotations

from collections.abc import Iterator

from edanalyze.catalog.lock import NAME as LOCK
from edanalyze.review.elsewhere import kept_elsewhere
from edanalyze.review.evidence import Evidence
from edanalyze.review.judging import counted, judged, judged_by_rules
from edanalyze.review.records import Criterion, Place


def criteria(evidence: Evidence) -> Iterator[Criterion]:
    """Versions, rules of compatibility that are kept, and consumers that let producers grow."""
    sent, handlers = evidence.publishes, evidence.handlers
    locks = [each for each in evidence.operations("compatibility") if each.path == LOCK]
    yield judged_by_rules(
        evidence,
        "version",
        "Every message tells its version or its schema",
        counted(len(sent), "call that sends", "calls that send"),
        "EDA501",
        applies=sent,
    )
    yield kept_elsewhere(evidence, _compatibility(evidence))
    yield judged_by_rules(
        evidence,
        "kept contracts",
        "What is sent is what was agreed on",
        counted(len(locks), "lock of contracts", "locks of contracts"),
        "EDA506",
        applies=locks,
    )
    yield judged_by_rules(
        evidence,
        "tolerant consumers",
        "Consumers take fields that they do not know",
        counted(len(handlers), "handler"),
        "EDA502",
        applies=handlers,
    )


def _compatibility(evidence: Evidence) -> Criterion:
    kept = [
        Place(evidence.path(each.system, each.path), each.line, each.name)
        for each in evidence.operations("compatibility")
    ]
    crossing = [message for message in evidence.crossing if message.producers]
    nothing = Place("", 0, "no lock of contracts and no schema registry was found")
    unsurveyed = [Place("", 0, f"the facts of {system} do not tell") for system in evidence.unsurveyed]
    blind = (*unsurveyed, *(evidence.undescribed if not crossing else ()))
    return judged(
        "compatibility",
        "Rules of compatibility are agreed on and checked",
        f"kept in {counted(len(kept), 'place')}, for {counted(len(crossing), 'message')} between services",
        applies=crossing or evidence.undescribed,
        wrong=() if kept or blind else (nothing,),
        unsure=() if kept else blind,
        found=kept,
        remedy="write `contracts.lock` with `edanalyze contracts lock`, and let CI run `edanalyze contracts check`",
    )
