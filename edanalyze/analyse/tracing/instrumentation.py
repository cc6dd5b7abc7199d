"""Instrumentation: where the project switches on a library that propagates trace headers by itself."""

from __future__ import annotations

from collections.abc import Callable, Iterable

from edanalyze.facts import ir
from edanalyze.facts.children import walk
from edanalyze.link.evaluate import Evaluator
from edanalyze.link.values import External, ExternalInstance, Module
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


BROKERS = frozenset({"pika", "aio_pika", "kafka", "aiokafka", "confluent_kafka", "celery", "kombu"})


class Instrumentation:
    """Targets that propagate by themselves, per service.

    `service_of` names the service of a file; `commands` gives (service or "" for all, command line, the file it starts
    if known) of containers.
    """

    def __init__(
        self,
        evaluator: Evaluator,
        service_of: Callable[[str], str],
        commands: Iterable[tuple[str, str, str | None]] = (),
    ) -> None:
        self._evaluator = evaluator
        self._service_of = service_of
        self._on: dict[str, set[str]] = {}
        self._launched: dict[str, set[str]] = {}
        rows = [
            api for api in evaluator.models.models.of_kind("instrumentation") if api.data.get("direction") in OUTBOUND
        ]
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
        launchers = {
            str(api.data.get("name")): str(api.data.get("vendor"))
            for api in evaluator.models.models.of_kind("bootstrap")
        }
        for service, command, entry in commands:
            if any(name and name in command for name in launchers):
                self._on.setdefault(service, set()).add("*")
                self._launched.setdefault(service, set()).update(self._imported(entry) if entry else ())

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
                items = [
                    b.imported
                    for bindings in (scope.bindings.values() if scope else ())
                    for b in bindings
                    if b.imported
                ]
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

    def _imported(self, entry: str) -> set[str]:
        """The files that a process runs: the one it starts, and what that imports."""
        program = self._evaluator.program
        modules = {path: module for module, path in program.paths.items()}
        waiting = [modules[entry]] if entry in modules else []
        seen: set[str] = set(waiting)
        while waiting:
            module = waiting.pop()
            scope = program.scopes[f"{module}:"]
            frame = self._evaluator.root(scope)
            imports = [item for bindings in scope.bindings.values() for item in bindings if item.imported]
            for value in (value for item in imports for value in self._evaluator.binding(item, frame)):
                name = value.name if isinstance(value, Module) else str(getattr(value, "id", "")).partition(":")[0]
                if name in program.modules and name not in seen:
                    seen.add(name)
                    waiting.append(name)
        return {program.paths[module] for module in seen}

    def _is_script_of_its_own(self, service: str, path: str) -> bool:
        """Whether a file is started by a command of its own, and not by the process under the launcher."""
        launched = self._launched.get(service)
        if not launched or path in launched:
            return False
        program = self._evaluator.program
        module = next((module for module, known in program.paths.items() if known == path), None)
        return module is not None and any(
            isinstance(statement, ir.Branch)
            and any(isinstance(node, ir.Name) and node.id == "__name__" for node in walk(statement.test))
            for statement in program.modules[module].body
        )

    def covers(self, path: str, name: str, likely: bool = False) -> bool:
        """Whether calls of a library function in the file at `path` carry trace headers by themselves.

        `likely`: the library is not known, only the shape of the call; then any broker's instrumentation counts.
        """
        service = self._service_of(path)
        on = self._on.get(service, set()) | self._on.get("", set())
        if "*" in on:
            return not self._is_script_of_its_own(service, path)
        if likely and on & BROKERS:
            return True
        top = name.partition(".")[0]
        wanted = {top, *CARRIED_BY.get(top, ())}
        parts = name.split(".")
        wanted |= {".".join(parts[:end]) for end in range(1, len(parts))}
        return bool(wanted & on)
