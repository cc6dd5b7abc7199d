"""Guesses: what a declaration on an unresolved receiver most likely is, judged by its name and its arguments."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable

from edanalyze.facts import ir
from edanalyze.facts.children import spelled
from edanalyze.link.evaluate import Evaluator
from edanalyze.link.library import argument
from edanalyze.link.program import is_library
from edanalyze.link.scopes import Scope
from edanalyze.link.values import Class, External, ExternalInstance, Frame, Function, Instance, Module, Partial, Value
from edanalyze.models import Api

CALLED = frozenset({"method"})
TELLING = 8  # letters of a name that no other library uses for something else (`xreadgroup`, `receive_message`)
REGISTERING = frozenset({"register_callback"})


class Guesses:
    """Picks a row by the last name of a call, among the libraries that the project imports.

    A route's path must be a text that begins with a slash, a handler a function of the project, an included router an
    object of a library: names alone are no evidence.
    """

    def __init__(self, evaluator: Evaluator) -> None:
        self._evaluator = evaluator
        self._decorators: dict[str, list[Api]] = defaultdict(list)
        self._tasks: dict[str, list[Api]] = defaultdict(list)
        self._calls: dict[str, list[Api]] = defaultdict(list)
        self._imports: dict[str, frozenset[str]] = {}
        models = evaluator.models.models
        for api in models.of_kind("route"):
            if api.data.get("form") == "decorator" and api.call.count(".") > 1:
                self._decorators[_last(api)].append(api)
        for api in models.of_kind("handler"):
            if api.data.get("form") == "task" and api.call.count(".") > 1:
                self._tasks[_last(api)].append(api)
        for kind in ("route_call", "include"):
            for api in models.of_kind(kind):
                if api.data.get("form") in CALLED:
                    self._calls[_last(api)].append(api)
        for api in models.of_kind("consumer"):
            name = _last(api)
            asks = api.data.get("form") == "poll" and len(name) >= TELLING
            if (api.data.get("form") in REGISTERING or asks) and not api.data.get("in_process"):
                self._calls[name].append(api)

    def decorator(self, decorator: ir.Expr, frame: Frame, scope: Scope) -> Api | None:
        """The row of a decorator such as `@self.app.get("/orders")`."""
        function = decorator.function if isinstance(decorator, ir.Call) else decorator
        if not isinstance(function, ir.Attr):
            return None
        tasks = self._tasks.get(function.name, [])
        rows = self._decorators.get(function.name, []) if isinstance(decorator, ir.Call) else []
        if not (tasks or rows) or not self._is_open(function, frame):
            return None
        if isinstance(decorator, ir.Call):
            chosen = [api for api in rows if self._has_path(api, decorator, frame)]
            if chosen:
                return self._nearest(chosen, decorator, scope.module)
        imported = self._imported(scope.module)
        holder = spelled(function.value).rpartition(".")[2].lower()
        near = [api for api in tasks if (top := api.call.partition(".")[0]) in imported or top in holder]
        return next(iter(near), None)

    def call(self, call: ir.Call, frame: Frame, scope: Scope) -> Api | None:
        """The row of a call such as `app.add_url_rule("/orders", view_func=orders)`."""
        if not isinstance(call.function, ir.Attr):
            return None
        rows = self._calls.get(call.function.name)
        if not rows or not self._is_open(call.function, frame):
            return None
        return self._nearest([api for api in rows if self._fits(api, call, frame)], call, scope.module)

    # ------------------------------------------------------------------ judging

    def _is_open(self, function: ir.Attr, frame: Frame) -> bool:
        """Whether nothing certain is known of the receiver."""
        for value in self._evaluator.values(function.value, frame):
            if isinstance(value, Instance | Class | Function | Module | Partial):
                return False
            if isinstance(value, External | ExternalInstance):
                if not value.name.endswith(("()", "[]")) and is_library(value.name.partition(".")[0]):
                    return False
        return True

    def _fits(self, api: Api, call: ir.Call, frame: Frame) -> bool:
        if api.data.get("form") == "poll":
            return True
        if api.kind == "include":
            return any(isinstance(value, ExternalInstance) for value in self._given(api, "child", call, frame))
        if not any(isinstance(value, Function | Class) for value in self._given(api, "handler", call, frame)):
            return False
        return api.kind == "consumer" or self._has_path(api, call, frame)

    def _has_path(self, api: Api, call: ir.Call, frame: Frame) -> bool:
        slot = api.slots.get("path")
        expr = argument(slot, call) if slot is not None else None
        return any(text.startswith("/") for text in self._evaluator.literals(expr, frame))

    def _given(self, api: Api, role: str, call: ir.Call, frame: Frame) -> tuple[Value, ...]:
        slot = api.slots.get(role)
        expr = argument(slot, call) if slot is not None else None
        return self._evaluator.values(expr, frame) if expr is not None else ()

    def _nearest(self, rows: Iterable[Api], call: ir.Call, module: str) -> Api | None:
        """The row of a library that the module imports, before others; the one that knows most of the keywords."""
        imported = self._imported(module)
        given = {name for name, _ in call.keywords}

        def rank(api: Api) -> tuple[bool, int]:
            known = {slot.kw for slot in api.slots.values()}
            return api.call.partition(".")[0] in imported, len(given & known)

        return max(rows, key=rank, default=None)

    def _imported(self, module: str) -> frozenset[str]:
        found = self._imports.get(module)
        if found is None:
            scope = self._evaluator.program.scopes[f"{module}:"]
            found = frozenset(
                binding.imported.module.partition(".")[0]
                for bindings in scope.bindings.values()
                for binding in bindings
                if binding.imported is not None and not binding.imported.level
            )
            self._imports[module] = found
        return found


def _last(api: Api) -> str:
    return api.call.rpartition(".")[2]
