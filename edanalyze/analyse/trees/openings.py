"""What entering a `with` item opens, or decorating with it: transactions, guards, context managers of the project."""

from __future__ import annotations

from collections.abc import Iterable

import msgspec

from edanalyze.analyse.effects.effect import Effect
from edanalyze.analyse.effects.effects import Effects, distinct
from edanalyze.facts import ir
from edanalyze.link.results import CONTEXT_MANAGERS
from edanalyze.link.scopes import Scope
from edanalyze.link.values import External, ExternalInstance, Function, Instance, Value
from edanalyze.models import Api


class Opened(msgspec.Struct, frozen=True, gc=False):
    """What a `with` item (or decorator) opens."""

    effects: tuple[Effect, ...] = ()
    enter: tuple[Function, ...] = ()
    leave: tuple[Function, ...] = ()
    generators: tuple[tuple[Function, ir.Call], ...] = ()
    aside: str = ""


class Openings:
    """Finds what is opened."""

    def __init__(self, effects: Effects) -> None:
        self._effects = effects
        self._evaluator = effects.evaluator
        self._library = effects.library
        # Evaluation is remembered by identity, so calls made up here must stay the same objects.
        self._kept: dict[int, ir.Call] = {}

    def opened(self, expr: ir.Expr, scope: Scope, line: int, *, decorator: bool = False) -> Opened:
        """What entering `expr` (or decorating with it), on that line, opens."""
        evaluator = self._evaluator
        frame = evaluator.root(scope)
        call = (
            expr
            if isinstance(expr, ir.Call)
            else self._kept.setdefault(id(expr), ir.Call(expr, (), (), ir.Place(line, 1, line, 1)))
        )
        effects: list[Effect] = []
        generators: list[tuple[Function, ir.Call]] = []
        enter: list[Function] = []
        leave: list[Function] = []
        aside = ""
        callees = evaluator.values(call.function, frame) if isinstance(expr, ir.Call) or decorator else ()
        for callee in callees:
            if isinstance(callee, External):
                rows = self._library.rows(callee.name)
                effects += self._scopes(rows, callee.name, call, callee.receiver, decorator)
                if any(api.kind == "concurrent" for api in rows):
                    aside = "concurrent"
            elif isinstance(callee, Function) and self.is_context_manager(callee):
                generators.append((callee, call))
            elif isinstance(callee, Function) and not decorator:
                generators += [
                    (value, call)
                    for value in evaluator.results.returned(callee, None, None)
                    if isinstance(value, Function) and self.is_context_manager(value)
                ]
        if not decorator:
            for value in evaluator.values(expr, frame):
                if isinstance(value, ExternalInstance) and not effects:
                    for name in ("", ".__enter__", ".__aenter__", ".__exit__", ".__aexit__"):
                        rows = self._library.rows(f"{value.name}{name}")
                        effects += self._scopes(rows, value.name, call, value, decorator)
                elif isinstance(value, Instance):
                    enter += self._hooks(value, ("__enter__", "__aenter__"))
                    leave += self._hooks(value, ("__exit__", "__aexit__"))
        return Opened(tuple(distinct(effects)), tuple(enter[:1]), tuple(leave[:1]), tuple(generators[:2]), aside)

    def _hooks(self, value: Instance, names: tuple[str, ...]) -> list[Function]:
        return [
            override
            for name in names
            for method in self._evaluator.attributes.of(value, name)
            if isinstance(method, Function)
            for override in self._effects.overrides(method)
        ]

    def is_context_manager(self, function: Function) -> bool:
        """Whether a function is made a context manager by `contextlib`."""
        program = self._evaluator.program
        facts = program.functions.get(function.id)
        if facts is None or not facts.decorators:
            return False
        scope = program.scopes[function.id]
        frame = self._evaluator.root(scope.parent or scope)
        return any(
            isinstance(value, External) and value.name in CONTEXT_MANAGERS
            for decorator in facts.decorators
            for value in self._evaluator.values(decorator, frame)
        )

    @staticmethod
    def _scopes(rows: Iterable[Api], name: str, call: ir.Call, receiver: Value | None, decorator: bool) -> list[Effect]:
        wanted = {"decorator"} if decorator else {"with", "async-with", "object"}
        found: list[Effect] = []
        for api in rows:
            forms = api.data.get("form")
            if api.kind == "scope" and isinstance(forms, list) and wanted.intersection(forms):
                found.append(Effect("scope", api, name, call, receiver))
            elif api.kind == "ack" and api.data.get("action") == "scope" and not decorator:
                found.append(Effect("ack_scope", api, name, call, receiver))
            elif api.kind in {"idempotency", "task_once", "inbox"}:
                found.append(Effect("guard", api, name, call, receiver))
            elif api.kind == "outbox" and forms == "function_decorator" and decorator:
                found.append(Effect("outbox", api, name, call, receiver))
        return found
