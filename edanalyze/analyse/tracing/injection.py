"""Injection: code of the project that a library runs around every message, to add an identifier or to take it out."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import cached_property

from edanalyze.analyse.tracing.carriers import Carriers
from edanalyze.facts import ir
from edanalyze.link.evaluate import Evaluator
from edanalyze.link.scopes import Scope
from edanalyze.link.values import External, ExternalInstance, Function

SENT = frozenset({"before_task_publish"})
RECEIVED = frozenset({"task_prerun", "task_received", "worker_process_message"})
"""Signals of Celery."""
SENDING = frozenset(
    {
        "before_enqueue",
        "publish_scope",
        "pre_send",
        "before_publish",
        "on_publish",
        "wrap_publish",
        "on_send",
        "send_scope",
    }
)
RECEIVING = frozenset(
    {
        "before_process_message", "consume_scope", "pre_execute", "on_consume", "on_receive", "before_consume",
        "receive_scope", "worker_setup",
    }
)  # fmt: skip
"""Methods of middlewares and extensions."""


class Injection:
    """Finds signal handlers and middlewares, per service."""

    def __init__(self, evaluator: Evaluator, carriers: Carriers, service_of: Callable[[str], str]) -> None:
        self._evaluator = evaluator
        self._carriers = carriers
        self._service_of = service_of

    def adds(self, path: str, name: str) -> bool:
        """Whether an identifier is added to what a library function sends from the file at `path`."""
        return self._has(self._found[0], path, name)

    def extracts(self, path: str, library: str) -> bool:
        """Whether an identifier is taken out of what a library hands to the file at `path`."""
        return self._has(self._found[1], path, library)

    def _has(self, found: set[tuple[str, str]], path: str, name: str) -> bool:
        top = name.partition(".")[0].replace("-", "_")
        return not found.isdisjoint({(self._service_of(path), top), ("", top)})

    @cached_property
    def _found(self) -> tuple[set[tuple[str, str]], set[tuple[str, str]]]:
        """(service, library) pairs of what adds, and of what takes out."""
        adding: set[tuple[str, str]] = set()
        taking: set[tuple[str, str]] = set()
        for signal, function, module in self._receivers():
            if self._carriers.mentions(function):
                target = adding if signal in SENT else taking
                target.add((self._service(module), "celery"))
        program = self._evaluator.program
        for cls in program.classes:
            bases = self._evaluator.classes.order(cls)[1]
            libraries = {base.partition(".")[0] for base in bases} - {"builtins", "typing", "abc", "object"}
            for methods, target in ((SENDING, adding), (RECEIVING, taking)):
                own = [f"{cls}.{method}" for method in methods if f"{cls}.{method}" in program.functions]
                if libraries and any(self._carriers.mentions(function) for function in own):
                    target.update((self._service(cls.partition(":")[0]), library) for library in libraries)
        return adding, taking

    def _service(self, module: str) -> str:
        return self._service_of(self._evaluator.program.paths[module])

    def _receivers(self) -> Iterator[tuple[str, str, str]]:
        """The signal, function and module of each receiver, by decorator or by call of `connect`."""
        program = self._evaluator.program
        for identifier, facts in program.functions.items():
            scope = program.scopes[identifier]
            for decorator in facts.decorators:
                for signal in self._signals(decorator, scope.parent or scope):
                    yield signal, identifier, scope.module
        for call, scope in program.calls.get("connect", ()):
            for signal in self._signals(call.function, scope):
                for argument in call.arguments[:1]:
                    for value in self._evaluator.values(argument, self._evaluator.root(scope)):
                        if isinstance(value, Function):
                            yield signal, value.id, scope.module

    def _signals(self, expr: ir.Expr, scope: Scope) -> Iterator[str]:
        expr = expr.function if isinstance(expr, ir.Call) else expr
        if not isinstance(expr, ir.Attr) or expr.name != "connect":
            return
        for value in self._evaluator.values(expr.value, self._evaluator.root(scope)):
            name = value.name.rpartition(".")[2] if isinstance(value, External | ExternalInstance) else ""
            if name in SENT | RECEIVED:
                yield name
