"""Callables: the project functions behind what is registered as a handler, through wrappers, views and names."""

from __future__ import annotations

from collections.abc import Iterable
from typing import NamedTuple

from edanalyze.facts import ir
from edanalyze.link.evaluate import Evaluator
from edanalyze.link.values import (
    Class,
    ExternalInstance,
    Frame,
    Function,
    Instance,
    Module,
    Partial,
    Site,
    Value,
)

DEEPEST = 6


class Target(NamedTuple):
    """What a registration leads to: a function as it is run and as it is defined, or an object of a view class.

    `actions` maps verbs to methods where the registration does. `given` counts the positional arguments that `partial`
    fills, `bound` is where it does.
    """

    function: str
    value: Function | None = None
    view: Instance | None = None
    actions: tuple[tuple[str, str], ...] = ()
    given: int = 0
    bound: Site | None = None


class Callables:
    """Resolves handler expressions for an evaluator."""

    def __init__(self, evaluator: Evaluator) -> None:
        self._evaluator = evaluator

    def of(self, expr: ir.Expr | None, frame: Frame) -> list[Target]:
        """What an expression given as a handler leads to; empty when it is no code of the project."""
        return list(dict.fromkeys(self._expression(expr, frame, 0))) if expr is not None else []

    def of_value(self, value: Value) -> list[Target]:
        """What a value given as a handler leads to."""
        return list(dict.fromkeys(self._value(value, 0)))

    # ------------------------------------------------------------------ values

    def _expression(self, expr: ir.Expr, frame: Frame, depth: int) -> Iterable[Target]:
        if depth > DEEPEST:
            return
        inner = expr.value if isinstance(expr, ir.Star) else expr
        values = self._evaluator.values(inner, frame)
        found = [target for value in values for target in self._value(value, depth)]
        yield from found
        if not found and not values and isinstance(inner, ir.Call):
            yield from self._arguments(inner, frame, depth)  # a wrapper made by a library's call

    def _value(self, value: Value, depth: int) -> Iterable[Target]:
        match value:
            case Function():
                yield Target(self.defined(value).id, value)
            case Partial(target=target, site=site):
                count = len(site.call.arguments) - 1
                for inner in self._value(target, depth + 1):
                    yield inner._replace(given=inner.given + count, bound=site)
            case Class(id=cls):
                yield Target(cls, None, Instance(cls))
            case Instance(id=cls):
                methods = self._evaluator.attributes.of(value, "__call__")
                called = [method for method in methods if isinstance(method, Function)]
                if called:
                    yield from (Target(self.defined(method).id, method) for method in called)
                else:
                    yield Target(cls, None, value)
            case ExternalInstance(name=name, site=site, owner=owner):
                if name.endswith("as_view()"):
                    yield from self._view(owner, value)
                elif site is not None and depth <= DEEPEST:
                    found = list(self._method_owner(site.call, site.frame))
                    yield from found
                    if not found and name.endswith("()"):
                        yield from self._arguments(site.call, site.frame, depth)
            case _:
                return

    def _method_owner(self, call: ir.Call, frame: Frame) -> Iterable[Target]:
        """The task behind what one of its methods made: `send.s(order)`."""
        if isinstance(call.function, ir.Attr):
            for value in self._evaluator.values(call.function.value, frame):
                if isinstance(value, Function):
                    yield Target(self.defined(value).id, value)

    def _arguments(self, call: ir.Call, frame: Frame, depth: int) -> Iterable[Target]:
        """The functions that a library's wrapper was given: `login_required(view)`, `cache_page(60)(view)`."""
        for expr in (*call.arguments, *(value for _, value in call.keywords)):
            if isinstance(expr, ir.Name | ir.Attr | ir.Call | ir.Lambda):
                yield from (
                    target for target in self._expression(expr, frame, depth + 1) if target.value or target.view
                )

    def _view(self, owner: Value | None, made: ExternalInstance) -> Iterable[Target]:
        while isinstance(owner, ExternalInstance):  # `super().as_view()`
            owner = owner.owner
        if isinstance(owner, Class | Instance):
            yield Target(owner.id, None, Instance(owner.id), self._actions(made))

    def _actions(self, made: ExternalInstance) -> tuple[tuple[str, str], ...]:
        """The verbs that `ViewSet.as_view({"get": "list"})` maps to methods."""
        site = made.site
        if site is None or not site.call.arguments or not isinstance(site.call.arguments[0], ir.Mapping):
            return ()
        return tuple(
            (verb.upper(), method)
            for key, value in site.call.arguments[0].items
            if key is not None
            for verb in self._evaluator.literals(key, site.frame)
            for method in self._evaluator.literals(value, site.frame)
        )

    # --------------------------------------------------------------- functions

    def defined(self, function: Function) -> Function:
        """The function a reader would name: the innermost one that decorators' wrappers stand in for."""
        for _ in range(DEEPEST):
            inner = next(iter(self._wrapped(function)), None)
            if inner is None or inner.id == function.id:
                return function
            function = inner
        return function

    def _wrapped(self, function: Function) -> Iterable[Function]:
        """What the enclosing call of a wrapper was given, when the wrapper is what that call returns."""
        evaluator = self._evaluator
        closure = function.closure
        while closure is not None and closure.scope.kind == "comprehension":
            closure = closure.closure
        if closure is None or closure.call is None or closure.caller is None or closure.scope.kind != "function":
            return
        returned = [value for expr in closure.scope.returned for value in evaluator.values(expr, closure)]
        if not any(isinstance(value, Function) and value.id == function.id for value in returned):
            return
        for expr in (*closure.call.arguments, *(value for _, value in closure.call.keywords)):
            for value in evaluator.values(expr, closure.caller):
                if isinstance(value, Function) and value.id != function.id:
                    yield value

    def method(self, cls: str | Instance, name: str) -> list[Function]:
        """The method of that name that an object runs, as decorated and bound; empty when the project has none."""
        instance = Instance(cls) if isinstance(cls, str) else cls
        return [value for value in self._evaluator.attributes.of(instance, name) if isinstance(value, Function)]

    # ------------------------------------------------------------------- names

    def named(self, text: str, importer: str) -> list[Target]:
        """What a dotted path in a string names, seen from a module: `shop.views.detail`, `shop.tasks:run`."""
        path = text.replace(":", ".")
        parts = path.split(".")
        if not all(part.isidentifier() for part in parts):
            return []
        for end in range(len(parts) - 1, 0, -1):
            module = self._evaluator.program.absolute(importer, ".".join(parts[:end]))
            if module is None:
                continue
            values: tuple[Value, ...] = (Module(module),)
            for name in parts[end:]:
                values = tuple(found for value in values for found in self._evaluator.attributes.of(value, name))
            return [target for value in values for target in self.of_value(value)]
        return []
