"""Forwarding: what a loop or callback that only passes its message on passes it to."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import NamedTuple

from edanalyze.facts import ir
from edanalyze.facts.children import bodies, calls, expressions, walk
from edanalyze.link.evaluate import Evaluator
from edanalyze.link.scopes import Scope
from edanalyze.link.values import Frame, Function, Instance, Value

LOOK_UPS = frozenset({"get", "pop", "__getitem__"})


class Driver(NamedTuple):
    """A function that receives a message: its scope, the statements that deal with it, and the message's names."""

    scope: Scope
    body: tuple[ir.Stmt, ...]
    names: frozenset[str]


class Forwarding:
    """Finds the callables that a driver hands its message to, when they are values and not functions it names."""

    def __init__(self, evaluator: Evaluator) -> None:
        self._evaluator = evaluator
        self._registered: dict[int, list[tuple[ir.Expr, Frame]]] | None = None

    def targets(self, driver: Driver, frame: Frame) -> list[Function]:
        """The functions that the message is passed to in one activation; empty when the driver handles it itself."""
        found: list[Function] = []
        names = self.derived(driver)
        for call in self._calls(driver.body):
            if self._passes(call, names) and self._is_value(call.function, driver.scope):
                found += self._functions(self._evaluator.values(call.function, frame), 0)
        return list(dict.fromkeys(found))

    def _functions(self, values: Iterable[Value], depth: int) -> Iterator[Function]:
        for value in values:
            if isinstance(value, Function):
                yield from self._implementations(value)
            elif isinstance(value, Instance) and depth == 0:
                yield from self._functions(self._evaluator.attributes.of(value, "__call__"), 1)

    def _implementations(self, function: Function) -> Iterator[Function]:
        """A method, or what overrides it in subclasses when it is abstract."""
        facts = self._evaluator.program.functions[function.id]
        if facts.owner is None or not is_abstract(facts.body):
            yield function
            return
        owner = f"{function.id.partition(':')[0]}:{facts.owner}"
        for child in self._evaluator.classes.descendants(owner):
            if f"{child}.{facts.name}" in self._evaluator.program.functions:
                for value in self._evaluator.attributes.of(Instance(child), facts.name):
                    if isinstance(value, Function):
                        yield value

    @staticmethod
    def gives(scope: Scope, call: ir.Call | None) -> bool:
        """Whether a function returns or yields the very result of a call."""
        given = [*scope.returned, *(value for value, _ in scope.yielded)]
        return call is not None and any(call is each for expr in given for each in calls(expr))

    def hands_out(self, driver: Driver, call: ir.Call | None) -> bool:
        """Whether a function returns or yields the message (the result of `call`) and does nothing else with it."""
        names = self.derived(driver)
        given = [*driver.scope.returned, *(value for value, _ in driver.scope.yielded)]
        if not any(_mentions(expr, names) for expr in given) and not self.gives(driver.scope, call):
            return False
        alone = [each.value for each in _statements(driver.body) if isinstance(each, ir.Evaluate)]
        return not any(isinstance(value, ir.Call) and self._passes(value, names) for value in alone)

    # ------------------------------------------------------------------- calls

    def derived(self, driver: Driver) -> frozenset[str]:
        """The names that hold the message or something made of it."""
        names = set(driver.names)
        for _ in range(3):
            before = len(names)
            for statement in _statements(driver.body):
                for targets, value in _assigned(statement):
                    if value is not None and _mentions(value, names):
                        names |= {node.id for target in targets for node in walk(target) if isinstance(node, ir.Name)}
            if len(names) == before:
                break
        return frozenset(names)

    @staticmethod
    def _calls(body: tuple[ir.Stmt, ...]) -> Iterator[ir.Call]:
        for statement in _statements(body):
            for expr in expressions(statement):
                yield from calls(expr)

    @staticmethod
    def _passes(call: ir.Call, names: frozenset[str]) -> bool:
        return any(_mentions(expr, names) for expr in (*call.arguments, *(value for _, value in call.keywords)))

    def _is_value(self, function: ir.Expr, scope: Scope) -> bool:
        """Whether a called expression is a variable that holds a callable."""
        match function:
            case ir.Name(id=name):
                return self._is_variable(name, scope)
            case ir.Attr(value=ir.Name(id=base), name=name):
                return self._is_own_attribute(base, name, scope)
            case ir.Index() | ir.Call():
                return True
            case _:
                return False

    @staticmethod
    def _is_variable(name: str, scope: Scope) -> bool:
        current: Scope | None = scope
        while current is not None and current.kind in {"function", "comprehension"}:
            bindings = current.bindings.get(name)
            if bindings:
                return all(binding.kind in {"parameter", "value", "item", "unpack item"} for binding in bindings)
            current = current.parent
        return False

    def _is_own_attribute(self, base: str, name: str, scope: Scope) -> bool:
        """`self.callback` that is assigned, or a method that only stands for its overrides."""
        function = scope.function
        if function is None or function.owner is None or not function.parameters:
            return False
        if function.parameters[0].name != base:
            return False
        owner = f"{scope.module}:{function.owner}"
        order = self._evaluator.classes.order(owner)[0]
        for ancestor in order:
            method = self._evaluator.program.functions.get(f"{ancestor}.{name}")
            if method is not None:
                return is_abstract(method.body)
        return True


def is_abstract(body: tuple[ir.Stmt, ...]) -> bool:
    """Whether a method body only stands for its overrides: nothing, `...` or `raise NotImplementedError`."""
    for statement in body:
        match statement:
            case ir.Evaluate(value=ir.Const()):
                continue
            case ir.Raise(value=value) if value is not None and _is_not_implemented(value):
                continue
            case _:
                return False
    return True


def _is_not_implemented(value: ir.Expr) -> bool:
    return any(isinstance(node, ir.Name) and node.id == "NotImplementedError" for node in walk(value))


def _statements(body: tuple[ir.Stmt, ...]) -> Iterator[ir.Stmt]:
    for statement in body:
        yield statement
        for block in bodies(statement):
            yield from _statements(block)


def _assigned(statement: ir.Stmt) -> Iterator[tuple[tuple[ir.Expr, ...], ir.Expr | None]]:
    match statement:
        case ir.Assign(targets=targets, value=value):
            yield targets, value
        case ir.Loop(target=target, source=source) if target is not None:
            yield (target,), source
        case ir.With(items=items):
            for context, target in items:
                if target is not None:
                    yield (target,), context
    for expr in expressions(statement):
        for node in walk(expr):
            if isinstance(node, ir.Bind):
                yield (ir.Name(node.name),), node.value


def _mentions(expr: ir.Expr, names: Iterable[str]) -> bool:
    return any(isinstance(node, ir.Name) and node.id in names for node in walk(expr))
