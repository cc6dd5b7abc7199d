"""Shapes of payloads as JSON Schemas."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from edanalyze.analyse.payloads.records import Field, Shape, Type

_SCALARS: dict[str, dict[str, str]] = {
    "str": {"type": "string"},
    "int": {"type": "integer"},
    "float": {"type": "number"},
    "bool": {"type": "boolean"},
    "bytes": {"type": "string", "format": "binary"},
    "null": {"type": "null"},
    "datetime": {"type": "string", "format": "date-time"},
    "date": {"type": "string", "format": "date"},
    "time": {"type": "string", "format": "time"},
    "duration": {"type": "string", "format": "duration"},
    "uuid": {"type": "string", "format": "uuid"},
    "decimal": {"type": "string", "format": "decimal"},
    "any": {},
}


def of_type(kind: Type) -> dict[str, Any]:
    """The JSON Schema of a type; `x-unknown` says why a part of it is not known."""
    if kind.kind in _SCALARS:
        return dict(_SCALARS[kind.kind])
    match kind.kind:
        case "object" if kind.shape is not None:
            return of_shape(kind.shape)
        case "list":
            return {"type": "array", "items": of_type(kind.of[0]) if kind.of else {}}
        case "mapping":
            return {"type": "object", "additionalProperties": of_type(kind.of[0]) if kind.of else True}
        case "enum":
            return {"enum": list(kind.values)}
        case "union":
            return {"anyOf": [of_type(each) for each in kind.of]}
        case _:
            return {"x-unknown": kind.why or "nothing is known of it"}


def of_shape(shape: Shape) -> dict[str, Any]:
    """The JSON Schema of a shape."""
    found: dict[str, Any] = {"type": "object"}
    if shape.name:
        found["title"] = shape.name
    found["properties"] = {field.name: _field(field) for field in shape.fields}
    required = [field.name for field in shape.fields if field.required]
    if required:
        found["required"] = required
    if shape.open:
        found["x-unknown"] = shape.why or "there may be more fields"
    return found


def of_declared(schema: dict[str, Any]) -> dict[str, Any]:
    """A schema from a file as the catalogue has it: defaults are notes, descriptions are left out."""
    found: dict[str, Any] = {}
    for key, value in schema.items():
        if key == "properties":
            found[key] = {name: of_declared(each) for name, each in value.items()}
        elif key == "anyOf":
            found[key] = [of_declared(each) for each in value]
        elif key in {"items", "additionalProperties"} and isinstance(value, dict):
            found[key] = of_declared(value)
        elif key == "default":
            if value is not None:
                found["x-default"] = repr(value) if isinstance(value, str) else str(value)
        elif key != "description":
            found[key] = value
    return found


def _field(field: Field) -> dict[str, Any]:
    found = of_type(field.type)
    if field.has_constant and field.constant is not None:
        found["const"] = field.constant
        found.pop("enum", None)
    elif field.default is not None and field.default != "None":
        found["x-default"] = field.default
    return found


def united(schemas: Iterable[dict[str, Any]]) -> dict[str, Any]:
    """One schema for what several producers send: a field is required when all of them send it."""
    found = [schema for schema in schemas if schema]
    distinct: list[dict[str, Any]] = []
    for schema in found:
        if schema not in distinct:
            distinct.append(schema)
    known = [schema for schema in distinct if "properties" in schema] or distinct
    if len(known) < 2:
        return known[0] if known else {}
    if any("properties" not in schema for schema in known):
        return {"anyOf": known}
    properties: dict[str, Any] = {}
    for schema in known:
        for name, each in schema["properties"].items():
            before = properties.get(name)
            properties[name] = each if before is None else _either(before, each)
    required = [name for name in properties if all(_may_require(name, schema) for schema in known)]
    made: dict[str, Any] = {"type": "object", "properties": properties}
    if required:
        made["required"] = required
    unknown = next((schema["x-unknown"] for schema in known if "x-unknown" in schema), None)
    if unknown:
        made["x-unknown"] = unknown
    return made


def _may_require(name: str, schema: dict[str, Any]) -> bool:
    """Whether a schema requires a field, or may hold it among the fields that are not known."""
    return name in schema.get("required", ()) or (name not in schema["properties"] and "x-unknown" in schema)


def _either(one: dict[str, Any], other: dict[str, Any]) -> dict[str, Any]:
    if one == other:
        return one
    if "x-unknown" in one and len(one) == 1:
        return other
    if "x-unknown" in other and len(other) == 1:
        return one
    alike = {key: value for key, value in one.items() if key not in {"const", "x-default"}}
    if alike == {key: value for key, value in other.items() if key not in {"const", "x-default"}}:
        return alike
    options = [*one.get("anyOf", [one]), *(each for each in other.get("anyOf", [other]) if each != one)]
    return {"anyOf": options}
