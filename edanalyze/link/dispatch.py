"""Dispatch: functions that are handed in, and called by another name than their own.

A bus takes handlers from a table and calls `handler(message, **dependencies)`, or prepares them with
`partial(handler, publish=send)`; the handler then calls `publish`. Looking for calls of a function's own name does not
find these, so that its parameters would stand for nothing.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from typing import TYPE_CHECKING

from edanalyze.facts import ir
from edanalyze.link.mentions import is_handed_in
from edanalyze.link.scopes import Scope
from edanalyze.link.values import External, Frame, Function

if TYPE_CHECKING:
    from edanalyze.link.evaluate import Evaluator

PARTIAL = "functools.partial"


class Dispatch:
    """Finds them, for an evaluator. The calls that are made up for `partial` are the same every time."""

    def __init__(self, evaluator: Evaluator) -> None:
        self._evaluator = evaluator
        self._mentions = evaluator.program.mentions
        self._known: dict[str, list[tuple[ir.Call, Frame]]] = defaultdict(list)
        self._open: dict[int, tuple[ir.Call, Frame]] | None = None

    def callers(self, function: str) -> list[tuple[ir.Call, Frame]]:
        """The calls that run a function under the name of a parameter or local variable.

        What one of these calls runs may depend on who else is called so: those that cannot be told yet, since that is
        just being found out, are looked at again whenever somebody asks.
        """
        if function.rpartition(":")[2].rpartition(".")[2] not in self._mentions.handed_over:
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

    def _calls(self) -> Iterator[tuple[ir.Call, Scope]]:
        for call, scope in sorted(self._mentions.handed_in, key=lambda item: item[1].id):
            assert isinstance(call.function, ir.Name)
            if is_handed_in(call.function.id, scope) and not _only_passes_on(call, scope):
                yield call, scope
            elif call.function.id == "partial" and call.arguments and isinstance(call.arguments[0], ir.Name):
                values = self._evaluator.values(call.function, self._evaluator.root(scope))
                if External(PARTIAL) in values and is_handed_in(call.arguments[0].id, scope):
                    yield ir.Call(call.arguments[0], call.arguments[1:], call.keywords, call.place), scope


def _order(item: tuple[ir.Call, Frame]) -> tuple[str, int, int]:
    call, frame = item
    return (frame.scope.module, call.place.line, call.place.column)


def _only_passes_on(call: ir.Call, scope: Scope) -> bool:
    """Whether a call has no arguments, or those that the function around it was given itself: `f(*args, **kwargs)`."""
    kinds = {item.name: item.kind for item in scope.function.parameters} if scope.function is not None else {}
    return all(
        isinstance(item, ir.Star) and isinstance(item.value, ir.Name) and kinds.get(item.value.id) == "args"
        for item in call.arguments
    ) and all(
        not name and isinstance(value, ir.Name) and kinds.get(value.id) == "kwargs" for name, value in call.keywords
    )
