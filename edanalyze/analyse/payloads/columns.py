"""Columns of mapped classes and fields of serializers: fields that calls in the class body declare."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from edanalyze.analyse.payloads.annotations import NULL, of_library, union
from edanalyze.analyse.payloads.records import Declared, Field, Type
from edanalyze.facts import ir
from edanalyze.link.evaluate import Evaluator
from edanalyze.link.values import Class, External, ExternalInstance, Frame

RELATIONS = frozenset({"relationship", "backref", "property", "hybrid_property", "validator", "Index", "Manager"})
GENERIC = frozenset({"Column", "mapped_column"})


class Columns:
    """Reads them for an evaluator."""

    def __init__(self, evaluator: Evaluator, type_of: Callable[[str], Type]) -> None:
        self._evaluator = evaluator
        self._program = evaluator.program
        self._type_of = type_of

    def field(self, name: str, call: ir.Call, line: int, frame: Frame) -> Field | None:
        """The field that `name = call` declares; None for relations and for what is no column."""
        named = dict(call.keywords)
        for value in self._evaluator.values(call.function, frame):
            if not isinstance(value, External | ExternalInstance | Class):
                continue
            dotted = value.id.replace(":", ".") if isinstance(value, Class) else value.name.removesuffix("()")
            last = dotted.rpartition(".")[2]
            if last in RELATIONS:
                return None
            nested = self._nested(value, call, frame)
            made = self._given(call, frame) if last in GENERIC else nested or of_library(dotted, self._evaluator)
            if any(named.get(option) == ir.Const(True) for option in ("nullable", "allow_none", "null", "allow_null")):
                made = union([made, NULL])
            required = named.get("required") != ir.Const(False)
            return Field(name, made, required, declared=Declared(frame.scope.module, line))
        return None

    def _nested(self, value: Class | External | ExternalInstance, call: ir.Call, frame: Frame) -> Type | None:
        """A serializer in a serializer: `Nested(LineSchema, many=True)`, `LineSerializer(many=True)`."""
        given = [value] if isinstance(value, Class) else []
        if not isinstance(value, Class) and value.name.rpartition(".")[2] == "Nested" and call.arguments:
            inner = call.arguments[0].function if isinstance(call.arguments[0], ir.Call) else call.arguments[0]
            given = [each for each in self._evaluator.values(inner, frame) if isinstance(each, Class)]
        if not given:
            return None
        made = self._type_of(given[0].id)
        return Type("list", (made,)) if ("many", ir.Const(True)) in call.keywords else made

    def _given(self, call: ir.Call, frame: Frame) -> Type:
        """The type that a generic column is given: `Column(Integer)`, `Column("id", String(10))`."""
        for expr in call.arguments:
            inner = expr.function if isinstance(expr, ir.Call) else expr
            for value in self._evaluator.values(inner, frame):
                if isinstance(value, External):
                    found = of_library(value.name, self._evaluator)
                    if found.kind != "unknown":
                        return found
        return Type("unknown", why="the type of the column is not known")

    def taken_over(self, cls: str, frame: Frame) -> Iterator[Field]:
        """Fields that a serializer takes over from its model."""
        meta = self._program.classes.get(f"{cls}.Meta")
        for statement in meta.body if meta is not None else ():
            match statement:
                case ir.Assign(targets=(ir.Name(id="fields"),), value=ir.Items(items=items), line=line):
                    for item in items:
                        for text in self._evaluator.literals(item, frame):
                            kind = Type("unknown", why="it is taken over from the model")
                            yield Field(text, kind, declared=Declared(frame.scope.module, line))
