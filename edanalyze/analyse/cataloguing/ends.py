"""The ends of messages: the calls that send them, and the handlers that receive them with the fields they read."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from typing import TYPE_CHECKING, Any, Protocol

from edanalyze.analyse.binding.records import PublishCall
from edanalyze.analyse.cataloguing.inprocess import Made
from edanalyze.analyse.cataloguing.schemas import of_declared, of_shape, of_type
from edanalyze.analyse.delivery import VERDICTS
from edanalyze.analyse.payloads.kinds import is_addressed_by_type
from edanalyze.analyse.payloads.records import Payload
from edanalyze.analyse.tracing.identifiers import names_id
from edanalyze.catalog.records import Consumer, FieldRead, Producer
from edanalyze.facts.children import spelled
from edanalyze.link.entries import EntryPoint

if TYPE_CHECKING:
    from edanalyze.analyse.system import System


class Reported(Protocol):
    """What the catalogue needs to know of a diagnostic."""

    @property
    def code(self) -> str:
        """Its rule."""

    @property
    def path(self) -> str:
        """Its file."""

    @property
    def line(self) -> int:
        """Its line."""


class Ends:
    """Makes their records. `diagnostics` are noted at the calls that they are about.

    `judged`: whether the delivery verdicts of consumers are wanted.
    """

    def __init__(self, system: System, diagnostics: Iterable[Reported], judged: bool) -> None:
        self._system = system
        self._judged = judged
        self._codes: dict[tuple[str, int], set[str]] = defaultdict(set)
        for item in diagnostics:
            self._codes[(item.path, item.line)].add(item.code)

    def maker(self, made: Made, name: str, schema: dict[str, Any]) -> Producer:
        """The call that makes a message which stays within its process."""
        path = self._system.program.paths[made.scope.module]
        return Producer(
            service=self._system.service_of(path),
            function=made.scope.lexical.name or made.scope.module,
            path=path,
            line=made.call.place.line,
            api=name,
            schema=schema,
            headers={},
        )

    def producer(self, sent: tuple[PublishCall, Payload | None]) -> Producer:
        """The call that sends a message, and the payload that it builds if that is known."""
        call, payload = sent
        point = payload.built if payload is not None else call.site
        path = self._system.program.paths[point.module]
        key = call.effect.argument("key") or call.effect.argument("ordering_key")
        codes = {
            code
            for each in (point, *(payload.path if payload is not None else call.path))
            for code in self._codes.get((self._system.program.paths[each.module], each.place.line), ())
        }
        schema, source = self._schema(call, payload)
        headers = payload.headers if payload is not None else None
        return Producer(
            service=self._system.service_of(path),
            function=point.function.partition(":")[2] or point.module,
            path=path,
            line=point.place.line,
            api=call.effect.name,
            schema=schema,
            schema_source=source,
            headers=of_shape(headers) if headers is not None and (headers.fields or headers.open) else {},
            key=spelled(key) if key is not None else "",
            correlation_id=self._correlation(payload),
            confidence=call.confidence,
            findings=tuple(sorted(codes)),
        )

    def _schema(self, call: PublishCall, payload: Payload | None) -> tuple[dict[str, Any], str]:
        """What a call sends, and where that is declared.

        As the schema says that it is sent by, else as the code builds it; where that tells no fields, as its type is
        documented.
        """
        declared = payload.schema if payload is not None else None
        if declared is None and is_addressed_by_type(call) and (payload is None or payload.type.shape is None):
            declared = self._system.payloads.documented(call.topic)
        if declared is not None:
            return of_declared(declared.schema), declared.place
        return (of_type(payload.type) if payload is not None else {}), ""

    @staticmethod
    def _correlation(payload: Payload | None) -> str:
        """The header or field that holds an identifier of what caused the message."""
        if payload is None:
            return ""
        fields = (*payload.headers.fields, *(payload.shape.fields if payload.shape is not None else ()))
        return next((each.name for each in fields if names_id(each.name) and each.type.kind != "null"), "")

    def consumer(self, entry: EntryPoint) -> Consumer:
        """A handler with the fields that it reads."""
        paths = self._system.program.paths
        reads = self._system.payloads.read_by(entry)
        found = [FieldRead(read.name, read.required, paths[read.module], read.line) for read in reads.fields]
        for parsed in reads.parsed:
            path, line = paths[parsed.point.module], parsed.point.place.line
            found += [FieldRead(each.name, each.required, path, line) for each in parsed.shape.fields]
        verdicts = {verdict for _, verdict in self._system.deliveries.of(entry)} if self._judged else set()
        worst = next((verdict for verdict in VERDICTS if verdict in verdicts), "")
        once = {(read.name, read.required): read for read in reversed(found)}
        path = paths[entry.module]
        return Consumer(
            service=self._system.service_of(path),
            function=entry.function.partition(":")[2] or entry.name,
            path=path,
            line=entry.place.line,
            reads=tuple(sorted(once.values(), key=lambda read: (read.name, not read.required))),
            group=next((text.text for text in entry.group), ""),
            at_least_once=entry.delivery.at_least_once,
            ack=entry.delivery.ack,
            dead_letter=self._keeps_failures(entry),
            verdict=worst,
        )

    def _keeps_failures(self, entry: EntryPoint) -> bool | None:
        """Whether what a consumer fails on is kept aside: by its code, its subscription, or the queue it reads."""
        if self._system.dead_letters.parks(entry):
            return True
        known = (entry.delivery.dead_letter, *(self._system.dead_letters.keeps(each.text) for each in entry.topics))
        return next((each for each in known if each is not None), None)

    @staticmethod
    def place(end: Producer) -> tuple[str, int, str, str]:
        """What tells producers apart, and the order in which they are listed."""
        return (end.path, end.line, end.function, repr(end.schema))
