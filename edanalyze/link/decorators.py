"""Decorators: what the name of a decorated function stands for, and what a library makes of it."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from edanalyze.facts import ir
from edanalyze.link.values import Class, External, ExternalInstance, Frame, Function, Value

if TYPE_CHECKING:
    from edanalyze.link.evaluate import Evaluator


class Decorators:
    """Decorated functions, for an evaluator."""

    def __init__(self, evaluator: Evaluator) -> None:
        self._evaluator = evaluator
        # Evaluation is remembered by identity, so calls made up here must stay the same objects.
        self._applied: dict[tuple[int, str, int], ir.Call] = {}
        self._produced: dict[str, tuple[str, ...]] = {}

    def decorated(self, function: Function, frame: Frame) -> tuple[Value, ...]:
        """What the name of a decorated function stands for: the wrapper its project decorators return, or itself."""
        evaluator = self._evaluator
        facts = evaluator.program.functions.get(function.id)
        if facts is None or not facts.decorators:
            return (function,)
        current: tuple[Value, ...] = (function,)
        for _, made in self.applications(function, frame):
            wrapped = [item for item in made if isinstance(item, Function) and item.id != function.id]
            current = tuple(wrapped) or current
        return current

    def applications(self, function: Function, frame: Frame) -> Iterator[tuple[ir.Call, list[Value]]]:
        """The calls that apply a function's decorators, the innermost first, and what those of the project return."""
        evaluator = self._evaluator
        inner: ir.Call | None = None
        for decorator in reversed(evaluator.program.functions[function.id].decorators):
            call = self.application(decorator, function.id, inner)
            found: list[Value] = []
            for value in evaluator.values(decorator, frame):
                if isinstance(value, Function | Class):
                    found += self._evaluator.results.result(value, call, frame)
            yield call, found
            if any(isinstance(value, Function) and value.id != function.id for value in found):
                inner = call

    def application(self, decorator: ir.Expr, function: str, inner: ir.Call | None = None) -> ir.Call:
        """`decorator(function)` as a call; always the same object, since evaluation is remembered by identity.

        The argument is a lambda expression that names the function in full, for it is passed on to other modules; of
        the outer of several decorators it is the application of the `inner` one.
        """
        key = (id(decorator), function, id(inner))
        if key not in self._applied:
            place = ir.Place(0, 0, 0, 0)
            self._applied[key] = ir.Call(decorator, (inner or ir.Lambda(function),), (), place)
        return self._applied[key]

    def wrapped(self, function: Function) -> list[Function]:
        """The functions that a decorator's wrapper stands in for."""
        closure = function.closure
        if closure is None or closure.call is None or closure.caller is None or not closure.call.arguments:
            return []
        argument = closure.call.arguments[0]
        if not isinstance(argument, ir.Lambda | ir.Call) or closure.call.place.line:
            return []
        given = self._evaluator.values(argument, closure.caller)
        functions = [value for value in given if isinstance(value, Function) and value.id != function.id]
        return [inner for value in functions for inner in (value, *self.wrapped(value))]

    def produced(self, function: str) -> tuple[str, ...]:
        """The library classes that decorators turn a function into (a Celery task, an actor)."""
        if function not in self._produced:
            self._produced[function] = ()
            evaluator = self._evaluator
            facts = evaluator.program.functions[function]
            scope = evaluator.program.scopes[function]
            frame = evaluator.root(scope.parent or scope)
            found: list[str] = []
            for decorator in facts.decorators:
                expr = decorator.function if isinstance(decorator, ir.Call) else decorator
                for value in evaluator.values(expr, frame):
                    name = value.name if isinstance(value, External) else None
                    made = evaluator.models.produces(name) if name else None
                    if made:
                        found.append(made)
                    elif isinstance(value, Function):
                        found += self._produced_by_wrapper(value, decorator, frame)
            self._produced[function] = tuple(dict.fromkeys(found))
        return self._produced[function]

    def task_classes(self, function: str) -> tuple[str, ...]:
        """The project classes that a task decorator (`base=...`) or its application (`task_cls=...`) makes tasks of."""
        evaluator = self._evaluator
        facts = evaluator.program.functions[function]
        scope = evaluator.program.scopes[function]
        frame = evaluator.root(scope.parent or scope)
        found: list[str] = []
        for decorator in facts.decorators:
            if isinstance(decorator, ir.Call):
                for name, value in decorator.keywords:
                    if name in {"base", "cls"}:
                        found += [item.id for item in evaluator.values(value, frame) if isinstance(item, Class)]
            for owner in self.decorator_owners(decorator, frame):
                if owner.site is not None:
                    for name, value in owner.site.call.keywords:
                        if name == "task_cls":
                            found += [
                                item.id for item in evaluator.values(value, owner.site.frame) if isinstance(item, Class)
                            ]
        return tuple(dict.fromkeys(found))

    def decorator_owners(self, decorator: ir.Expr, frame: Frame) -> list[ExternalInstance]:
        """The library objects whose method a decorator is: `app` of `@app.task`."""
        expr = decorator.function if isinstance(decorator, ir.Call) else decorator
        if not isinstance(expr, ir.Attr):
            return []
        return [value for value in self._evaluator.values(expr.value, frame) if isinstance(value, ExternalInstance)]

    def _produced_by_wrapper(self, value: Function, decorator: ir.Expr, frame: Frame) -> list[str]:
        """A project decorator that returns a library's decorator or task object."""
        call = decorator if isinstance(decorator, ir.Call) else self.application(decorator, "")
        found: list[str] = []
        for made in self._evaluator.results.returned(value, call, frame):
            name = made.name if isinstance(made, External | ExternalInstance) else ""
            name = name.removesuffix("()")
            produced = self._evaluator.models.produces(name) if name else None
            if produced:
                found.append(produced)
        return found
