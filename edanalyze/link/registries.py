"""Registries: what is put into a collection after it was made (`HANDLERS[name] = function`, `listeners.append(f)`)."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from functools import cached_property
from typing import TYPE_CHECKING

from edanalyze.facts import ir
from edanalyze.facts.children import spelled
from edanalyze.link.scopes import Binding, Scope
from edanalyze.link.values import Display, Frame, String, Value

if TYPE_CHECKING:
    from edanalyze.link.evaluate import Evaluator

_ADDING = {"append": 0, "add": 0, "appendleft": 0, "insert": 1, "setdefault": 1, "register": 1}
MOST = 40


class Registries:
    """Later members of displays, for an evaluator."""

    def __init__(self, evaluator: Evaluator) -> None:
        self._evaluator = evaluator
        self._active: set[int] = set()

    @cached_property
    def _added(self) -> dict[str, list[tuple[ir.Expr, ir.Expr | None, ir.Expr | Binding, Scope]]]:
        """Last identifier of the collection -> (collection, key, what is put in, scope)."""
        found: dict[str, list[tuple[ir.Expr, ir.Expr | None, ir.Expr | Binding, Scope]]] = defaultdict(list)
        program = self._evaluator.program
        for identifier in sorted(program.scopes):
            for store in program.scopes[identifier].stores:
                if not isinstance(store.key, str):
                    found[_last(store.base)].append((store.base, store.key, store.binding, store.scope))
        for method, position in sorted(_ADDING.items()):
            for call, scope in program.calls.get(method, ()):
                if isinstance(call.function, ir.Attr) and len(call.arguments) > position:
                    base, key = _kept_under(call.function.value)
                    key = call.arguments[0] if position else key
                    found[_last(base)].append((base, key, call.arguments[position], scope))
        for call, scope in program.calls.get("update", ()):
            if isinstance(call.function, ir.Attr):
                base = call.function.value
                for table in call.arguments[:1]:
                    pairs = table.items if isinstance(table, ir.Mapping) else ()
                    found[_last(base)] += [(base, name, item, scope) for name, item in pairs if name is not None]
        return found

    def members(self, base: ir.Expr, display: Display, key: Value | None = None) -> Iterator[Value]:
        """What is put into the display that `base` names elsewhere in the program, at a literal key if one is given."""
        entries = self._added.get(_last(base), ()) if _last(base) else ()
        if not entries or id(display.expr) in self._active:
            return
        self._active.add(id(display.expr))
        wanted = key.literal if isinstance(key, String) else None
        try:
            for collection, name, item, scope in entries[:MOST]:
                frame = self._evaluator.root(scope)
                if wanted is not None and self._is_other_key(name, wanted, frame):
                    continue
                if not self._is_same(collection, frame, display):
                    continue
                if isinstance(item, Binding):
                    yield from self._evaluator.binding(item, frame)
                else:
                    yield from self._evaluator.values(item, frame)
        finally:
            self._active.discard(id(display.expr))

    def keys(self, base: ir.Expr, display: Display) -> Iterator[Value]:
        """The keys under which something is put into the table that `base` names elsewhere in the program."""
        entries = self._added.get(_last(base), ()) if _last(base) else ()
        if not entries or id(display.expr) in self._active:
            return
        self._active.add(id(display.expr))
        try:
            for collection, name, _, scope in entries[:MOST]:
                frame = self._evaluator.root(scope)
                if name is not None and self._is_same(collection, frame, display):
                    yield from self._evaluator.values(name, frame)
        finally:
            self._active.discard(id(display.expr))

    def _is_same(self, collection: ir.Expr, frame: Frame, display: Display) -> bool:
        return any(
            isinstance(value, Display) and value.expr is display.expr
            for value in self._evaluator.values(collection, frame)
        )

    def _is_other_key(self, name: ir.Expr | None, key: str, frame: Frame) -> bool:
        texts = self._evaluator.literals(name, frame) if name is not None else []
        return bool(texts) and key not in texts


def _kept_under(expr: ir.Expr) -> tuple[ir.Expr, ir.Expr | None]:
    """The table and the key of a list in a table: `table[key]`, `table.setdefault(key, [])`."""
    match expr:
        case ir.Index(value=table, key=key):
            return table, key
        case ir.Call(function=ir.Attr(value=table, name="setdefault" | "get"), arguments=(key, *_)):
            return table, key
        case _:
            return expr, None


def _last(expr: ir.Expr) -> str:
    """The last identifier of a name or attribute chain, of an item that of the table."""
    while isinstance(expr, ir.Index):
        expr = expr.value
    text = spelled(expr)
    return "" if text.endswith("()") else text.rpartition(".")[2]
