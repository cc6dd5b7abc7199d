"""Shapes of what is sent: mappings with what is added to them, objects, lists, and the types of their fields."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import NamedTuple

from edanalyze.analyse.payloads.annotations import union
from edanalyze.analyse.payloads.changes import Change, Changes
from edanalyze.analyse.payloads.classes import Classes, of_literal
from edanalyze.analyse.payloads.content import Content, Made
from edanalyze.analyse.payloads.contents import Contents
from edanalyze.analyse.payloads.fieldtypes import FieldTypes
from edanalyze.analyse.payloads.options import literal
from edanalyze.analyse.payloads.records import Declared, Field, Leak, Shape, Type
from edanalyze.analyse.payloads.schematypes import declared_type
from edanalyze.discover.schemas import DeclaredSchema, SchemaFiles
from edanalyze.facts import ir
from edanalyze.facts.children import calls
from edanalyze.link.evaluate import Evaluator
from edanalyze.link.values import (
    Constant,
    Display,
    ExternalInstance,
    Frame,
    Hole,
    Instance,
    Site,
    String,
)

DEEPEST = 6
_PAYLOAD = re.compile(
    r"(^|_)(data|payload|body|event|message|msg|content|details?|attributes|fields|record|document|doc|obj|kwargs)$"
)
"""Parameters that are worth asking the callers for: what is named so is likely to be structured."""


class Seen(NamedTuple):
    """A type, and the dumps of whole rows in it with the path of the field they stand in."""

    type: Type
    leaks: tuple[Leak, ...] = ()
    holes: tuple[Hole, ...] = ()


class Shapes:
    """Finds them for an evaluator."""

    def __init__(self, evaluator: Evaluator, files: SchemaFiles | None = None) -> None:
        self._evaluator = evaluator
        self.contents = Contents(evaluator, files)
        self.classes = Classes(evaluator)
        self._types = FieldTypes(evaluator, self.classes, self.contents)
        self._changes = Changes(evaluator)
        self._active: set[tuple[object, ...]] = set()

    # ---------------------------------------------------------------- contents

    def of(self, content: Content, depth: int = 0) -> Seen:
        """The type of what is sent."""
        value = content.value
        key = (value, depth > DEEPEST)
        if depth > DEEPEST or key in self._active:
            return Seen(Type("unknown", why="it is nested too deeply"))
        self._active.add(key)
        try:
            seen = self._of(content, depth)
        finally:
            self._active.discard(key)
        leaks = self._leaks(content)
        holes = seen.holes if content.hole is None else (content.hole, *seen.holes)
        return Seen(seen.type, (*leaks, *seen.leaks), holes)

    def _of(self, content: Content, depth: int) -> Seen:
        value = content.value
        match value:
            case Made():
                return self._mapping(value, content.frames, depth)
            case Display(expr=ir.Mapping()):
                return self._mapping(value, content.frames, depth)
            case Display(expr=ir.Comprehension(kind="dict") as comprehension):
                seen = self._element(comprehension, value.frame, depth)
                return Seen(Type("mapping", (seen.type,)), seen.leaks)
            case Display():
                return self._items(value, depth)
            case Instance():
                return self._instance(value, depth)
            case String():
                return Seen(Type("str"))
            case Constant(value=known):
                return Seen(of_literal(known))
            case ExternalInstance(name=name, site=site):
                declared = self.generated(value)
                if declared is None:
                    return Seen(self._types.made(name))
                kind = declared_type(declared)
                return Seen(replace(kind, shape=self._given(kind.shape, site)) if kind.shape and site else kind)
            case _:
                return Seen(Type("unknown", why=content.why or "nothing is known of it"))

    def _leaks(self, content: Content) -> tuple[Leak, ...]:
        """How a whole table row gets into what is sent; nothing when none does."""
        value = content.value
        row = isinstance(value, Instance) and self.classes.is_row(value.id)
        for dump in content.dumps:
            if dump.whole_row and (row or dump.api not in {"__dict__", "vars"}):
                return (Leak("", dump.api, dump.function),)
        if isinstance(value, Instance) and self.classes.takes_all(value.id):
            return (Leak("", 'fields = "__all__"', content.dumps[0].function if content.dumps else ""),)
        if row and all(dump.api != "data" for dump in content.dumps):
            return (Leak("", content.dumps[0].api if content.dumps else "instance", self._dumper(content)),)
        return ()

    @staticmethod
    def _dumper(content: Content) -> str:
        return content.dumps[0].function if content.dumps else ""

    def _element(self, expr: ir.Comprehension, frame: Frame, depth: int) -> Seen:
        scope = frame.scope.comprehension(expr)
        inner = self._evaluator.inner(scope, frame) if scope is not None else frame
        return self.of_expression(expr.element, inner, depth + 1)

    def _items(self, value: Display, depth: int) -> Seen:
        expr = value.expr
        if isinstance(expr, ir.Items):
            seen = [self.of_expression(item, value.frame, depth + 1) for item in expr.items[:8]]
        elif isinstance(expr, ir.Comprehension):
            seen = [self._element(expr, value.frame, depth)]
        else:
            seen = []
        leaks = tuple(leak.below("[]") for each in seen for leak in each.leaks)
        holes = tuple(hole for each in seen for hole in each.holes)
        return Seen(Type("list", (union(each.type for each in seen),)), leaks, holes)

    def _instance(self, value: Instance, depth: int) -> Seen:
        kind = self.classes.type_of(value.id, depth)
        if kind.shape is None or value.site is None:
            return Seen(kind)
        return Seen(replace(kind, shape=self._given(kind.shape, value.site)))

    def generated(self, value: object) -> DeclaredSchema | None:
        """The schema of an object of a class that is generated from a definition of Protocol Buffers."""
        if not isinstance(value, ExternalInstance) or "_pb2." not in value.name:
            return None
        module = value.site.frame.scope.module if value.site is not None else ""
        return self.contents.declarations.of_class(value.name, module)

    def _given(self, shape: Shape, site: Site) -> Shape:
        """A class with the literals that its constructor is given."""
        given = dict(site.call.keywords)
        fields: list[Field] = []
        for each in shape.fields:
            expr = given.get(each.attribute or each.name)
            if expr is not None and not each.has_constant:
                constant, known = literal(self._evaluator.values(expr, site.frame))
                if known and constant is not None:
                    each = replace(each, constant=constant, has_constant=True)
            fields.append(each)
        return replace(shape, fields=tuple(fields))

    # ---------------------------------------------------------------- mappings

    def _mapping(self, value: Display | Made, frames: Sequence[Frame], depth: int) -> Seen:
        mapping = _Mapping()
        frame = value.frame
        self._entries(value.expr, frame, mapping, depth)
        for change in self._changes.of(value, frames):
            self._changed(change, mapping, depth)
        line = next((each.declared.line for each in mapping.fields.values() if each.declared), 0)
        shape = Shape(
            "mapping",
            tuple(mapping.fields.values()),
            open=bool(mapping.why),
            why=mapping.why,
            declared=Declared(frame.scope.module, line) if line else None,
        )
        return Seen(Type("object", shape=shape), tuple(mapping.leaks), tuple(mapping.holes))

    def _entries(self, expr: ir.Expr, frame: Frame, mapping: _Mapping, depth: int) -> None:
        match expr:
            case ir.Mapping(items=items):
                for key, each in items:
                    if key is None:
                        self._merge(each, frame, mapping, depth, False)
                    else:
                        self._set(key, each, frame, mapping, depth, False, 0)
            case ir.Call(arguments=arguments, keywords=keywords):
                for each in arguments:
                    self._merge(each, frame, mapping, depth, False)
                for name, each in keywords:
                    if name:
                        self._set(ir.Const(name), each, frame, mapping, depth, False, expr.place.line)
                    else:
                        self._merge(each, frame, mapping, depth, False)
            case ir.Operation(operands=operands):
                for each in operands:
                    self._merge(each, frame, mapping, depth, False)

    def _changed(self, change: Change, mapping: _Mapping, depth: int) -> None:
        if change.kind == "merge" and change.value is not None:
            self._merge(change.value, change.frame, mapping, depth, change.sometimes)
        elif change.kind == "set" and change.key is not None and change.value is not None:
            self._set(change.key, change.value, change.frame, mapping, depth, change.sometimes, change.line)
        elif change.key is not None:
            for name in self._evaluator.literals(change.key, change.frame):
                if not change.sometimes:
                    mapping.fields.pop(name, None)

    def _set(
        self, key: ir.Expr, value: ir.Expr, frame: Frame, mapping: _Mapping, depth: int, sometimes: bool, line: int
    ) -> None:
        names = self._keys(key, frame)
        if not names:
            mapping.why = mapping.why or "a key is computed"
            return
        seen = self.of_expression(value, frame, depth + 1)
        constant, known = literal(self._evaluator.values(value, frame))
        for name in names:
            before = mapping.fields.get(name)
            optional = (sometimes and (before is None or not before.required)) or len(names) > 1
            kind = union([before.type, seen.type]) if before is not None and sometimes else seen.type
            mapping.fields[name] = Field(
                name,
                kind,
                not optional,
                None,
                constant,
                known and constant is not None and not (before is not None and sometimes),
                declared=Declared(frame.scope.module, line or _line(value) or _where(frame)),
            )
            mapping.leaks += [leak.below(name) for leak in seen.leaks if leak.api != "instance"]
        mapping.holes += [hole for hole in seen.holes if _PAYLOAD.search(hole.name)]

    def _keys(self, key: ir.Expr, frame: Frame) -> list[str]:
        if isinstance(key, ir.Const):
            return [str(key.value)]
        return self._evaluator.literals(key, frame)

    def _merge(self, value: ir.Expr, frame: Frame, mapping: _Mapping, depth: int, sometimes: bool) -> None:
        found = [self.of(each, depth + 1) for each in self.contents.of(value, frame) if each.value != Constant(None)]
        known = [seen.type.shape for seen in found if seen.type.shape is not None]
        for seen in found:
            shape = seen.type.shape
            mapping.holes += seen.holes
            mapping.leaks += seen.leaks
            if shape is None:
                mapping.why = mapping.why or f"what is merged into it is not known: {seen.type.why or seen.type}"
                continue
            mapping.why = mapping.why or shape.why
            for each in shape.fields:
                always = not sometimes and all(other.get(each.name) is not None for other in known)
                mapping.fields[each.name] = each if always else replace(each, required=False)

    # ------------------------------------------------------------------ fields

    def of_expression(self, expr: ir.Expr, frame: Frame, depth: int = 0) -> Seen:
        """The type of an expression in a field."""
        known = self._types.of(expr, frame)
        if known is not None:
            return Seen(known)
        found = [self.of(content, depth + 1) for content in self.contents.of(expr, frame)]
        useful = [each for each in found if each.type.kind != "unknown"] or found
        leaks = tuple(leak for each in found for leak in each.leaks)
        return Seen(union(each.type for each in useful), leaks, tuple(hole for each in found for hole in each.holes))


class _Mapping:
    """A mapping while it is put together."""

    def __init__(self) -> None:
        self.fields: dict[str, Field] = {}
        self.leaks: list[Leak] = []
        self.holes: list[Hole] = []
        self.why = ""


def _line(expr: ir.Expr) -> int:
    """The line of an expression, 0 when nothing in it has a place."""
    return next((call.place.line for call in calls(expr)), 0)


def _where(frame: Frame) -> int:
    function = frame.scope.function
    return function.place.line if function is not None else 0


def alternatives(kind: Type) -> Iterator[Shape]:
    """The shapes that a type may have."""
    if kind.shape is not None:
        yield kind.shape
    for each in kind.of if kind.kind == "union" else ():
        yield from alternatives(each)
