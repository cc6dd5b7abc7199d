"""Entry points of other systems, in the shape in which routes, topics and procedures are matched."""

from __future__ import annotations

from dataclasses import dataclass

from edanalyze.analyse.binding.address import parse
from edanalyze.analyse.binding.routing import Way
from edanalyze.analyse.binding.topics import Message
from edanalyze.exchange import records
from edanalyze.link.values import Hole, String, string


@dataclass(frozen=True, slots=True)
class Remote:
    """An entry point that a facts file tells of; what only holds within its system is marked with the system's name."""

    record: records.Entry
    kind: str
    methods: tuple[str, ...]
    path: str
    topics: tuple[String, ...]
    transport: str
    scope: str
    function: str
    owners: tuple[str, ...]
    procedures: tuple[str, ...]

    @property
    def name(self) -> str:
        """What messages call it."""
        if self.kind == "route" and self.path:
            return f"{'/'.join(self.methods)} {self.path}".removeprefix("* ")
        return self.record.code


def remote(record: records.Entry) -> Remote:
    """The entry point of a record."""
    return Remote(
        record=record,
        kind=record.kind,
        methods=record.methods,
        path=record.route,
        topics=tuple(map(text, record.topics)),
        transport=record.transport,
        scope=f"{record.system}:{record.scope}",
        function=f"{record.system}:{record.code}",
        owners=record.owners,
        procedures=record.procedures,
    )


def text(template: records.Template) -> String:
    """A text of a facts file as a value."""
    return String(tuple(Hole(part.kind, part.name) if isinstance(part, records.Hole) else part for part in template))


def ways(request: records.Request) -> tuple[Way, ...]:
    """The addresses at which a request may arrive."""
    return tuple(Way(parse(text(way.address)), way.methods, way.passed, way.wholesale) for way in request.ways)


def message(publish: records.Publish) -> Message:
    """What is published, for matching it with topics."""
    exchange = string(publish.exchange) if publish.exchange or publish.key else None
    topic = string(publish.key) if exchange is not None else text(publish.destination)
    return Message(topic, exchange, transport=publish.transport, enqueued=publish.task, bus=publish.bus)
