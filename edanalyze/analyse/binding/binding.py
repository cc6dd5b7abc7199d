"""Binding: what the HTTP calls and published messages of a program lead to."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from functools import cached_property

from edanalyze.analyse.binding.climbing import Climbing
from edanalyze.analyse.binding.handing import Handing
from edanalyze.analyse.binding.http_calls import HttpCalls
from edanalyze.analyse.binding.records import HttpCall, PublishCall
from edanalyze.analyse.contexts import Contexts
from edanalyze.discover.deployed import Deployment
from edanalyze.discover.service import Services
from edanalyze.facts.ir import Place
from edanalyze.link.entries import EntryPoint

__all__ = ["Binding", "HttpCall", "PublishCall"]


class Binding:
    """The bound calls of a program, computed when first asked for."""

    def __init__(
        self, contexts: Contexts, entries: Iterable[EntryPoint], services: Services, deployment: Deployment
    ) -> None:
        self._contexts = contexts
        self._entries = tuple(entries)
        self._services = services
        self._deployment = deployment
        self._handing = Handing(contexts.effects)
        self._climbing = Climbing(contexts, self._handing)

    # -------------------------------------------------------------------- HTTP

    @cached_property
    def http_calls(self) -> tuple[HttpCall, ...]:
        """All HTTP calls, in a stable order."""
        calls = HttpCalls(self._contexts, self._climbing, self._handing, self._entries, self._services)
        return tuple(calls.find())

    @cached_property
    def _by_place(self) -> dict[tuple[str, Place], tuple[HttpCall, ...]]:
        found: dict[tuple[str, Place], list[HttpCall]] = defaultdict(list)
        for call in self.http_calls:
            found[(call.module, call.place)].append(call)
        return {place: tuple(calls) for place, calls in found.items()}

    def of_physical(self, module: str, place: Place) -> tuple[HttpCall, ...]:
        """What the library call at a place leads to, one record for each place that fixes a URL."""
        return self._by_place.get((module, place), ())

    # ---------------------------------------------------------------- messages

    @cached_property
    def publishes(self) -> tuple[PublishCall, ...]:
        """All calls that send a message, in a stable order."""
        return ()

    def publish_of_physical(self, module: str, place: Place) -> tuple[PublishCall, ...]:
        """What the library call at a place publishes, one record for each place that fixes a topic."""
        return tuple(call for call in self.publishes if (call.module, call.place) == (module, place))

    def consumers(self, topic: str) -> tuple[EntryPoint, ...]:
        """The entry points that receive what is sent to a topic (by the name that its publishes give it)."""
        return tuple(dict.fromkeys(entry for call in self.publishes if call.topic == topic for entry in call.consumers))

    def producers(self, entry: EntryPoint) -> tuple[PublishCall, ...]:
        """The publishes whose messages an entry point receives."""
        return tuple(call for call in self.publishes if any(each is entry for each in call.consumers))
