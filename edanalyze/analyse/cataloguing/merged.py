"""The catalogue of several systems: what their facts tell of messages, put together as one system alone would be."""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Iterable, Iterator

import msgspec

from edanalyze.analyse.cataloguing.identified import identified
from edanalyze.analyse.cataloguing.schemas import united
from edanalyze.analyse.landscape import Landscape
from edanalyze.analyse.landscape.remote import Remote
from edanalyze.analyse.payloads.kinds import Kind, Kinds
from edanalyze.catalog.records import VERSION, Catalogue, Consumer, FieldRead, Message, Producer
from edanalyze.exchange import records
from edanalyze.exchange.payloadschema import schema_text

Key = tuple[str, str]
At = tuple[str, str, int]
"""System, file and line of a `def`."""


def told(catalogue: Catalogue, system: str) -> records.Facts:
    """What the catalogue of one system tells other systems; messages that stay within a process are left out."""
    messages = [message for message in catalogue.messages if not message.internal]
    received = {
        records.Received(
            system=system,
            function=end.function,
            service=end.service,
            path=end.path,
            line=end.line,
            reads=tuple(records.FieldRead(read.name, read.required, read.path, read.line) for read in end.reads),
            group=end.group,
            at_least_once=end.at_least_once,
            ack=end.ack,
            dead_letter=end.dead_letter,
            verdict=end.verdict,
        )
        for message in messages
        for end in message.consumers
    }
    sent = [_sent(system, message, end) for message in messages for end in message.producers]
    return records.Facts(sent=tuple(sent), received=tuple(received))


def _sent(system: str, message: Message, end: Producer) -> records.Sent:
    return records.Sent(
        system=system,
        name=message.name,
        kind=message.kind,
        why=message.why,
        channel=message.channel,
        transport=message.transport,
        version=message.version,
        owner=message.owner,
        owner_source=message.owner_source,
        sla=message.sla,
        description=message.description,
        service=end.service,
        function=end.function,
        path=end.path,
        line=end.line,
        api=end.api,
        schema=schema_text(end.schema),
        headers=schema_text(end.headers),
        schema_source=end.schema_source,
        key=end.key,
        correlation_id=end.correlation_id,
        confidence=end.confidence,
        findings=end.findings,
        receivers=tuple(records.Place(each.path, each.line) for each in message.consumers),
    )


def merged(landscape: Landscape, title: str, internal: Iterable[Message] = (), system: str = "") -> Catalogue:
    """The catalogue of all systems of a landscape, with the messages that stay within a process of one `system`.

    Where there are several systems, paths begin with the name of theirs.
    """
    return Catalogue(VERSION, title, tuple(_Merging(landscape).messages(internal, system)))


class _Merging:
    def __init__(self, landscape: Landscape) -> None:
        self._landscape = landscape
        self._several = len(landscape.systems) > 1
        self._codes = {(each.system, each.id): each for each in landscape.facts.code}
        self._received: dict[At, list[records.Received]] = defaultdict(list)
        for each in landscape.facts.received:
            self._received[(each.system, each.path, each.line)].append(each)
        self._consumed = [(entry, self._at(entry), topics) for entry, topics in landscape.consumed()]

    def messages(self, internal: Iterable[Message], system: str) -> Iterator[Message]:
        """All messages, sorted by their ids."""
        sent: dict[Key, list[records.Sent]] = defaultdict(list)
        for each in self._landscape.facts.sent:
            sent[(each.name, self._landscape.topic(each.system, each.channel))].append(each)
        channels = {channel for _, channel in sent}
        taken: set[At] = set()
        found = []
        for (name, channel), calls in sent.items():
            consumers = self._receivers(channel, calls)
            taken |= consumers.keys()
            found.append(self._message(name, channel, calls, consumers.values()))
        unsent: dict[str, dict[At, Consumer]] = defaultdict(dict)
        tasks: dict[str, set[str]] = defaultdict(set)
        for entry, at, topics in self._consumed:
            for topic in topics:
                if at not in taken and topic and topic not in channels:
                    unsent[topic][at] = self._consumer(entry, at)
                    tasks[topic].add(entry.kind)
        found += [self._unsent(topic, ends.values(), tasks[topic]) for topic, ends in unsent.items()]
        found += [self._placed(message, system) for message in internal]
        return identified(sorted(found, key=lambda each: (each.name, each.channel)))

    def _at(self, entry: Remote) -> At:
        code = self._codes.get((entry.record.system, entry.record.code))
        return (entry.record.system, code.path, code.line) if code is not None else (entry.record.system, entry.name, 0)

    def _receivers(self, channel: str, calls: Iterable[records.Sent]) -> dict[At, Consumer]:
        """Who receives a message: in the system of a producer whom that names, elsewhere whom the topic leads to."""
        found: dict[At, Consumer] = {}
        own = {each.system for each in calls}
        for each in calls:
            for place in each.receivers:
                at = (each.system, place.path, place.line)
                for record in self._received.get(at, ()):
                    found[at] = self._end(record)
        for entry, at, topics in self._consumed:
            if entry.record.system not in own and channel and channel in topics:
                found[at] = self._consumer(entry, at)
        return found

    # ----------------------------------------------------------------- records

    def _message(self, name: str, channel: str, calls: list[records.Sent], consumers: Iterable[Consumer]) -> Message:
        def first(field: str) -> str:
            return next((value for each in calls if (value := getattr(each, field))), "")

        telling = next((each for each in calls if each.kind != "message"), calls[0])
        producers = sorted(map(self._producer, calls), key=lambda end: (end.path, end.line, end.function))
        owners = dict.fromkeys((each.owner, each.owner_source) for each in calls if each.owner)
        return Message(
            id="",
            name=name,
            kind=telling.kind,
            why=telling.why,
            channel=channel,
            transport=first("transport"),
            version=first("version"),
            owner=", ".join(dict.fromkeys(owner for owner, _ in owners)),
            owner_source=next((source for _, source in owners), ""),
            sla=first("sla"),
            description=first("description"),
            schema=united(end.schema for end in producers),
            headers=united(end.headers for end in producers),
            producers=tuple(producers),
            consumers=_sorted(consumers),
            schema_source=", ".join(dict.fromkeys(end.schema_source for end in producers if end.schema_source)),
        )

    def _unsent(self, topic: str, consumers: Iterable[Consumer], kinds: set[str]) -> Message:
        """A message that nobody known sends."""
        kind = Kind("command", "it starts a task") if kinds == {"task"} else Kinds.worded(topic)
        transports = sorted({entry.transport for entry, _, topics in self._consumed if topic in topics} - {""})
        return Message(
            id="",
            name=topic,
            kind=kind.word,
            why=kind.why,
            channel=topic,
            transport=next(iter(transports), ""),
            schema={"x-unknown": "no producer is known"},
            consumers=_sorted(consumers),
        )

    def _placed(self, message: Message, system: str) -> Message:
        """A message of one system as the landscape names its places."""

        def at(path: str) -> str:
            return self._path(system, path)

        replace = msgspec.structs.replace
        return replace(
            message,
            producers=tuple(replace(end, path=at(end.path)) for end in message.producers),
            consumers=tuple(
                replace(end, path=at(end.path), reads=tuple(replace(read, path=at(read.path)) for read in end.reads))
                for end in message.consumers
            ),
        )

    def _producer(self, record: records.Sent) -> Producer:
        return Producer(
            service=self._landscape.services.shown(record.system, record.service),
            function=record.function,
            path=self._path(record.system, record.path),
            line=record.line,
            api=record.api,
            schema=json.loads(record.schema),
            headers=json.loads(record.headers),
            key=record.key,
            correlation_id=record.correlation_id,
            confidence=record.confidence,
            findings=record.findings,
            schema_source=self._path(record.system, record.schema_source),
        )

    def _consumer(self, entry: Remote, at: At) -> Consumer:
        """A handler, with what is known of its reads."""
        known = self._received.get(at)
        if known:
            return self._end(known[0])
        system, path, line = at
        service = self._landscape.services.shown(system, entry.record.service)
        return Consumer(service, entry.name, self._path(system, path), line)

    def _end(self, record: records.Received) -> Consumer:
        path = self._path(record.system, record.path)
        return Consumer(
            service=self._landscape.services.shown(record.system, record.service),
            function=record.function,
            path=path,
            line=record.line,
            reads=tuple(
                FieldRead(read.name, read.required, self._path(record.system, read.path), read.line)
                for read in record.reads
            ),
            group=record.group,
            at_least_once=record.at_least_once,
            ack=record.ack,
            dead_letter=record.dead_letter,
            verdict=record.verdict,
        )

    def _path(self, system: str, path: str) -> str:
        return f"{system}/{path}" if self._several and system and path else path


def _sorted(ends: Iterable[Consumer]) -> tuple[Consumer, ...]:
    return tuple(sorted(ends, key=lambda end: (end.path, end.line, msgspec.json.encode(end))))
