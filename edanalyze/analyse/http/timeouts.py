"""Timeouts: requests that may wait for ever, because neither call, client, adapter nor library limits them."""

from __future__ import annotations

from collections.abc import Iterator
from functools import cached_property
from typing import TYPE_CHECKING, NamedTuple

from edanalyze.analyse.effects.effect import Effect
from edanalyze.analyse.http.clienttimeouts import ClientTimeouts, Limit
from edanalyze.analyse.reach import Reached
from edanalyze.analyse.trees.trees import Step, steps
from edanalyze.analyse.witness import Point, Witness
from edanalyze.facts import ir
from edanalyze.facts.children import bodies, expressions, spelled, walk
from edanalyze.link.library import argument
from edanalyze.link.parameters import is_bound
from edanalyze.link.scopes import Scope
from edanalyze.link.values import External, Frame, Partial

if TYPE_CHECKING:
    from edanalyze.analyse.system import System
    from edanalyze.link.entries import EntryPoint

NAMES = frozenset({"timeout", "request_timeout", "timeouts"})
_AROUND = frozenset({"timeout", "timeout_at", "fail_after", "move_on_after", "timeout_after", "Timeout"})
_WAITS = frozenset({"wait_for", "with_timeout"})


class Unlimited(NamedTuple):
    """A request without a timeout: who waits for it, the place to give one, the way on, and the way there."""

    entry: EntryPoint
    witness: Witness
    before: Witness
    by_caller: bool


class Timeouts:
    """Judges requests."""

    def __init__(self, system: System) -> None:
        self._system = system
        self._evaluator = system.evaluator
        self._clients = ClientTimeouts(system)

    def missing(self) -> Iterator[Unlimited]:
        """The requests without a timeout that request handlers wait for, each place once."""
        seen: set[tuple[str, ir.Place]] = set()
        for entry in self._system.entries:
            if entry.kind != "route" or entry.value is None:
                continue
            for item in self._system.reach.effects(entry.value):
                if item.effect.kind != "http" or item.deferred:
                    continue
                level = self._missing_at(item)
                if level is None:
                    continue
                point = item.witness[level]
                if (point.module, point.place) not in seen:
                    seen.add((point.module, point.place))
                    by_caller = level < len(item.witness) - 1
                    yield Unlimited(entry, item.witness[level:], item.witness[:level], by_caller)

    def _missing_at(self, item: Reached) -> int | None:
        """The index in a path of the call that ought to give a timeout; None when one is given, or may be."""
        last = len(item.witness) - 1
        given = self._given(item)
        if self._is_limited_around(item.step):
            return None
        if isinstance(given, Limit):
            return last if given is Limit.NONE else None
        if given is None:
            found = self._clients.limit(item.effect, item.step)
            if found is Limit.NONE and not self._has_socket_default(item.effect):
                return last
            return None
        return self._left_out(given, item, last)

    # ------------------------------------------------------------------ the call

    def _given(self, item: Reached) -> Limit | str | None:
        """What a call gives: a limit, the name of the parameter that holds it ("**" for any), None for nothing."""
        effect, step = item.effect, item.step
        frame = self._evaluator.inner(step.scope, item.frame)
        for call in self._nested(step, frame):
            for role in ("timeout", "connect_timeout"):
                slot = effect.api.slots.get(role)
                expr = argument(slot, call) if slot is not None else None
                if expr is None:
                    expr = next((value for name, value in call.keywords if name in NAMES), None)
                if expr is not None:
                    return self._of_expression(expr, frame)
            for name, value in call.keywords:
                if not name:
                    found = self._unpacked(value, step.scope, frame)
                    if found is not None:
                        return found
            if any(isinstance(value, ir.Star) for value in call.arguments):
                return Limit.UNKNOWN
        return None

    def _nested(self, step: Step, frame: Frame) -> Iterator[ir.Call]:
        """A call, and those that it was put together from: partials, callables that it hands on."""
        yield step.call
        for expr in step.call.arguments:
            if isinstance(expr, ir.Call) and spelled(expr.function).rpartition(".")[2] == "partial":
                yield expr
        for callee in self._evaluator.values(step.call.function, frame):
            while isinstance(callee, Partial):
                yield callee.site.call
                callee = callee.target

    def _of_expression(self, expr: ir.Expr, frame: Frame) -> Limit | str:
        if isinstance(expr, ir.Name) and self._is_parameter(expr.id, frame.scope):
            return expr.id
        return self._clients.of_value(expr, frame)

    @staticmethod
    def _is_parameter(name: str, scope: Scope) -> bool:
        bindings = scope.bindings.get(name, ())
        return len(bindings) == 1 and bindings[0].kind == "parameter"

    def _unpacked(self, expr: ir.Expr, scope: Scope, frame: Frame) -> Limit | str | None:
        """What `**expr` gives: None when it holds no timeout for sure."""
        if isinstance(expr, ir.Name):
            if self._is_set(expr.id, scope):
                return Limit.GIVEN
            if self._is_parameter(expr.id, scope):
                return "**" if self._is_variadic(expr.id, scope) else Limit.UNKNOWN
        keys = self._clients.keys(expr, frame)
        if keys is None:
            return Limit.UNKNOWN
        return self._clients.of_value(keys["timeout"], frame) if "timeout" in keys else None

    @staticmethod
    def _is_variadic(name: str, scope: Scope) -> bool:
        function = scope.function
        return function is not None and any(
            parameter.name == name and parameter.kind == "kwargs" for parameter in function.parameters
        )

    @staticmethod
    def _is_set(name: str, scope: Scope) -> bool:
        """Whether a function puts a timeout into a mapping: `kwargs.setdefault("timeout", 5)`."""
        for store in scope.stores:
            if spelled(store.base) == name and isinstance(store.key, ir.Const) and store.key.value in NAMES:
                return True
        for call, _ in scope.calls:
            if isinstance(call.function, ir.Attr) and spelled(call.function.value) == name:
                if call.function.name in {"setdefault", "update"} and any(
                    (isinstance(node, ir.Const) and node.value in NAMES)
                    for value in call.arguments
                    for node in walk(value)
                ):
                    return True
                if call.function.name == "update" and any(key in NAMES for key, _ in call.keywords):
                    return True
        return False

    # --------------------------------------------------------------- its callers

    def _left_out(self, name: str, item: Reached, level: int) -> int | None:
        """The level of the call that leaves out what a wrapper takes as a parameter; None when it is given."""
        while level > 0:
            function = item.witness[level].function
            scope = self._system.program.scopes.get(function)
            outer = item.witness[level - 1]
            call = self._call_at(outer)
            if scope is None or scope.function is None or call is None:
                return None
            expr = self._passed(name, scope, call)
            if expr is None:
                return self._at_default(name, scope, item, level)
            caller = self._system.program.scopes[outer.function]
            frame = self._evaluator.root(caller)
            if isinstance(expr, str):
                name = expr
            elif isinstance(expr, ir.Name) and self._is_parameter(expr.id, caller):
                name = expr.id
            else:
                return level - 1 if self._clients.of_value(expr, frame) is Limit.NONE else None
            level -= 1
        return None

    def _at_default(self, name: str, scope: Scope, item: Reached, level: int) -> int | None:
        function = scope.function
        assert function is not None
        if name == "**":
            found = self._clients.limit(item.effect, item.step)
            return level - 1 if found is Limit.NONE and not self._has_socket_default(item.effect) else None
        for parameter in function.parameters:
            if parameter.name == name and parameter.default is not None:
                limit = self._clients.of_value(parameter.default, self._evaluator.root(scope.parent or scope))
                return level - 1 if limit is Limit.NONE else None
        return None

    def _passed(self, name: str, scope: Scope, call: ir.Call) -> ir.Expr | str | None:
        """What a call passes for a parameter; "**" when it hands on its own keywords."""
        function = scope.function
        assert function is not None
        unpacked = [value for key, value in call.keywords if not key]
        if name == "**":
            found = next((value for key, value in call.keywords if key in NAMES), None)
        else:
            found = self._evaluator.parameters.of_call(scope, call, is_bound(function)).get(name)
        if found is not None:
            return found
        return "**" if unpacked else None

    def _call_at(self, point: Point) -> ir.Call | None:
        if point.function not in self._system.program.scopes:
            return None
        for step in steps(self._system.contexts.tree(point.function).body):
            if step.call.place == point.place:
                return step.call
        return None

    # -------------------------------------------------------------------- around

    def _is_limited_around(self, step: Step) -> bool:
        """Whether `asyncio.wait_for`, or a block with a deadline, limits a call."""
        scope: Scope | None = step.scope
        while scope is not None and scope.function is None:
            scope = scope.parent
        return scope is not None and scope.function is not None and _limits(scope.function.body, step.call, False)

    @cached_property
    def _socket_defaults(self) -> bool:
        for call, scope in self._system.program.calls.get("setdefaulttimeout", ()):
            for callee in self._evaluator.values(call.function, self._evaluator.root(scope)):
                if isinstance(callee, External) and call.arguments and call.arguments[0] != ir.Const(None):
                    if any(
                        row.data.get("form") == "socket" for row in self._system.models.find(callee.name, "http_option")
                    ):
                        return True
        return False

    def _has_socket_default(self, effect: Effect) -> bool:
        return bool(effect.api.data.get("socket_default")) and self._socket_defaults


def _limits(body: tuple[ir.Stmt, ...], call: ir.Call, inside: bool) -> bool:
    for statement in body:
        for expr in expressions(statement):
            for node in walk(expr):
                if node is call and inside:
                    return True
                if isinstance(node, ir.Call) and spelled(node.function).rpartition(".")[2] in _WAITS:
                    if any(each is call for value in node.arguments for each in walk(value)):
                        return True
        around = isinstance(statement, ir.With) and any(
            isinstance(context, ir.Call) and spelled(context.function).rpartition(".")[2] in _AROUND
            for context, _ in statement.items
        )
        if any(_limits(inner, call, inside or around) for inner in bodies(statement)):
            return True
    return False
