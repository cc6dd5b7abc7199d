"""Hosts: which service, or which host outside, an address leads to."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Mapping
from typing import NamedTuple

from edanalyze.analyse.binding.address import Address, is_setting
from edanalyze.discover.service import Service, Services

LOCAL = frozenset(
    {"localhost", "127.0.0.1", "0.0.0.0", "[::1]", "host.docker.internal", "gateway.docker.internal"}
    | {"docker.for.mac.localhost", "docker.for.win.localhost", "docker.for.mac.host.internal"}
)
# Words that say what kind of a thing an address or a service is, not which.
_NOISE = frozenset(
    {"url", "uri", "host", "hostname", "addr", "address", "base", "baseurl", "endpoint", "port", "service", "services"}
    | {"svc", "server", "http", "https", "the", "client", "api", "ms", "microservice", "micro", "backend", "internal"}
    | {"app", "settings", "config", "root", "domain", "location", "prefix", "rest", "web", "self", "external", "env"}
    | {"default", "target", "upstream", "link", "v1", "v2"}
)
_SUFFIX = re.compile(r"(?<=\w{2})(service|svc|server|api|microservice|url|uri|host|addr)$")
_WORD = re.compile(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+|\d+")
_PRIVATE = frozenset({"local", "internal", "svc", "lan", "localdomain", "cluster", "test", "docker"})
_METADATA = frozenset({"metadata.google.internal", "169.254.169.254"})
_IP = re.compile(r"\d+(\.\d+){3}$")


class Destination(NamedTuple):
    """Where an address leads: a service, a public host, or neither for a reason."""

    service: Service | None = None
    external: str = ""
    host: str = ""
    reason: str = ""
    confidence: str = "certain"


class Hosts:
    """Finds destinations among the services of a project."""

    def __init__(self, services: Services) -> None:
        self._services = services
        self._by_words: dict[str, list[Service]] = defaultdict(list)
        self._values: dict[str, set[str]] = defaultdict(set)
        self._told: dict[int, Service] = {}
        for service in services.all:
            for name in dict.fromkeys(key for text in (service.name, *service.hosts) for key in keys(text)):
                if service not in self._by_words[name]:
                    self._by_words[name].append(service)
            for process in service.processes:
                for setting in process.settings:
                    self._values[setting.name].add(setting.value)

    def deployed(self, variable: str) -> str | None:
        """The value that all services which set a variable give it."""
        values = self._values.get(variable, set())
        return next(iter(values)) if len(values) == 1 else None

    def tell(self, ports: Mapping[int, Service]) -> None:
        """Which services listen on ports of the machine itself, as the paths asked for there tell."""
        self._told.update(ports)

    def of(self, address: Address, near: str = "") -> Destination:
        """Where an address leads that a file (`near`) asks for."""
        host = address.host
        if host:
            return self._literal(host, address.port, near)
        holes = address.holes
        if not holes:
            return Destination(reason="the host is not part of the URL and the client's base URL is not known")
        for hole in holes:
            service = self.named(hole.name)
            if service is not None:
                return Destination(service, host="{" + hole.name + "}", confidence="likely")
        name = holes[0].name
        if is_setting(holes[0]):
            return Destination(host="{" + name + "}", reason=f"the deployment files do not set {name}")
        return Destination(host="{" + name + "}", reason=f"the host comes from `{name}`, which could not be resolved")

    def through_sidecar(self, address: Address) -> tuple[Destination, Address] | None:
        """The service that a Dapr sidecar is asked to invoke (`/v1.0/invoke/<app>/method/<path>`), and the path."""
        match address.segments:
            case (("v1.0",), ("invoke",), (str() as app,), ("method",), *rest):
                service = self._known(app)
                reason = "" if service is not None else f"no known service is called {app}"
                return Destination(service, host=app, reason=reason), address._replace(segments=tuple(rest))
            case _:
                return None

    def _literal(self, host: str, port: int | None, near: str) -> Destination:
        if host in LOCAL:
            service = self._services.by_port(port) if port is not None else None
            if service is not None:
                return self._found(service, host, "certain")
            if port in self._told:
                return self._found(self._told[port], host, "likely")
            reason = f"no service is known to listen on port {port} of the machine itself"
            return Destination(host=f"{host}:{port}" if port is not None else host, reason=reason)
        service = self._services.by_host(host, near)
        if service is not None:
            return self._found(service, host, "certain")
        if is_public(host):
            return Destination(external=host, host=host)
        service = self.named(host.partition(".")[0])
        if service is not None:
            return self._found(service, host, "likely")
        return Destination(host=host, reason=f"no known service answers to the host {host}")

    @staticmethod
    def _found(service: Service, host: str, confidence: str) -> Destination:
        if service.kind == "external":
            return Destination(external=service.name, host=host, confidence=confidence)
        return Destination(service, host=host, confidence=confidence)

    def called(self, texts: Iterable[str]) -> Service | None:
        """The only service that is called by one of these texts, as in `registry.address("stock-service")`."""
        found = {service.name: service for text in texts if (service := self._known(text)) is not None}
        return next(iter(found.values())) if len(found) == 1 else None

    def _known(self, text: str) -> Service | None:
        return self._services.by_host(text) or self.named(text)

    def named(self, name: str) -> Service | None:
        """The only service that a name such as `STOCK_SERVICE_URL` speaks of."""
        for key in keys(name):
            found = self._by_words.get(key, ())
            if len(found) == 1:
                return found[0]
        return None


def is_public(host: str) -> bool:
    """Whether a host is one of the internet rather than of a private network."""
    if _IP.match(host):
        return not host.startswith(("10.", "127.", "192.168.", "172."))
    return host in _METADATA or ("." in host and host.rpartition(".")[2] not in _PRIVATE)


def keys(name: str) -> list[str]:
    """The words of a name that tell things apart, joined: with and without its words of kind, in singular."""
    words = [word.lower() for word in _WORD.findall(name)]
    telling = [word for word in words if word not in _NOISE]
    if not telling:
        return []
    last = _SUFFIX.sub("", telling[-1])
    spelled = ["".join(telling), "".join([*telling[:-1], last])]
    return list(dict.fromkeys(key for text in spelled for key in (text, text.removesuffix("s")) if len(key) > 1))
