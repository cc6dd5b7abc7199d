"""Contents: what an expression that is sent really holds, seen through serializers, copies and project functions."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import replace

from edanalyze.analyse.payloads.content import Content, Made, is_mapping
from edanalyze.analyse.payloads.declarations import Declarations
from edanalyze.analyse.payloads.records import Dump
from edanalyze.discover.schemas import SchemaFiles
from edanalyze.facts import ir
from edanalyze.facts.children import spelled
from edanalyze.link.evaluate import Evaluator
from edanalyze.link.library import argument, arguments
from edanalyze.link.parameters import is_bound
from edanalyze.link.scopes import Binding, Scope
from edanalyze.link.values import (
    Class,
    Constant,
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
from edanalyze.models import Api

DEEPEST = 12
MOST = 8
TEXT_METHODS = frozenset({"encode", "decode", "getvalue", "copy", "hex", "strip", "tobytes"})
"""Methods of texts, bytes and dicts that keep what they hold."""
DUMP_METHODS = frozenset(
    {"dict", "json", "model_dump", "model_dump_json", "to_dict", "as_dict", "asdict", "to_json", "as_json", "serialize"}
    | {"todict", "tojson", "_asdict", "to_representation", "model_copy", "dump", "dumps", "deepcopy", "asjson"}
    | {"SerializeToString", "SerializePartialToString"}
)
"""Methods that give all fields of an object, where nothing more is known of the object."""
IMAGES = frozenset({"NewImage", "OldImage"})
"""Entries of a DynamoDB stream's record that hold the row."""
COLUMNS = ("__table__.columns", "__mapper__.columns", "_meta.fields", "_meta.get_fields", "mapper.column_attrs")
"""What gives all columns of a mapped class."""
WRAPPING = frozenset({"builtins.bytes", "builtins.memoryview", "builtins.bytearray", "builtins.tuple"})


class Contents:
    """Looks through expressions for an evaluator."""

    def __init__(self, evaluator: Evaluator, files: SchemaFiles | None) -> None:
        self._evaluator = evaluator
        self._program = evaluator.program
        self.declarations = Declarations(evaluator, self.bindings, files)

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
                return [
                    each.dumped(Dump("__dict__", True, function=frame.scope.id))
                    for each in self.of(base, frame, depth + 1)
                ]
            case ir.Attr(value=base, name=name):
                return self._attribute(base, name, expr, frame, depth)
            case ir.Call():
                return self._called(expr, frame, depth)
            case ir.Index(value=base, key=ir.Hole(reason="slice") | ir.Operation(operator=":")):
                return self.of(base, frame, depth + 1)
            case ir.Index(key=ir.Const(value=str() as key)) if key in IMAGES:
                return (Content(why="it is the image of a row", dumps=(Dump(key, True, function=frame.scope.id),)),)
            case ir.Comprehension(kind="dict"):
                return self._copied(expr, frame, depth)
            case ir.Operation(operator="|"):
                return (Content(Made(expr, frame)),)
            case ir.Operation(operator="+" | "%", operands=operands):
                texts = [value for part in operands for value in self._evaluator.values(part, frame)]
                known = next((value for value in texts if isinstance(value, String)), None)
                return (Content(known, why="it is put together as text"),)
            case _:
                return self._values(expr, frame, depth)

    def _copied(self, expr: ir.Comprehension, frame: Frame, depth: int) -> Iterable[Content]:
        """A dict comprehension; one that takes over all entries (or columns) of a row is that row."""
        (made,) = self._evaluator.values(expr, frame)
        match expr.generators:
            case (ir.Generator(target=target, source=source, tests=()),):
                if spelled(source).removesuffix("()").endswith(COLUMNS):
                    return (Content(made, dumps=(Dump("all columns", True, function=frame.scope.id),)),)
                match source, target:
                    case ir.Call(function=ir.Attr(value=table, name="items")), ir.Items(items=(key, *_)) if (
                        key == expr.key
                    ):
                        rows = [
                            each for each in self.of(table, frame, depth + 1) if any(d.whole_row for d in each.dumps)
                        ]
                        return rows or (Content(made),)
        return (Content(made),)

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
                return [Content(value, dumps=(Dump(name, function=frame.scope.id),)) for value in made]
            if isinstance(base, ir.Call) and spelled(base.function).endswith(".dump"):  # marshmallow 2
                return self.of(base, frame, depth + 1)
        if name == "_mapping":
            return [each.dumped(Dump(name, True, function=frame.scope.id)) for each in self.of(base, frame, depth + 1)]
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
            case ExternalInstance(name=name, site=Site(call=call, frame=where)) if not name.endswith("[]"):
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
                    found += self._serialised(callee, call, frame, depth)
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
        dump = Dump(name, function=frame.scope.id)
        if name in {"dump", "dumps"} and call.arguments:  # a serializer, or a module like json
            schemas = [v for v in self._evaluator.values(function.value, frame) if isinstance(v, Instance)]
            if schemas:
                return [Content(value, dumps=(dump,)) for value in schemas]
            return [each.dumped(dump) for each in self.of(call.arguments[0], frame, depth + 1)]
        return [each.dumped(dump) for each in self.of(function.value, frame, depth + 1)]

    def _library(self, name: str, call: ir.Call, frame: Frame, depth: int) -> list[Content]:
        if name == "builtins.dict":
            return [Content(Made(call, frame))]
        if name == "builtins.str" and call.arguments:  # the spelling of a dict is one
            return [each for each in self.of(call.arguments[0], frame, depth + 1) if is_mapping(each)]
        if name == "builtins.vars" and call.arguments:
            return [
                each.dumped(Dump("vars", True, function=frame.scope.id))
                for each in self.of(call.arguments[0], frame, depth + 1)
            ]
        if name in WRAPPING and call.arguments:
            return list(self.of(call.arguments[0], frame, depth + 1))
        models = self._evaluator.models
        for api in models.rows(name, "raw_row"):
            dump = Dump(name, not self._chooses(api, call), function=frame.scope.id)
            return [Content(why="it is a row as the database keeps it", dumps=(dump,))]
        for api in (*models.rows(name, "serializer"), *models.rows(name, "record_dump")):
            whole = bool(api.data.get("whole_row")) and not self._chooses(api, call)
            schema = self.declarations.of_slot(api, call, frame)
            dump = Dump(name, whole, bool(api.data.get("registry")), frame.scope.id, schema)
            slot = api.slots.get("entity") or api.slots.get("payload")
            given = argument(slot, call) if slot is not None else None
            if given is None and isinstance(call.function, ir.Attr):
                given = call.function.value
            if given is not None:
                return [each.dumped(dump) for each in self.of(given, frame, depth + 1)]
        return []

    def _serialised(self, serializer: ExternalInstance, call: ir.Call, frame: Frame, depth: int) -> Iterator[Content]:
        """What a serializer that is an object is given."""
        for api in self._evaluator.models.rows(serializer.name, "serializer"):
            if "payload" not in api.slots and call.arguments:
                site = serializer.site
                schema = self.declarations.of_slot(api, site.call, site.frame) if site is not None else None
                dump = Dump(serializer.name, False, bool(api.data.get("registry")), frame.scope.id, schema)
                for each in self.of(call.arguments[0], frame, depth + 1):
                    yield each.dumped(dump)

    @staticmethod
    def _chooses(api: Api, call: ir.Call) -> bool:
        """Whether a dump is told which columns to take."""
        slot = api.slots.get("fields")
        return slot is not None and bool(arguments(slot, call))

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
            for value in self._evaluator.annotations.instances(facts.returns, outer):
                yield Content(value)
