"""Sources: what a consumer object reads, found from where it was made and what was called on it."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator
from typing import NamedTuple

from edanalyze.facts import ir
from edanalyze.link.entries.declarations import Declaration, Declarations
from edanalyze.link.entries.delivery import Deliveries, Switchboard
from edanalyze.link.entries.prefixes import Prefixes
from edanalyze.link.entries.records import Delivery
from edanalyze.link.entries.strings import Strings, written
from edanalyze.link.evaluate import Evaluator
from edanalyze.link.library import arguments
from edanalyze.link.values import External, ExternalInstance, Frame, Instance, Site, String, Value
from edanalyze.models import Api, Slot

TOPICS = ("topic", "queue", "stream", "list", "pattern")
DEEPEST = 4


class Source(NamedTuple):
    """What is read: topics, consumer group, delivery."""

    topics: tuple[String, ...]
    group: tuple[String, ...]
    delivery: Delivery


class Use(NamedTuple):
    """A call that configures a consumer: what it is a call of, with the frame it is made in."""

    name: str
    call: ir.Call
    frame: Frame


class Sources:
    """Reads consumer objects for an evaluator."""

    def __init__(self, evaluator: Evaluator, declarations: Declarations, strings: Strings) -> None:
        self._evaluator = evaluator
        self._library = evaluator.models
        self._strings = strings
        self._prefixes = Prefixes(evaluator)
        self.deliveries = Deliveries(evaluator)
        self._subscriptions: dict[int, list[Declaration]] = defaultdict(list)
        self._names = declarations
        for declaration in declarations.of("consumer"):
            if declaration.text("form") in {"subscribe", "assign", "construct"}:
                site = _site(declaration.receiver)
                if site is not None:
                    self._subscriptions[id(site.call)].append(declaration)

    def of(self, api: Api, use: Use | None, receiver: Value | None) -> Source:
        """What is read by a call of `api` on a consumer object."""
        uses = [*([use] if use is not None else []), *self._history(receiver, 0)]
        topics = self._first(uses, TOPICS)
        if all(map(_opaque, topics)) and (anonymous := self._strings.anonymous(receiver)) is not None:
            topics = [anonymous]
        group = self._first(uses, ("group_id",))
        boards = [Switchboard(each.name, each.call, each.frame, each.frame.scope.module) for each in uses]
        topics = self._prefixes.applied(written(topics), receiver)
        return Source(tuple(topics), tuple(group), self.deliveries.of(boards, api))

    def _history(self, receiver: Value | None, depth: int) -> Iterator[Use]:
        """The calls that made a consumer object or subscribed it to something, latest first."""
        site = _site(receiver)
        if site is None or depth > DEEPEST:
            return
        every = self._subscriptions.get(id(site.call), [])
        same = [each for each in every if _site(each.receiver) == site] or every
        for declaration in same:
            if declaration.call is not None:
                yield Use(declaration.name, declaration.call, declaration.frame)
        if isinstance(receiver, Instance | ExternalInstance):
            for name in self._classes(receiver):
                yield Use(name, site.call, site.frame)
        for value in self._evaluator.values(site.call.function, site.frame):
            for name, owner in self._names.names(value):
                yield Use(name, site.call, site.frame)
                if _site(owner) != site:
                    yield from self._history(owner, depth + 1)

    def _classes(self, receiver: Instance | ExternalInstance) -> Iterable[str]:
        if isinstance(receiver, ExternalInstance):
            return (receiver.name, *self._library.models.bases(receiver.name))
        return self._evaluator.classes.order(receiver.id)[1]

    def _first(self, uses: Iterable[Use], roles: Iterable[str]) -> list[String]:
        unknown: list[String] = []
        for use in uses:
            for api in self._library.rows(use.name):
                for role in roles:
                    slot = self._slot(api, role)
                    if slot is None or api.kind in {"auto_ack", "dead_letter", "carrier", "ack"}:
                        continue
                    if slot.entry is not None or (role == "group_id" and slot.kw is not None):
                        values = self.deliveries.setting(slot, use.call, use.frame) or ()
                        found = [value for value in values if isinstance(value, String)]
                    else:
                        found = self._strings.of(arguments(slot, use.call), use.frame)
                    if found and not all(_opaque(text) for text in found):
                        return [text for text in found if not _opaque(text)]
                    unknown = unknown or found
        return unknown

    @staticmethod
    def _slot(api: Api, role: str) -> Slot | None:
        """Where an API takes a role; the group of a consumer made of a dict is an entry of that."""
        config = api.slots.get("config")
        if role == "group_id" and role not in api.slots and config is not None:
            return Slot(pos=config.pos, kw=config.kw, entry="group.id")
        return api.slots.get(role)


def _opaque(text: String) -> bool:
    """A string that is only a label of something not known."""
    return all(not isinstance(part, str) and part.kind == "unknown" for part in text.parts)


def _site(value: Value | None) -> Site | None:
    while value is not None:
        if isinstance(value, ExternalInstance | Instance) and value.site is not None:
            return value.site
        value = value.receiver if isinstance(value, External) else None
    return None
