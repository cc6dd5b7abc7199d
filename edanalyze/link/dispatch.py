"""Dispatch: functions that are handed in, and called by another name than their own.

A bus takes handlers from a table and calls `handler(message, **dependencies)`, or prepares them with
`partial(handler, publish=send)`; the handler then calls `publish`. Looking for calls of a function's own name does not
find these, so that its parameters would stand for nothing.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator
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
        self._open: list[tuple[ir.Call, Frame]] | None = None

    def callers(self, function: str) -> list[tuple[ir.Call, Frame]]:
        """The calls that run a function under the name of a parameter or local variable.

        What one of these calls runs may depend on who else is called so: those of which nothing is known are looked at
        again whenever somebody asks.
        """
        if function.rpartition(":")[2].rpartition(".")[2] not in self._referred:
            return []
        if self._open is None:
            self._open = [(call, self._evaluator.root(scope)) for call, scope in self._calls()]
        for item in tuple(self._open):
            found = self._run(*item)
            if found and item in self._open:
                self._open.remove(item)
                for identifier in found:
                    self._known[identifier].append(item)
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
                found.update(_names((*call.arguments, *(value for _, value in call.keywords))))
            found.update(_names(scope.returned))
            for binding in (each for bindings in scope.bindings.values() for each in bindings):
                found.update(_names((binding.expr,) if binding.kind == "value" else ()))
            found.update(_names(store.binding.expr for store in scope.stores))
            if scope.function is not None:
                found.update(_names(parameter.default for parameter in scope.function.parameters))
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


def _names(exprs: Iterable[ir.Expr | None]) -> Iterator[str]:
    """The last identifiers of names, also of those in displays."""
    for expr in exprs:
        match expr:
            case ir.Name(id=name) | ir.Attr(name=name):
                yield name
            case ir.Items(items=items):
                yield from _names(items)
            case ir.Mapping(items=pairs):
                yield from _names(value for _, value in pairs)
            case ir.Choice(options=options):
                yield from _names(options)
            case ir.Comprehension(element=element):
                yield from _names((element,))
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
