"""Services: the records, and which service a file, a host name or a port belongs to."""

from __future__ import annotations

import re
from itertools import takewhile

import msgspec

from edanalyze.discover import globs
from edanalyze.discover.deployed import Setting

CODED = frozenset({"python", "foreign"})
"""The kinds of services whose code the project holds."""
_CLUSTER = re.compile(r"([\w-]+)\.[\w-]+\.svc(?:\.[\w.-]+)?\.?$")


class Process(msgspec.Struct, frozen=True, kw_only=True):
    """One process of a service: a container, a function, a line of a Procfile.

    `entry` is the Python file it starts (from the root), if that can be told. `settings` are its environment,
    the strongest first. `file` and `line` are where it is declared.
    """

    name: str
    command: str = ""
    entry: str | None = None
    settings: tuple[Setting, ...] = ()
    hosts: tuple[str, ...] = ()
    ports: tuple[int, ...] = ()
    published: tuple[int, ...] = ()
    file: str = ""
    line: int = 0


class Service(msgspec.Struct, frozen=True, kw_only=True):
    """A deployable unit.

    `path` is its folder or single file from the root ("." is the root; "" for what has no code in the project).
    `kind` is "python"; "foreign" (code in other languages); "image" (a ready-made image that the system runs);
    "external" (declared as outside). `files` are patterns of further files that belong to it. `hosts` are the names
    by which others call it, `ports` those it listens on, `published` those on the machine that runs the system.
    `evidence` is where it was found: (file, line).
    """

    name: str
    path: str
    kind: str
    hosts: tuple[str, ...] = ()
    ports: tuple[int, ...] = ()
    published: tuple[int, ...] = ()
    processes: tuple[Process, ...] = ()
    files: tuple[str, ...] = ()
    evidence: tuple[tuple[str, int], ...] = ()

    @property
    def command(self) -> str:
        """The command of its first process that has one."""
        return next((each.command for each in self.processes if each.command), "")


class Services:
    """All services of a project, by path, host and port."""

    def __init__(self, services: tuple[Service, ...]) -> None:
        self.all = services
        self._by_path = {each.path: each for each in services if each.path}
        self._by_host: dict[str, list[Service]] = {}
        self._patterns = [(tuple(map(globs.pattern, each.files)), each) for each in services if each.files]
        for rank in ("python", "foreign", "external", "image"):
            for each in services:
                if each.kind == rank:
                    for host in (*each.hosts, each.name):
                        self._by_host.setdefault(host.lower(), []).append(each)
        self._known: dict[str, Service | None] = {}

    def named(self, name: str) -> Service | None:
        """The service of this name."""
        return next((each for each in self.all if each.name == name), None)

    def of(self, path: str) -> Service | None:
        """The service that a file (from the root) belongs to; None for code shared by several or run by none.

        A single-file service comes before one that lists the file, that before the nearest folder.
        """
        if path not in self._known:
            self._known[path] = self._found(path)
        return self._known[path]

    def name_of(self, path: str) -> str:
        """The name of the service that a file belongs to; "" when it belongs to none."""
        service = self.of(path)
        return service.name if service is not None else ""

    def by_host(self, host: str, near: str = "") -> Service | None:
        """The service that answers to a host name (without port), in any form a cluster gives it.

        A repository may hold several variants of a system: of services with the same name that is meant which lies
        nearest to the file that asks.
        """
        name = host.lower().rstrip(".")
        found = self._by_host.get(name)
        if found is None:
            in_cluster = _CLUSTER.match(name)
            found = self._by_host.get(in_cluster[1]) if in_cluster else None
        if not found:
            return None
        return found[0] if len(found) == 1 or not near else max(found, key=lambda each: _in_common(each.path, near))

    def by_port(self, port: int) -> Service | None:
        """The only service with code that listens on a port of the machine itself (`localhost:8001`)."""
        coded = [each for each in self.all if each.kind in CODED]
        published = [each for each in coded if port in each.published]
        listening = [each for each in coded if port in each.ports and not each.published]
        found = published or listening
        return found[0] if len(found) == 1 else None

    def _found(self, path: str) -> Service | None:
        if path in self._by_path:
            return self._by_path[path]
        for patterns, service in self._patterns:
            if globs.covers(patterns, path):
                return service
        folder = path
        while "/" in folder:
            folder = folder.rpartition("/")[0]
            if folder in self._by_path:
                return self._by_path[folder]
        return self._by_path.get(".")


def _in_common(one: str, other: str) -> int:
    """How many folders two paths share."""
    pairs = zip(one.split("/"), other.split("/"), strict=False)
    return sum(1 for _ in takewhile(lambda pair: pair[0] == pair[1], pairs))
