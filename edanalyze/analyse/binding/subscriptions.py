"""Subscriptions: which handlers and tasks receive a message, and under which names they consume."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable
from typing import NamedTuple

from edanalyze.analyse.binding.address import is_setting
from edanalyze.analyse.binding.bindings import Bindings, Feed, fits, is_pattern
from edanalyze.analyse.binding.topics import Message, plain
from edanalyze.link.entries import EntryPoint
from edanalyze.link.values import Hole, String

CONSUMING = frozenset({"handler", "task", "job", "command"})
# Transports that the models cannot tell: any other may be meant.
_OPEN = frozenset({"", "core"})
EXACT, LOOSE = 2, 1


class Received(NamedTuple):
    """A handler that receives a message; not `certain` when the names fit only loosely."""

    entry: EntryPoint
    certain: bool


class Subscriptions:
    """Matches messages with entry points."""

    def __init__(self, entries: Iterable[EntryPoint], bindings: Bindings) -> None:
        self._bindings = bindings
        self.consuming = [entry for entry in entries if entry.topics and entry.kind in CONSUMING]
        self.tasks: dict[str, list[EntryPoint]] = defaultdict(list)
        for entry in entries:
            if entry.kind in {"task", "job", "handler"}:
                for function in {entry.function, *([entry.value.id] if entry.value is not None else ())}:
                    self.tasks[function].append(entry)

    def task_name(self, function: str) -> String | None:
        """The name under which a task queue knows a function."""
        for entry in self.tasks.get(function, ()):
            if entry.topics:
                return entry.topics[0]
        return None

    def receivers(self, message: Message) -> list[Received]:
        """The entry points that a message reaches; exact fits only, when there are any."""
        if message.task is not None:
            return [Received(entry, True) for entry in self.tasks.get(message.task.id, ())]
        named = self._named(message)
        if named is not None:
            return [Received(named, False)]
        ranked = [(self._rank(message, entry), entry) for entry in self.consuming]
        best = max((rank for rank, _ in ranked), default=0)
        return [Received(entry, rank == EXACT) for rank, entry in ranked if rank and rank == best]

    def _named(self, message: Message) -> EntryPoint | None:
        """The only task whose function has the name by which an unresolved task is called."""
        hole = message.topic.parts[0] if len(message.topic.parts) == 1 else ""
        if not message.enqueued or not isinstance(hole, Hole):
            return None
        found = [entry for entry in self.consuming if entry.function.rpartition(":")[2].rpartition(".")[2] == hole.name]
        return found[0] if len({entry.function for entry in found}) == 1 and found[0].kind == "task" else None

    def _rank(self, message: Message, entry: EntryPoint) -> int:
        return max((self._fits(message, entry, plain(topic)) for topic in entry.topics), default=0)

    def _fits(self, message: Message, entry: EntryPoint, topic: String) -> int:
        feeds = self._bindings.feeds(topic, entry.module)
        if any(self._feeds(message, feed) for feed in feeds):
            return EXACT
        if not _compatible(message.transport, entry.transport):
            return 0
        if message.bus and topic.literal == message.bus:
            return EXACT
        exchange = message.exchange
        if exchange is not None and exchange.parts:
            if not feeds and exchange.literal is None:
                return min(LOOSE, _equal(message.topic, topic, entry.transport))
            named = _equal(message.name, topic, entry.transport)
            return named or (min(LOOSE, _equal(message.topic, topic, entry.transport)) if not feeds else 0)
        return _equal(message.topic, topic, entry.transport)

    def _feeds(self, message: Message, feed: Feed) -> bool:
        """Whether a binding lets a message through."""
        exchange = message.exchange
        if exchange is not None and exchange.parts:
            if feed.source != exchange.text:
                return False
            kind = self._bindings.types.get(feed.source, "")
            key = message.topic.text
            return kind in {"fanout", "headers"} or (not kind and not feed.pattern) or fits(feed.pattern, key, "amqp")
        if message.transport == "amqp":
            return False
        if feed.source == message.topic.text:
            return True
        return bool(feed.pattern) and feed.pattern == message.topic.text

    # ------------------------------------------------------------------- names

    def consumed(self, entry: EntryPoint, sent: Iterable[Message]) -> list[str]:
        """The topics that an entry point consumes, by the names that producers use where there are any."""
        names: dict[str, None] = {}
        messages = list(sent)
        for topic in map(plain, entry.topics):
            feeds = self._bindings.feeds(topic, entry.module)
            direct = [m.name.text for m in messages if not self._is_fed(m, feeds) and self._fits(m, entry, topic)]
            names.update(dict.fromkeys(direct))
            for feed in feeds:
                fed = [m.name.text for m in messages if self._feeds(m, feed)]
                shown = "/".join(part for part in (feed.source, feed.pattern) if part)
                names.update(dict.fromkeys(fed or ([shown] if entry.transport == "amqp" else [feed.source])))
            if not feeds and not direct:
                names[topic.text] = None
        return list(names)

    def _is_fed(self, message: Message, feeds: Iterable[Feed]) -> bool:
        return any(self._feeds(message, feed) for feed in feeds)


def _compatible(one: str, other: str) -> bool:
    if one in _OPEN or other in _OPEN or one == other:
        return True
    return one.partition("-")[0] == other.partition("-")[0] == "redis"


def _equal(sent: String, read: String, transport: str) -> int:
    """How well the name of what is sent fits that of what is read."""
    if sent.text == read.text:
        known = [part for part in sent.parts if isinstance(part, str) or is_setting(part)]
        return (EXACT if sent.literal is not None else LOOSE) if known else 0
    if sent.literal is not None and read.literal is not None:
        return EXACT if is_pattern(read.literal, transport) and fits(read.literal, sent.literal, transport) else 0
    if any(isinstance(part, str) and re.search(r"\w{2}", part) for part in sent.parts) and read.literal is not None:
        expected = "".join(".+" if isinstance(part, Hole) else re.escape(part) for part in sent.parts)
        return LOOSE if re.fullmatch(expected, read.literal) else 0
    return 0
