"""Ownership: events that several services publish, and messages that only one side of the system knows."""

from __future__ import annotations

import fnmatch
import re
from collections import defaultdict
from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING, NamedTuple

from edanalyze.analyse.binding.records import PublishCall
from edanalyze.analyse.payloads.kinds import Kinds
from edanalyze.analyse.payloads.records import Payload
from edanalyze.analyse.witness import Point, Witness

if TYPE_CHECKING:
    from edanalyze.analyse.system import System
    from edanalyze.link.entries import EntryPoint

_REPLY = re.compile(r"repl(y|ies)|response|result", re.I)


class Contested(NamedTuple):
    """An event at one of the calls that publish it; `others` are the calls of the other services, with their names.

    `elsewhere` are those in other systems, with their places.
    """

    name: str
    service: str
    witness: Witness
    others: tuple[tuple[str, Point], ...]
    likely: bool
    elsewhere: tuple[tuple[str, str], ...] = ()


def contested(system: System, kinds: Kinds, shared: Iterable[str]) -> Iterator[Contested]:
    """Events that more than one service publishes, at each call once; `shared` are patterns of those that may be."""
    patterns = tuple(shared)
    sent: dict[tuple[str, str], list[tuple[PublishCall, Payload | None]]] = defaultdict(list)
    for call in system.binding.publishes:
        if call.effect.kind in {"publish", "deferred_publish"} and call.task is None:
            for payload in system.payloads.of(call) or (None,):
                name = kinds.name(call, payload)
                if _tells_type(name, payload):
                    sent[(name, "")].append((call, payload))
                elif call.destination.literal is not None:  # equal classes are the same event on the same topic
                    sent[(name, call.topic)].append((call, payload))
    for (name, topic), calls in sorted(sent.items()):
        if _matches(patterns, name, *(call.topic for call, _ in calls)) or not _is_event(kinds, name, calls):
            continue
        by_service: dict[str, dict[tuple[str, object], tuple[Witness, bool]]] = defaultdict(dict)
        for call, payload in calls:
            witness = payload.built_path if payload is not None else call.path
            service = system.service_of(system.program.paths[witness[0].module])
            if service:
                by_service[service].setdefault((witness[0].module, witness[0].place), (witness, call.effect.likely))
        elsewhere = _published_elsewhere(system, name, topic)
        if len(by_service) + bool(elsewhere) < 2:
            continue
        for service, places in sorted(by_service.items()):
            others = [
                (other, witness[0])
                for other, theirs in sorted(by_service.items())
                if other != service
                for witness, _ in theirs.values()
            ]
            for witness, likely in places.values():
                yield Contested(name, service, witness, tuple(others), likely, elsewhere)


def _published_elsewhere(system: System, name: str, topic: str) -> tuple[tuple[str, str], ...]:
    """The services of other systems that publish an event (on a topic, where its name alone is no type)."""
    if system.others is None:
        return ()
    return tuple(
        (each.service, f"{each.system}/{each.path}:{each.line}")
        for each in system.others.facts.sent
        if each.name == name and each.kind == "event" and each.service and topic in ("", each.channel)
    )


def _is_event(kinds: Kinds, name: str, calls: list[tuple[PublishCall, Payload | None]]) -> bool:
    """Whether a message is known to be an event: by declaration, wording, or because it names its type."""
    word = kinds.settled(name, calls).word
    if word != "message":
        return word == "event"
    return all(_tells_type(name, payload) for _, payload in calls)


def _tells_type(name: str, payload: Payload | None) -> bool:
    """Whether a message names its type itself, in an attribute, a header or a field."""
    told = {"type", "header", "field"}
    return payload is not None and any(each.text == name and each.source in told for each in payload.names)


def unheard(system: System, external: Iterable[str]) -> Iterator[PublishCall]:
    """Published messages that nobody in the system receives, at each place once."""
    patterns = tuple(external)
    heard = _heard_elsewhere(system)
    seen: set[tuple[str, object]] = set()
    for call in system.binding.publishes:
        known = call.destination.literal
        if known is None or call.task is not None or call.consumers or call.effect.kind == "outbox":
            continue
        if not call.topic or _matches(patterns, call.topic) or _REPLY.search(call.topic):
            continue
        if call.topic in heard or system.binding.consumers(call.topic) or (call.site.module, call.site.place) in seen:
            continue
        seen.add((call.site.module, call.site.place))
        yield call


def unsent(system: System, external: Iterable[str]) -> Iterator[tuple[EntryPoint, str]]:
    """Handlers of messages that nobody in the system sends, with the topic."""
    patterns = tuple(external)
    fed = _fed_from_elsewhere(system)
    for entry, topics in system.binding.consumed.items():
        literal = [text.literal for text in entry.topics]
        if entry.kind != "handler" or not topics or None in literal or system.binding.producers(entry):
            continue
        if (entry.module, entry.place.line) in fed:
            continue
        if _matches(patterns, *topics, *filter(None, literal)) or any("*" in topic or "#" in topic for topic in topics):
            continue
        yield entry, topics[0]


def _heard_elsewhere(system: System) -> frozenset[str]:
    """The topics that other systems consume whose facts are known."""
    if system.landscape is None:
        return frozenset()
    consumed = system.landscape.consumed()
    return frozenset(topic for entry, topics in consumed if entry.record.system for topic in topics)


def _fed_from_elsewhere(system: System) -> frozenset[tuple[str, int]]:
    """The handlers, by module and line, of messages that other systems send."""
    if system.landscape is None or system.others is None:
        return frozenset()
    sent = {each.topic for each in system.others.facts.publishes}
    fed = {entry.record.code for entry, topics in system.landscape.consumed() if sent & {*topics}}
    own = {each.id: each for each in system.landscape.facts.code if not each.system}
    modules = {path: module for module, path in system.program.paths.items()}
    return frozenset((modules[own[code].path], own[code].line) for code in fed if code in own)


def _matches(patterns: Iterable[str], *names: str) -> bool:
    return any(fnmatch.fnmatchcase(name, pattern) for pattern in patterns for name in names)
