"""Following a message through the expressions of one function."""

from __future__ import annotations

from typing import NamedTuple

from edanalyze.analyse.payloads.parsing import Parsing
from edanalyze.facts import ir
from edanalyze.facts.children import spelled
from edanalyze.link.evaluate import Evaluator
from edanalyze.link.parameters import arguments, is_bound
from edanalyze.link.scopes import Binding, Scope
from edanalyze.link.values import Function, Instance

RAW = frozenset({"value", "body", "data", "payload", "content", "message", "msg", "detail"})
"""Attributes of received messages that hold what was sent."""
WRAPPED = frozenset({"detail", "Records", "records", "Body"})
"""Entries of events that a serverless platform hands over, in which what was sent is found."""
KEEPING = frozenset({"decode", "encode", "strip", "copy", "dict", "model_dump", "get_json", "json"})
"""Methods that give what their object holds."""
DEEPEST = 3


class Trail(NamedTuple):
    """What an expression is of a message: the path of the part, and whether it was deserialised."""

    decoded: bool = False
    parts: tuple[str, ...] = ()

    def part(self, name: str) -> Trail:
        """A field of it."""
        return Trail(self.decoded, (*self.parts, name))

    def item(self, name: str = "[]") -> Trail:
        """An item of a list, or a field of an object."""
        if name != "[]":
            return self.part(name)
        if not self.parts:
            return self
        *before, last = self.parts
        return Trail(self.decoded, (*before, f"{last}[]"))


Names = dict[str, Trail]


class Following:
    """Tells what expressions of a function hold of a message that the function has under some names."""

    def __init__(self, evaluator: Evaluator, parsing: Parsing, scope: Scope, names: Names, depth: int = 0) -> None:
        self._evaluator = evaluator
        self._parsing = parsing
        self.scope = scope
        self.frame = evaluator.root(scope)
        self._names = names
        self._depth = depth
        self._memo: dict[int, Trail | None] = {}

    def of(self, expr: ir.Expr) -> Trail | None:
        """The part of the message that an expression is; None when it is none."""
        key = id(expr)
        if key not in self._memo:
            self._memo[key] = None
            self._memo[key] = self._of(expr)
        return self._memo[key]

    def _of(self, expr: ir.Expr) -> Trail | None:
        match expr:
            case ir.Name(id=name):
                return self._named(name, expr)
            case ir.Await(value=value) | ir.Bind(value=value):
                return self.of(value)
            case ir.Choice(options=options):
                return next((trail for option in options if (trail := self.of(option)) is not None), None)
            case ir.Attr(value=base, name=name):
                trail = self.of(base)
                return self._attribute(base, name, trail) if trail is not None else None
            case ir.Index(value=base, key=ir.Const(value=str() as key)):
                trail = self.of(base)
                if trail is None:
                    return None
                return trail if not trail.decoded and not trail.parts and key in WRAPPED else trail.part(key)
            case ir.Index(value=base):
                trail = self.of(base)
                return trail.item() if trail is not None else None
            case ir.Call():
                return self._called(expr)
            case _:
                return None

    def _named(self, name: str, use: ir.Expr) -> Trail | None:
        scope: Scope | None = self.scope
        while scope is not None:
            bindings = scope.bindings.get(name)
            if bindings:
                found = [self._bound(name, each) for each in scope.reaching.get(id(use), bindings)]
                return next((trail for trail in found if trail is not None), None)
            scope = scope.parent if scope.kind == "comprehension" else None
        return None

    def _bound(self, name: str, binding: Binding) -> Trail | None:
        if name in self._names and binding.kind in {"parameter", "item", "unpack item"}:
            return self._names[name]
        if binding.expr is None:
            return self._names.get(name) if binding.kind == "value" else None
        if binding.kind == "value":
            return self.of(binding.expr) or (self._names.get(name))
        if binding.kind == "item":
            trail = self.of(binding.expr)
            return trail.item() if trail is not None else None
        return None

    def _attribute(self, base: ir.Expr, name: str, trail: Trail) -> Trail | None:
        """A field of a model, or what a received message of a library holds."""
        known = [value for value in self._evaluator.values(base, self.frame) if isinstance(value, Instance)]
        if known or (trail.decoded and self._parsing.is_model(base, self.frame)):
            return trail.part(name) if name not in KEEPING else trail
        return trail if not trail.decoded and not trail.parts and name in RAW else None

    def _called(self, call: ir.Call) -> Trail | None:
        given = self._parsing.decoded(call, self.frame)
        if given is not None:
            return Trail(True) if self.of(given) is not None else None
        parse = self._parsing.of(call, self.frame)
        if parse is not None:
            trail = self.of(parse.expr)
            return Trail(True, trail.parts) if trail is not None else None
        function = call.function
        if isinstance(function, ir.Attr):
            trail = self.of(function.value)
            if trail is not None and function.name in {"get", "pop"} and call.arguments:
                key = call.arguments[0]
                return trail.part(key.value) if isinstance(key, ir.Const) and isinstance(key.value, str) else None
            if trail is not None and function.name in KEEPING:
                return trail
            if trail is not None and function.name == "get_payload":
                return trail
            if trail == Trail() and function.name in RAW and not call.arguments:  # `message.value()`
                return trail
        if spelled(function) in {"list", "dict", "iter", "bytes", "str"} and len(call.arguments) == 1:
            return self.of(call.arguments[0])
        return self._returned(call)

    def _returned(self, call: ir.Call) -> Trail | None:
        """What a function of the project gives back of the message it is handed."""
        if self._depth >= DEEPEST:
            return None
        for callee in self._evaluator.values(call.function, self.frame):
            facts = self._evaluator.program.functions.get(callee.id) if isinstance(callee, Function) else None
            if facts is None or not isinstance(callee, Function):
                continue
            given = arguments(facts, call, is_bound(facts))
            names = {name: trail for name, expr in given.items() if (trail := self.of(expr)) is not None}
            if not names:
                continue
            scope = self._evaluator.program.scopes[callee.id]
            inner = Following(self._evaluator, self._parsing, scope, names, self._depth + 1)
            for expr in scope.returned:
                if (trail := inner.of(expr)) is not None:
                    return trail
        return None
