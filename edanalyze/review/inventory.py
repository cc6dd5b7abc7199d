"""Item 1: an inventory of events with clear ownership."""

from __future__ import annotations

from collections.abc import Iterator

from edanalyze.catalog.records import Message
from edanalyze.review.evidence import Evidence, first_place
from edanalyze.review.judging import counted, judged
from edanalyze.review.records import Criterion


def criteria(evidence: Evidence) -> Iterator[Criterion]:
    """Schema, ends, owner and SLA of each event and command."""
    yield _schemas(evidence)
    yield _ends(evidence)
    yield _owners(evidence)
    yield _promises(evidence)


def _schemas(evidence: Evidence) -> Criterion:
    sent = [message for message in evidence.messages if message.producers]
    opaque = [first_place(each, f"`{each.name}`: {_reason(each)}") for each in sent if _is_opaque(each)]
    return judged(
        "schema",
        "The schema of every event and command is known",
        f"{len(sent) - len(opaque)} of {counted(len(sent), 'message')} that are sent",
        applies=sent or evidence.undescribed,
        unsure=(*opaque, *evidence.undescribed),
    )


def _ends(evidence: Evidence) -> Criterion:
    nameless = [
        evidence.at(each, each.reason or "the topic is not known") for each in evidence.publishes if not each.topic
    ]
    orphans = evidence.findings("EDA505")
    total = len(evidence.messages)
    return judged(
        "ends",
        "Every event and command has a known producer and a known consumer",
        f"{counted(len(orphans), 'end')} missing in {counted(total, 'message')}",
        applies=total or evidence.publishes or evidence.handlers,
        wrong=orphans,
        unsure=(*nameless, *evidence.not_looked_for("EDA505")),
        rules=("EDA505",),
    )


def _owners(evidence: Evidence) -> Criterion:
    contested = evidence.findings("EDA504")
    sent = [message for message in evidence.messages if message.producers]
    ownerless = [first_place(each, f"nobody owns `{each.name}`") for each in sent if not each.owner]
    return judged(
        "owner",
        "Every event and command has one owner",
        f"{len(sent) - len(ownerless)} of {counted(len(sent), 'message')} have an owner; "
        f"{counted(len(contested), 'call sends', 'calls send')} what another service sends too",
        applies=sent or evidence.undescribed,
        wrong=(*contested, *ownerless),
        unsure=(*evidence.undescribed, *evidence.not_looked_for("EDA504")),
        rules=("EDA504",),
        remedy="name owners by pattern in `[tool.edanalyze.owners]`, or in CODEOWNERS",
    )


def _promises(evidence: Evidence) -> Criterion:
    crossing = [message for message in evidence.crossing if message.producers]
    silent = [first_place(each, f"nothing is promised of `{each.name}`") for each in crossing if not each.sla]
    return judged(
        "sla",
        "Every message between services has an SLA",
        f"{len(crossing) - len(silent)} of {counted(len(crossing), 'message')} between services",
        applies=crossing or evidence.undescribed,
        wrong=silent,
        unsure=evidence.undescribed,
        remedy="say what is promised in `[tool.edanalyze.sla]`, or in a line `SLA: ...` of the docstring of the event",
    )


def _is_opaque(message: Message) -> bool:
    return not message.schema.get("properties") and ("x-unknown" in message.schema or not message.schema)


def _reason(message: Message) -> str:
    return str(message.schema.get("x-unknown", "what is sent cannot be told"))
