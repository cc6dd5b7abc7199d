"""When not to go further: a log with its brokers, partitions and offsets costs more than a queue, and few need it.

The rule: a log is more than is needed when few topics are on it, each has at most one consuming service, nothing reads
old messages again, and nobody has declared that the volume is high. A volume that is declared low takes the place of
the count of topics.
"""

from __future__ import annotations

from collections.abc import Iterator

from edanalyze.catalog.records import Message
from edanalyze.review.evidence import Evidence, matches
from edanalyze.review.judging import counted
from edanalyze.review.records import Advice

LOGS = frozenset({"kafka", "kinesis", "pulsar", "azure-eventhub", "redis-stream"})
FEW = 5
"""Topics on a log up to which it is few."""


def advice(evidence: Evidence) -> Iterator[Advice]:
    """All of it that fits a system. Where messages are not known there is none: nobody knows what would do."""
    yield from _plain_calls(evidence)
    if not evidence.undescribed:
        yield from _queue_before_log(evidence)
        yield from _one_service(evidence)


def _plain_calls(evidence: Evidence) -> Iterator[Advice]:
    """A system without messages does not need any for the review's sake."""
    if not evidence.messages and not evidence.undescribed:
        requests = sum(edge.kind == "http" for edge in evidence.graph.edges)
        yield Advice(
            "Do not introduce a broker for this checklist's sake. Where a request need not wait, begin with a queue or "
            "a table of jobs.",
            "no message is sent or received",
            (f"0 messages, {counted(requests, 'request')} between services or to others",),
        )


def _queue_before_log(evidence: Evidence) -> Iterator[Advice]:
    """A queue will do where a log is not used for what sets it apart."""
    logged = [message for message in evidence.messages if message.transport in LOGS]
    topics = sorted({message.channel for message in logged})
    volumes = {topic: _volume(evidence, topic) for topic in topics}
    is_low = bool(topics) and all(volume == "low" for volume in volumes.values())
    if not topics or "high" in volumes.values() or not (is_low or len(topics) <= FEW):
        return
    if any(len(_hearing(logged, topic)) > 1 for topic in topics) or evidence.operations("replay"):
        return
    size = "the declared volume is low" if is_low else f"{counted(len(topics), 'topic')} (few: up to {FEW})"
    yield Advice(
        "A simple queue will do: do not build a full log topology (partitions, offsets, compaction, a schema registry) "
        "before the volume, a second consumer or replay asks for it.",
        "a log with few topics or a low volume, one consuming service each, and nothing that reads old messages again",
        (size, *(f"`{topic}`: {_told(_hearing(logged, topic))}" for topic in topics), "no replay tool was found"),
    )


def _one_service(evidence: Evidence) -> Iterator[Advice]:
    """Messages that never leave a service need no contracts between services."""
    if evidence.messages and not evidence.crossing:
        services = sorted({end.service for message in evidence.messages for end in message.ends} - {""})
        where = ", ".join(services) or "the project"
        yield Advice(
            "Keep it a task queue: a schema registry, a lock of contracts and SLAs are for messages between services.",
            "every message is sent and received by one service",
            (f"{counted(len(evidence.messages), 'message')} within {where}",),
        )


def _volume(evidence: Evidence, topic: str) -> str:
    return next((volume for pattern, volume in evidence.declared.volume.items() if matches((pattern,), topic)), "")


def _hearing(messages: list[Message], topic: str) -> set[str]:
    """The services (or groups of consumers within them) that consume a topic."""
    return {
        f"{end.service} {end.group}".strip() or end.function
        for message in messages
        if message.channel == topic
        for end in message.consumers
    }


def _told(hearing: set[str]) -> str:
    return f"consumed by {hearing.copy().pop()}" if hearing else "consumed by nobody known"
