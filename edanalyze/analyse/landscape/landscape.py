"""What leads from one system to another: the matching that is used within a system, done on the facts of many."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property

from edanalyze.analyse.binding.answering import Answering
from edanalyze.analyse.binding.feeds import Feed, Feeds
from edanalyze.analyse.binding.routing import Routing, Way
from edanalyze.analyse.binding.subscriptions import Subscriptions
from edanalyze.analyse.landscape.remote import Remote, message, remote, ways
from edanalyze.analyse.landscape.services import Known, key
from edanalyze.exchange import records


@dataclass(frozen=True, slots=True)
class Reached:
    """Where a request of one system leads in another: to `entries` of `service`, or nowhere for a reason."""

    entries: tuple[Remote, ...] = ()
    service: str = ""
    reason: str = ""
    confidence: str = "certain"


class Landscape:
    """The systems that facts tell of."""

    def __init__(self, facts: records.Facts) -> None:
        self.facts = facts
        self.systems = facts.systems
        self.services = Known(facts.services)
        self.entries = tuple(map(remote, facts.entries))

    # ---------------------------------------------------------------- requests

    @cached_property
    def _routing(self) -> Routing[Remote]:
        held: dict[str, list[Remote]] = defaultdict(list)
        for entry in self.entries:
            held[key(entry.record.system, entry.record.service)].append(entry)
        return Routing(self.services.all, held)

    def request(self, ways: Sequence[Way], asked: Sequence[str], system: str = "") -> Reached:
        """Where a request of a system leads among the other ones, once it leads nowhere within its own."""
        own = key(system, "")
        if not ways:
            return Reached(reason="the address is not known")
        destination, arriving = self._routing.destination(ways[0].address, asked)
        passed = [way._replace(address=arriving) if not way.passed else way for way in ways]
        led = self._routing.lead(destination, passed, lambda path: path.startswith(own))
        service = led.destination.service
        if service is None or service.path.startswith(own):
            sharing = self.services.sharing(destination.host)
            several = f"several services answer to the host {destination.host}: {', '.join(sharing)}"
            return Reached(reason=several if sharing else "")
        certain = led.destination.confidence == "certain" and led.match.whole
        return Reached(led.match.routes, service.name, "", "certain" if certain else "likely")

    @cached_property
    def _waited(self) -> dict[tuple[str, str], list[records.Request]]:
        found: dict[tuple[str, str], list[records.Request]] = defaultdict(list)
        for request in self.facts.requests:
            for entry in request.waiting:
                found[(request.system, entry)].append(request)
        return found

    def waited_for(self, entry: Remote) -> tuple[records.Request, ...]:
        """The requests whose answer an entry point waits for."""
        return tuple(self._waited.get((entry.record.system, entry.record.code), ()))

    def is_internal(self, request: records.Request) -> bool:
        """Whether a request leads to the code of another service."""
        if request.service or request.targets:
            services = {self._codes.get((request.system, target), "") for target in request.targets}
            services = services or {request.service}
            own = {self._codes.get((request.system, source), "") for source in request.sources}
            return not services <= own and self.services.is_coded(request.system, min(services))
        return bool(self.request(ways(request), request.asked, request.system).service)

    def dependencies(self, request: records.Request) -> Iterator[tuple[str, str, bool]]:
        """The services that wait in a request for services whose code is known: names, and whether that is certain."""
        codes, shown = self._codes, self.services.shown
        sources = {shown(request.system, codes.get((request.system, each), "")) for each in request.sources}
        sure = request.confidence == "certain"
        if request.targets:
            targets = {shown(request.system, codes.get((request.system, each), "")) for each in request.targets}
        elif self.services.is_coded(request.system, request.service):
            targets = {shown(request.system, request.service)}
        else:
            reached = self.request(ways(request), request.asked, request.system)
            targets, sure = {reached.service}, reached.confidence == "certain"
        for source in sorted(sources - {""}):
            for target in sorted(targets - {"", source}):
                yield source, target, sure

    @cached_property
    def _codes(self) -> dict[tuple[str, str], str]:
        """The service of code."""
        return {(code.system, code.id): code.service for code in self.facts.code}

    # -------------------------------------------------------- procedures, messages

    @cached_property
    def _procedures(self) -> Answering[Remote]:
        return Answering(entry for entry in self.entries if entry.procedures)

    def procedure(self, call: records.RemoteCall) -> tuple[Remote, ...]:
        """The procedures that a remote call reaches."""
        return self._procedures.of(call.owner, call.method)

    def consumed(self) -> list[tuple[Remote, tuple[str, ...]]]:
        """The topics that each entry point consumes, by the names that producers use where there are any."""
        feeds = Feeds()
        for each in self.facts.feeds:
            scope = f"{each.system}:{each.scope}" if each.scope else ""
            feeds.add(each.queue, scope, Feed(each.source, each.pattern))
        for exchange in self.facts.exchanges:
            feeds.types.setdefault(exchange.name, exchange.type)
        subscriptions = Subscriptions(self.entries, feeds)
        return list(subscriptions.consumed(message(each) for each in self.facts.publishes if each.topic))

    @cached_property
    def _tasks(self) -> dict[str, set[str]]:
        """The systems that run a task of each name."""
        found: dict[str, set[str]] = defaultdict(set)
        for entry in self.entries:
            if entry.kind == "task":
                for topic in entry.topics:
                    found[topic.text].add(entry.record.system)
        return found

    def topic(self, system: str, name: str) -> str:
        """The name of a topic in the landscape: tasks of one name in several systems are those of each alone."""
        systems = self._tasks.get(name, ())
        return f"{name} ({system})" if len(systems) > 1 and system in systems else name
