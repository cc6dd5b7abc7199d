"""The catalogue as a Markdown document."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator

from edanalyze.catalog.fields import rows
from edanalyze.catalog.records import Catalogue, Consumer, Message, Producer

MARKS = {True: "yes", False: "no", None: "not known"}


def to_markdown(catalogue: Catalogue) -> str:
    """A table of all messages, then a section for each."""
    lines = [f"# Events and commands of {_cell(catalogue.title)}", ""]
    lines += ["| name | kind | channel | version | owner | producers | consumers |", "|--|--|--|--|--|--|--|"]
    for message, anchor in zip(catalogue.messages, _anchors(catalogue), strict=True):
        lines.append(
            f"| [{_cell(message.name)}](#{anchor}) | {message.kind} | "
            f"{'(in process)' if message.internal else _cell(message.channel)} | "
            f"{_cell(message.version) or 'none'} | {_cell(message.owner) or 'none'} | "
            f"{_services(message.producers)} | {_services(message.consumers)} |"
        )
    for message in catalogue.messages:
        lines += ["", *_section(message)]
    return "\n".join(lines) + "\n"


def _anchors(catalogue: Catalogue) -> Iterator[str]:
    """Where the sections are linked to: their headings, as code hosts turn them into anchors."""
    taken: Counter[str] = Counter({"payload": 1, "headers": 1, "producers": 1, "consumers": 1})
    for message in catalogue.messages:
        plain = re.sub(r"[^\w\- ]", "", message.name.lower()).replace(" ", "-")
        yield f"{plain}-{taken[plain]}" if taken[plain] else plain
        taken[plain] += 1


def _services(ends: tuple[Producer, ...] | tuple[Consumer, ...]) -> str:
    return ", ".join(dict.fromkeys(_cell(end.service or end.function) for end in ends)) or "none"


def _section(message: Message) -> Iterator[str]:
    yield f"## {_cell(message.name)}"
    yield ""
    if message.description:
        yield message.description
        yield ""
    yield f"- **Kind**: {message.kind} ({_cell(message.why)})"
    if message.internal:
        yield "- **Channel**: none, as far as the code tells it stays within its process"
    else:
        yield f"- **Channel**: {_code(message.channel)}" + (f" on {message.transport}" if message.transport else "")
    yield f"- **Version**: {_code(message.version) or 'none'}"
    source = f" ({message.owner_source})" if message.owner_source else ""
    yield f"- **Owner**: {_cell(message.owner) or 'none'}{source}"
    if message.sla:
        yield f"- **SLA**: {_cell(message.sla)}"
    if message.schema_source:
        yield f"- **Schema**: {_code(message.schema_source)}"
    yield from _fields("Payload", message.schema)
    yield from _fields("Headers", message.headers)
    yield from _producers(message.producers)
    yield from _consumers(message.consumers)


def _fields(title: str, schema: dict[str, object]) -> Iterator[str]:
    found = list(rows(schema))
    unknown = schema.get("x-unknown")
    if not found and not unknown:
        return
    yield ""
    yield f"### {title}"
    yield ""
    if found:
        yield "| field | type | required | |"
        yield "|--|--|--|--|"
        for row in found:
            yield f"| `{_cell(row.name)}` | {_cell(row.type)} | {MARKS[row.required]} | {_cell(row.note)} |"
    if unknown:
        yield ("" if not found else "\n") + f"Not all of it is known: {unknown}."


def _producers(producers: tuple[Producer, ...]) -> Iterator[str]:
    if not producers:
        return
    yield ""
    yield "### Producers"
    yield ""
    for end in producers:
        told = [f"`{end.api}`"]
        told += [f"key `{end.key}`"] if end.key else []
        told += [f"correlation id in `{end.correlation_id}`"] if end.correlation_id else ["no correlation id"]
        told += [f"findings: {', '.join(end.findings)}"] if end.findings else []
        yield f"- {_cell(end.service) or 'no service'}: `{end.function}` ({end.path}:{end.line}), {', '.join(told)}"


def _consumers(consumers: tuple[Consumer, ...]) -> Iterator[str]:
    if not consumers:
        return
    yield ""
    yield "### Consumers"
    yield ""
    for end in consumers:
        told = [f"acknowledged {end.ack}" if end.ack in {"before", "after"} else f"acknowledgement: {end.ack}"]
        told.append(f"dead letters: {MARKS[end.dead_letter]}")
        told += [f"messages: {end.verdict}"] if end.verdict else []
        names = sorted({f"`{read.name}`" + ("" if read.required else "?") for read in end.reads})
        told.append(f"reads {', '.join(names)}" if names else "no field known to be read")
        yield f"- {_cell(end.service) or 'no service'}: `{end.function}` ({end.path}:{end.line}), {', '.join(told)}"


def _code(text: str) -> str:
    return f"`{text}`" if text else ""


def _cell(text: str) -> str:
    return text.replace("|", "\\|").replace("\n", " ")
