"""Contents: what an expression that is sent really holds, seen through serializers, copies and project functions."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field, replace

from edanalyze.analyse.payloads.records import Dump
from edanalyze.facts import ir
from edanalyze.facts.children import spelled
from edanalyze.link.evaluate import Evaluator
from edanalyze.link.library import argument
from edanalyze.link.parameters import is_bound
from edanalyze.link.scopes import Binding, Scope
from edanalyze.link.values import (
    Class,
    Constant,
    Display,
    External,
    ExternalInstance,
    Frame,
    Function,
    Hole,
    Instance,
    Site,
    String,
    Value,
)

DEEPEST = 12
MOST = 8
TEXT_METHODS = frozenset({"encode", "decode", "getvalue", "copy", "hex", "strip", "tobytes"})
"""Methods of texts, bytes and dicts that keep what they hold."""
DUMP_METHODS = frozenset(
    {"dict", "json", "model_dump", "model_dump_json", "to_dict", "as_dict", "asdict", "to_json", "as_json", "serialize"}
    | {"todict", "tojson", "_asdict", "to_representation", "model_copy", "dump", "dumps", "deepcopy", "asjson"}
)
"""Methods that give all fields of an object, where nothing more is known of the object."""
WRAPPING = frozenset({"builtins.bytes", "builtins.str", "builtins.memoryview", "builtins.bytearray", "builtins.tuple"})


@dataclass(frozen=True, slots=True)
class Made:
    """A mapping made by `dict(...)` or `a | b`, with the frame in which its parts are evaluated."""

    expr: ir.Call | ir.Operation
    frame: Frame

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Made) and self.expr is other.expr and self.frame is other.frame

    def __hash__(self) -> int:
        return hash((id(self.expr), id(self.frame)))


@dataclass(frozen=True, slots=True)
class Content:
    """What is sent: `value` is None when it could not be resolved, and `why` says why.

    `hole` is the parameter that decides, also where the parameter is declared as the class of `value`, and `holder` the
    function that has it. `frames` are
    the contexts that the value went through after it was made, the last first.
    """

    value: Value | Made | None = None
    hole: Hole | None = None
    holder: str = ""
    dumps: tuple[Dump, ...] = ()
    why: str = ""
    frames: tuple[Frame, ...] = field(default=(), compare=False)

    def dumped(self, dump: Dump) -> Content:
        """The same, serialised."""
        return self if dump in self.dumps else replace(self, dumps=(*self.dumps, dump))

    def within(self, frame: Frame) -> Content:
        """The same, handed through a context."""
        return self if frame in self.frames else replace(self, frames=(frame, *self.frames))


class Contents:
    """Looks through expressions for an evaluator."""

    def __init__(self, evaluator: Evaluator) -> None:
        self._evaluator = evaluator
        self._program = evaluator.program

    def of(self, expr: ir.Expr, frame: Frame, depth: int = 0) -> tuple[Content, ...]:
        """What an expression may hold in a frame; several when it is chosen at run time."""
        if depth > DEEPEST:
            return (Content(why="it is handed on too often"),)
        found = dict.fromkeys(each.within(frame) for each in self._of(expr, frame, depth))
        return tuple(found)[:MOST]

    def _of(self, expr: ir.Expr, frame: Frame, depth: int) -> Iterable[Content]:
        match expr:
            case ir.Await(value=value) | ir.Bind(value=value) | ir.Star(value=value):
                return self.of(value, frame, depth + 1)
            case ir.Choice(options=options):
                return [each for option in options for each in self.of(option, frame, depth + 1)]
            case ir.Name(id=name):
                return self._named(name, expr, frame, depth)
            case ir.Attr(value=base, name="__dict__"):
                return [each.dumped(Dump("__dict__", whole_row=True)) for each in self.of(base, frame, depth + 1)]
            case ir.Attr(value=base, name=name):
                return self._attribute(base, name, expr, frame, depth)
            case ir.Call():
                return self._called(expr, frame, depth)
            case ir.Index(value=base, key=ir.Hole(reason="slice") | ir.Operation(operator=":")):
                return self.of(base, frame, depth + 1)
            case ir.Operation(operator="|"):
                return (Content(Made(expr, frame)),)
            case ir.Operation(operator="+" | "%", operands=operands):
                texts = [value for part in operands for value in self._evaluator.values(part, frame)]
                known = next((value for value in texts if isinstance(value, String)), None)
                return (Content(known, why="it is put together as text"),)
            case _:
                return self._values(expr, frame, depth)

    # ------------------------------------------------------------------- names

    def _named(self, name: str, use: ir.Expr, frame: Frame, depth: int) -> Iterable[Content]:
        found: list[Content] = []
        for binding, where in self.bindings(name, use, frame):
            if binding.kind == "value" and binding.expr is not None:
                found += self.of(binding.expr, where, depth + 1)
            elif binding.kind == "parameter":
                found += self._given(name, binding, where, depth)
            elif binding.kind not in {"augment", "annotation"}:
                found += self._values(use, frame, depth)
        return found or self._values(use, frame, depth)

    def bindings(self, name: str, use: ir.Expr, frame: Frame) -> list[tuple[Binding, Frame]]:
        """The bindings of a name that a use of it may see, each with the frame it is evaluated in."""
        scope: Scope | None = frame.scope
        current: Frame | None = frame
        while scope is not None:
            bindings = scope.bindings.get(name)
            if bindings and (scope.kind != "class" or scope is frame.scope):
                where = current if current is not None and current.scope is scope else None
                root = where or self._evaluator.root(scope, open=frame.open)
                return [(binding, root) for binding in scope.reaching.get(id(use), bindings)]
            if current is not None and current.scope is scope:
                current = current.closure
            scope = scope.parent
        return []

    def _given(self, name: str, binding: Binding, frame: Frame, depth: int) -> Iterable[Content]:
        """What a parameter is given by the call of the frame; a hole where the frame is that of any call."""
        scope = frame.scope
        function = scope.function
        if function is not None and frame.call is not None and frame.caller is not None:
            bound = is_bound(function) or frame.receiver is not None
            given = self._evaluator.parameters.of_call(scope, frame.call, bound).get(name)
            if given is not None:
                return self.of(given, frame.caller, depth + 1)
        first = function.parameters[0].name if function is not None and function.parameters else ""
        values = self._evaluator.parameters.values(name, frame)
        hole = (
            None
            if name == first and frame.receiver is not None and function is not None and is_bound(function)
            else Hole("parameter", name)
        )
        found = [replace(each, hole=hole) for value in values for each in self._value(value, frame, depth)]
        found = found or [Content(hole=hole, why=f"`{name}` is not known")]
        return [replace(each, holder=scope.id) if hole is not None else each for each in found]

    # ----------------------------------------------------------------- objects

    def _attribute(self, base: ir.Expr, name: str, expr: ir.Attr, frame: Frame, depth: int) -> Iterable[Content]:
        if name in {"data", "validated_data"}:
            made = [value for value in self._evaluator.values(base, frame) if self._is_serializer(value)]
            if made:
                return [Content(value, dumps=(Dump(name),)) for value in made]
            if isinstance(base, ir.Call) and spelled(base.function).endswith(".dump"):  # marshmallow 2
                return self.of(base, frame, depth + 1)
        if name == "_mapping":
            return [each.dumped(Dump(name, whole_row=True)) for each in self.of(base, frame, depth + 1)]
        return self._values(expr, frame, depth)

    def _is_serializer(self, value: Value) -> bool:
        if not isinstance(value, Instance):
            return False
        models = self._evaluator.models
        return any(
            api.data.get("flavour") == "serializer"
            for name in self._evaluator.classes.order(value.id)[1]
            for api in models.rows(name, "record")
        )

    def _values(self, expr: ir.Expr, frame: Frame, depth: int) -> list[Content]:
        found = [each for value in self._evaluator.values(expr, frame) for each in self._value(value, frame, depth)]
        name = spelled(expr)
        return found or [Content(why=f"`{name}` is not known" if name else "it is computed")]

    def _value(self, value: Value, frame: Frame, depth: int) -> Iterable[Content]:
        match value:
            case ExternalInstance(site=Site(call=call, frame=where)) if call.function is not None:
                inner = self._through(call, where, depth + 1)
                return inner if inner else (Content(value),)
            case String(parts=(Hole(kind="parameter") as hole,)):
                return (Content(hole=hole, why=f"`{hole.name}` is not known"),)
            case External():
                return (Content(why=f"`{value.name}` belongs to a library"),)
            case _:
                return (Content(value),)

    # ------------------------------------------------------------------- calls

    def _called(self, call: ir.Call, frame: Frame, depth: int) -> Iterable[Content]:
        return self._through(call, frame, depth) or self._values(call, frame, depth)

    def _through(self, call: ir.Call, frame: Frame, depth: int) -> list[Content]:
        """What a call hands on of its argument or receiver; empty when it makes something of its own."""
        if depth > DEEPEST:
            return []
        found: list[Content] = []
        callees = self._evaluator.values(call.function, frame)
        for callee in callees:
            match callee:
                case External(name=name):
                    found += self._library(name, call, frame, depth)
                case ExternalInstance(name=name):
                    found += self._library(f"{name}.__call__", call, frame, depth)
                case Function():
                    found += self._returned(callee, call, frame, depth)
                case Class(id=cls):
                    found.append(Content(Instance(cls, Site(call, frame))))
                case _:
                    pass
        if found or not isinstance(call.function, ir.Attr):
            return found
        return self._by_name(call.function, call, frame, depth, bool(callees))

    def _by_name(self, function: ir.Attr, call: ir.Call, frame: Frame, depth: int, known: bool) -> list[Content]:
        """Methods that keep what their object holds."""
        name = function.name
        if name in TEXT_METHODS:
            return list(self.of(function.value, frame, depth + 1))
        if name not in DUMP_METHODS:
            return []
        dump = Dump(name)
        if name in {"dump", "dumps"} and call.arguments:  # a serializer, or a module like json
            schemas = [v for v in self._evaluator.values(function.value, frame) if isinstance(v, Instance)]
            if schemas:
                return [Content(value, dumps=(dump,)) for value in schemas]
            return [each.dumped(dump) for each in self.of(call.arguments[0], frame, depth + 1)]
        return [each.dumped(dump) for each in self.of(function.value, frame, depth + 1)]

    def _library(self, name: str, call: ir.Call, frame: Frame, depth: int) -> list[Content]:
        if name == "builtins.dict":
            return [Content(Made(call, frame))]
        if name in {"builtins.vars"} and call.arguments:
            return [each.dumped(Dump("vars", whole_row=True)) for each in self.of(call.arguments[0], frame, depth + 1)]
        if name in WRAPPING and call.arguments:
            return list(self.of(call.arguments[0], frame, depth + 1))
        models = self._evaluator.models
        for api in (*models.rows(name, "serializer"), *models.rows(name, "record_dump")):
            dump = Dump(name, bool(api.data.get("whole_row")), bool(api.data.get("registry")))
            slot = api.slots.get("entity") or api.slots.get("payload")
            given = argument(slot, call) if slot is not None else None
            if given is None and isinstance(call.function, ir.Attr):
                given = call.function.value
            if given is not None:
                return [each.dumped(dump) for each in self.of(given, frame, depth + 1)]
        return []

    def _returned(self, function: Function, call: ir.Call, frame: Frame, depth: int) -> Iterator[Content]:
        facts = self._program.functions.get(function.id)
        scope = self._program.scopes.get(function.id)
        if facts is None or scope is None or facts.generator:
            return
        inner = self._evaluator.results.frame(function, call, frame)
        found = [each for expr in scope.returned for each in self.of(expr, inner, depth + 1)]
        useful = [each for each in found if each.value != Constant(None)]
        for each in useful:
            yield replace(each, hole=None, holder="") if each.hole is not None and inner.call is None else each
        if not useful and facts.returns is not None:
            outer = self._evaluator.root(scope.parent or scope)
            for value in self._evaluator.parameters.annotated(facts.returns, outer):
                yield Content(value)


def is_mapping(content: Content) -> bool:
    """Whether it is a mapping whose keys are written down."""
    value = content.value
    return isinstance(value, Made) or (isinstance(value, Display) and not isinstance(value.expr, ir.Items))
