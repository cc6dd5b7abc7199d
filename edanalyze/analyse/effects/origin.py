"""Origin: whether an object was made by the running code or read from a store."""

from __future__ import annotations

import enum
import re

from edanalyze.facts import ir
from edanalyze.facts.children import spelled
from edanalyze.link.evaluate import Evaluator
from edanalyze.link.parameters import is_bound
from edanalyze.link.scopes import Binding, Scope
from edanalyze.link.values import Class, External, Frame, Function

_READING = re.compile(
    r"^a?(get|find|fetch|first|last|one|load|lookup|query|scalar|select|read|by|earliest|latest|in_bulk|all|filter|refresh|exclude"
    r"|retrieve)(_|$)|_or_none$|_or_404$",
    re.I,
)
_FRESH = re.compile(
    r"(^|\.)(uuid[1-8]?|uuid7|token_hex|token_urlsafe|ObjectId|ulid|ULID|nanoid|ksuid|random|randint|time_ns)$"
)
_KEYS = frozenset({"id", "pk", "_id", "key", "uuid", "Key", "Id"})
DEEPEST = 4


class Origin(enum.Enum):
    """Where an object comes from."""

    NEW = "made here"
    STORED = "read from a store"
    UNKNOWN = "not known"


class Origins:
    """Traces objects through names, parameters and the functions that return them."""

    def __init__(self, evaluator: Evaluator) -> None:
        self._evaluator = evaluator

    def of(self, expr: ir.Expr, frame: Frame, depth: int = 0) -> Origin:
        """The origin of the object that an expression stands for in a call context."""
        if depth > DEEPEST:
            return Origin.UNKNOWN
        match expr:
            case ir.Await(value=value) | ir.Bind(value=value):
                return self.of(value, frame, depth)
            case ir.Name(id=name):
                return self.of_name(name, frame, depth)
            case ir.Call():
                return self._of_call(expr, frame, depth)
            case ir.Choice(options=options):
                found = {self.of(option, frame, depth + 1) for option in options}
                return found.pop() if len(found) == 1 else Origin.NEW if Origin.NEW in found else Origin.UNKNOWN
            case ir.Index(value=value):
                return self.of(value, frame, depth + 1)
            case _:
                return Origin.UNKNOWN

    def of_name(self, name: str, frame: Frame, depth: int = 0) -> Origin:
        """The origin of the object that a name stands for in a call context."""
        scope: Scope | None = frame.scope
        current: Frame | None = frame
        while scope is not None and name not in scope.bindings:
            scope, current = scope.parent, current.closure if current is not None else None
        if scope is None:
            return Origin.UNKNOWN
        if current is None or current.scope is not scope:
            current = self._evaluator.root(scope)
        found = {self._of_binding(name, binding, current, depth) for binding in scope.bindings[name]} - {Origin.UNKNOWN}
        if Origin.NEW in found:
            return Origin.NEW
        return found.pop() if found else Origin.UNKNOWN

    def _of_binding(self, name: str, binding: Binding, frame: Frame, depth: int) -> Origin:
        match binding.kind:
            case "value" if binding.expr is not None:
                return self.of(binding.expr, frame, depth + 1)
            case "item" | "unpack" | "unpack item" if binding.expr is not None:
                found = self.of(binding.expr, frame, depth + 1)
                return found if found is Origin.STORED else Origin.UNKNOWN
            case "parameter" if (
                frame.call is not None and frame.caller is not None and frame.scope.function is not None
            ):
                given = self._evaluator.parameters.of_call(frame.scope, frame.call, is_bound(frame.scope.function)).get(
                    name
                )
                return self.of(given, frame.caller, depth + 1) if given is not None else Origin.UNKNOWN
            case _:
                return Origin.UNKNOWN

    def _of_call(self, call: ir.Call, frame: Frame, depth: int) -> Origin:
        last = spelled(call.function).rpartition(".")[2]
        for callee in self._evaluator.values(call.function, frame):
            match callee:
                case Class():
                    return Origin.NEW
                case Function(id=identifier):
                    return self._returned(identifier, depth)
                case External(name=name) if name.rpartition(".")[2][:1].isupper():
                    return Origin.NEW
                case _:
                    pass
        if last[:1].isupper():
            return Origin.NEW
        if _READING.search(last):
            return Origin.STORED
        inner = call.function.value if isinstance(call.function, ir.Attr) else None
        if isinstance(inner, ir.Call | ir.Await):
            return self.of(inner, frame, depth + 1)
        return Origin.UNKNOWN

    def _returned(self, function: str, depth: int) -> Origin:
        scope = self._evaluator.program.scopes[function]
        frame = self._evaluator.root(scope)
        found = {self.of(expr, frame, depth + 1) for expr in scope.returned} - {Origin.UNKNOWN}
        if not found:
            return Origin.STORED if _READING.search(scope.name.rpartition(".")[2]) else Origin.UNKNOWN
        return found.pop() if len(found) == 1 else Origin.NEW

    # ------------------------------------------------------------------- keys

    def has_fresh_key(self, call: ir.Call, frame: Frame) -> bool:
        """Whether a call stores something under a key that is made up anew each time (`uuid4()`)."""
        parts = [value for name, value in call.keywords if name in _KEYS]
        for argument in (*call.arguments, *(value for _, value in call.keywords)):
            for display in self._mappings(argument, frame):
                parts += [value for key, value in display.items if isinstance(key, ir.Const) and key.value in _KEYS]
        return any(self.is_fresh(part, frame) for part in parts)

    def _mappings(self, expr: ir.Expr, frame: Frame) -> list[ir.Mapping]:
        from edanalyze.link.values import Display

        if isinstance(expr, ir.Mapping):
            return [expr]
        return [
            value.expr
            for value in self._evaluator.values(expr, frame)
            if isinstance(value, Display) and isinstance(value.expr, ir.Mapping)
        ]

    def is_fresh(self, expr: ir.Expr, frame: Frame, depth: int = 0) -> bool:
        """Whether a value is made up anew each time it is evaluated."""
        from edanalyze.facts.children import walk

        for node in walk(expr):
            if isinstance(node, ir.Call) and _FRESH.search(spelled(node.function)):
                return True
            if isinstance(node, ir.Name) and depth < DEEPEST:
                for binding in frame.scope.bindings.get(node.id, ()):
                    if (
                        binding.kind == "value"
                        and binding.expr is not None
                        and self.is_fresh(binding.expr, frame, depth + 1)
                    ):
                        return True
        return False
