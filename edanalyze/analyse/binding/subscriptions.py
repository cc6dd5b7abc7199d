"""Subscriptions: which handlers and tasks receive a message, and under which names they consume."""

from __future__ import annotations

import re
from bisect import bisect_left
from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Generic, Protocol, TypeVar

from edanalyze.analyse.binding.address import is_setting
from edanalyze.analyse.binding.feeds import Feed, Feeds
from edanalyze.analyse.binding.topics import Message, plain
from edanalyze.analyse.binding.wildcards import fits, is_pattern
from edanalyze.link.values import Hole, String

CONSUMING = frozenset({"handler", "task", "job", "command"})
# Transports that the models cannot tell: any other may be meant.
_OPEN = frozenset({"", "core"})
EXACT, LOOSE = 2, 1
_LAST = "\U0010ffff"


class Consuming(Protocol):
    """What matching needs to know of an entry point, of this system or of another."""

    @property
    def kind(self) -> str:
        """Handlers, tasks, jobs and commands may consume."""

    @property
    def topics(self) -> tuple[String, ...]:
        """What it consumes, as its code names it."""

    @property
    def transport(self) -> str:
        """How messages come to it."""

    @property
    def scope(self) -> str:
        """The module in which names that are not literal hold: that of the registration."""

    @property
    def function(self) -> str:
        """The function that is run (`module:qualname`)."""


T = TypeVar("T", bound=Consuming)


@dataclass(frozen=True, slots=True)
class Received(Generic[T]):
    """A handler that receives a message; not `certain` when the names fit only loosely."""

    entry: T
    certain: bool


class Subscriptions(Generic[T]):
    """Matches messages with entry points by name. A message is compared with those alone that its names lead to."""

    def __init__(self, entries: Iterable[T], feeds: Feeds) -> None:
        self._bindings = feeds
        self.consuming = [entry for entry in entries if entry.topics and entry.kind in CONSUMING]
        self._topics = [tuple(map(plain, entry.topics)) for entry in self.consuming]
        self._by_text: dict[str, set[int]] = defaultdict(set)
        self._by_name: dict[str, list[int]] = defaultdict(list)
        self._patterns: set[int] = set()
        for position, entry in enumerate(self.consuming):
            self._by_name[_own_name(entry)].append(position)
            for topic in self._topics[position]:
                self._by_text[topic.text].add(position)
                if topic.literal is not None and is_pattern(topic.literal, entry.transport):
                    self._patterns.add(position)
                for feed in feeds.of(topic, entry.scope):
                    self._by_text[feed.source].add(position)
                    self._by_text[feed.pattern].add(position)
        self._texts = sorted(self._by_text)

    def receivers(self, message: Message) -> list[Received[T]]:
        """The entry points that a message reaches; exact fits only, when there are any."""
        named = self._named(message)
        if named is not None:
            return [Received(named, False)]
        ranked = [(self._rank(message, position), position) for position in self._candidates(message)]
        best = max((rank for rank, _ in ranked), default=0)
        return [Received(self.consuming[position], rank == EXACT) for rank, position in ranked if rank and rank == best]

    def _candidates(self, message: Message) -> list[int]:
        """The positions of all entry points that a message may fit."""
        exchange = message.exchange.text if message.exchange is not None else ""
        found = set(self._patterns)
        for text in {message.topic.text, message.name.text, exchange, message.bus} - {""}:
            found |= self._by_text.get(text, set())
        for template in (message.topic, message.name):
            if template.literal is None:
                start = template.parts[0] if isinstance(template.parts[0], str) else ""
                low, high = bisect_left(self._texts, start), bisect_left(self._texts, start + _LAST)
                for text in self._texts[low:high]:
                    found |= self._by_text[text]
        return sorted(found)

    def _named(self, message: Message) -> T | None:
        """The only task whose function has the name by which an unresolved task is called."""
        hole = message.topic.parts[0] if len(message.topic.parts) == 1 else ""
        if not message.enqueued or not isinstance(hole, Hole):
            return None
        found = [self.consuming[position] for position in self._by_name.get(hole.name, ())]
        return found[0] if len({entry.function for entry in found}) == 1 and found[0].kind == "task" else None

    def _rank(self, message: Message, position: int) -> int:
        entry = self.consuming[position]
        return max((self._fits(message, entry, topic) for topic in self._topics[position]), default=0)

    def _fits(self, message: Message, entry: T, topic: String) -> int:
        feeds = self._bindings.of(topic, entry.scope)
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

    def consumed(self, sent: Iterable[Message]) -> Iterator[tuple[T, tuple[str, ...]]]:
        """The topics that each entry point consumes, by the names that producers use where there are any."""
        direct: dict[tuple[int, String], list[str]] = defaultdict(list)
        fed: dict[tuple[int, String, Feed], list[str]] = defaultdict(list)
        for message in dict.fromkeys(sent):
            for position in self._candidates(message):
                entry = self.consuming[position]
                for topic in self._topics[position]:
                    through = [f for f in self._bindings.of(topic, entry.scope) if self._feeds(message, f)]
                    for feed in through:
                        fed[(position, topic, feed)].append(message.name.text)
                    if not through and self._fits(message, entry, topic):
                        direct[(position, topic)].append(message.name.text)
        for position, entry in enumerate(self.consuming):
            names: dict[str, None] = {}
            for topic in self._topics[position]:
                names.update(dict.fromkeys(direct[(position, topic)]))
                feeds = self._bindings.of(topic, entry.scope)
                for feed in feeds:
                    shown = "/".join(part for part in (feed.source, feed.pattern) if part)
                    unsent = [shown] if entry.transport == "amqp" else [feed.source]
                    names.update(dict.fromkeys(fed[(position, topic, feed)] or unsent))
                if not feeds and not direct[(position, topic)]:
                    names[topic.text] = None
            yield entry, tuple(names)


def _own_name(entry: Consuming) -> str:
    return entry.function.rpartition(":")[2].rpartition(".")[2]


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
    if not any(isinstance(part, str) and re.search(r"\w{2}", part) for part in sent.parts):
        return 0
    if read.literal is None:  # `orders.{shop}.placed` and `orders.{shop_id}.placed`
        return LOOSE if _written(sent) == _written(read) else 0
    expected = "".join(".+" if isinstance(part, Hole) else re.escape(part) for part in sent.parts)
    return LOOSE if re.fullmatch(expected, read.literal) else 0


def _written(text: String) -> tuple[str | None, ...]:
    """A template without the names of its holes."""
    return tuple(part if isinstance(part, str) else None for part in text.parts)
