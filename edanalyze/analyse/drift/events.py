"""EventBridge schemas held against the events that code sends and that rules let through."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from typing import NamedTuple

from edanalyze.analyse.drift.names import near
from edanalyze.analyse.drift.records import Drift, in_document
from edanalyze.analyse.drift.used import Used
from edanalyze.analyse.witness import Witness
from edanalyze.discover.deployed import Deployment
from edanalyze.discover.documents import Document, Event

BUS = "eventbridge"


class _Use(NamedTuple):
    """An event that is sent, or waited for by a rule: its source, and its type ("" where a rule takes any)."""

    source: str
    type: str
    service: str
    witness: Witness
    sent: bool

    @property
    def name(self) -> str:
        """What it is called in messages."""
        source = f" of `{self.source}`" if self.source else ""
        return f"`{self.type}`{source}" if self.type else f"any event{source}"

    @property
    def verb(self) -> str:
        """What happens to it."""
        return "is sent" if self.sent else "is waited for"


def events(documents: list[Document], patterns: list[Document], used: Used, deployment: Deployment) -> Iterator[Drift]:
    """Sources and types that only one side knows: at calls, at rules, and at the lines of documents.

    Rules are those of templates, and `patterns` of events in files of their own.
    """
    uses = [*_sent(used), *_of_templates(deployment, used), *_of_patterns(patterns, used)]
    yield from _unheard_of(uses)
    if documents:
        yield from _held_against(documents, uses, used)


def _unheard_of(uses: list[_Use]) -> Iterator[Drift]:
    """Rules that wait for a source which the code does not use for such events."""
    sources: dict[str, set[str]] = defaultdict(set)
    for use in uses:
        if use.sent:
            sources[use.type].add(use.source)
            sources[""].add(use.source)
    for use in uses:
        known = sources.get(use.type, set()) if not use.sent else set()
        if not known or "" in known or use.source in known:
            continue
        meant = [near(use.source, known)] if not use.type else sorted(known)
        if meant[0]:
            names = " and ".join(f"`{each}`" for each in meant)
            yield Drift(f"{use.name} is waited for here, and the code sends it as {names}", use.witness)


def _held_against(documents: list[Document], uses: list[_Use], used: Used) -> Iterator[Drift]:
    """What schemas and code say otherwise."""
    documented: dict[str, list[tuple[Document, Event]]] = defaultdict(list)
    for document in documents:
        for event in document.events:
            documented[event.type].append((document, event))
    for use in uses:
        yield from _in_code(use, documented, documents, used)
    sources: dict[str, set[str]] = defaultdict(set)
    for use in uses:
        sources[use.type].add(use.source)
    for document in documents:
        for event in document.events:
            yield from _in_document(document, event, sources, used)


def _in_code(
    use: _Use, documented: dict[str, list[tuple[Document, Event]]], documents: list[Document], used: Used
) -> Iterator[Drift]:
    shown = documented.get(use.type, []) if use.type else [each for some in documented.values() for each in some]
    sources = {event.source for _, event in shown}
    if use.source and shown and use.source not in sources:
        meant = near(use.source, sources) if not use.type else ""
        meant = meant or (shown[0][1].source if use.type else "")
        where = next(((document, event) for document, event in shown if event.source == meant), None)
        if where is not None:
            place = f"{where[0].file}:{where[1].line}"
            yield Drift(f"{use.name} {use.verb} here, and is documented as `{meant}` ({place})", use.witness)
    elif use.sent and not shown:
        speaking = [each for each in documents if used.covers(each, use.service)]
        if speaking:
            meant = near(use.type, {event.type for each in speaking for event in each.events})
            files = ", ".join(sorted({each.file for each in speaking}))
            where_told = f"documented as `{meant}` in {files}" if meant else f"{files} does not show it"
            yield Drift(f"{use.name} {use.verb} here and is not documented: {where_told}", use.witness)


def _in_document(document: Document, event: Event, sources: dict[str, set[str]], used: Used) -> Iterator[Drift]:
    point = in_document(document.file, event.line, f"documents `{event.source}`")
    known = sources.get(event.type, set()) - {""}
    if known and event.source not in known:
        names = " and ".join(f"`{each}`" for each in sorted(known))
        yield Drift(f"`{event.type}` is documented as sent by `{event.source}`; the code has {names}", (point,))
    elif event.type and event.type not in sources and used.is_resolved(document):
        text = f"`{event.type}` of `{event.source}` is documented, and nothing in the code sends or awaits it"
        yield Drift(text, (point,), True)


def _sent(used: Used) -> Iterator[_Use]:
    for message in used.messages:
        if message.type:
            yield _Use(message.source, message.type, message.service, message.witness, True)


def _of_templates(deployment: Deployment, used: Used) -> Iterator[_Use]:
    """What the rules of templates let through."""
    for event in deployment.events:
        for source in event.properties.get("source", "").split(",") if event.kind == BUS else ():
            for kind in event.types or ("",):
                yield from _waited_for(source, kind, event.file, event.line, used)


def _of_patterns(patterns: list[Document], used: Used) -> Iterator[_Use]:
    """What patterns of events let through that are files of their own."""
    for document in patterns:
        for event in document.events:
            yield from _waited_for(event.source, event.type, document.file, event.line, used)


def _waited_for(source: str, kind: str, file: str, line: int, used: Used) -> Iterator[_Use]:
    """One of them; the events of AWS itself are documented elsewhere."""
    if source and not source.startswith("aws.") and "$" not in source:
        yield _Use(source, kind, used.service_of(file), (in_document(file, line, "is the rule"),), False)
