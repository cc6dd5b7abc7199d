"""Forwarding: what a loop or callback that only passes its message on passes it to."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import NamedTuple

from edanalyze.facts import ir
from edanalyze.facts.children import bodies, calls, expressions, own_name, walk
from edanalyze.facts.module import FunctionFacts
from edanalyze.link.classes import is_abstract
from edanalyze.link.evaluate import Evaluator
from edanalyze.link.scopes import Scope
from edanalyze.link.values import Frame, Function, Instance, Partial, Value

# Calls that run the callable they are given.
HANDING = frozenset(
    {"submit", "run_in_executor", "to_thread", "apply_async", "start_soon", "spawn", "add_task", "Thread", "run_sync"}
)

_FILLING = frozenset({"append", "add", "extend", "appendleft", "insert"})
_NOTED = _FILLING | {"debug", "info", "warning", "warn", "error", "exception", "critical", "log", "print"}


class Driver(NamedTuple):
    """A function that receives a message: its scope, the statements that deal with it, and the message's names."""

    scope: Scope
    body: tuple[ir.Stmt, ...]
    names: frozenset[str]


class Forwarding:
    """Finds the callables that a driver hands its message to, when they are values and not functions it names."""

    def __init__(self, evaluator: Evaluator) -> None:
        self._evaluator = evaluator

    def targets(self, driver: Driver, frame: Frame) -> list[Function]:
        """The functions that the message is passed to in one activation; empty when the driver handles it itself.

        A callable whose result is kept may only decode the message: it counts where nothing else is done with it.
        """
        names = self.derived(driver)
        if is_lambda(driver.scope):
            return [function for function, _ in self.passed(driver, frame)]
        alone, kept = _split(driver.body)
        found = list(self._dynamic(alone, names, driver.scope, frame))
        if not found and not self._handles(alone, names, frame):
            found = list(self._dynamic(kept, names, driver.scope, frame))
        return list(dict.fromkeys(found))

    def passed(self, driver: Driver, frame: Frame) -> list[tuple[Function, ir.Call]]:
        """The functions that a lambda calls with its message, each with the call."""
        names = self.derived(driver)
        found = [
            (function, call)
            for expr in driver.scope.returned
            for call in calls(expr)
            if self._passes(call, names)
            for function in self._functions(self._evaluator.values(call.function, frame), 0)
        ]
        return list({function: (function, call) for function, call in found}.values())

    @staticmethod
    def taken(facts: FunctionFacts, call: ir.Call, names: frozenset[str]) -> tuple[str, ...]:
        """The parameters of a called function that hold the message: those that are given it."""
        given = [name for name, value in call.keywords if name is not None and _mentions(value, names)]
        plain = [each.name for each in facts.parameters if each.name not in {"self", "cls"}]
        given += [name for name, value in zip(plain, call.arguments, strict=False) if _mentions(value, names)]
        return tuple(name for name in plain if name in given)

    def _dynamic(
        self, exprs: Iterable[ir.Expr], names: frozenset[str], scope: Scope, frame: Frame
    ) -> Iterator[Function]:
        for expr in exprs:
            for call in calls(expr):
                if not self._passes(call, names):
                    continue
                if self._is_value(call.function, scope):
                    yield from self._functions(self._evaluator.values(call.function, frame), 0)
                elif isinstance(call.function, ir.Attr | ir.Name) and own_name(call.function) in HANDING:
                    for given in (*call.arguments, *(value for name, value in call.keywords if name == "target")):
                        if self._is_value(given, scope):
                            yield from self._functions(self._evaluator.values(given, frame), 0)

    def _callees(self, exprs: Iterable[ir.Expr], names: frozenset[str], frame: Frame) -> Iterator[Value]:
        """What is called with the message, by whatever name."""
        for expr in exprs:
            for call in calls(expr):
                if self._passes(call, names):
                    yield from self._evaluator.values(call.function, frame)

    def _handles(self, exprs: Iterable[ir.Expr], names: frozenset[str], frame: Frame) -> bool:
        """Whether the message is given to a function of the project only for what that does."""
        return any(isinstance(value, Function) for value in self._callees(exprs, names, frame))

    def _functions(self, values: Iterable[Value], depth: int) -> Iterator[Function]:
        for value in values:
            if isinstance(value, Function):
                yield from self.implementations(value)
            elif isinstance(value, Instance) and depth == 0:
                yield from self._functions(self._evaluator.attributes.of(value, "__call__"), 1)
            elif isinstance(value, Partial):
                yield from self._functions((value.target,), depth)

    def implementations(self, function: Function) -> Iterator[Function]:
        """A method, or what overrides it when it is abstract: in the class of its object, else in all subclasses."""
        program = self._evaluator.program
        facts = program.functions[function.id]
        if facts.owner is None or not is_abstract(facts.body):
            yield function
            return
        owner = f"{function.id.partition(':')[0]}:{facts.owner}"
        found = [
            value
            for child in self._evaluator.classes.descendants(owner)
            if f"{child}.{facts.name}" in program.functions
            for value in self._evaluator.attributes.of(Instance(child), facts.name)
            if isinstance(value, Function)
        ]
        yield from found or [function]

    @staticmethod
    def gives(scope: Scope, call: ir.Call | None) -> bool:
        """Whether a function returns or yields the very result of a call."""
        given = [*scope.returned, *(value for value, _ in scope.yielded)]
        return call is not None and any(call is each for expr in given for each in calls(expr))

    def hands_out(self, driver: Driver, call: ir.Call | None) -> bool:
        """Whether a function returns or yields the message (the result of `call`) and does nothing else with it.

        To gather messages in a list, and to log, is nothing else.
        """
        names = self.derived(driver)
        given = [*driver.scope.returned, *(value for value, _ in driver.scope.yielded)]
        if not any(_mentions(expr, names) for expr in given) and not self.gives(driver.scope, call):
            return False
        alone = [each.value for each in _statements(driver.body) if isinstance(each, ir.Evaluate)]
        return not any(
            isinstance(value, ir.Call) and self._passes(value, names) and own_name(value.function) not in _NOTED
            for value in alone
        )

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
                gathered = _gathered(statement)
                if gathered is not None and any(_mentions(value, names) for value in gathered[1]):
                    names.add(gathered[0])
            if len(names) == before:
                break
        return frozenset(names)

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


def is_lambda(scope: Scope) -> bool:
    """Whether a scope is that of a lambda."""
    return scope.function is not None and scope.function.name.startswith("<lambda")


def _gathered(statement: ir.Stmt) -> tuple[str, tuple[ir.Expr, ...]] | None:
    """The name of a list that a statement adds to, and what it adds."""
    match statement:
        case ir.Evaluate(value=ir.Call(function=ir.Attr(value=ir.Name(id=name), name=method), arguments=given)):
            return (name, given) if method in _FILLING else None
        case _:
            return None


def _statements(body: tuple[ir.Stmt, ...]) -> Iterator[ir.Stmt]:
    for statement in body:
        yield statement
        for block in bodies(statement):
            yield from _statements(block)


def _split(body: tuple[ir.Stmt, ...]) -> tuple[list[ir.Expr], list[ir.Expr]]:
    """The expressions of a body whose results are dropped (or returned), and the others."""
    alone: list[ir.Expr] = []
    kept: list[ir.Expr] = []
    for statement in _statements(body):
        dropped = isinstance(statement, ir.Evaluate | ir.Return)
        (alone if dropped else kept).extend(expressions(statement))
    return alone, kept


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
