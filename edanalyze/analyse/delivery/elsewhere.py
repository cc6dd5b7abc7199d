"""Delivery verdicts of systems that are known by their facts: what they say themselves, with the producers of all."""

from __future__ import annotations

from collections import defaultdict

from edanalyze.analyse.delivery.records import Producer, Verdict
from edanalyze.analyse.landscape.landscape import Landscape
from edanalyze.exchange import records


def deliveries(landscape: Landscape, but: str = "") -> tuple[Verdict, ...]:
    """The verdicts of all systems of a landscape but one; paths begin with the name of the system.

    Reasons and changes are told by a run over the system itself.
    """
    facts = landscape.facts
    codes = {(each.system, each.id): each for each in facts.code}
    received = {(each.system, each.path, each.line): each for each in reversed(facts.received)}
    sent: dict[str, dict[Producer, None]] = defaultdict(dict)
    for publish in facts.publishes:
        for source in publish.sources:
            name = codes[(publish.system, source)].name if (publish.system, source) in codes else source
            producer = Producer(name, f"{publish.system}/{publish.path}", publish.line)
            sent[landscape.topic(publish.system, publish.topic)][producer] = None
    found: dict[tuple[str, str, str], Verdict] = {}
    for entry in facts.entries:
        code = codes.get((entry.system, entry.code))
        if code is None or entry.system == but:
            continue
        known = received.get((entry.system, code.path, code.line))
        for each in entry.deliveries:
            topic = landscape.topic(entry.system, each.topic)
            key = (topic, entry.system, entry.code)
            found[key] = _verdict(landscape, entry, code, known, topic, each.verdict, sent)
    return tuple(sorted(found.values(), key=lambda verdict: verdict.sort_key))


def _verdict(
    landscape: Landscape,
    entry: records.Entry,
    code: records.Code,
    known: records.Received | None,
    topic: str,
    verdict: str,
    sent: dict[str, dict[Producer, None]],
) -> Verdict:
    return Verdict(
        topic=topic,
        transport=entry.transport,
        consumer=code.name,
        service=landscape.services.shown(entry.system, entry.service),
        path=f"{entry.system}/{code.path}",
        line=code.line,
        verdict=verdict,
        acknowledged=known.ack if known is not None else "none",
        redelivered=known.at_least_once if known is not None else None,
        producers=tuple(sorted(sent.get(topic, ()), key=lambda each: (each.path, each.line, each.function))),
        reasons=(),
    )
