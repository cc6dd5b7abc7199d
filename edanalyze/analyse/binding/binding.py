"""Binding: what the HTTP calls and published messages of a program lead to."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from functools import cached_property
from typing import TYPE_CHECKING

from edanalyze.analyse.binding.bindings import Bindings
from edanalyze.analyse.binding.climbing import Climbing
from edanalyze.analyse.binding.feeds import Feeds
from edanalyze.analyse.binding.handing import Handing
from edanalyze.analyse.binding.http_calls import HttpCalls, telling
from edanalyze.analyse.binding.procedures import Procedure, procedures
from edanalyze.analyse.binding.publishes import Publishes
from edanalyze.analyse.binding.records import HttpCall, PublishCall, RpcCall
from edanalyze.analyse.binding.rpc_calls import RpcCalls
from edanalyze.analyse.binding.stored import StoredEvents, relayed
from edanalyze.analyse.binding.subscriptions import Subscriptions
from edanalyze.analyse.binding.tasks import Tasks
from edanalyze.analyse.engine.contexts import Contexts
from edanalyze.discover.deployed import Deployment
from edanalyze.discover.service import Services
from edanalyze.facts.ir import Place
from edanalyze.link.entries import EntryPoint

if TYPE_CHECKING:
    from edanalyze.analyse.landscape import Landscape

__all__ = ["Binding", "HttpCall", "PublishCall", "RpcCall"]


class Binding:
    """The bound calls of a program, computed when first asked for; `handing` and `climbing` find what fixes them."""

    def __init__(
        self,
        contexts: Contexts,
        entries: Iterable[EntryPoint],
        services: Services,
        deployment: Deployment,
        others: Landscape | None = None,
    ) -> None:
        self._contexts = contexts
        self._entries = tuple(entries)
        self._services = services
        self._deployment = deployment
        self._others = others
        self.handing = Handing(contexts.effects)
        self.climbing = Climbing(contexts, self.handing)

    # -------------------------------------------------------------------- HTTP

    @cached_property
    def http_calls(self) -> tuple[HttpCall, ...]:
        """All HTTP calls, in a stable order."""
        calls = HttpCalls(self._contexts, self.climbing, self.handing, self._entries, self._services, self._others)
        return tuple(telling(calls.find()))

    @cached_property
    def _by_place(self) -> dict[tuple[str, Place], tuple[HttpCall, ...]]:
        found: dict[tuple[str, Place], list[HttpCall]] = defaultdict(list)
        for call in self.http_calls:
            found[(call.module, call.place)].append(call)
        return {place: tuple(calls) for place, calls in found.items()}

    def of_physical(self, module: str, place: Place) -> tuple[HttpCall, ...]:
        """What the library call at a place leads to, one record for each place that fixes a URL."""
        return self._by_place.get((module, place), ())

    @cached_property
    def rpc_calls(self) -> tuple[RpcCall, ...]:
        """All calls of remote procedures, in a stable order."""
        return tuple(RpcCalls(self._contexts, self.handing, self.procedures, self._services).find())

    @cached_property
    def procedures(self) -> tuple[Procedure, ...]:
        """What answers to remote calls."""
        return tuple(procedures(self._contexts.evaluator, self._entries, self._services))

    # ---------------------------------------------------------------- messages

    @cached_property
    def publishes(self) -> tuple[PublishCall, ...]:
        """All calls that send a message, in a stable order."""
        return tuple(relayed(self._publishes.find(), self.stored, self._publishes))

    @cached_property
    def stored(self) -> tuple[PublishCall, ...]:
        """The writes of outbox rows that name a topic: what a relay will publish."""
        return tuple(StoredEvents(self._contexts, self.climbing, self._publishes).find())

    @cached_property
    def _publishes(self) -> Publishes:
        return Publishes(self._contexts, self.climbing, self.handing, self._subscriptions, Tasks(self._entries))

    @cached_property
    def feeds(self) -> Feeds:
        """What feeds the queues of the program."""
        return Bindings(self._contexts.evaluator, self._deployment).feeds

    @cached_property
    def _subscriptions(self) -> Subscriptions[EntryPoint]:
        return Subscriptions(self._entries, self.feeds)

    @property
    def exchange_types(self) -> Mapping[str, str]:
        """The kinds of exchanges (fanout, direct, topic, headers) by their names, as far as they are declared."""
        return self.feeds.types

    @cached_property
    def _published(self) -> dict[tuple[str, Place], tuple[PublishCall, ...]]:
        found: dict[tuple[str, Place], list[PublishCall]] = defaultdict(list)
        for call in self.publishes:
            found[(call.module, call.place)].append(call)
        return {place: tuple(calls) for place, calls in found.items()}

    def publish_of_physical(self, module: str, place: Place) -> tuple[PublishCall, ...]:
        """What the library call at a place publishes, one record for each place that fixes a topic."""
        return self._published.get((module, place), ())

    @cached_property
    def consumed(self) -> dict[EntryPoint, tuple[str, ...]]:
        """The topics of each entry point that receives messages, under the names that its producers use."""
        return dict(
            self._subscriptions.consumed(self._publishes.message(call) for call in self.publishes if call.topic)
        )

    def consumers(self, topic: str) -> tuple[EntryPoint, ...]:
        """The entry points that receive what is sent to a topic (by the name that its producers use)."""
        return tuple(entry for entry, topics in self.consumed.items() if topic in topics)

    @cached_property
    def _producers(self) -> dict[EntryPoint, tuple[PublishCall, ...]]:
        found: dict[EntryPoint, list[PublishCall]] = defaultdict(list)
        for call in self.publishes:
            for entry in call.consumers:
                found[entry].append(call)
        return {entry: tuple(calls) for entry, calls in found.items()}

    def producers(self, entry: EntryPoint) -> tuple[PublishCall, ...]:
        """The publishes whose messages an entry point receives."""
        return self._producers.get(entry, ())
