"""Broken contracts: what has changed since the lock was written in a way that breaks a consumer, at both ends."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import date
from typing import TYPE_CHECKING, NamedTuple

from edanalyze.analyse.cataloguing.build import build
from edanalyze.analyse.cataloguing.declared import Declarations
from edanalyze.analyse.cataloguing.merged import merged, told
from edanalyze.analyse.landscape import Landscape
from edanalyze.analyse.payloads.kinds import Kinds
from edanalyze.analyse.witness import Point, Witness
from edanalyze.catalog.deprecation import expired
from edanalyze.catalog.lock import Lock, differences
from edanalyze.catalog.mismatches import mismatches
from edanalyze.catalog.records import Catalogue, Message
from edanalyze.exchange import union
from edanalyze.facts.ir import Place

if TYPE_CHECKING:
    from edanalyze.analyse.system import System


class Broken(NamedTuple):
    """One end of a broken contract: `field` is "" for the message as a whole, `what` says what is wrong here."""

    message: str
    field: str
    what: str
    witness: Witness


def broken(
    system: System, kinds: Kinds, lock: Lock | None, deprecated: Mapping[str, str], today: date
) -> Iterator[Broken]:
    """Breaking changes at the calls that send a message and at the reads of the field; reads of what nobody sends.

    Also messages that are `deprecated` and still there `today`. Nothing is agreed on without a `lock`.
    """
    if lock is None and not deprecated:
        return
    catalogue = build(system, "", Declarations(kinds.commands, kinds.events), internal=False, judged=False)
    messages = {message.id: message for message in catalogue.messages}
    ends = _Ends(system)
    yield from _deprecated(catalogue, lock, deprecated, today, ends)
    if lock is None:
        return
    for each in differences(lock, catalogue):
        if not each.breaking:
            continue
        change, message = each.change, messages.get(each.message)
        agreed = f" (agreed on: {', '.join(each.before)})" if each.before else ""
        for path in ends.senders(message):
            yield Broken(each.message, change.field, f"{change.what}{agreed}", path)
        for point in ends.readers(message, change.field):
            yield Broken(each.message, change.field, f"{change.what}, and this consumer reads it", (point,))
    for unmet in mismatches(_among_others(system, catalogue)):
        place = ends.at(unmet.read.path, unmet.read.line, f"`{unmet.read.name}` is read")
        if place is not None:
            sent = ", ".join(f"{end.path}:{end.line}" for end in unmet.message.producers)
            yield Broken(unmet.message.id, unmet.read.name, f"it is read here, and nobody sends it ({sent})", (place,))
            continue
        reader = f"`{unmet.consumer.function}` reads it ({unmet.read.path}:{unmet.read.line})"
        for path in ends.senders(unmet.message):
            yield Broken(unmet.message.id, unmet.read.name, f"{reader}, and nobody sends it", path)


def _among_others(system: System, catalogue: Catalogue) -> Catalogue:
    """The catalogue with the other ends of messages that are in other systems."""
    if system.landscape is None:
        return catalogue
    return merged(Landscape(union([system.landscape.facts, told(catalogue, "")])), "")


def _deprecated(
    catalogue: Catalogue, lock: Lock | None, deprecated: Mapping[str, str], today: date, ends: _Ends
) -> Iterator[Broken]:
    """Messages that are still sent or received after their last day."""
    agreed = {name: (each.version, each.deprecated) for name, each in lock.contracts.items()} if lock else {}
    for message, version, last in expired(catalogue, deprecated, agreed, today):
        which = f"version {version} of it" if version else "it"
        for path in ends.senders(message):
            yield Broken(message.id, "", f"{which} is deprecated since {last.isoformat()} and still sent here", path)
        for end in message.consumers:
            place = ends.at(end.path, end.line, f"`{end.function}` receives it")
            if place is not None:
                yield Broken(
                    message.id, "", f"{which} is deprecated since {last.isoformat()} and still received here", (place,)
                )


class _Ends:
    """Finds the places of producers and consumers."""

    def __init__(self, system: System) -> None:
        self._modules = {path: module for module, path in system.program.paths.items()}
        self._built = {
            (system.program.paths[payload.built.module], payload.built.place.line): payload.built_path
            for payload in system.payloads.all
        }

    def senders(self, message: Message | None) -> list[Witness]:
        """The ways from the calls that build a message."""
        found = (self._built.get((end.path, end.line)) for end in (message.producers if message is not None else ()))
        return [path for path in found if path is not None]

    def readers(self, message: Message | None, field: str) -> list[Point]:
        """The reads of a field."""
        found = {
            (read.path, read.line): self.at(read.path, read.line, f"`{read.name}` is read")
            for end in (message.consumers if message is not None else ())
            for read in end.reads
            if field and read.name == field
        }
        return [point for point in found.values() if point is not None]

    def at(self, path: str, line: int, what: str) -> Point | None:
        """A line of a file as a point."""
        module = self._modules.get(path)
        return Point(module, f"{module}:", Place(line, 1, line, 1), what) if module is not None else None
