"""Parsing: calls that turn bytes into data, and data into objects; and which of them reject unknown fields."""

from __future__ import annotations

from dataclasses import dataclass

from edanalyze.analyse.payloads.records import Declared, Field, Shape
from edanalyze.analyse.payloads.schematypes import shape_of
from edanalyze.analyse.payloads.shapes import Shapes
from edanalyze.facts import ir
from edanalyze.link.evaluate import Evaluator
from edanalyze.link.library import argument
from edanalyze.link.scopes import Scope
from edanalyze.link.values import Class, Display, External, ExternalInstance, Frame, Function, Instance, Value

SPREADING = frozenset({"dataclass", "attrs", "named-tuple", "class", "struct", "arguments"})
"""Classes whose constructor takes what they declare and nothing else."""


@dataclass(frozen=True, slots=True)
class Parse:
    """A call that makes an object of what `expr` holds.

    `spread`: by `**expr`, into the parameters of `function` (a project function or constructor). `closed` says why
    unknown fields are rejected, "" where they are not.
    """

    expr: ir.Expr
    shape: Shape
    name: str
    closed: str = ""
    spread: bool = False
    function: str | None = None


class Parsing:
    """Recognises them for an evaluator."""

    def __init__(self, evaluator: Evaluator, shapes: Shapes) -> None:
        self._evaluator = evaluator
        self._program = evaluator.program
        self._shapes = shapes
        self._memo: dict[tuple[int, int], Parse | None] = {}

    # --------------------------------------------------------------- decoding

    def decoded(self, call: ir.Call, frame: Frame) -> ir.Expr | None:
        """What a call deserialises; None when it is no deserialiser."""
        for callee in self._evaluator.values(call.function, frame):
            if isinstance(callee, External):
                for api in self._evaluator.models.rows(callee.name, "deserializer"):
                    if "entity" in api.slots and argument(api.slots["entity"], call) is not None:
                        return None
                    slot = api.slots.get("payload")
                    if slot is None:
                        return call.function.value if isinstance(call.function, ir.Attr) else None
                    return argument(slot, call)
        return None

    # ----------------------------------------------------------------- parsing

    def of(self, call: ir.Call, frame: Frame) -> Parse | None:
        """The object that a call makes of a message, as far as the call goes."""
        key = (id(call), id(frame))
        if key not in self._memo:
            self._memo[key] = None  # a function may hand what it is given on to itself
            self._memo[key] = self._of(call, frame)
        return self._memo[key]

    def _of(self, call: ir.Call, frame: Frame) -> Parse | None:
        spread = next((value for name, value in call.keywords if not name), None)
        for callee in self._evaluator.values(call.function, frame):
            match callee:
                case Class(id=cls) if spread is not None:
                    shape = self._shapes.classes.shape(cls)
                    constructor = self._evaluator.results.constructor(cls)
                    closed = self._constructor(cls, shape, constructor)
                    return Parse(spread, shape, shape.name, closed, True, constructor)
                case Function(id=function) if spread is not None:
                    return self._function(function, spread)
                case External(name=name):
                    found = self._loaded(name, callee, call, frame)
                    if found is not None:
                        return found
                case Function() if isinstance(call.function, ir.Attr):
                    continue
        return None

    def _loaded(self, name: str, callee: External, call: ir.Call, frame: Frame) -> Parse | None:
        models = self._evaluator.models
        for api in (
            *models.rows(name, "record_load"),
            *models.rows(name, "deserializer"),
            *models.rows(name, "validator"),
        ):
            slot = api.slots.get("payload")
            given = argument(slot, call) if slot is not None else None
            if given is None:
                continue
            if api.kind == "validator":
                return self._validated(given, argument(api.slots["schema"], call), frame)
            entity = api.slots.get("entity")
            made = argument(entity, call) if entity is not None else None
            owners: tuple[Value, ...] = ()
            if made is not None:
                owners = self._evaluator.values(made, frame)
            elif entity is None and isinstance(call.function, ir.Attr):
                owners = self._evaluator.values(call.function.value, frame)
            for owner in owners:
                if isinstance(owner, Class | Instance):
                    shape = self._shapes.classes.shape(owner.id)
                    closed = self.closed(shape, spread=False) or self._told(call, owner)
                    return Parse(given, shape, shape.name, closed)
                if isinstance(owner, ExternalInstance) and owner.site is not None and owner.site.call.arguments:
                    for inner in self._evaluator.values(owner.site.call.arguments[0], owner.site.frame):  # TypeAdapter
                        if isinstance(inner, Class):
                            shape = self._shapes.classes.shape(inner.id)
                            return Parse(given, shape, shape.name, self.closed(shape, spread=False))
        return None

    def _validated(self, given: ir.Expr, schema: ir.Expr | None, frame: Frame) -> Parse | None:
        """A message that is held against a JSON Schema."""
        declared = self._shapes.contents.declarations.of(schema, frame) if schema is not None else None
        if declared is not None and "properties" in declared.schema:
            shape = shape_of(declared.schema, declared.name)
            reason = "its JSON Schema says `additionalProperties: false`" if shape.extra == "forbid" else ""
            return Parse(given, shape, "schema", reason)
        for value in self._evaluator.values(schema, frame) if schema is not None else ():
            if isinstance(value, Display) and isinstance(value.expr, ir.Mapping):
                entries = {key.value: each for key, each in value.expr.items if isinstance(key, ir.Const)}
                closed = entries.get("additionalProperties") == ir.Const(False)
                reason = "its JSON Schema says `additionalProperties: false`" if closed else ""
                return Parse(given, Shape("mapping", name="schema"), "schema", reason)
        return None

    def _told(self, call: ir.Call, owner: Value) -> str:
        """What the call, or the construction of the parser, says of unknown fields."""
        site = owner.site if isinstance(owner, Instance) else None
        for name, value in (*call.keywords, *(site.call.keywords if site is not None else ())):
            if name == "unknown" and getattr(value, "name", getattr(value, "id", "")) == "RAISE":
                return "it is loaded with `unknown=RAISE`"
            if name == "extra" and value == ir.Const("forbid"):
                return 'it is parsed with `extra="forbid"`'
            if name == "config" and isinstance(value, ir.Call) and ("strict", ir.Const(True)) in value.keywords:
                return "it is parsed with `strict=True`"
        return ""

    # ------------------------------------------------------------------ closed

    def closed(self, shape: Shape, *, spread: bool) -> str:
        """Why a class rejects unknown fields; "" when it does not."""
        if shape.extra == "forbid":
            option = "forbid_unknown_fields" if shape.form == "struct" else "unknown = RAISE"
            return (
                f"`{shape.name}` says `{option}`"
                if shape.form in {"struct", "serializer"}
                else (f'`{shape.name}` says `extra="forbid"`')
            )
        if spread and shape.form in SPREADING and not shape.open:
            return f"the constructor of `{shape.name}` takes the fields it declares and no others"
        return ""

    def _constructor(self, cls: str, shape: Shape, constructor: str | None) -> str:
        if constructor is not None and shape.form not in {"model", "serializer", "row"}:
            return "" if self._takes_rest(constructor) else self.closed(shape, spread=True)
        if shape.form == "class" and constructor is None:
            return ""
        return self.closed(shape, spread=True)

    def _takes_rest(self, function: str) -> bool:
        return any(item.kind == "kwargs" for item in self._program.functions[function].parameters)

    def _function(self, function: str, expr: ir.Expr) -> Parse | None:
        facts = self._program.functions.get(function)
        if facts is None:
            return None
        scope = self._program.scopes[function]
        frame = self._evaluator.root(scope)
        fields = tuple(
            Field(item.name, self._shapes.classes.of_parameter(item, frame), item.default is None)
            for item in facts.parameters
            if item.kind in {"normal", "keyword"} and item.name not in {"self", "cls"}
        )
        shape = Shape("arguments", fields, facts.name, declared=Declared(scope.module, facts.place.line))
        rest = next((item.name for item in facts.parameters if item.kind == "kwargs"), None)
        closed = self._passed(scope, rest) if rest else f"`{facts.name}` takes the fields it names and no others"
        return Parse(expr, shape, facts.name, closed, True, function)

    def _passed(self, scope: Scope, rest: str) -> str:
        """Why what a function hands the rest of the fields to rejects unknown ones: `KINDS[kind](**rest)`."""
        for call, inner in scope.calls:
            if any(not name and isinstance(value, ir.Name) and value.id == rest for name, value in call.keywords):
                parse = self.of(call, self._evaluator.root(inner))
                if parse is not None and parse.closed:
                    return parse.closed
        return ""

    def is_model(self, expr: ir.Expr, frame: Frame) -> bool:
        """Whether an expression is an object of a project class."""
        return any(isinstance(value, Instance) for value in self._evaluator.values(expr, frame))
