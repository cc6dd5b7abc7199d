"""Mentions: where names are written in a program, found module by module while what is written in one is at hand.

Whoever looks for the calls of a name, or for what is handed over without being called, asks here instead of going
through all that a program consists of.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable
from typing import Any

from edanalyze.facts import ir
from edanalyze.link.scopes import Scope

_HANDED_IN = frozenset({"parameter", "item", "unpack", "unpack item", "value"})
_HELD: dict[type, Callable[[Any], Iterable[ir.Expr]]] = {
    ir.Items: lambda e: e.items,
    ir.Mapping: lambda e: [value for _, value in e.items],
    ir.Choice: lambda e: e.options,
    ir.Comprehension: lambda e: (e.element,),
}
"""The expressions that hold what is handed over, and what they hold."""


class Mentions:
    """What is called, handed over and imported, by name.

    `calls` are the calls by the last identifier of the called name, with the scopes that they stand in; `applied` those
    of what another call gives (`app.route("/")(view)`); `handed_in` those of a parameter or variable of the functions
    around, or of `partial`. `handed_over` are the last names of what is passed, put into a table, assigned or
    returned without being called. `imports` are all of the project's, with the module that holds them.
    """

    def __init__(self) -> None:
        self.calls: dict[str, list[tuple[ir.Call, Scope]]] = defaultdict(list)
        self.applied: list[tuple[ir.Call, Scope]] = []
        self.handed_in: list[tuple[ir.Call, Scope]] = []
        self.handed_over: set[str] = set()
        self.imports: list[tuple[str, ir.Import]] = []

    def add(self, scopes: Iterable[Scope]) -> None:
        """Take note of what is written in the scopes of a module."""
        for scope in scopes:
            given: list[ir.Expr | None] = [*scope.returned]
            for site in scope.calls:
                self._call(site)
                call = site[0]
                given += call.arguments
                if call.keywords:
                    given += [value for _, value in call.keywords]
            for bindings in scope.bindings.values():
                for binding in bindings:
                    if binding.kind == "value":
                        given.append(binding.expr)
                    elif binding.imported is not None:
                        self.imports.append((scope.module, binding.imported))
            if scope.star_imports:
                self.imports += [(scope.module, item) for item in scope.star_imports]
            if scope.stores:
                given += [store.binding.expr for store in scope.stores]
            if scope.function is not None:
                given += [parameter.default for parameter in scope.function.parameters]
            self._hand_over(given)

    def _call(self, site: tuple[ir.Call, Scope]) -> None:
        call, scope = site
        function = call.function
        if type(function) is ir.Attr:
            self.calls[function.name].append(site)
        elif type(function) is ir.Name:
            name = function.id
            self.calls[name].append(site)
            if is_handed_in(name, scope) or name == "partial":
                self.handed_in.append(site)
        elif type(function) is ir.Call:
            self.applied.append(site)

    def _hand_over(self, exprs: Iterable[ir.Expr | None]) -> None:
        """Take note of the last identifiers of names, also of those in displays."""
        for expr in exprs:
            if type(expr) is ir.Name:
                self.handed_over.add(expr.id)
            elif type(expr) is ir.Attr:
                self.handed_over.add(expr.name)
            elif (held := _HELD.get(type(expr))) is not None:
                self._hand_over(held(expr))


def is_handed_in(name: str, scope: Scope) -> bool:
    """Whether a name is a parameter or variable of the functions around a call."""
    current: Scope | None = scope
    while current is not None and current.kind in {"function", "comprehension"}:
        bindings = current.bindings.get(name)
        if bindings:
            return all(binding.kind in _HANDED_IN for binding in bindings)
        current = current.parent
    return False
