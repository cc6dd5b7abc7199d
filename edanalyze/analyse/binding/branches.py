"""Branches that a call's arguments rule out: `if method == "GET": client.get(url)` in a function called with "POST"."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from edanalyze.facts import ir
from edanalyze.facts.children import bodies, calls, expressions, statements
from edanalyze.link.evaluate import Evaluator
from edanalyze.link.scopes import Scope
from edanalyze.link.values import Frame, String

_LEAVING = (ir.Return, ir.Raise, ir.Continue, ir.Break)


class Guard(NamedTuple):
    """A comparison that must hold (or must not) for a call to be made."""

    test: ir.Expr
    holds: bool


class Branches:
    """Compares what guards compare."""

    def __init__(self, evaluator: Evaluator) -> None:
        self._evaluator = evaluator
        self._guards: dict[int, tuple[Guard, ...]] = {}

    def excluded(self, call: ir.Call, frame: Frame) -> bool:
        """Whether a call is not made in a frame that says with what its function is called."""
        if frame.call is None:
            return False
        guards = self._guards.get(id(call))
        if guards is None:
            guards = self._guards[id(call)] = tuple(_guards(_body(frame.scope), call))
        return any(self._holds(guard.test, frame) is (not guard.holds) for guard in guards)

    def _holds(self, test: ir.Expr, frame: Frame) -> bool | None:
        match test:
            case ir.Operation(operator="not", operands=(inner,)):
                held = self._holds(inner, frame)
                return None if held is None else not held
            case ir.Operation(operator="==" | "is", operands=(left, right)):
                return self._same(left, [right], frame)
            case ir.Operation(operator="!=" | "is not", operands=(left, right)):
                same = self._same(left, [right], frame)
                return None if same is None else not same
            case ir.Operation(operator="in", operands=(left, ir.Items(items=items))):
                return self._same(left, items, frame)
            case ir.Operation(operator="not in", operands=(left, ir.Items(items=items))):
                same = self._same(left, items, frame)
                return None if same is None else not same
            case _:
                return None

    def _same(self, left: ir.Expr, others: tuple[ir.Expr, ...] | list[ir.Expr], frame: Frame) -> bool | None:
        """Whether two texts are the same, whatever their case; None when one of them is not known."""
        one = self._texts(left, frame)
        two: set[str] = set()
        for other in others:
            texts = self._texts(other, frame)
            if not texts:
                return None
            two |= texts
        if not one or not two:
            return None
        if one.isdisjoint(two):
            return False
        return True if one <= two and (len(two) == 1 or len(others) > 1) else None

    def _texts(self, expr: ir.Expr, frame: Frame) -> set[str]:
        values = self._evaluator.values(expr, frame)
        texts = [value.literal for value in values if isinstance(value, String)]
        known = {text.casefold() for text in texts if text is not None}
        return known if len(texts) == len(values) and None not in texts else set()


def _body(scope: Scope) -> tuple[ir.Stmt, ...]:
    return scope.function.body if scope.function is not None else ()


def _guards(body: tuple[ir.Stmt, ...], call: ir.Call) -> Iterator[Guard]:
    """The tests on the way to a call, the outermost first."""
    passed: list[Guard] = []
    for statement in body:
        if _holds_call(statement, call):
            yield from passed
            for number, block in enumerate(bodies(statement)):
                if any(_holds_call(inner, call) for inner in block):
                    yield from _chosen(statement, number)
                    yield from _guards(block, call)
            return
        if isinstance(statement, ir.Branch) and statement.body and isinstance(statement.body[-1], _LEAVING):
            passed.append(Guard(statement.test, False))


def _chosen(statement: ir.Stmt, number: int) -> Iterator[Guard]:
    """The tests that lead into a block of a statement."""
    if isinstance(statement, ir.Branch):
        yield Guard(statement.test, number == 0)
    if isinstance(statement, ir.Match):
        for position, case in enumerate(statement.cases[: number + 1]):
            if case.patterns and case.guard is None and not case.irrefutable:
                test = ir.Operation("in", (statement.subject, ir.Items("tuple", case.patterns)))
                yield Guard(test, position == number)


def _holds_call(statement: ir.Stmt, call: ir.Call) -> bool:
    inside = (statement, *(inner for block in bodies(statement) for inner in statements(block)))
    return any(made is call for each in inside for expr in expressions(each) for made in calls(expr))
