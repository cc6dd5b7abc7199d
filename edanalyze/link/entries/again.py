"""Tasks that ask to be run again: by their own `retry`, or by a function that they hand themselves to."""

from __future__ import annotations

from collections.abc import Iterator

from edanalyze.facts import ir
from edanalyze.link.evaluate import Evaluator
from edanalyze.link.parameters import is_bound
from edanalyze.link.scopes import Scope
from edanalyze.link.values import Function

RAISED = frozenset({"Retry", "RetryTask"})
"""Exceptions by which a task asks to be run again."""


def asking(function: str, evaluator: Evaluator) -> Iterator[int]:
    """The lines of a task's body at which it asks to be run again."""
    scope = evaluator.program.scopes[function]
    facts = scope.function
    task = facts.parameters[0].name if facts is not None and facts.parameters else ""
    for call, inner in scope.calls:
        if _asks(call) or (task and _is_given(call, task) and _asks_for(call, inner, task, evaluator)):
            yield call.place.line


def _asks(call: ir.Call) -> bool:
    match call.function:
        case ir.Attr(value=ir.Name() | ir.Attr(), name="retry"):
            return True
        case ir.Name(id=name) | ir.Attr(name=name):
            return name in RAISED
        case _:
            return False


def _is_given(call: ir.Call, task: str) -> bool:
    given = (*call.arguments, *(value for _, value in call.keywords)) if call.keywords else call.arguments
    return any(type(value) is ir.Name and value.id == task for value in given)


def _asks_for(call: ir.Call, scope: Scope, task: str, evaluator: Evaluator) -> bool:
    """Whether the callee calls the `retry` of the task that it is given."""
    for value in evaluator.values(call.function, evaluator.root(scope)):
        callee = evaluator.program.scopes.get(value.id) if isinstance(value, Function) else None
        if callee is None or callee.function is None:
            continue
        given = evaluator.parameters.of_call(callee, call, is_bound(callee.function))
        names = {name for name, expr in given.items() if type(expr) is ir.Name and expr.id == task}
        for each, _ in callee.calls:
            match each.function:
                case ir.Attr(value=ir.Name(id=name), name="retry") if name in names:
                    return True
                case _:
                    pass
    return False
