"""What the code depends on, in the terms of documents: messages by topic, events by source, requests by route."""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import cached_property
from typing import TYPE_CHECKING, NamedTuple

from edanalyze.analyse.payloads.headers import plain
from edanalyze.analyse.witness import Point, Witness
from edanalyze.discover.documents import Document
from edanalyze.discover.operation import PARKING

if TYPE_CHECKING:
    from edanalyze.analyse.binding.records import PublishCall
    from edanalyze.analyse.system import System

_REPLY = re.compile(r"repl(y|ies)|response|result", re.I)
_BUS = "eventbridge"


class Message(NamedTuple):
    """A message at one of its ends: `names` are all under which a document may know it, its topic the first.

    `source` and `type` are those of an event on a bus, "" elsewhere. `sent`: it is sent here, else received.
    """

    names: tuple[str, ...]
    service: str
    transport: str
    witness: Witness
    sent: bool
    source: str = ""
    type: str = ""
    likely: bool = False

    @property
    def topic(self) -> str:
        """The name that the code uses."""
        return self.names[0]


class Used:
    """Looks it up."""

    def __init__(self, system: System) -> None:
        self._system = system
        self._paths = system.program.paths

    def covers(self, document: Document, service: str) -> bool:
        """Whether a document speaks of a service: one in the folder of a service speaks of that alone."""
        own = self._system.service_of(document.file)
        return not own or own == service

    def service_of(self, path: str) -> str:
        """The name of the service that a file belongs to; "" when it belongs to none."""
        return self._system.service_of(path)

    def is_resolved(self, document: Document) -> bool:
        """Whether all messages of the services that a document speaks of are known: what else it shows is not there."""
        services = {each.name for each in self._system.services.all if each.kind == "foreign"}
        services |= {service for service, name in self._ends if not name}
        return not any(self.covers(document, service) for service in services)

    @cached_property
    def messages(self) -> tuple[Message, ...]:
        """The messages that services send and receive under known names, each place once; replies are none."""
        found = {
            (each.names, each.source, each.witness[0].module, each.witness[0].place): each
            for each in (*self._sent(), *self._received())
            if not _REPLY.search(each.topic) and not PARKING.search(each.topic)
        }
        return tuple(found.values())

    @cached_property
    def names(self) -> frozenset[str]:
        """All names of topics, tasks, exchanges and events in the code, and in that of other systems that are known."""
        binding = self._system.binding
        names = {name for call in (*binding.publishes, *binding.stored) for name in _names(call)}
        for entry in self._system.entries:
            names.update(text.text for text in entry.topics)
        for topics in binding.consumed.values():
            names.update(topics)
        others = self._system.others
        if others is not None:
            names.update(each.topic for each in others.facts.publishes)
            names.update(topic for _, topics in others.consumed() for topic in topics)
        for payload in self._system.payloads.all:
            names.update(each.text for each in payload.names)
        return frozenset({*names, *(part for name in names for part in name.split("/"))} - {""})

    @cached_property
    def _ends(self) -> tuple[tuple[str, str], ...]:
        """The service and the literal name of each publish and subscription; "" where the name is not known."""
        binding = self._system.binding
        sent = [
            (self._service(call.site), call.destination.literal or call.topic if not _is_open(call) else "")
            for call in binding.publishes
        ]
        received = [
            (self._system.service_of(self._paths[entry.module]), text.literal or "")
            for entry in self._system.entries
            if entry.kind == "handler"
            for text in entry.topics
        ]
        return (*sent, *received)

    def _service(self, point: Point) -> str:
        return self._system.service_of(self._paths[point.module])

    def _sent(self) -> Iterator[Message]:
        for call in self._system.binding.publishes:
            if call.task is not None or not call.topic or _is_open(call):
                continue
            likely = call.effect.likely or call.confidence != "certain"
            for source in list(self._sources(call)) or [""]:
                yield Message(
                    _names(call),
                    self._service(call.path[0]),
                    call.transport,
                    call.path,
                    True,
                    source,
                    call.topic if call.transport == _BUS else "",
                    likely,
                )

    def _sources(self, call: PublishCall) -> Iterator[str]:
        """Who an event says sends it."""
        seen: set[str] = set()
        for payload in self._system.payloads.of(call):
            for each in payload.headers.fields:
                if plain(each.name) in {"source", "cesource"} and isinstance(each.constant, str):
                    if each.constant not in seen:
                        seen.add(each.constant)
                        yield each.constant

    def _received(self) -> Iterator[Message]:
        consumed = self._system.binding.consumed
        for entry in self._system.entries:
            literal = [text.literal for text in entry.topics]
            if entry.kind != "handler" or not literal or None in literal:
                continue
            if entry.transport == _BUS or any(mark in str(name) for name in literal for mark in "*#"):
                continue
            known = dict.fromkeys((*consumed.get(entry, ()), *map(str, literal)))
            names = tuple(dict.fromkeys((*known, *(part for name in known for part in name.split("/")))))
            point = Point(entry.module, entry.function, entry.place, f"receives `{names[0]}`")
            service = self._system.service_of(self._paths[entry.module])
            yield Message(names, service, entry.transport, (point,), False)


def _is_open(call: PublishCall) -> bool:
    return call.destination.literal is None and not call.bus and not call.key


def _names(call: PublishCall) -> tuple[str, ...]:
    """The names under which a document may know what a call sends."""
    literal = call.destination.literal or ""
    parts = (call.topic, literal, call.key, call.exchange, f"{call.exchange}.{call.key}", *call.topic.split("/"))
    return tuple(dict.fromkeys(part for part in parts if part.strip(".")))
