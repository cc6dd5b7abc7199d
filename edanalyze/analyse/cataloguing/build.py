"""Builds the catalogue: published messages by name and channel, with who sends and who receives them."""

from __future__ import annotations

import fnmatch
import re
from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Protocol

from edanalyze.analyse.binding.climbing import lexical
from edanalyze.analyse.binding.records import PublishCall
from edanalyze.analyse.cataloguing.identified import identified
from edanalyze.analyse.cataloguing.inprocess import InProcess, Internal
from edanalyze.analyse.cataloguing.schemas import of_declared, of_shape, of_type, united
from edanalyze.analyse.delivery import VERDICTS
from edanalyze.analyse.identifiers import names_id
from edanalyze.analyse.payloads.kinds import Kind, Kinds
from edanalyze.analyse.payloads.records import Payload
from edanalyze.analyse.payloads.shapes import alternatives
from edanalyze.analyse.payloads.versions import SCHEMAS, VERSIONS
from edanalyze.catalog.records import INTERNAL, VERSION, Catalogue, Consumer, FieldRead, Message, Producer
from edanalyze.facts.children import spelled
from edanalyze.link.entries import EntryPoint

if TYPE_CHECKING:
    from edanalyze.analyse.system import System

Key = tuple[str, str]
_SLA = re.compile(r"^\s*SLA:\s*(.+)$", re.M)
_IN_NAME = re.compile(r"(?:^|[._\-/:])v(\d+(?:\.\d+)*)(?:$|[._\-/:])|V(\d+)$", re.I)


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


@dataclass(frozen=True)
class Declarations:
    """What people say of messages: patterns of names of `commands` and `events`, `owners` and `sla` by pattern, and
    `code_owner`, which gives the owners of a file.
    """

    commands: tuple[str, ...] = ()
    events: tuple[str, ...] = ()
    owners: Mapping[str, str] = field(default_factory=dict)
    sla: Mapping[str, str] = field(default_factory=dict)
    code_owner: Callable[[str], str] = lambda path: ""


def build(
    system: System,
    title: str,
    declared: Declarations,
    diagnostics: Iterable[Reported] = (),
    internal: bool = True,
) -> Catalogue:
    """The catalogue of a system, with or without the messages that stay within a process.

    `diagnostics` are noted at the calls that they are about.
    """
    builder = _Builder(system, declared, diagnostics, judged=internal)
    return Catalogue(VERSION, title, tuple(builder.messages(internal)))


class _Builder:
    """Puts one catalogue together."""

    def __init__(self, system: System, declared: Declarations, diagnostics: Iterable[Reported], judged: bool) -> None:
        self._system = system
        self._judged = judged
        self._declared = declared
        self._kinds = Kinds(system, declared.commands, declared.events)
        self._codes: dict[tuple[str, int], set[str]] = defaultdict(set)
        for item in diagnostics:
            self._codes[(item.path, item.line)].add(item.code)

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
            sorted({self._place(each): each for each in map(self._producer, calls)}.values(), key=self._place)
        )
        consumers = {entry: None for call, _ in calls for entry in call.consumers}
        payloads = [payload for _, payload in calls if payload is not None]
        owner, source = self._owner(name, [end.path for end in producers], [end.service for end in producers])
        docs = self._documentation(payloads)
        return Message(
            id="",
            name=name,
            kind=kind.word,
            why=kind.why,
            channel=channel,
            transport=next((call.transport for call, _ in calls if call.transport), ""),
            version=self._version(name, channel, payloads),
            owner=owner,
            owner_source=source,
            sla=self._named(self._declared.sla, name) or next(iter(_SLA.findall(docs)), ""),
            description=_first(docs),
            schema=united(end.schema for end in producers),
            schema_source=", ".join(dict.fromkeys(end.schema_source for end in producers if end.schema_source)),
            headers=united(end.headers for end in producers),
            producers=producers,
            consumers=tuple(sorted(map(self._consumer, consumers), key=lambda end: (end.path, end.line))),
        )

    def _received(self, name: str, entries: list[EntryPoint]) -> Message:
        """A message that nobody known sends."""
        kind = (
            Kind("command", "it starts a task") if all(e.kind == "task" for e in entries) else self._kinds.worded(name)
        )
        owner = self._named(self._declared.owners, name)
        return Message(
            id="",
            name=name,
            kind=kind.word,
            why=kind.why,
            channel=name,
            transport=next((entry.transport for entry in entries if entry.transport), ""),
            owner=owner,
            owner_source="configuration" if owner else "",
            sla=self._named(self._declared.sla, name),
            schema={"x-unknown": "no producer is known"},
            consumers=tuple(sorted(map(self._consumer, entries), key=lambda end: (end.path, end.line))),
        )

    def _internal(self, message: Internal) -> Message:
        """A message that stays within its process."""
        paths = self._system.program.paths
        facts = self._system.program.classes[message.cls]
        schema = of_type(self._system.payloads.shapes.classes.type_of(message.cls))
        producers = [
            Producer(
                service=self._system.service_of(paths[scope.module]),
                function=lexical(scope).name or scope.module,
                path=paths[scope.module],
                line=call.place.line,
                api=facts.name,
                schema=schema,
                headers={},
            )
            for call, scope in message.made
        ]
        kind = self._kinds.configured([facts.name]) or message.kind
        owner, source = self._owner(
            facts.name, [paths[message.cls.partition(":")[0]]], [end.service for end in producers]
        )
        docs = _dedented(facts.docstring or "")
        return Message(
            id="",
            name=facts.name,
            kind=kind.word,
            why=kind.why,
            channel="",
            transport=INTERNAL,
            version=self._version(facts.name, "", []),
            owner=owner,
            owner_source=source,
            sla=self._named(self._declared.sla, facts.name) or next(iter(_SLA.findall(docs)), ""),
            description=_first(docs),
            schema=schema,
            producers=tuple(sorted(producers, key=self._place)),
            consumers=tuple(sorted(map(self._consumer, message.handlers), key=lambda end: (end.path, end.line))),
        )

    def _producer(self, sent: tuple[PublishCall, Payload | None]) -> Producer:
        call, payload = sent
        point = payload.built if payload is not None else call.site
        path = self._system.program.paths[point.module]
        key = call.effect.argument("key") or call.effect.argument("ordering_key")
        codes = {
            code
            for each in (point, *(payload.path if payload is not None else call.path))
            for code in self._codes.get((self._system.program.paths[each.module], each.place.line), ())
        }
        headers = payload.headers if payload is not None else None
        return Producer(
            service=self._system.service_of(path),
            function=point.function.partition(":")[2] or point.module,
            path=path,
            line=point.place.line,
            api=call.effect.name,
            schema=self._schema(payload),
            schema_source=payload.schema.place if payload is not None and payload.schema is not None else "",
            headers=of_shape(headers) if headers is not None and (headers.fields or headers.open) else {},
            key=spelled(key) if key is not None else "",
            correlation_id=self._correlation(payload),
            confidence=call.confidence,
            findings=tuple(sorted(codes)),
        )

    @staticmethod
    def _schema(payload: Payload | None) -> dict[str, Any]:
        """What a call sends: as the schema says that it is sent by, else as the code builds it."""
        if payload is None:
            return {}
        return of_type(payload.type) if payload.schema is None else of_declared(payload.schema.schema)

    @staticmethod
    def _correlation(payload: Payload | None) -> str:
        """The header or field that holds an identifier of what caused the message."""
        if payload is None:
            return ""
        fields = (*payload.headers.fields, *(payload.shape.fields if payload.shape is not None else ()))
        return next((each.name for each in fields if names_id(each.name) and each.type.kind != "null"), "")

    def _consumer(self, entry: EntryPoint) -> Consumer:
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
    def _place(end: Producer) -> tuple[str, int, str, str]:
        return (end.path, end.line, end.function, repr(end.schema))

    # ------------------------------------------------------------ declarations

    @staticmethod
    def _named(table: Mapping[str, str], name: str) -> str:
        return next((value for pattern, value in table.items() if fnmatch.fnmatchcase(name, pattern)), "")

    def _owner(self, name: str, paths: list[str], services: list[str]) -> tuple[str, str]:
        declared = self._named(self._declared.owners, name)
        if declared:
            return declared, "configuration"
        for path in paths:
            if owner := self._declared.code_owner(path):
                return owner, "CODEOWNERS"
        known = list(dict.fromkeys(service for service in services if service))
        return (", ".join(known), "service") if known else ("", "")

    def _documentation(self, payloads: list[Payload]) -> str:
        """The docstring of the class of a message."""
        for payload in payloads:
            for shape in alternatives(payload.type):
                facts = self._system.program.classes.get(shape.cls)
                if facts is not None and facts.docstring and shape.form != "row":
                    return _dedented(facts.docstring)
        return ""

    @staticmethod
    def _version(name: str, channel: str, payloads: list[Payload]) -> str:
        for payload in payloads:
            for shape in (payload.headers, *alternatives(payload.type)):
                for each in shape.fields:
                    plain = each.name.replace("_", "").replace("-", "").lower()
                    if plain in VERSIONS | SCHEMAS:
                        if each.has_constant and each.constant is not None:
                            return str(each.constant)
                        if each.default is not None and each.default.strip("'").replace(".", "").isdigit():
                            return each.default.strip("'")
        for text in (name, *(shape.name for p in payloads for shape in alternatives(p.type)), channel):
            if found := _IN_NAME.search(text):
                return found[1] or found[2]
        return ""


def _published(sent: Mapping[Key, list[tuple[PublishCall, Payload | None]]]) -> frozenset[str]:
    """The classes of what is sent to a broker."""
    payloads = (payload for calls in sent.values() for _, payload in calls if payload is not None)
    return frozenset(shape.cls for payload in payloads for shape in alternatives(payload.type))


def _first(docs: str) -> str:
    """The first paragraph of a docstring on one line."""
    return docs.strip().split("\n\n")[0].replace("\n", " ")


def _dedented(text: str) -> str:
    return "\n".join(line.strip() for line in text.strip().splitlines())
