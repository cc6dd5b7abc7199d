"""The services of all systems under names that tell them apart, and the hosts that lead to one of them alone."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable

from edanalyze.discover.service import CODED, Service, Services
from edanalyze.exchange import records


class Known:
    """Services by system and name. `all` are those with code, each under the path by which its routes are kept."""

    def __init__(self, services: Iterable[records.Service]) -> None:
        given = list(services)
        self._records = {(each.system, each.name): each for each in given}
        holders: dict[str, set[str]] = defaultdict(set)
        answering: dict[str, set[tuple[str, str]]] = defaultdict(set)
        for each in given:
            if each.kind in CODED:
                holders[each.name].add(each.system)
                for host in {each.name, *each.hosts}:
                    answering[host.lower()].add((each.system, each.name))
        self._holders = {name: frozenset(systems) for name, systems in holders.items()}
        self._answering = {host: tuple(sorted(found)) for host, found in answering.items()}
        self.all = Services(
            tuple(
                Service(
                    name=self.shown(each.system, each.name),
                    path=key(each.system, each.name),
                    kind=each.kind,
                    hosts=tuple(host for host in (*each.hosts, each.name) if len(self._answering[host.lower()]) == 1),
                )
                for each in given
                if each.kind in CODED
            )
        )

    def is_coded(self, system: str, name: str) -> bool:
        """Whether the code of a service is known."""
        found = self._records.get((system, name))
        return found is not None and found.kind in CODED

    def folder(self, system: str, name: str) -> str:
        """The folder of a service in its system."""
        found = self._records.get((system, name))
        return found.path if found is not None else ""

    def shown(self, system: str, name: str) -> str:
        """The name of a service in the landscape: one that code of several systems has tells which of them it is."""
        if not name:
            return ""
        own = self._records.get((system, name))
        if own is None or own.kind in CODED:
            return f"{name} ({system})" if len(self._holders.get(name, ())) > 1 else name
        hosts = {found for host in (name, *own.hosts) for found in self._answering.get(host.lower(), ())}
        return self.shown(*hosts.pop()) if len(hosts) == 1 else name

    def sharing(self, host: str) -> tuple[str, ...]:
        """The names of the services that answer to one host, when there are several."""
        found = self._answering.get(host.lower(), ())
        return tuple(sorted(self.shown(*each) for each in found)) if len(found) > 1 else ()


def key(system: str, service: str) -> str:
    """The path under which the routes of a service are kept."""
    return f"{system}:{service}"
