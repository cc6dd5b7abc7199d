"""Routing: from the address of a request to a service and its routes, among the routes of one system or of many."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Generic, NamedTuple

from edanalyze.analyse.binding.address import Address, joined, parse
from edanalyze.analyse.binding.hosts import Destination, Hosts
from edanalyze.analyse.binding.matching import Match, Routes, T
from edanalyze.analyse.binding.templates import Tree, pattern
from edanalyze.discover.service import Services
from edanalyze.link.values import Hole, String, string

_EVERYWHERE = frozenset(
    {"health", "healthz", "healthcheck", "metrics", "ping", "status", "ready", "readyz", "live", "livez", "version"}
)


class Way(NamedTuple):
    """One address at which a request may arrive.

    `passed`: a route passes on what it was asked for itself; `wholesale`: so that the end of the path may be anything.
    """

    address: Address
    methods: tuple[str, ...]
    passed: bool = False
    wholesale: bool = False


@dataclass(frozen=True, slots=True)
class Led(Generic[T]):
    """Where a request leads, as far as that is known."""

    match: Match[T]
    destination: Destination


class Routing(Generic[T]):
    """The services of one or many systems, with the routes of each by its path ("" for code that belongs to none)."""

    def __init__(self, services: Services, routes: Mapping[str, Sequence[T]]) -> None:
        self.hosts = Hosts(services)
        self._services = {service.path: service for service in reversed(services.all) if service.path}
        self._routes = {path: Routes(found) for path, found in routes.items()}
        self._written: Tree[str] | None = None

    def deployed(self, url: String) -> Address:
        """The address of a URL, with the value that all services give to a variable which holds the host."""
        address = parse(url)
        hole = url.parts[0] if url.parts else ""
        if isinstance(hole, Hole) and hole.kind == "environment" and address.authority == (hole,):
            value = self.hosts.deployed(hole.name)
            if value is not None and parse(string(value)).host:
                return parse(joined(string(value), string(*url.parts[1:]), "append"))
        return address

    def destination(self, address: Address, asked: Iterable[str] = (), near: str = "") -> tuple[Destination, Address]:
        """Where an address leads, and the address as it arrives there.

        `asked` are the names by which the code, the file `near`, asks for the host: `url = registry.address("stock")`.
        """
        found, arriving = self.hosts.through_sidecar(address) or (self.hosts.of(address, near), address)
        if found.service is None and not found.external:
            service = self.hosts.called(asked)
            if service is not None:
                found = found._replace(service=service, reason="", confidence="likely")
        return found, arriving

    def lead(self, destination: Destination, ways: Sequence[Way], is_own: Callable[[str], bool]) -> Led[T]:
        """The routes that a request reaches at its destination in any of several ways.

        `is_own` says which paths are those of the service (or system) it comes from.
        """
        if destination.external or not ways:
            return Led(Match(), destination)
        if destination.service is None:
            return Led(Match(), destination) if ways[0].passed else self._by_path(destination, ways[0], is_own)
        routes = self._routes.get(destination.service.path)
        address = ways[0].address
        if routes is None or not (address.segments or address.slash or address.host):
            return Led(Match(), destination)
        matches = [routes.match(way.methods, way.address, way.wholesale) for way in ways]
        found = dict.fromkeys(route for match in matches for route in match.routes)
        return Led(Match(tuple(found), all(match.whole for match in matches)), destination)

    def _by_path(self, destination: Destination, way: Way, is_own: Callable[[str], bool]) -> Led[T]:
        """Without a host: the only route of another service that has such a path."""
        address, methods = way.address, way.methods
        words = [part for segment in address.segments for part in segment if isinstance(part, str)]
        if not words or all(word.lower() in _EVERYWHERE for word in words) or address.tail is not None:
            return Led(Match(), destination)
        if self._written is None:
            self._written = Tree()
            for path, routes in self._routes.items():
                for route in routes.all:
                    template = pattern(route.path)
                    if any(template.segments):  # what answers to any path tells nothing
                        self._written.add(template, path)
        found = {
            path: exact
            for path in sorted(set(self._written.written(address.segments)))
            if not is_own(path)
            and (exact := self._routes[path].exact(methods, address))
            and any(pattern(exact[0].path).segments)
        }
        if len(found) == 1:
            ((path, best),) = found.items()
            service = self._services.get(path)
            if len(best) == 1 and service is not None:
                return Led(Match(best), destination._replace(service=service, confidence="likely"))
        return Led(Match(), destination)
