"""Types of expressions in fields, as far as they tell it themselves: literals, calls, declared attributes."""

from __future__ import annotations

from edanalyze.analyse.payloads.annotations import SCALARS, of_library
from edanalyze.analyse.payloads.classes import Classes, of_literal
from edanalyze.analyse.payloads.contents import Contents
from edanalyze.analyse.payloads.records import Type
from edanalyze.facts import ir
from edanalyze.link.evaluate import Evaluator
from edanalyze.link.values import Display, External, Frame, Instance, String

NESTED = 5
SCALAR_KINDS = frozenset(SCALARS.values())
CALLED = {
    "builtins.str": "str",
    "builtins.repr": "str",
    "builtins.int": "int",
    "builtins.len": "int",
    "builtins.float": "float",
    "builtins.bool": "bool",
    "builtins.bytes": "bytes",
    "uuid.uuid1": "uuid",
    "uuid.uuid4": "uuid",
    "uuid.uuid5": "uuid",
    "time.time": "float",
    "time.time_ns": "int",
    "datetime.datetime.now": "datetime",
    "datetime.datetime.utcnow": "datetime",
    "datetime.datetime.today": "datetime",
    "datetime.datetime.fromtimestamp": "datetime",
    "datetime.datetime.fromisoformat": "datetime",
    "datetime.date.today": "date",
}
"""Types of what functions give."""
METHODS = {
    "isoformat": "str",
    "strftime": "str",
    "hex": "str",
    "decode": "str",
    "strip": "str",
    "lower": "str",
    "upper": "str",
    "format": "str",
    "join": "str",
    "timestamp": "float",
    "total_seconds": "float",
    "encode": "bytes",
    "count": "int",
}
"""Types of what methods give that are called so everywhere."""
LOGIC = frozenset({"==", "!=", "<", ">", "<=", ">=", "in", "not in", "is", "is not", "not"})


class FieldTypes:
    """Tells them for an evaluator."""

    def __init__(self, evaluator: Evaluator, classes: Classes, contents: Contents) -> None:
        self._evaluator = evaluator
        self._classes = classes
        self._contents = contents

    def of(self, expr: ir.Expr, frame: Frame) -> Type | None:
        """The type of an expression; None when what it holds has to be looked at."""
        known = self._spelled(expr, frame)
        if known is None and isinstance(expr, ir.Attr):
            known = self._declared(expr, frame)
        if known is None and isinstance(expr, ir.Name):
            known = self._parameter(expr, frame)
        return known

    def _spelled(self, expr: ir.Expr, frame: Frame) -> Type | None:
        match expr:
            case ir.Const(value=value):
                return of_literal(value)
            case ir.Text():
                return Type("str")
            case ir.Operation(operator=operator) if operator in LOGIC:
                return Type("bool")
            case ir.Await(value=value):
                return self._spelled(value, frame)
            case ir.Call(function=function):
                for callee in self._evaluator.values(function, frame):
                    kind = self.made(callee.name) if isinstance(callee, External) else None
                    if kind is not None and kind.kind in SCALAR_KINDS:
                        return kind
                if isinstance(function, ir.Attr) and function.name in METHODS:
                    inner = self._evaluator.values(function.value, frame)
                    if not any(isinstance(value, Display | Instance) for value in inner):
                        return Type(METHODS[function.name])
        return None

    def _declared(self, expr: ir.Attr, frame: Frame) -> Type | None:
        """The declared type of an attribute of an object of a project class."""
        if expr.name in {"value", "name"}:  # of a member of an enumeration
            members = self._evaluator.values(expr, frame)
            if members and all(isinstance(value, String) for value in members):
                return Type("str")
        for value in self._evaluator.values(expr.value, frame):
            if isinstance(value, Instance):
                kind = self._classes.type_of(value.id, NESTED)
                each = kind.shape.get(expr.name) if kind.shape is not None else None
                if each is not None and each.type.kind != "unknown":
                    return each.type
        return None

    def _parameter(self, expr: ir.Name, frame: Frame) -> Type | None:
        """The declared type of a parameter, where it says more than what is passed."""
        for binding, where in self._contents.bindings(expr.id, expr, frame):
            function = where.scope.function
            if binding.kind == "parameter" and function is not None:
                parameter = next((item for item in function.parameters if item.name == expr.id), None)
                if parameter is not None and parameter.annotation is not None:
                    kind = self._classes.of_parameter(parameter, where)
                    if kind.kind in {*SCALAR_KINDS, "enum", "union"} and kind.shape is None:
                        return kind
        return None

    def made(self, name: str) -> Type:
        """The type of an instance of a library class, or of what a library function gives (`name()`)."""
        called = name.removesuffix("()")
        found = CALLED.get(called)
        return Type(found) if found is not None else of_library(called, self._evaluator)
