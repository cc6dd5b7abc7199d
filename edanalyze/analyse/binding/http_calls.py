"""HTTP calls of a program, each bound to the routes, the service or the host it reaches."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping

from edanalyze.analyse.binding.address import Address, is_setting, joined, parse
from edanalyze.analyse.binding.climbing import Climbing, lexical
from edanalyze.analyse.binding.forwarding import Forwarded, Forwarders
from edanalyze.analyse.binding.handing import Handing
from edanalyze.analyse.binding.hosts import Destination, Hosts
from edanalyze.analyse.binding.matching import Match, Routes
from edanalyze.analyse.binding.records import HttpCall
from edanalyze.analyse.binding.requests import Request, Requests
from edanalyze.analyse.binding.sites import Reading, Site, Sites
from edanalyze.analyse.contexts import Contexts
from edanalyze.analyse.effects import Effect
from edanalyze.analyse.trees import Step, steps
from edanalyze.analyse.witness import Point
from edanalyze.discover.service import Services
from edanalyze.facts import ir
from edanalyze.link.entries import EntryPoint
from edanalyze.link.values import Frame, Hole, String, string

_EVERYWHERE = frozenset(
    {"health", "healthz", "healthcheck", "metrics", "ping", "status", "ready", "readyz", "live", "livez", "version"}
)


class HttpCalls:
    """Finds and binds them."""

    def __init__(
        self,
        contexts: Contexts,
        climbing: Climbing,
        handing: Handing,
        entries: Iterable[EntryPoint],
        services: Services,
    ) -> None:
        self._contexts = contexts
        self._program = contexts.program
        self._climbing = climbing
        self._requests = Requests(contexts.effects, handing)
        self._services = services
        self._hosts = Hosts(services)
        by_service: dict[str, list[EntryPoint]] = defaultdict(list)
        entries = tuple(entries)
        for entry in entries:
            by_service[self._folder(entry.module)].append(entry)
        self._forwarders = Forwarders(entries)
        self._routes: Mapping[str, Routes] = {name: Routes(found) for name, found in by_service.items()}

    def _folder(self, module: str) -> str:
        """What tells the code of one service from that of another."""
        service = self._services.of(self._program.paths[module])
        return service.path if service is not None else ""

    # ----------------------------------------------------------------- finding

    def find(self) -> Iterator[HttpCall]:
        """All HTTP calls, in a stable order."""
        functions = [*sorted(self._program.functions), *(f"{module}:" for module in sorted(self._program.modules))]
        for function in functions:
            for step in steps(self._contexts.tree(function).body):
                for effect in step.effects:
                    if effect.kind == "http":
                        yield from self._calls(function, step, effect)

    def _calls(self, function: str, step: Step, effect: Effect) -> list[HttpCall]:
        name = effect.name.rpartition(".")[2] or effect.name
        last = Point(step.scope.module, function, step.call.place, f"`{name}` sends an HTTP request", effect.likely)

        def read(frame: Frame) -> Iterable[Reading[Request]]:
            for request in self._requests.of(effect, step.call, frame):
                yield self._reading(request)

        found: dict[tuple[object, ...], HttpCall] = {}
        for site in Sites(self._climbing, read, last).find(step.scope):
            call = self._bound(site, function, step, effect)
            where = tuple(target.function for target in call.targets) or call.service or call.external or call.url
            found.setdefault((call.site.module, call.site.place, where), call)
        return list(_telling(found.values()))

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
        address = self._deployed(parse(request.url), request.url)
        point = site.path[0]
        destination, address = self._hosts.through_sidecar(address) or (self._hosts.of(address), address)
        if destination.service is None and not destination.external:
            destination = self._looked_up(destination, address, site.frame)
        ways = self._forwarders.of(point, address, request.methods)
        methods = tuple(dict.fromkeys(method for way in ways for method in way.methods)) or request.methods
        match, destination = self._matched(destination, address, ways, methods, point)
        reason = destination.reason
        service = destination.service
        if service is not None and service.kind == "python" and not match.routes:
            reason = f"no route of {service.name} answers to {'/'.join(methods)} {address.text}"
        likely = effect.likely or destination.confidence != "certain" or not match.whole
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
            host=destination.host,
            targets=match.routes,
            service=service.name if service is not None else "",
            external=destination.external,
            reason="" if match.routes else reason,
            confidence="likely" if likely else "certain",
        )

    def _deployed(self, address: Address, url: String) -> Address:
        """The address with the value that all services give to the variable which holds the host."""
        hole = url.parts[0] if url.parts else ""
        if isinstance(hole, Hole) and hole.kind == "environment" and address.authority == (hole,):
            value = self._hosts.deployed(hole.name)
            if value is not None and parse(string(value)).host:
                return parse(joined(string(value), string(*url.parts[1:]), "append"))
        return address

    def _looked_up(self, destination: Destination, address: Address, frame: Frame) -> Destination:
        """The service by whose name the code asks for the host: `url = registry.address("stock")`."""
        for hole in address.holes:
            for binding in lexical(frame.scope).bindings.get(hole.name, ()):
                expr = binding.expr.value if isinstance(binding.expr, ir.Await) else binding.expr
                if isinstance(expr, ir.Call):
                    texts = [text for each in expr.arguments for text in self._contexts.evaluator.literals(each, frame)]
                    service = self._hosts.called(texts)
                    if service is not None:
                        return destination._replace(service=service, reason="", confidence="likely")
        return destination

    def _matched(
        self, destination: Destination, address: Address, ways: list[Forwarded], methods: tuple[str, ...], point: Point
    ) -> tuple[Match, Destination]:
        if destination.external:
            return Match(()), destination
        if destination.service is None:
            return self._by_path(destination, methods, address, point)
        routes = self._routes.get(destination.service.path)
        if routes is None or not (address.segments or address.slash or address.host):
            return Match(()), destination
        if not ways:
            return routes.match(methods, address), destination
        matches = [routes.match(way.methods, way.address, way.wholesale) for way in ways]
        found = dict.fromkeys(route for match in matches for route in match.routes)
        return Match(tuple(found), all(match.whole for match in matches)), destination

    def _by_path(
        self, destination: Destination, methods: tuple[str, ...], address: Address, point: Point
    ) -> tuple[Match, Destination]:
        """Without a host: the only route of another service that has such a path."""
        words = [part for segment in address.segments for part in segment if isinstance(part, str)]
        if not words or all(word.lower() in _EVERYWHERE for word in words) or address.tail is not None:
            return Match(()), destination
        own = self._folder(point.module)
        found = {
            folder: exact
            for folder, routes in self._routes.items()
            if folder != own and (exact := routes.exact(methods, address))
        }
        if len(found) == 1:
            ((folder, routes),) = found.items()
            service = next((each for each in self._services.all if each.path == folder), None)
            if len(routes) == 1 and service is not None:
                return Match(routes), destination._replace(service=service, confidence="likely")
        return Match(()), destination


def _telling(calls: Iterable[HttpCall]) -> Iterator[HttpCall]:
    """Without what is less than another reading of the same call at the same place tells."""
    by_site: dict[tuple[str, ir.Place], list[HttpCall]] = defaultdict(list)
    for call in calls:
        by_site[(call.site.module, call.site.place)].append(call)
    for alternatives in by_site.values():
        bound = [call for call in alternatives if call.targets]
        known = [call for call in alternatives if call.service or call.external]
        services = {call.service for call in bound}
        for call in alternatives:
            told = call.service in services if call.service else bool(known) and not call.external
            if call.targets or not told:
                yield call
