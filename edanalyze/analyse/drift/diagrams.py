"""Diagrams, as they can be compared with code: which services they show, and which of them they connect."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Container, Iterable
from functools import cached_property

from edanalyze.analyse.drift.names import key
from edanalyze.discover.documents import Arrow, Document


class Diagram:
    """One diagram among services with code and topics whose names are known.

    Whatever is neither (a broker, a topic, a gateway of somebody else) connects those that it is connected with.
    """

    def __init__(self, document: Document, services: Iterable[str], topics: Container[str] = ()) -> None:
        self.document = document
        self._topics = topics
        self._services = {name.lower(): name for name in services}
        by_key: dict[str, list[str]] = defaultdict(list)
        for name in self._services.values():
            by_key[key(name)].append(name)
        self._by_key = {text: names[0] for text, names in by_key.items() if len(names) == 1}

    def service(self, label: str) -> str:
        """The service that a label means; "" for none. A topic may have the name of a service in other words."""
        own = self._services.get(label.lower(), "")
        return own if own or label in self._topics else self._by_key.get(key(label), "")

    @cached_property
    def shown(self) -> frozenset[str]:
        """The services in it."""
        ends = (end for arrow in self.document.arrows for end in (arrow.source, arrow.target))
        return frozenset({*map(self.service, ends), *filter(self.service, self.document.services)} - {""})

    @cached_property
    def direct(self) -> dict[tuple[str, str], Arrow]:
        """The first arrow between each two services; replies are none."""
        found: dict[tuple[str, str], Arrow] = {}
        for arrow in self.document.arrows:
            ends = (self.service(arrow.source), self.service(arrow.target))
            if all(ends) and ends[0] != ends[1] and not arrow.reply:
                found.setdefault(ends, arrow)
        return found

    def connects(self, one: str, other: str) -> bool:
        """Whether it shows how two services depend on each other, directly or by way of what is no service."""
        return other in self._reached.get(one, frozenset())

    @cached_property
    def _reached(self) -> dict[str, frozenset[str]]:
        """The services that each is connected with; arrows at brokers may point either way, as data or calls go."""
        beside: dict[str, set[str]] = defaultdict(set)
        for arrow in self.document.arrows:
            one, other = (self.service(end) or f"\0{end}" for end in (arrow.source, arrow.target))
            beside[one].add(other)
            beside[other].add(one)
        found: dict[str, frozenset[str]] = {}
        for service in self.shown:
            seen, waiting = {service}, [service]
            while waiting:
                node = waiting.pop()
                for further in beside[node] - seen:
                    seen.add(further)
                    if further.startswith("\0"):
                        waiting.append(further)
            found[service] = frozenset(each for each in seen if not each.startswith("\0"))
        return found
