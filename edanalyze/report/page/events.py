"""The messages of a catalogue as the HTML report shows them."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable

from edanalyze.catalog import Catalogue, Consumer, Message, Producer
from edanalyze.catalog.fields import rows
from edanalyze.check.diagnostic import Diagnostic
from edanalyze.graph.lettering import printable
from edanalyze.report.page.document import Lines, shown
from edanalyze.report.page.event import End, Event, Field, Line

_AROUND = 2


def events(
    catalogue: Catalogue, diagnostics: Iterable[Diagnostic], lines: Lines, prefix: str = ""
) -> tuple[Event, ...]:
    """The messages with the code at both of their ends, in their order.

    `prefix` is what paths of the project itself begin with among those of other systems.
    """
    marks: dict[tuple[str, int], list[str]] = defaultdict(list)
    for each in diagnostics:
        marks[(f"{prefix}{each.path}", each.line)].append(each.fingerprint)

    def end(one: Producer | Consumer) -> End:
        told = _sending(one) if isinstance(one, Producer) else _receiving(one)
        source = lines(one.path.removeprefix(prefix)) if one.path.startswith(prefix) else ()
        first, last = max(1, one.line - _AROUND), min(len(source), one.line + _AROUND)
        return End(
            printable(one.service),
            printable(one.function),
            printable(one.path),
            one.line,
            tuple(map(printable, told)),
            tuple(Line(number, shown(source[number - 1])) for number in range(first, last + 1)),
            tuple(marks.get((one.path, one.line), ())),
        )

    return tuple(
        Event(
            id=message.id,
            name=printable(message.name),
            kind=message.kind,
            channel=printable(message.channel),
            description=printable(message.description),
            known=tuple((name, printable(value)) for name, value in _known(message) if value),
            fields=_fields(message.schema),
            headers=_fields(message.headers),
            unknown=printable(str(message.schema.get("x-unknown", ""))),
            producers=tuple(map(end, message.producers)),
            consumers=tuple(map(end, message.consumers)),
        )
        for message in catalogue.messages
    )


def _known(message: Message) -> Iterable[tuple[str, str]]:
    yield "kind", f"{message.kind}: {message.why}"
    if message.internal:
        yield "channel", "none, as far as the code tells it stays within its process"
    else:
        yield "channel", f"{message.channel} on {message.transport}" if message.transport else message.channel
    yield "version", message.version
    yield "owner", f"{message.owner} ({message.owner_source})" if message.owner_source else message.owner
    yield "SLA", message.sla
    yield "schema", message.schema_source


def _fields(schema: dict[str, object]) -> tuple[Field, ...]:
    return tuple(
        Field(printable(row.name), printable(row.type), row.required, printable(row.note)) for row in rows(schema)
    )


def _sending(end: Producer) -> Iterable[str]:
    yield end.api
    yield f"key {end.key}" if end.key else "no key"
    yield f"correlation id in {end.correlation_id}" if end.correlation_id else "no correlation id"


def _receiving(end: Consumer) -> Iterable[str]:
    names = sorted({f"{read.name}" + ("" if read.required else "?") for read in end.reads})
    yield f"reads {', '.join(names)}" if names else "no field known to be read"
    if end.group:
        yield f"group {end.group}"
    if end.verdict:
        yield f"messages: {end.verdict}"
    if end.dead_letter is not None:
        yield "with dead letters" if end.dead_letter else "without dead letters"
