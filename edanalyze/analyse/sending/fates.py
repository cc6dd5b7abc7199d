"""Fates: what becomes of the value of a call, whether the code looks at it, drops it, or gives it to its callers."""

from __future__ import annotations

import enum
import re
from collections.abc import Iterator
from typing import NamedTuple

from edanalyze.analyse.sending.unconfirmed import AWAIT, FUTURE
from edanalyze.facts import ir
from edanalyze.facts.children import children, expressions, spelled, statements
from edanalyze.link.evaluate import Evaluator
from edanalyze.link.scopes import Scope
from edanalyze.link.values import External

DEEPEST = 4

_TRANSPARENT = frozenset({"dumps", "str", "repr", "dict", "list", "tuple", "pformat", "set"})
_LOGGER = re.compile(r"(^|\.)_?(log|logger|logging)(\(\))?\.\w+$")
_PRINTS = frozenset({"print", "pprint", "pprint.pprint", "click.echo"})
_META = "ResponseMetadata"


class Fate(enum.Enum):
    """What becomes of a value."""

    USED = "something looks at it"
    DROPPED = "nothing does"
    RETURNED = "it is for the callers to look at it"


class Verdict(NamedTuple):
    """A fate, and what had still to be done with the value then.

    `pending` holds, in order, `AWAIT` (a coroutine has to be awaited), `FUTURE` (a future has to be looked at), or
    the name of the field of a response that has to be read.
    """

    fate: Fate
    pending: tuple[str, ...] = ()


USED = Verdict(Fate.USED)


class _Use(NamedTuple):
    """An expression with those around it, innermost first, and its statement."""

    around: tuple[ir.Expr, ...]
    statement: ir.Stmt


class Fates:
    """Follows values within functions."""

    def __init__(self, evaluator: Evaluator) -> None:
        self._evaluator = evaluator
        self._calls: dict[str, dict[int, _Use]] = {}
        self._names: dict[str, dict[str, list[tuple[ir.Name, _Use]]]] = {}

    def of(self, call: ir.Call, scope: Scope, pending: tuple[str, ...]) -> Verdict:
        """What becomes of the value of a call in a scope, if `pending` has to be done with it."""
        where = scope.lexical
        self._index(where)
        use = self._calls[where.id].get(id(call))
        if use is None:  # in a decorator, a default or a class body
            return USED
        if pending[0] in {AWAIT, FUTURE} and (call.awaited or self._waits(call, scope)):
            pending = pending[1:]
        return self._follow(call, use, pending, where, ()) if pending else USED

    def _waits(self, call: ir.Call, scope: Scope) -> bool:
        """Whether a call runs a coroutine to its end: of what `async_to_sync(f)` gives, at once or by a name for it."""
        maker = call.function
        if isinstance(maker, ir.Name):
            bindings = scope.bindings.get(maker.id, ())
            maker = bindings[0].expr or maker if len(bindings) == 1 and bindings[0].kind == "value" else maker
        if not isinstance(maker, ir.Call):
            return False
        return any(
            api.data.get("form") == "wrap" and not api.data.get("async")
            for value in self._evaluator.values(maker.function, self._evaluator.root(scope))
            if isinstance(value, External)
            for api in self._evaluator.models.rows(value.name, "invoke")
        )

    # ---------------------------------------------------------------- following

    def _follow(
        self, expr: ir.Expr, use: _Use, pending: tuple[str, ...], where: Scope, names: tuple[str, ...]
    ) -> Verdict:
        current = expr
        for position, parent in enumerate(use.around):
            match parent:
                case ir.Await():
                    pending = pending[1:] if pending[0] in {AWAIT, FUTURE} else pending
                    if not pending:
                        return USED
                case ir.Choice(test=test) if current is not test:
                    pass
                case ir.Items() | ir.Star() | ir.Mapping() | ir.Text():
                    pass
                case ir.Comprehension(element=element, key=key) if current is element or current is key:
                    pass
                case ir.Attr(name="get") | ir.Index() if pending[0] not in {AWAIT, FUTURE}:
                    return self._read(parent, use.around[position + 1 :], pending)
                case ir.Call(function=function) if current is not function:
                    after = self._handed(parent, pending, where)
                    if after is None:
                        return Verdict(Fate.DROPPED, pending)
                    if not after:
                        return USED
                    pending = after
                case _:
                    return USED
            current = parent
        return self._ended(use.statement, pending, where, names)

    def _ended(self, statement: ir.Stmt, pending: tuple[str, ...], where: Scope, names: tuple[str, ...]) -> Verdict:
        match statement:
            case ir.Evaluate():
                return Verdict(Fate.DROPPED, pending)
            case ir.Return():
                if where.function is not None and where.function.asynchronous:
                    pending = (AWAIT, *pending)
                return Verdict(Fate.RETURNED, pending)
            case ir.Assign(targets=targets) if where.kind == "function":
                found: list[Verdict] = []
                for target in targets:
                    if not isinstance(target, ir.Name) or target.id in where.outer or len(names) > DEEPEST:
                        return USED
                    if target.id not in names:
                        found += self._uses(target.id, pending, where, (*names, target.id))
                return _joined(found, pending)
            case _:
                return USED

    def _uses(self, name: str, pending: tuple[str, ...], where: Scope, names: tuple[str, ...]) -> Iterator[Verdict]:
        """What becomes of the value at each use of the name that it was given; inner functions may do anything."""
        for inner in self._evaluator.program.scopes.values():
            if inner.module == where.module and inner.kind == "function" and _is_inside(inner, where):
                self._index(inner)
                if name in self._names[inner.id] and name not in inner.bindings:
                    yield USED
        for node, use in self._names[where.id].get(name, ()):
            yield self._follow(node, use, pending, where, names)

    @staticmethod
    def _read(expr: ir.Expr, around: tuple[ir.Expr, ...], pending: tuple[str, ...]) -> Verdict:
        """A field of a response that is read: any but its meta data tells what was taken."""
        key: ir.Expr | None = expr.key if isinstance(expr, ir.Index) else None
        if isinstance(expr, ir.Attr) and around and isinstance(around[0], ir.Call):
            key = around[0].arguments[0] if around[0].arguments else None
        if isinstance(key, ir.Const) and key.value == _META:
            return Verdict(Fate.DROPPED, pending)
        return USED

    def _handed(self, call: ir.Call, pending: tuple[str, ...], where: Scope) -> tuple[str, ...] | None:
        """What is still pending of a value that a call was given; None when the call only shows it."""
        text = spelled(call.function)
        last = text.rpartition(".")[2]
        names = [
            value.name
            for value in self._evaluator.values(call.function, self._evaluator.root(where))
            if isinstance(value, External)
        ]
        rows = [api for name in names for api in self._evaluator.models.rows(name)]
        if text in _PRINTS or any(api.kind == "log" for api in rows) or _LOGGER.search(text):
            return None
        waits = any(
            (api.kind == "invoke" and api.data.get("form") == "await")
            or (api.kind == "concurrent" and api.data.get("form") == "gather")
            for api in rows
        )
        if waits:
            return pending[1:] if pending[0] in {AWAIT, FUTURE} else ()
        return pending if last in _TRANSPARENT and pending[0] not in {AWAIT, FUTURE} else ()

    # ------------------------------------------------------------------ index

    def _index(self, where: Scope) -> None:
        if where.id in self._calls:
            return
        calls: dict[int, _Use] = {}
        names: dict[str, list[tuple[ir.Name, _Use]]] = {}
        program = self._evaluator.program
        body = where.function.body if where.function is not None else program.modules[where.module].body
        for statement in statements(body):
            targets = statement.targets if isinstance(statement, ir.Assign) else ()
            for expr in expressions(statement):
                if isinstance(expr, ir.Name) and any(expr is target for target in targets):
                    continue
                for node, around in _around(expr, ()):
                    if isinstance(node, ir.Call):
                        calls[id(node)] = _Use(around, statement)
                    elif isinstance(node, ir.Name):
                        names.setdefault(node.id, []).append((node, _Use(around, statement)))
        self._calls[where.id], self._names[where.id] = calls, names


def _around(expr: ir.Expr, outer: tuple[ir.Expr, ...]) -> Iterator[tuple[ir.Expr, tuple[ir.Expr, ...]]]:
    yield expr, outer
    for child in children(expr):
        yield from _around(child, (expr, *outer))


def _is_inside(inner: Scope, outer: Scope) -> bool:
    scope = inner.parent
    while scope is not None:
        if scope is outer:
            return True
        scope = scope.parent
    return False


def _joined(verdicts: list[Verdict], pending: tuple[str, ...]) -> Verdict:
    for fate in (Fate.USED, Fate.RETURNED):
        for verdict in verdicts:
            if verdict.fate is fate:
                return verdict
    return next(iter(verdicts), Verdict(Fate.DROPPED, pending))
