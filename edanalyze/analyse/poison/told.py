"""Failures that are told by a returned value: `err = convert(body)`, `if not store(body)`."""

from __future__ import annotations

from typing import TYPE_CHECKING

from edanalyze.analyse.trees.trees import is_broad
from edanalyze.analyse.witness import Point
from edanalyze.facts import ir
from edanalyze.facts.children import statements
from edanalyze.facts.module import FunctionFacts
from edanalyze.link.scopes import Scope
from edanalyze.link.values import Frame, Function

if TYPE_CHECKING:
    from edanalyze.analyse.system import System


class Told:
    """Finds the clause that catches everything and has a caller know by what it returns."""

    def __init__(self, system: System) -> None:
        self._evaluator = system.evaluator
        self._program = system.program

    def clause(self, test: ir.Expr, scope: Scope, outcome: bool, frame: Frame) -> Point | None:
        """The clause that a test comes out of with this outcome; None where it is no test of a returned value."""
        call, truth = _asked(test, scope, outcome)
        for value in self._evaluator.values(call.function, frame) if call is not None else ():
            if isinstance(value, Function):
                facts = self._program.functions[value.id]
                place = next((each.place for each in _broad(facts) if _returns(each, facts, truth)), None)
                if place is not None:
                    return Point(value.id.partition(":")[0], value.id, place, "any failure is caught")
        return None


def _asked(test: ir.Expr, scope: Scope, outcome: bool) -> tuple[ir.Call | None, bool]:
    """The call whose result is tested, and whether the outcome stands for a true result."""
    match test:
        case ir.Operation(operator="not", operands=(inner,)):
            return _asked(inner, scope, not outcome)
        case ir.Operation(operator="is" | "==", operands=(inner, ir.Const(value=None | False))):
            return _asked(inner, scope, not outcome)
        case ir.Operation(operator="is not" | "!=", operands=(inner, ir.Const(value=None | False))):
            return _asked(inner, scope, outcome)
        case ir.Await(value=inner):
            return _asked(inner, scope, outcome)
        case ir.Call():
            return test, outcome
        case ir.Name(id=name):
            given = [binding.expr for binding in scope.bindings.get(name, ())]
            made = given[0] if len(given) == 1 else None
            made = made.value if isinstance(made, ir.Await) else made
            return (made if isinstance(made, ir.Call) else None), outcome
        case _:
            return None, outcome


def _broad(facts: FunctionFacts) -> list[ir.Handler]:
    """The clauses of a function that catch everything."""
    tries = (each for each in statements(facts.body) if isinstance(each, ir.Try))
    return [handler for each in tries for handler in each.handlers if is_broad(handler)]


def _returns(handler: ir.Handler, facts: FunctionFacts, truth: bool) -> bool:
    """Whether a clause ends its function with a result that is true, or one that is not."""
    last = facts.body[-1]
    given = [each.value for each in statements(handler.body) if isinstance(each, ir.Return)]
    if not given and isinstance(last, ir.Try) and handler in last.handlers and not last.final:
        return not truth and not any(isinstance(each, ir.Raise) for each in statements(handler.body))
    return any(_truth(value, handler.name) is truth for value in given)


def _truth(value: ir.Expr | None, caught: str | None) -> bool | None:
    """Whether a returned value is true, as far as that can be seen."""
    match value:
        case None:
            return False
        case ir.Const(value=plain):
            return bool(plain)
        case ir.Text() | ir.Call(function=ir.Name(id="str" | "repr")):
            return True
        case ir.Name(id=name) if name == caught:
            return True
        case ir.Items(items=items):
            return bool(items)
        case _:
            return None
