"""Feeds: the ways into queues from exchanges and topics, in one system or in many."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from typing import NamedTuple

from edanalyze.link.values import String


class Feed(NamedTuple):
    """One way into a queue: from an exchange (or topic), for messages whose key fits the pattern ("" for all)."""

    source: str
    pattern: str


class Feeds:
    """All of them. Names are texts of templates; those that are not literal hold within one module (`scope`) only."""

    def __init__(self) -> None:
        self._feeds: dict[tuple[str, str], dict[Feed, None]] = defaultdict(dict)
        self.types: dict[str, str] = {}

    def add(self, queue: str, scope: str, feed: Feed) -> None:
        """Put down what feeds a queue."""
        self._feeds[(queue, scope)][feed] = None

    def of(self, queue: String, scope: str) -> tuple[Feed, ...]:
        """What feeds a queue that code of a module names."""
        return tuple(self._feeds.get((queue.text, "" if queue.literal is not None else scope), ()))

    def __iter__(self) -> Iterator[tuple[str, str, Feed]]:
        """Queue, scope and feed of all, in a stable order."""
        for (queue, scope), feeds in sorted(self._feeds.items()):
            for feed in feeds:
                yield queue, scope, feed
