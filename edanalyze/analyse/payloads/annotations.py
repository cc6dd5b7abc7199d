"""Annotations as types of fields."""

from __future__ import annotations

from collections.abc import Callable, Iterable

from edanalyze.analyse.payloads.records import Literal, Type
from edanalyze.facts import ir
from edanalyze.link.annotations import forward_reference
from edanalyze.link.evaluate import Evaluator
from edanalyze.link.scopes import Scope
from edanalyze.link.values import Class, External, Frame

SCALARS = {
    "builtins.str": "str",
    "builtins.int": "int",
    "builtins.float": "float",
    "builtins.bool": "bool",
    "builtins.bytes": "bytes",
    "builtins.bytearray": "bytes",
    "datetime.datetime": "datetime",
    "datetime.date": "date",
    "datetime.time": "time",
    "datetime.timedelta": "duration",
    "uuid.UUID": "uuid",
    "decimal.Decimal": "decimal",
}
"""The types of Python itself, by the dotted names of what is imported."""
LISTS = frozenset(
    {"list", "List", "Iterable", "Sequence", "set", "Set", "tuple", "Tuple", "frozenset", "FrozenSet", "Collection"}
    | {"conlist", "conset", "deque", "Deque", "MutableSequence"}
)
MAPPINGS = frozenset(
    {"dict", "Dict", "Mapping", "MutableMapping", "OrderedDict", "defaultdict", "DefaultDict", "Counter"}
)
PASSING = frozenset({"Annotated", "Required", "NotRequired", "ReadOnly", "Final", "ClassVar", "InitVar", "Mapped"})
DEEPEST = 6
NULL = Type("null")
ANY = Type("any")


class Annotations:
    """Reads them for an evaluator. `of_class(id, depth)` gives the type of an instance of a class."""

    def __init__(self, evaluator: Evaluator, of_class: Callable[[str, int], Type]) -> None:
        self._evaluator = evaluator
        self._of_class = of_class

    def of(self, annotation: ir.Expr | None, frame: Frame, depth: int = 0) -> Type:
        """The type that an annotation, evaluated in a frame, declares."""
        if depth > DEEPEST:
            return Type("unknown", why="it is nested too deeply")
        match annotation:
            case None:
                return Type("unknown", why="it is not annotated")
            case ir.Const(value=None):
                return NULL
            case ir.Const(value=str() as text):
                parsed = forward_reference(text)
                return self.of(parsed, frame, depth + 1) if parsed else Type("unknown", why=f"`{text}` is not read")
            case ir.Operation(operator="|", operands=operands):
                return union(self.of(part, frame, depth + 1) for part in operands)
            case ir.Index(value=base, key=key):
                return self._generic(base, key.items if isinstance(key, ir.Items) else (key,), frame, depth)
            case ir.Name() | ir.Attr():
                return self._named(annotation, frame, depth)
            case ir.Call(function=function):  # `constr(max_length=3)`
                return self.of(function, frame, depth + 1)
            case _:
                return Type("unknown", why="the annotation is computed")

    def _generic(self, base: ir.Expr, parts: tuple[ir.Expr, ...], frame: Frame, depth: int) -> Type:
        last = base.id if isinstance(base, ir.Name) else base.name if isinstance(base, ir.Attr) else ""
        if last == "Optional":
            return union([*(self.of(part, frame, depth + 1) for part in parts), NULL])
        if last == "Union":
            return union(self.of(part, frame, depth + 1) for part in parts)
        if last == "Literal":
            return enum(part.value for part in parts if isinstance(part, ir.Const))
        if last in PASSING:
            return self.of(parts[0], frame, depth + 1)
        if last in LISTS:
            inner = [part for part in parts if not (isinstance(part, ir.Const) and part.value == "...")]
            return Type("list", (union(self.of(part, frame, depth + 1) for part in inner),))
        if last in MAPPINGS:
            return Type("mapping", (self.of(parts[-1], frame, depth + 1),))
        return self.of(base, frame, depth + 1)

    def _named(self, annotation: ir.Name | ir.Attr, frame: Frame, depth: int) -> Type:
        if isinstance(annotation, ir.Name):
            alias = self._alias(annotation.id, frame)
            if alias is not None:
                return self.of(*alias, depth + 1)
        for value in self._evaluator.values(annotation, frame):
            if isinstance(value, Class):
                return self._of_class(value.id, depth + 1)
            if isinstance(value, External):
                return of_library(value.name, self._evaluator)
        name = annotation.id if isinstance(annotation, ir.Name) else annotation.name
        return Type("unknown", name=name, why=f"`{name}` could not be resolved")

    def _alias(self, name: str, frame: Frame) -> tuple[ir.Expr, Frame] | None:
        scope: Scope | None = frame.scope
        while scope is not None:
            bindings = scope.bindings.get(name, ())
            for binding in bindings:
                if binding.kind == "value" and isinstance(binding.expr, ir.Index | ir.Operation):
                    return binding.expr, self._evaluator.root(scope)
            if bindings:
                return None
            scope = scope.parent
        return None


def of_library(name: str, evaluator: Evaluator) -> Type:
    """The type that a class of a library stands for, or that a function of one gives."""
    kind = SCALARS.get(name)
    if kind is not None:
        return Type(kind)
    for api in evaluator.models.rows(name, "value_type"):
        return Type(str(api.data["holds"]))
    last = name.rpartition(".")[2]
    if last in {"Any", "object"}:
        return ANY
    if last in LISTS and name.startswith(("builtins.", "typing.", "collections.")):
        return Type("list", (Type("unknown", why="the items are not declared"),))
    if last in MAPPINGS and name.startswith(("builtins.", "typing.", "collections.")):
        return Type("mapping", (Type("unknown", why="the values are not declared"),))
    return Type("unknown", name=last, why=f"`{name}` belongs to a library")


def union(types: Iterable[Type]) -> Type:
    """One type for several alternatives; unions in it are flattened, repetitions left out."""
    flat: dict[Type, None] = {}
    for each in types:
        flat.update(dict.fromkeys(each.of if each.kind == "union" else (each,)))
    found = tuple(flat)
    if not found:
        return Type("unknown", why="nothing is known of it")
    return found[0] if len(found) == 1 else Type("union", found)


def enum(values: Iterable[Literal], name: str = "") -> Type:
    """One of some literal values."""
    return Type("enum", values=tuple(dict.fromkeys(values)), name=name)


def nullable(kind: Type) -> bool:
    """Whether null is one of the alternatives."""
    return kind.kind in {"null", "any"} or (kind.kind == "union" and any(map(nullable, kind.of)))
