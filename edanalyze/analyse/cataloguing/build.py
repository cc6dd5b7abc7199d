"""Builds the catalogue: published messages by name and channel, with who sends and who receives them."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING

from edanalyze.analyse.binding.records import PublishCall
from edanalyze.analyse.cataloguing.declared import Declarations, Said, dedented, first
from edanalyze.analyse.cataloguing.ends import Ends, Reported
from edanalyze.analyse.cataloguing.identified import identified
from edanalyze.analyse.cataloguing.inprocess import InProcess, Internal
from edanalyze.analyse.cataloguing.schemas import of_type, united
from edanalyze.analyse.payloads.kinds import Kind, Kinds
from edanalyze.analyse.payloads.records import Payload
from edanalyze.analyse.payloads.shapes import alternatives
from edanalyze.catalog.records import INTERNAL, VERSION, Catalogue, Message
from edanalyze.link.entries import EntryPoint

if TYPE_CHECKING:
    from edanalyze.analyse.system import System

Key = tuple[str, str]


def build(
    system: System,
    title: str,
    declared: Declarations,
    diagnostics: Iterable[Reported] = (),
    internal: bool = True,
    judged: bool = True,
) -> Catalogue:
    """The catalogue of a system, with or without the messages that stay within a process and delivery verdicts.

    `diagnostics` are noted at the calls that they are about.
    """
    builder = _Builder(system, declared, diagnostics, judged)
    return Catalogue(VERSION, title, tuple(builder.messages(internal)))


class _Builder:
    """Puts one catalogue together."""

    def __init__(self, system: System, declared: Declarations, diagnostics: Iterable[Reported], judged: bool) -> None:
        self._system = system
        self._said = Said(system, declared)
        self._kinds = Kinds(system, declared.commands, declared.events)
        self._ends = Ends(system, diagnostics, judged)

    def messages(self, internal: bool) -> list[Message]:
        """All messages, sorted by their ids."""
        sent: dict[Key, list[tuple[PublishCall, Payload | None]]] = defaultdict(list)
        for call in self._system.binding.publishes:
            payloads = self._system.payloads.of(call)
            for payload in payloads or (None,):
                sent[self._key(call, payload)].append((call, payload))
        received: dict[Key, list[EntryPoint]] = defaultdict(list)
        channels = {channel for _, channel in sent}
        for entry, topics in self._system.binding.consumed.items():
            for topic in topics:
                if (
                    topic
                    and topic not in channels
                    and not any(entry in call.consumers for c in sent.values() for call, _ in c)
                ):
                    received[(topic, topic)].append(entry)
        found = [self._sent(name, channel, calls) for (name, channel), calls in sent.items()]
        found += [self._received(name, entries) for (name, _), entries in received.items()]
        if internal:
            found += [self._internal(each) for each in InProcess(self._system, self._kinds).messages(_published(sent))]
        return list(identified(sorted(found, key=lambda each: (each.name, each.channel))))

    # ------------------------------------------------------------------- names

    def _key(self, call: PublishCall, payload: Payload | None) -> Key:
        """The name of a message and its channel."""
        return self._kinds.name(call, payload), call.topic

    # ------------------------------------------------------------------ records

    def _sent(self, name: str, channel: str, calls: list[tuple[PublishCall, Payload | None]]) -> Message:
        kind = self._kinds.settled(name, calls)
        producers = tuple(
            sorted(
                {self._ends.place(each): each for each in map(self._ends.producer, calls)}.values(),
                key=self._ends.place,
            )
        )
        consumers = {entry: None for call, _ in calls for entry in call.consumers}
        payloads = [payload for _, payload in calls if payload is not None]
        owner, source = self._said.owner(name, [end.path for end in producers], [end.service for end in producers])
        docs = self._said.documentation(payloads)
        return Message(
            id="",
            name=name,
            kind=kind.word,
            why=kind.why,
            channel=channel,
            transport=next((call.transport for call, _ in calls if call.transport), ""),
            version=self._said.version(name, channel, payloads),
            owner=owner,
            owner_source=source,
            sla=self._said.sla(name, docs),
            description=first(docs),
            schema=united(end.schema for end in producers),
            schema_source=", ".join(dict.fromkeys(end.schema_source for end in producers if end.schema_source)),
            headers=united(end.headers for end in producers),
            producers=producers,
            consumers=tuple(sorted(map(self._ends.consumer, consumers), key=lambda end: (end.path, end.line))),
        )

    def _received(self, name: str, entries: list[EntryPoint]) -> Message:
        """A message that nobody known sends."""
        kind = (
            Kind("command", "it starts a task") if all(e.kind == "task" for e in entries) else self._kinds.worded(name)
        )
        owner = self._said.owner_by_name(name)
        return Message(
            id="",
            name=name,
            kind=kind.word,
            why=kind.why,
            channel=name,
            transport=next((entry.transport for entry in entries if entry.transport), ""),
            owner=owner,
            owner_source="configuration" if owner else "",
            sla=self._said.sla(name),
            schema={"x-unknown": "no producer is known"},
            consumers=tuple(sorted(map(self._ends.consumer, entries), key=lambda end: (end.path, end.line))),
        )

    def _internal(self, message: Internal) -> Message:
        """A message that stays within its process."""
        paths = self._system.program.paths
        facts = self._system.program.classes[message.cls]
        schema = of_type(self._system.payloads.shapes.classes.type_of(message.cls))
        producers = [self._ends.maker(each, facts.name, schema) for each in message.made]
        kind = self._kinds.configured([facts.name]) or message.kind
        owner, source = self._said.owner(
            facts.name, [paths[message.cls.partition(":")[0]]], [end.service for end in producers]
        )
        docs = dedented(facts.docstring or "")
        return Message(
            id="",
            name=facts.name,
            kind=kind.word,
            why=kind.why,
            channel="",
            transport=INTERNAL,
            version=self._said.version(facts.name, "", []),
            owner=owner,
            owner_source=source,
            sla=self._said.sla(facts.name, docs),
            description=first(docs),
            schema=schema,
            producers=tuple(sorted(producers, key=self._ends.place)),
            consumers=tuple(sorted(map(self._ends.consumer, message.handlers), key=lambda end: (end.path, end.line))),
        )


def _published(sent: Mapping[Key, list[tuple[PublishCall, Payload | None]]]) -> frozenset[str]:
    """The classes of what is sent to a broker."""
    payloads = (payload for calls in sent.values() for _, payload in calls if payload is not None)
    return frozenset(shape.cls for payload in payloads for shape in alternatives(payload.type))
