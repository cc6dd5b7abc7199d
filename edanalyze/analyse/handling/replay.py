"""Replay: state that handlers store and that comes from the clock, chance or a fresh id instead of the message."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import TYPE_CHECKING, NamedTuple

from edanalyze.analyse.effects.effect import Effect
from edanalyze.analyse.witness import Point, Witness
from edanalyze.facts import ir
from edanalyze.facts.children import statements, walk
from edanalyze.link.scopes import Scope
from edanalyze.link.values import External, Frame, Function

if TYPE_CHECKING:
    from edanalyze.analyse.system import System
    from edanalyze.link.entries import EntryPoint

DEEPEST = 3
WORDS = {"clock": "the time at which it runs", "random": "chance", "unique": "a fresh id"}
STORING = frozenset({"insert", "write", "update", "upsert", "replace", "bulk", "set", "insert_or_update", "raw", "dml"})
BOOKKEEPING = re.compile(
    r"(^|_)(created|updated|modified|changed|inserted|processed|received|handled|consumed|logged|recorded|saved|stored"
    r"|synced|indexed|cached|seen|checked|touched|deleted|archived|imported|ingested|published|sent|delivered|emitted|last"
    r"|time_?stamp|ts|nonce|salt|lock|lease|heartbeat|attempted|retried|failed|started|finished|trace|span|request"
    r"|correlation|session)(_|$)|^(date_added|date|time|now|at|on)$",
    re.IGNORECASE,
)
"""Fields that say when or how the row was written, which may differ when it is written again."""


class Volatile(NamedTuple):
    """A stored field of a handler: the way to the write, the field, what its value is made of, and where."""

    entry: EntryPoint
    field: str
    source: str
    witness: Witness
    likely: bool


class Replay:
    """Finds such fields."""

    def __init__(self, system: System) -> None:
        self._system = system
        self._evaluator = system.evaluator

    def volatile(self, entry: EntryPoint) -> Iterator[Volatile]:
        """Those of one handler, in the order in which it writes."""
        if entry.value is None:
            return
        effects = self._system.reach.effects(entry.value)
        for item in effects:
            if item.effect.kind == "write" and item.effect.verb in STORING:
                scope = item.step.scope
                frame = self._evaluator.root(scope)
                for field, expr in self._stored(item.effect, scope):
                    source = self._source(expr, scope, frame, 0)
                    if source:
                        yield Volatile(entry, field, WORDS[source], item.witness, item.effect.likely)
        if any(item.effect.kind in {"write", "commit"} for item in effects):
            for function in self._system.reach.functions(entry.value):
                yield from self._assigned(entry, function)

    # ------------------------------------------------------------------ writes

    def _stored(self, effect: Effect, scope: Scope) -> Iterator[tuple[str, ir.Expr]]:
        """The fields that a write stores, with their values."""
        skipped = {id(effect.argument(role)) for role in ("sql", "statement", "keys", "condition", "table")}
        for expr in effect.call.arguments:
            if id(expr) not in skipped:
                yield from _fields("", expr, scope, 0)
        for name, expr in effect.call.keywords:
            if id(expr) not in skipped:
                yield from _fields(name, expr, scope, 0)
        function = effect.call.function
        if isinstance(function, ir.Attr):  # `Order(id=uuid4()).save()`, `order = Order(...); order.save()`
            yield from _fields("", function.value, scope, 0)

    def _assigned(self, entry: EntryPoint, function: str) -> Iterator[Volatile]:
        """Attributes of objects that a handler changes: `order.due = datetime.now() + GRACE`."""
        facts = self._system.program.functions.get(function)
        if facts is None:
            return
        scope = self._system.program.scopes[function]
        frame = self._evaluator.root(scope)
        for statement in statements(facts.body):
            if not isinstance(statement, ir.Assign) or statement.value is None:
                continue
            for target in statement.targets:
                match target:
                    case ir.Attr(value=ir.Name(id=name), name=field) if name not in {"self", "cls"}:
                        source = self._source(statement.value, scope, frame, 0)
                        if source and not BOOKKEEPING.search(field) and self._is_entity(name, scope, frame):
                            place = ir.Place(statement.line, 1, statement.line, 1)
                            point = Point(scope.module, function, place, f"`{name}.{field}` is set")
                            yield Volatile(entry, field, WORDS[source], (point,), True)
                    case _:
                        pass

    def _is_entity(self, name: str, scope: Scope, frame: Frame) -> bool:
        """Whether a local object was read from, or is written to, the database."""
        given = [binding.expr for binding in scope.bindings.get(name, ()) if binding.expr is not None]
        read = any(
            api.kind in {"read", "read_lock", "read_check", "write"}
            for expr in given
            for node in walk(expr)
            if isinstance(node, ir.Call)
            for value in self._evaluator.values(node.function, frame)
            if isinstance(value, External)
            for api in self._evaluator.models.rows(value.name)
        )
        written = any(
            effect.kind == "write" and isinstance(entity := effect.argument("entity"), ir.Name) and entity.id == name
            for call, inner in scope.calls
            for effect in self._system.effects.classify(call, self._evaluator.root(inner))[0]
        )
        return read or written

    # ------------------------------------------------------------------ values

    def _source(self, expr: ir.Expr, scope: Scope, frame: Frame, depth: int) -> str:
        """What an expression draws its value from, apart from its inputs; "" for nothing."""
        if depth > DEEPEST:
            return ""
        for node in walk(expr):
            match node:
                case ir.Call(function=function):
                    for value in self._evaluator.values(function, frame):
                        found = self._of_callee(value, depth)
                        if found:
                            return found
                case ir.Name(id=name):
                    bindings = scope.bindings.get(name, ())
                    if len(bindings) == 1 and bindings[0].kind == "value" and bindings[0].expr is not None:
                        if scope.kind == "function":
                            found = self._source(bindings[0].expr, scope, frame, depth + 1)
                            if found:
                                return found
                case _:
                    pass
        return ""

    def _of_callee(self, value: object, depth: int) -> str:
        match value:
            case External(name=name):
                return next((str(row.data["form"]) for row in self._evaluator.models.rows(name, "volatile")), "")
            case Function(id=identifier) if identifier in self._system.program.functions:
                scope = self._system.program.scopes[identifier]
                frame = self._evaluator.root(scope)
                if len(self._system.program.functions[identifier].body) > 3:
                    return ""  # more than a short way to write it
                return next(
                    (found for expr in scope.returned if (found := self._source(expr, scope, frame, depth + 1))), ""
                )
            case _:
                return ""


def _fields(name: str, expr: ir.Expr, scope: Scope, depth: int) -> Iterator[tuple[str, ir.Expr]]:
    """The named fields in what is given to a write: keywords, entries of dicts, arguments of a constructor."""
    if depth > DEEPEST:
        return
    match expr:
        case ir.Mapping(items=items):
            for named, value in items:
                inner = named.value if isinstance(named, ir.Const) and isinstance(named.value, str) else ""
                yield from _fields(name if inner.startswith("$") else inner, value, scope, depth + 1)
        case ir.Items(items=items):
            for item in items:
                yield from _fields(name, item, scope, depth + 1)
        case ir.Call(keywords=keywords, function=function) if keywords and _is_constructor(function):
            for key, value in keywords:
                yield from _fields(key, value, scope, depth + 1)
        case ir.Name(id=local) if made := _made(local, scope):
            for value in made:
                yield from _fields(name, value, scope, depth + 1)
        case _ if name and not BOOKKEEPING.search(name):
            yield name, expr
        case _:
            return


def _made(local: str, scope: Scope) -> list[ir.Expr]:
    """The dicts and constructed objects that a local name stands for."""
    given = [binding.expr for binding in scope.bindings.get(local, ()) if binding.kind == "value"]
    return [expr for expr in given if isinstance(expr, ir.Mapping | ir.Call)]


def _is_constructor(function: ir.Expr) -> bool:
    name = function.id if isinstance(function, ir.Name) else function.name if isinstance(function, ir.Attr) else ""
    return name[:1].isupper() or name in {"dict", "values"}
