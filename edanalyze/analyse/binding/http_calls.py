"""HTTP calls of a program, each bound to the routes, the service or the host it reaches."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from functools import partial
from operator import eq
from typing import TYPE_CHECKING

from edanalyze.analyse.binding.address import Address, is_setting, parse
from edanalyze.analyse.binding.branches import Branches
from edanalyze.analyse.binding.climbing import Climbing
from edanalyze.analyse.binding.forwarding import Forwarders
from edanalyze.analyse.binding.handing import Handing
from edanalyze.analyse.binding.hosts import LOCAL, Destination
from edanalyze.analyse.binding.records import HttpCall
from edanalyze.analyse.binding.requests import Request, Requests
from edanalyze.analyse.binding.routing import Led, Routing, Way
from edanalyze.analyse.binding.sites import Reading, Site, Sites
from edanalyze.analyse.effects.effect import Effect
from edanalyze.analyse.engine.contexts import Contexts
from edanalyze.analyse.trees.trees import Step
from edanalyze.analyse.witness import Point
from edanalyze.discover.service import CODED, Service, Services
from edanalyze.facts import ir
from edanalyze.link.entries import EntryPoint
from edanalyze.link.values import Frame, Hole

if TYPE_CHECKING:
    from edanalyze.analyse.landscape import Landscape, Reached


class HttpCalls:
    """Finds and binds them."""

    def __init__(
        self,
        contexts: Contexts,
        climbing: Climbing,
        handing: Handing,
        entries: Iterable[EntryPoint],
        services: Services,
        others: Landscape | None,
    ) -> None:
        self._contexts = contexts
        self._program = contexts.program
        self._climbing = climbing
        self._requests = Requests(contexts.effects, handing)
        self._branches = Branches(contexts.evaluator)
        self._services = services
        self._others = others
        by_service: dict[str, list[EntryPoint]] = defaultdict(list)
        entries = tuple(entries)
        for entry in entries:
            by_service[self._folder(entry.module)].append(entry)
        self._forwarders = Forwarders(entries)
        self._routing = Routing(services, by_service)
        self._by_path = {service.path: service for service in services.all if service.path}

    def _folder(self, module: str) -> str:
        """What tells the code of one service from that of another."""
        service = self._services.of(self._program.paths[module])
        return service.path if service is not None else ""

    # ----------------------------------------------------------------- finding

    def find(self) -> Iterator[HttpCall]:
        """All HTTP calls, in a stable order."""
        inventory = list(self._contexts.inventory.of_kinds(("http",)))
        found = [self._calls(*each) for each in inventory]
        ports = self._listening(call for calls in found for call in calls)
        self._routing.hosts.tell(ports)
        for each, calls in zip(inventory, found, strict=True):
            again = any(not call.service and _local_port(call) in ports for call in calls)
            yield from self._calls(*each) if again else calls

    def _listening(self, calls: Iterable[HttpCall]) -> dict[int, Service]:
        """The service on each port of the machine itself to which paths that only it answers to are asked for there."""
        told: dict[int, set[str]] = defaultdict(set)
        for call in calls:
            port = _local_port(call)
            if port is not None and call.service and call.targets:
                told[port].add(call.service)
        known = {port: self._services.named(next(iter(names))) for port, names in told.items() if len(names) == 1}
        return {port: service for port, service in known.items() if service is not None}

    def _calls(self, function: str, step: Step, effect: Effect) -> list[HttpCall]:
        name = effect.name.rpartition(".")[2] or effect.name
        last = Point(step.scope.module, function, step.call.place, f"`{name}` sends an HTTP request", effect.likely)

        ruled_out = False

        def read(frame: Frame) -> Iterable[Reading[Request]]:
            nonlocal ruled_out
            if self._branches.excluded(step.call, frame):
                ruled_out = True
                return
            for request in self._requests.of(effect, step.call, frame):
                yield self._reading(request)

        found: dict[tuple[object, ...], HttpCall] = {}
        for site in Sites(self._climbing, read, last).find(step.scope):
            call = self._bound(site, function, step, effect)
            where = tuple(target.function for target in call.targets) or call.service or call.external or call.url
            found.setdefault((call.site.module, call.site.place, where), call)
        calls = list(found.values())
        if ruled_out:  # what no caller asks for is not asked for
            calls = [call for call in calls if len(call.path) > 1 or not _is_left_to_callers(call)]
        return list(telling(calls))

    @staticmethod
    def _reading(request: Request) -> Reading[Request]:
        address = parse(request.url)
        inside = [part for segment in address.segments for part in segment if isinstance(part, Hole)]
        host = int(bool(address.host) or any(map(is_setting, address.holes)))
        if address.has_text:
            tail = address.tail
            path = 1 if tail is not None and tail.kind in {"parameter", "unknown"} else 2
        elif address.segments:
            path = 0
        else:
            path = 2 if host else 0
        asked = inside if path < 2 and inside else list(address.holes)
        if not host and not address.authority:
            asked.append(Hole("parameter", "base_url"))
        return Reading(request, path, host, int(len(request.url.parts) > 1), tuple(asked))

    # ----------------------------------------------------------------- binding

    def _bound(self, site: Site[Request], function: str, step: Step, effect: Effect) -> HttpCall:
        request = site.reading.value
        address = self._routing.deployed(request.url)
        point = site.path[0]
        asked = self._asked(address, site.frame)
        destination, arriving = self._routing.destination(address, asked, self._program.paths[point.module])
        forwarded = self._forwarders.of(point, arriving, request.methods)
        ways = forwarded or [Way(arriving, request.methods)]
        methods = tuple(dict.fromkeys(method for way in ways for method in way.methods))
        led = self._led(destination, ways, self._folder(point.module))
        match, destination = led.match, led.destination
        reason = destination.reason
        service = destination.service
        if service is not None and service.kind == "python" and not match.routes:
            reason = f"no route of {service.name} answers to {'/'.join(methods)} {arriving.text}"
        elsewhere = self._elsewhere(destination, forwarded or [Way(address, request.methods)], asked)
        sure = elsewhere.confidence if elsewhere is not None else destination.confidence
        likely = effect.likely or sure != "certain" or not match.whole
        return HttpCall(
            effect=effect,
            step=step,
            module=step.scope.module,
            function=function,
            place=step.call.place,
            site=point,
            path=site.path,
            methods=methods,
            url=request.url,
            ways=tuple(forwarded) or (Way(address, request.methods),),
            asked=asked,
            host=destination.host,
            targets=match.routes,
            service=service.name if service is not None else "",
            external=destination.external,
            reason="" if match.routes else reason,
            confidence="likely" if likely else "certain",
            made=site.made,
            elsewhere=elsewhere,
        )

    def _led(self, destination: Destination, ways: Sequence[Way], own: str) -> Led[EntryPoint]:
        """Where a request of a service leads; on a port of the machine itself to another, where only that answers."""
        led = self._routing.lead(destination, ways, partial(eq, own))
        if led.match.routes or destination.service is None or destination.host not in LOCAL:
            return led
        elsewhere = destination._replace(service=self._by_path.get(own), confidence="likely")
        for asked in (elsewhere, destination._replace(service=None)):
            other = self._routing.lead(asked, ways, partial(eq, own))
            if other.match.routes and other.match.whole:
                return other
        return led

    def _elsewhere(self, destination: Destination, ways: Sequence[Way], asked: Sequence[str]) -> Reached | None:
        """Where a request leads among the other systems, unless its service is one of this system with code."""
        own = destination.service
        if self._others is None or (own is not None and own.kind in CODED):
            return None
        reached = self._others.request(ways, asked)
        return reached if reached.service else None

    def _asked(self, address: Address, frame: Frame) -> tuple[str, ...]:
        """The texts by which the code asks for the host: `url = registry.address("stock")`."""
        texts: dict[str, None] = {}
        for hole in address.holes:
            for binding in frame.scope.lexical.bindings.get(hole.name, ()):
                expr = binding.expr.value if isinstance(binding.expr, ir.Await) else binding.expr
                if isinstance(expr, ir.Call):
                    for each in expr.arguments:
                        texts.update(dict.fromkeys(self._contexts.evaluator.literals(each, frame)))
        return tuple(texts)


def telling(calls: Iterable[HttpCall]) -> Iterator[HttpCall]:
    """Without what is less than another reading of the same call at the same place tells."""
    by_site: dict[tuple[str, ir.Place], list[HttpCall]] = defaultdict(list)
    for call in calls:
        by_site[(call.site.module, call.site.place)].append(call)
    for alternatives in by_site.values():
        bound = [call for call in alternatives if call.targets]
        known = [call for call in alternatives if (call.service or call.external) and not _is_guessed(call)]
        services = {call.service for call in bound}
        for call in alternatives:
            told = call.service in services if call.service else bool(known) and not call.external
            if not (told and not call.targets) and not (known and _is_guessed(call)):
                yield call


def _local_port(call: HttpCall) -> int | None:
    """The port of the machine itself that a request is sent to."""
    address = call.ways[0].address
    return address.port if address.host in LOCAL else None


def _is_left_to_callers(call: HttpCall) -> bool:
    return any(isinstance(part, Hole) and part.kind == "parameter" for part in call.url.parts)


def _is_guessed(call: HttpCall) -> bool:
    """Whether a request was bound by its path alone, with a host that is not known and names no setting either."""
    head = call.url.parts[0] if call.url.parts else ""
    return bool(call.targets) and isinstance(head, Hole) and not is_setting(head)
