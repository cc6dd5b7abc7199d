"""Dependencies: the functions that a framework runs before a function that declares them (`Depends`)."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from edanalyze.facts import ir
from edanalyze.facts.children import calls
from edanalyze.facts.module import FunctionFacts
from edanalyze.link.evaluate import Evaluator
from edanalyze.link.results import PROVIDERS
from edanalyze.link.scopes import Scope
from edanalyze.link.values import Class, External, Function, Value

DEEPEST = 4
_LISTS = "dependencies"
"""The argument of a route's decorator that lists dependencies whose results nobody needs."""


class Marker(NamedTuple):
    """A call of `Depends`, and the scope in which its argument is looked up."""

    call: ir.Call
    scope: Scope


class Dependencies:
    """Finds what functions depend on, through defaults, annotations, aliases of annotations and decorators."""

    def __init__(self, evaluator: Evaluator) -> None:
        self._evaluator = evaluator
        self._runs: dict[int, ir.Call] = {}
        self._injects = any(
            name.partition(".")[0] in {provider.partition(".")[0] for provider in PROVIDERS}
            for name in evaluator.program.imported_names()
        )

    def called(self, function: FunctionFacts, scope: Scope) -> Iterator[tuple[ir.Call, Scope]]:
        """The calls of plain functions and classes that come before a function's body.

        Generators are left out: they stand around the body (see `around`). The same marker always gives the same call.
        """
        if not self._injects:
            return
        for marker in (*self._declared(function, scope), *self._listed(function, scope)):
            values = self._evaluator.values(marker.call.arguments[0], self._evaluator.root(marker.scope))
            if values and not any(self._is_generator(value) for value in values):
                made = self._runs.get(id(marker.call))
                if made is None:
                    made = self._runs[id(marker.call)] = ir.Call(marker.call.arguments[0], (), (), marker.call.place)
                yield made, marker.scope

    def around(self, scope: Scope, depth: int = 0) -> Iterator[tuple[Function, ir.Call]]:
        """Generator functions that a handler depends on, outermost first, with the call that names them."""
        if scope.function is None or depth > DEEPEST:
            return
        for marker in self._declared(scope.function, scope):
            for factory in self._evaluator.values(marker.call.arguments[0], self._evaluator.root(marker.scope)):
                inner = self._evaluator.program.scopes.get(self._function(factory))
                if inner is None or inner.function is None:
                    continue
                yield from self.around(inner, depth + 1)
                if isinstance(factory, Function) and inner.function.generator:
                    yield factory, marker.call

    def _is_generator(self, value: Value) -> bool:
        scope = self._evaluator.program.scopes.get(self._function(value))
        return scope is not None and scope.function is not None and scope.function.generator

    def _function(self, factory: Value) -> str:
        """The function that a dependency runs: itself, or the constructor of a class."""
        match factory:
            case Function(id=function):
                return function
            case Class(id=cls):
                return self._evaluator.results.constructor(cls) or ""
            case _:
                return ""

    # ----------------------------------------------------------------- markers

    def _declared(self, function: FunctionFacts, scope: Scope) -> Iterator[Marker]:
        """The markers of parameters: in a default, in an annotation, or in what the annotation is an alias of."""
        outer = scope.parent or scope
        for parameter in function.parameters:
            annotation, default = parameter.annotation, parameter.default
            written = [*self._alias(annotation, outer), *([(annotation, outer)] if annotation is not None else [])]
            for expr, where in [*([(default, outer)] if default is not None else []), *written]:
                yield from self._markers(expr, where)

    def _listed(self, function: FunctionFacts, scope: Scope) -> Iterator[Marker]:
        """The markers in the decorators of a function: `@router.get("/", dependencies=[Depends(verify)])`."""
        outer = scope.parent or scope
        for decorator in function.decorators:
            if isinstance(decorator, ir.Call):
                for name, value in decorator.keywords:
                    if name == _LISTS:
                        yield from self._markers(value, outer)

    def _markers(self, expr: ir.Expr, scope: Scope) -> Iterator[Marker]:
        for call in calls(expr):
            if call.arguments and any(
                isinstance(value, External) and value.name in PROVIDERS
                for value in self._evaluator.values(call.function, self._evaluator.root(scope))
            ):
                yield Marker(call, scope)

    def _alias(self, annotation: ir.Expr | None, scope: Scope) -> Iterator[tuple[ir.Expr, Scope]]:
        """What a name is assigned, in this module or in the one that it is imported from."""
        if not isinstance(annotation, ir.Name):
            return
        where: Scope | None = scope
        while where is not None:
            for binding in where.bindings.get(annotation.id, ()):
                if binding.kind == "value" and binding.expr is not None:
                    yield binding.expr, where
                elif binding.imported is not None and binding.imported.member:
                    module = self._evaluator.module(where.module, binding.imported.level, binding.imported.module)
                    origin = self._evaluator.program.scopes.get(f"{module}:")
                    if origin is not None and origin is not where:
                        yield from self._alias(ir.Name(binding.imported.member), origin)
            where = where.parent
