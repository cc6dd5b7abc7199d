"""Consumed messages: which fields handlers read, and into what they parse a message.

A message is followed from the handler's parameters through assignments, deserialisers, loops and calls of project
functions. What is read of it is a path: `order.lines[].sku`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from edanalyze.analyse.payloads.following import Following, Names, Trail
from edanalyze.analyse.payloads.parsing import Parsing
from edanalyze.analyse.payloads.records import FieldRead, Parsed, Reads
from edanalyze.analyse.payloads.shapes import Shapes
from edanalyze.analyse.witness import Point
from edanalyze.facts import ir
from edanalyze.facts.children import children, expressions, spelled, statements
from edanalyze.link.parameters import arguments, is_bound
from edanalyze.link.values import Class, Function, Instance

if TYPE_CHECKING:
    from edanalyze.analyse.system import System
    from edanalyze.link.entries import EntryPoint

DEEPEST = 5
MOST = 80
SILENT = frozenset({"print", "debug", "info", "warning", "error", "exception", "log", "len", "str", "isinstance"})


class Consumed:
    """Reads of the handlers of a system."""

    def __init__(self, system: System, shapes: Shapes) -> None:
        self._system = system
        self._parsing = Parsing(system.evaluator, shapes)
        self._shapes = shapes
        self._reads: dict[tuple[str, str, tuple[str, ...]], Reads] = {}
        self._before: dict[tuple[str, tuple[str, ...]], tuple[Parsed, ...]] = {}

    def of(self, entry: EntryPoint) -> Reads:
        """What an entry point reads of its message."""
        if entry.value is None:
            return Reads()
        key = (entry.function, entry.kind, entry.delivery.message)
        if key not in self._reads:
            self._reads[key] = self._read(entry)
        return self._reads[key]

    def before(self, entry: EntryPoint) -> tuple[Parsed, ...]:
        """What the loop or callback parses the message into itself, before it hands it on."""
        if entry.driver is None or not entry.held:
            return ()
        key = (entry.driver.id, entry.held)
        if key not in self._before:
            walk = _Walk(self._system, self._parsing, self._shapes)
            walk.function(entry.driver.id, {name: Trail() for name in entry.held}, DEEPEST)
            self._before[key] = walk.result().parsed
        return self._before[key]

    def _read(self, entry: EntryPoint) -> Reads:
        program = self._system.program
        assert entry.value is not None
        names: Names = {name: Trail() for name in entry.delivery.message}
        facts = program.functions.get(entry.value.id)
        if entry.kind == "task" and facts is not None:
            names = {item.name: Trail(True, (item.name,)) for item in facts.parameters if item.name not in BOUND}
        rest = (
            {item.name for item in facts.parameters if item.kind in {"args", "kwargs"}} if facts is not None else set()
        )
        names = {name: trail for name, trail in names.items() if name not in rest}
        walk = _Walk(self._system, self._parsing, self._shapes)
        if facts is not None:
            walk.declared(entry.value.id, names)
        walk.function(entry.value.id, names, 0)
        return walk.result()


BOUND = frozenset({"self", "cls", "task"})


class _Walk:
    """One message on its way through the functions that handle it."""

    def __init__(self, system: System, parsing: Parsing, shapes: Shapes) -> None:
        self._evaluator = system.evaluator
        self._program = system.program
        self._parsing = parsing
        self._shapes = shapes
        self._seen: set[tuple[str, frozenset[tuple[str, Trail]]]] = set()
        self._fields: dict[tuple[bool, str, str, int], FieldRead] = {}
        self._parsed: dict[tuple[str, ir.Place], Parsed] = {}
        self._whole = False

    def result(self) -> Reads:
        """All that was read; what is read of the raw message counts only when nothing is deserialised."""
        decoded = any(parsed for parsed, *_ in self._fields)
        fields = [read for (parsed, *_), read in self._fields.items() if parsed or not decoded]
        order = sorted(fields, key=lambda read: (read.name, read.module, read.function, read.line))
        return Reads(tuple(order), tuple(self._parsed.values()), self._whole)

    def declared(self, function: str, names: Names) -> None:
        """Models that the framework parses a message into because a parameter is annotated so."""
        facts = self._program.functions[function]
        scope = self._program.scopes[function]
        outer = self._evaluator.root(scope.parent or scope)
        for item in facts.parameters:
            if item.name not in names or item.annotation is None:
                continue
            for value in self._evaluator.annotations.instances(item.annotation, outer):
                if isinstance(value, Instance) and self._shapes.classes.form(value.id) != "class":
                    shape = self._shapes.classes.shape(value.id)
                    point = Point(scope.module, function, facts.place, f"`{facts.name}` takes a `{shape.name}`")
                    self._add(Parsed(shape, point, self._parsing.closed(shape, spread=False)))

    # --------------------------------------------------------------- functions

    def function(self, function: str, names: Names, depth: int) -> None:
        """Follow a message through a function that holds it under some names."""
        key = (function, frozenset(names.items()))
        if key in self._seen or depth > DEEPEST or len(self._seen) > MOST or function not in self._program.scopes:
            return
        self._seen.add(key)
        scope = self._program.scopes[function]
        following = Following(self._evaluator, self._parsing, scope, names)
        body = scope.function.body if scope.function is not None else self._program.modules[scope.module].body
        for statement in statements(body):
            line = getattr(statement, "line", 0)
            for expr in expressions(statement):
                self._visit(expr, following, line, depth)

    def _visit(self, expr: ir.Expr, following: Following, line: int, depth: int) -> None:
        if isinstance(expr, ir.Call):
            line = expr.place.line
            if self._called(expr, following, line, depth):
                return
        elif isinstance(expr, ir.Index | ir.Attr):
            self._record(expr, following, line, True)
        elif isinstance(expr, ir.Operation) and expr.operator in {"in", "not in"}:
            self._tested(expr, following, line)
        if isinstance(expr, ir.Lambda):
            return
        for child in children(expr):
            self._visit(child, following, line, depth)

    def _record(self, expr: ir.Expr, following: Following, line: int, required: bool) -> None:
        trail = following.of(expr)
        base = following.of(expr.value) if isinstance(expr, ir.Index | ir.Attr) else None
        if isinstance(expr, ir.Call) and isinstance(expr.function, ir.Attr):
            base = following.of(expr.function.value)
        if trail is None or base is None or trail.parts == base.parts or not trail.parts:
            return
        scope = following.scope
        name = ".".join(trail.parts)
        key = (trail.decoded, name, scope.id, line)
        before = self._fields.get(key)
        if before is None or (required and not before.required):
            self._fields[key] = FieldRead(name, required, scope.module, scope.id, line)

    def _tested(self, expr: ir.Operation, following: Following, line: int) -> None:
        """`"x" in message`."""
        key, *others = expr.operands
        trail = following.of(others[0]) if others else None
        if trail is not None and isinstance(key, ir.Const) and isinstance(key.value, str):
            scope = following.scope
            name = ".".join((*trail.parts, key.value))
            self._fields.setdefault(
                (trail.decoded, name, scope.id, line), FieldRead(name, False, scope.module, scope.id, line)
            )

    # ------------------------------------------------------------------- calls

    def _called(self, call: ir.Call, following: Following, line: int, depth: int) -> bool:
        """Follow the message into a call; whether nothing below the call has to be looked at any more."""
        if self._parsing.decoded(call, following.frame) is not None:
            return following.of(call) is not None
        if isinstance(call.function, ir.Attr) and call.function.name in {"get", "pop"} and call.arguments:
            self._record(call, following, line, call.function.name == "pop" and len(call.arguments) == 1)
        parse = self._parsing.of(call, following.frame)
        if parse is not None and (trail := following.of(parse.expr)) is not None:
            place = call.place
            point = Point(
                following.scope.module, following.scope.id, place, f"the message is parsed into `{parse.name}`"
            )
            self._add(Parsed(parse.shape, point, parse.closed))
            if parse.spread and parse.function is not None:
                inner = {each.name: trail.item(each.name) for each in parse.shape.fields}
                self.function(parse.function, inner, depth + 1)
            return False
        handed = [arg for arg in (*call.arguments, *(v for _, v in call.keywords)) if following.of(arg) is not None]
        if not handed:
            return False
        followed = False
        for callee in self._evaluator.values(call.function, following.frame):
            followed = self._follow(callee, call, following, depth) or followed
        name = spelled(call.function).rpartition(".")[2]
        if not followed and name not in SILENT and any(following.of(arg) in (Trail(), Trail(True)) for arg in handed):
            self._whole = True
        return False

    def _follow(self, callee: object, call: ir.Call, following: Following, depth: int) -> bool:
        match callee:
            case Function(id=function):
                pass
            case Class(id=cls):
                constructor = self._evaluator.results.constructor(cls)
                if constructor is None:
                    return False
                function = constructor
            case _:
                return False
        facts = self._program.functions.get(function)
        if facts is None:
            return False
        given = arguments(facts, call, is_bound(facts))
        names = {name: trail for name, expr in given.items() if (trail := following.of(expr)) is not None}
        if names:
            self.function(function, names, depth + 1)
        return bool(names)

    def _add(self, parsed: Parsed) -> None:
        self._parsed.setdefault((parsed.point.module, parsed.point.place), parsed)
