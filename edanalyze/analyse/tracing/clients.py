"""Clients: HTTP clients and producers that are built so that they add an identifier to all they send."""

from __future__ import annotations

from collections.abc import Iterable

from edanalyze.analyse.effects.connections import made_by
from edanalyze.analyse.effects.effect import Effect
from edanalyze.analyse.tracing.carriers import Carriers
from edanalyze.analyse.tracing.evidence import Evidence
from edanalyze.analyse.tracing.identifiers import names_id
from edanalyze.facts import ir
from edanalyze.facts.children import spelled, walk
from edanalyze.link.evaluate import Evaluator
from edanalyze.link.scopes import Scope
from edanalyze.link.values import ExternalInstance, Frame, Function, Instance


class Clients:
    """Judges the objects that send."""

    def __init__(self, evaluator: Evaluator, carriers: Carriers) -> None:
        self._evaluator = evaluator
        self._carriers = carriers

    def _is_yes(self, values: Iterable[ir.Expr], scope: Scope) -> bool:
        return self._carriers.of_all(values, scope).evidence is Evidence.YES

    def producer_adds(self, effect: Effect) -> bool:
        """A producer built with an interceptor or default headers that add one."""
        receiver = effect.receiver
        site = receiver.site if isinstance(receiver, ExternalInstance) else None
        if site is None:
            return False
        values = (*site.call.arguments, *(value for name, value in site.call.keywords if "serializer" not in name))
        return self._is_yes(values, site.frame.scope)

    def client_adds(self, effect: Effect) -> bool:
        """Default headers, hooks, auth or a transport of the client; a project subclass that adds a header."""
        receiver = effect.receiver
        if not isinstance(receiver, ExternalInstance):
            return False
        if isinstance(receiver.owner, Instance) and self._has_override(receiver.owner.id):
            return True
        site = receiver.site
        if site is None:
            return False
        for name, value in site.call.keywords:
            if name in {"headers", "event_hooks", "auth", "transport", "trace_configs", "middlewares", "hooks"}:
                if self._is_yes((value,), site.frame.scope) or self._hook_adds(value, site.frame):
                    return True
        return self._session_headers(receiver, site.frame.scope)

    def _has_override(self, cls: str) -> bool:
        program = self._evaluator.program
        return any(
            self._carriers.mentions(f"{ancestor}.{name}", 0)
            for ancestor in self._evaluator.classes.order(cls)[0]
            for name in ("request", "send", "_request", "__init__", "build_request", "prepare_request")
            if f"{ancestor}.{name}" in program.functions
        )

    def _hook_adds(self, expr: ir.Expr, frame: Frame) -> bool:
        """A hook, transport or auth object whose code adds an identifier."""
        for node in walk(expr):
            if isinstance(node, ir.Name | ir.Attr | ir.Call):
                for value in self._evaluator.values(node, frame):
                    if isinstance(value, Function) and self._carriers.mentions(value.id, 0):
                        return True
                    if isinstance(value, Instance) and any(
                        self._carriers.mentions(function, 0)
                        for function in self._evaluator.program.functions
                        if function.startswith(f"{value.id}.")
                    ):
                        return True
        return False

    def _session_headers(self, receiver: ExternalInstance, scope: Scope) -> bool:
        """`session.headers.update({...})`, `session.headers[...] = ...`, `session.mount(...)` where it is made."""
        program = self._evaluator.program
        for other in program.scopes.values():
            if other.module != scope.module:
                continue
            for store in other.stores:
                if spelled(store.base).endswith(".headers") and self._same(store.base, other, receiver):
                    if isinstance(store.key, ir.Const) and names_id(str(store.key.value)):
                        return True
            for call, inner in other.calls:
                if isinstance(call.function, ir.Attr) and call.function.name == "mount":
                    if self._same(call.function, inner, receiver) and any(
                        self._hook_adds(argument, self._evaluator.root(inner)) for argument in call.arguments[1:]
                    ):
                        return True
                if spelled(call.function).endswith(".headers.update") and isinstance(call.function, ir.Attr):
                    if self._same(call.function.value, inner, receiver):
                        if self._is_yes((*call.arguments, *(value for _, value in call.keywords)), inner):
                            return True
        return False

    def _same(self, headers: ir.Expr, scope: Scope, receiver: ExternalInstance) -> bool:
        if not isinstance(headers, ir.Attr):
            return False
        values = self._evaluator.values(headers.value, self._evaluator.root(scope))
        return any(made_by(value) is not None and made_by(value) is made_by(receiver) for value in values)
