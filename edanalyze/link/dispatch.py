"""Dispatch: functions that are handed in, and called by another name than their own.

A bus takes handlers from a table and calls `handler(message, **dependencies)`, or prepares them with
`partial(handler, publish=send)`; the handler then calls `publish`. Looking for calls of a function's own name does not
find these, so that its parameters would stand for nothing.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from functools import cached_property
from typing import TYPE_CHECKING

from edanalyze.facts import ir
from edanalyze.link.scopes import Scope
from edanalyze.link.values import External, Frame, Function

if TYPE_CHECKING:
    from edanalyze.link.evaluate import Evaluator

PARTIAL = "functools.partial"
_HANDED_IN = frozenset({"parameter", "item", "unpack", "unpack item", "value"})


class Dispatch:
    """Finds them, for an evaluator. The calls that are made up for `partial` are the same every time."""

    def __init__(self, evaluator: Evaluator) -> None:
        self._evaluator = evaluator
        self._known: dict[str, list[tuple[ir.Call, Frame]]] = defaultdict(list)
        self._open: dict[int, tuple[ir.Call, Frame]] | None = None

    def callers(self, function: str) -> list[tuple[ir.Call, Frame]]:
        """The calls that run a function under the name of a parameter or local variable.

        What one of these calls runs may depend on who else is called so: those that cannot be told yet, since that is
        just being found out, are looked at again whenever somebody asks.
        """
        if function.rpartition(":")[2].rpartition(".")[2] not in self._referred:
            return []
        evaluator = self._evaluator
        if self._open is None:
            self._open = dict(enumerate((call, evaluator.root(scope)) for call, scope in self._calls()))
        for number, (call, frame) in tuple(self._open.items()):
            found = self._run(call, frame)
            if evaluator.is_settled(call.function, frame) and self._open.pop(number, None) is not None:
                for identifier in found:
                    self._known[identifier].append((call, frame))
        return sorted(self._known.get(function, ()), key=_order)

    def _run(self, call: ir.Call, frame: Frame) -> list[str]:
        """The ids of the functions that a call runs."""
        values = self._evaluator.values(call.function, frame)
        return [value.id for value in values if isinstance(value, Function)]

    @cached_property
    def _referred(self) -> frozenset[str]:
        """The last names of what is passed, put into a table, assigned or returned without being called."""
        program = self._evaluator.program
        found: set[str] = set()
        for scope in program.scopes.values():
            for call, _ in scope.calls:
                for argument in call.arguments:
                    _add_names(argument, found)
                for _, value in call.keywords:
                    _add_names(value, found)
            for expr in scope.returned:
                _add_names(expr, found)
            for bindings in scope.bindings.values():
                for binding in bindings:
                    if binding.kind == "value":
                        _add_names(binding.expr, found)
            for store in scope.stores:
                _add_names(store.binding.expr, found)
            if scope.function is not None:
                for parameter in scope.function.parameters:
                    _add_names(parameter.default, found)
        return frozenset(found)

    def _calls(self) -> Iterator[tuple[ir.Call, Scope]]:
        program = self._evaluator.program
        for identifier in sorted(program.scopes):
            for call, scope in program.scopes[identifier].calls:
                if not isinstance(call.function, ir.Name):
                    continue
                if _is_handed_in(call.function.id, scope) and not _only_passes_on(call, scope):
                    yield call, scope
                elif call.function.id == "partial" and call.arguments and isinstance(call.arguments[0], ir.Name):
                    values = self._evaluator.values(call.function, self._evaluator.root(scope))
                    if External(PARTIAL) in values and _is_handed_in(call.arguments[0].id, scope):
                        yield ir.Call(call.arguments[0], call.arguments[1:], call.keywords, call.place), scope


def _order(item: tuple[ir.Call, Frame]) -> tuple[str, int, int]:
    call, frame = item
    return (frame.scope.module, call.place.line, call.place.column)


def _add_names(expr: ir.Expr | None, found: set[str]) -> None:
    """Add the last identifier of a name, or those of the names in a display."""
    match expr:
        case ir.Const() | ir.Call() | None:
            pass
        case ir.Name(id=name) | ir.Attr(name=name):
            found.add(name)
        case ir.Items(items=items):
            for item in items:
                _add_names(item, found)
        case ir.Mapping(items=pairs):
            for _, value in pairs:
                _add_names(value, found)
        case ir.Choice(options=options):
            for option in options:
                _add_names(option, found)
        case ir.Comprehension(element=element):
            _add_names(element, found)
        case _:
            pass


def _is_handed_in(name: str, scope: Scope) -> bool:
    """Whether a name is a parameter or variable of the functions around a call."""
    current: Scope | None = scope
    while current is not None and current.kind in {"function", "comprehension"}:
        bindings = current.bindings.get(name)
        if bindings:
            return all(binding.kind in _HANDED_IN for binding in bindings)
        current = current.parent
    return False


def _only_passes_on(call: ir.Call, scope: Scope) -> bool:
    """Whether a call has no arguments, or those that the function around it was given itself: `f(*args, **kwargs)`."""
    kinds = {item.name: item.kind for item in scope.function.parameters} if scope.function is not None else {}
    return all(
        isinstance(item, ir.Star) and isinstance(item.value, ir.Name) and kinds.get(item.value.id) == "args"
        for item in call.arguments
    ) and all(
        not name and isinstance(value, ir.Name) and kinds.get(value.id) == "kwargs" for name, value in call.keywords
    )
