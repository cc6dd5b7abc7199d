"""The verdict on each way from a topic to a consumer, and the cheapest change that makes it safe."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator
from functools import cached_property
from typing import TYPE_CHECKING

from edanalyze.analyse.delivery.consumers import LATE, Consumers
from edanalyze.analyse.delivery.producers import Producers
from edanalyze.analyse.delivery.records import Producer, Reason, Verdict, verdict_of
from edanalyze.facts.names import dotted
from edanalyze.link.entries import EntryPoint

if TYPE_CHECKING:
    from edanalyze.analyse.system import System

CONSUMING = frozenset({"handler", "task"})


class Verdicts:
    """The verdicts on a system."""

    def __init__(self, system: System) -> None:
        self._system = system
        self._consumers = Consumers(system)
        self._producers = Producers(system)

    @cached_property
    def all(self) -> tuple[Verdict, ...]:
        """All of them, by topic and consumer; handlers of one function on one topic are one consumer."""
        found = {verdict.sort_key: verdict for verdict in self._made()}
        return tuple(found[key] for key in sorted(found))

    @cached_property
    def _by_place(self) -> dict[tuple[str, int], list[tuple[str, str]]]:
        found: dict[tuple[str, int], list[tuple[str, str]]] = defaultdict(list)
        for verdict in self.all:
            found[(verdict.path, verdict.line)].append((verdict.topic, verdict.verdict))
        return found

    def of(self, entry: EntryPoint) -> tuple[tuple[str, str], ...]:
        """The verdicts on what an entry point receives, each with its topic."""
        if entry.kind not in CONSUMING:
            return ()
        return tuple(self._by_place.get((self._system.program.paths[entry.module], entry.place.line), ()))

    def _made(self) -> Iterator[Verdict]:
        for entry in self._system.entries:
            if entry.kind not in CONSUMING:
                continue
            reasons = tuple(dict.fromkeys(self._consumers.reasons(entry)))
            topics = self._system.binding.consumed.get(entry) or tuple(topic.text for topic in entry.topics)
            for topic in topics or (entry.name,):
                yield self._verdict(entry, topic, reasons)

    def _verdict(self, entry: EntryPoint, topic: str, own: tuple[Reason, ...]) -> Verdict:
        calls = [call for call in self._system.binding.producers(entry) if call.topic in {topic, ""}]
        sent = [reason for call in calls for reason in self._producers.reasons(call)]
        reasons = tuple(dict.fromkeys([*own, *sent]))
        path = self._system.program.paths[entry.module]
        return Verdict(
            topic=topic,
            transport=entry.transport,
            consumer=dotted(entry.function),
            service=self._system.service_of(path),
            path=path,
            line=entry.place.line,
            verdict=verdict_of(reason.effect for reason in reasons),
            acknowledged=entry.delivery.ack,
            redelivered=entry.delivery.at_least_once,
            producers=tuple(sorted({self._producers.producer(call) for call in calls}, key=_order)),
            reasons=reasons,
            change=tuple(self._change(entry, reasons)),
        )

    def _change(self, entry: EntryPoint, reasons: Iterable[Reason]) -> list[str]:
        """What has to change, the cheapest first; a message that is kept for longer may also come twice."""
        needed = sorted((reason for reason in reasons if reason.change), key=lambda reason: reason.cost)
        steps = [reason.change for reason in needed]
        if any(step.startswith(LATE) for step in steps):
            steps += self._consumers.later(entry)
        return list(dict.fromkeys(steps))


def _order(producer: Producer) -> tuple[str, int, str]:
    return (producer.path, producer.line, producer.function)
