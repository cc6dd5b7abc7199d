"""Counters as guards: `if redis.incr(key) > 1: return`, where the counter that is tested is itself the marker."""

from __future__ import annotations

from collections.abc import Iterator

from edanalyze.analyse.effects.effects import Effects
from edanalyze.facts import ir
from edanalyze.facts.children import calls, expressions, statements, walk
from edanalyze.link.scopes import Scope

PASSING = frozenset({"bool", "any", "len", "int", "list", "set", "next"})
"""Functions whose result tells what their argument tells."""
# Comparison with a count -> its outcome on a first delivery.
_FIRST = {("==", 1): True, ("<=", 1): True, ("<", 2): True, (">", 1): False, ("!=", 1): False, (">=", 2): False}
_COMPARISONS = frozenset({"==", "!=", ">", ">=", "<", "<="})
DEEPEST = 3


class Counters:
    """Finds increments whose result is compared with one."""

    def __init__(self, effects: Effects) -> None:
        self._effects = effects
        self._evaluator = effects.evaluator
        self._tested: dict[str, frozenset[int]] = {}

    def first(self, operator: str, left: ir.Expr, limit: object, scope: Scope) -> bool | None:
        """The outcome of a comparison on a first delivery; None when it compares no counter, or not with one."""
        call = self._call_of(left, scope, 0)
        if call is None or not isinstance(limit, int) or not self._increments(call, scope, 0):
            return None
        return _FIRST.get((operator, limit))

    def is_tested(self, call: ir.Call, scope: Scope) -> bool:
        """Whether a call increments a counter that its function, or a caller, compares with one."""
        scope = scope.lexical
        if scope.id not in self._tested:
            body = scope.function.body if scope.function is not None else ()
            compared = [left for statement in statements(body) for left in _ones(statement)]
            found = {id(made) for left in compared if (made := self._call_of(left, scope, 0)) is not None}
            self._tested[scope.id] = frozenset(found)
            callers = self._evaluator.callers.of(scope.id) if scope.function is not None else ()
            if any(self.is_tested(caller, frame.scope) for caller, frame in callers):
                found |= {id(made) for expr in scope.returned if (made := self._call_of(expr, scope, 0)) is not None}
            self._tested[scope.id] = frozenset(found)
        return id(call) in self._tested[scope.id]

    def _increments(self, call: ir.Call, scope: Scope, depth: int) -> bool:
        effects, targets = self._effects.classify(call, self._evaluator.root(scope))
        if any(effect.verb == "increment" or effect.api.data.get("signal") == "counter" for effect in effects):
            return True
        scopes = self._evaluator.program.scopes
        return depth < DEEPEST and any(
            self._increments(inner, scopes[target.id], depth + 1)
            for target in targets
            for expr in scopes[target.id].returned
            for inner in calls(expr)
        )

    def _call_of(self, expr: ir.Expr, scope: Scope, depth: int) -> ir.Call | None:
        """The call whose result an expression stands for."""
        match expr:
            case ir.Call(function=ir.Name(id=name), arguments=(inner, *_)) if name in PASSING:
                return self._call_of(inner, scope, depth)
            case ir.Call():
                return expr
            case ir.Await(value=value) | ir.Bind(value=value) | ir.Index(value=value):
                return self._call_of(value, scope, depth)
            case ir.Name(id=name) if depth < DEEPEST:
                for binding in scope.bindings.get(name, ()):
                    if binding.kind in {"value", "unpack"} and binding.expr is not None:
                        found = self._call_of(binding.expr, scope, depth + 1)
                        if found is not None:
                            return found
        return None


def _ones(statement: ir.Stmt) -> Iterator[ir.Expr]:
    """What a statement compares with one (or two)."""
    for expr in expressions(statement):
        for node in walk(expr):
            match node:
                case ir.Operation(operator=operator, operands=(left, *_, ir.Const(value=1 | 2))) if (
                    operator in _COMPARISONS
                ):
                    yield left
