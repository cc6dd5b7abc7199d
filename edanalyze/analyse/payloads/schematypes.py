"""JSON Schemas as types of payloads."""

from __future__ import annotations

from typing import Any

from edanalyze.analyse.payloads.annotations import ANY, enum, union
from edanalyze.analyse.payloads.records import Field, Shape, Type
from edanalyze.discover.schemas import DeclaredSchema

FORM = "schema"
"""The form of shapes that a schema file declares."""
_SCALARS = {"string": "str", "integer": "int", "number": "float", "boolean": "bool", "null": "null"}
_FORMATS = {
    "binary": "bytes",
    "byte": "bytes",
    "date-time": "datetime",
    "date": "date",
    "time": "time",
    "duration": "duration",
    "uuid": "uuid",
    "decimal": "decimal",
}


def declared_type(declared: DeclaredSchema) -> Type:
    """The type of a message whose schema is declared."""
    return type_of(declared.schema, declared.name)


def type_of(schema: dict[str, Any], name: str = "") -> Type:
    """The type that a JSON Schema describes."""
    if "anyOf" in schema:
        return union(type_of(each) for each in schema["anyOf"])
    if "enum" in schema:
        values = [each for each in schema["enum"] if each is None or isinstance(each, str | int | float | bool)]
        return enum(values, str(schema.get("title", "")))
    if "const" in schema:
        return enum([schema["const"]]) if isinstance(schema["const"], str | int | float | bool) else ANY
    kind = schema.get("type")
    if kind == "array":
        return Type("list", (type_of(schema.get("items", {})),))
    if kind == "object" and "properties" in schema:
        shape = shape_of(schema, str(schema.get("title", "")) or name)
        return Type("object", shape=shape, name=shape.name)
    if kind == "object":
        more = schema.get("additionalProperties")
        return Type("mapping", (type_of(more) if isinstance(more, dict) else ANY,))
    if isinstance(kind, str) and kind in _SCALARS:
        return Type(_FORMATS.get(str(schema.get("format", "")), "str") if kind == "string" else _SCALARS[kind])
    return Type("unknown", why=str(schema["x-unknown"])) if "x-unknown" in schema else ANY


def shape_of(schema: dict[str, Any], name: str = "") -> Shape:
    """The shape that the JSON Schema of an object describes."""
    required = schema.get("required", ())
    fields = tuple(_field(key, each, key in required) for key, each in schema["properties"].items())
    closed = schema.get("additionalProperties") is False
    return Shape(FORM, fields, name, extra="forbid" if closed else "")


def _field(name: str, schema: dict[str, Any], required: bool) -> Field:
    constant = schema.get("const")
    known = isinstance(constant, str | int | float | bool)
    default = schema.get("default")
    return Field(
        name,
        type_of(schema),
        required,
        None if default is None else repr(default) if isinstance(default, str) else str(default),
        constant if known else None,
        known,
    )
