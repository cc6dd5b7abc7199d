"""Instrumentation: where the project switches on a library that propagates trace headers by itself."""

from __future__ import annotations

from collections.abc import Callable, Iterable

from edanalyze.facts import ir
from edanalyze.link.evaluate import Evaluator
from edanalyze.link.values import External, ExternalInstance
from edanalyze.models import Api

OUTBOUND = frozenset({"outbound", "both"})
# Libraries that other libraries send through: instrumenting the lower one covers the upper one.
CARRIED_BY = {
    "requests": ("requests", "urllib3"),
    "boto3": ("boto3", "botocore"),
    "aioboto3": ("aioboto3", "aiobotocore"),
    "urllib": ("urllib", "urllib.request", "http.client"),
    "http": ("http.client",),
    "kafka": ("kafka", "kafka-python"),
    "pika": ("pika",),
}


class Instrumentation:
    """Targets that propagate by themselves, per service.

    `service_of` names the service of a file; `commands` gives (service or "" for all, command line) of containers.
    """

    def __init__(
        self,
        evaluator: Evaluator,
        service_of: Callable[[str], str],
        commands: Iterable[tuple[str, str]] = (),
    ) -> None:
        self._evaluator = evaluator
        self._service_of = service_of
        self._on: dict[str, set[str]] = {}
        rows = [api for api in evaluator.models.models.of_kind("instrumentation") if api.data.get("direction") in OUTBOUND]
        initialised: dict[str, set[str]] = {}
        for api in rows:
            for service in self._activated(api):
                vendor = str(api.data.get("vendor", api.library))
                if api.data.get("targets"):
                    self._switch_on(service, api)
                initialised.setdefault(vendor, set()).add(service)
        for api in rows:
            if api.data.get("enabled") in {"auto", "default"}:
                for service in initialised.get(str(api.data.get("vendor", api.library)), ()):
                    self._switch_on(service, api)
            elif api.data.get("form") == "builtin":
                self._switch_on("", api)
        launchers = {str(api.data.get("name")): str(api.data.get("vendor")) for api in evaluator.models.models.of_kind("bootstrap")}
        for service, command in commands:
            if any(name and name in command for name in launchers):
                self._on.setdefault(service, set()).add("*")

    def _switch_on(self, service: str, api: Api) -> None:
        targets = api.data.get("targets")
        if isinstance(targets, list | tuple):
            self._on.setdefault(service, set()).update(str(target) for target in targets)

    def _activated(self, api: Api) -> set[str]:
        """The services whose code uses the row: calls it, or imports it where importing is enough."""
        program = self._evaluator.program
        found: set[str] = set()
        if not api.call:
            return found
        if api.data.get("form") == "import":
            for module, scope in ((name, program.scopes.get(f"{name}:")) for name in program.modules):
                items = [b.imported for bindings in (scope.bindings.values() if scope else ()) for b in bindings if b.imported]
                if any(item.imported == api.call or f"{item.imported}.{item.member}" == api.call for item in items):
                    found.add(self._service_of(program.paths[module]))
            return found
        last = api.call.rpartition(".")[2]
        for call, scope in program.calls.get(last, ()):
            if self._is(call.function, scope, api.call):
                found.add(self._service_of(program.paths[scope.module]))
        return found

    def _is(self, expr: ir.Expr, scope: object, name: str) -> bool:
        from edanalyze.link.scopes import Scope

        assert isinstance(scope, Scope)
        canonical = self._evaluator.models.models.canonical
        return any(
            isinstance(value, External | ExternalInstance) and canonical(value.name) == name
            for value in self._evaluator.values(expr, self._evaluator.root(scope))
        )

    def covers(self, path: str, name: str) -> bool:
        """Whether calls of a library function in the file at `path` carry trace headers by themselves."""
        on = self._on.get(self._service_of(path), set()) | self._on.get("", set())
        if "*" in on:
            return True
        top = name.partition(".")[0]
        wanted = {top, *CARRIED_BY.get(top, ())}
        parts = name.split(".")
        wanted |= {".".join(parts[:end]) for end in range(1, len(parts))}
        return bool(wanted & on)
