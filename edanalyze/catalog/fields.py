"""Fields of a schema as rows: path, type, whether every message has it."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from edanalyze.catalog.records import Schema

DEEPEST = 6


class Row(NamedTuple):
    """One field. `note` is a constant, a default, or why the field is not known."""

    name: str
    type: str
    required: bool
    note: str


def rows(schema: Schema, before: str = "", depth: int = 0) -> Iterator[Row]:
    """The fields of a schema, those of nested objects after the field that holds them."""
    if depth > DEEPEST:
        return
    required = set(schema.get("required", ()))
    for name, each in schema.get("properties", {}).items():
        path = f"{before}{name}"
        yield Row(path, spelled(each), name in required, _note(each))
        inner, mark = each, ""
        while inner.get("type") == "array":
            inner, mark = inner.get("items", {}), f"{mark}[]"
        yield from rows(inner, f"{path}{mark}.", depth + 1)


def spelled(schema: Schema) -> str:
    """The type of a schema in words."""
    if "anyOf" in schema:
        return " or ".join(dict.fromkeys(spelled(each) for each in schema["anyOf"]))
    if "enum" in schema:
        return "one of " + ", ".join(f"`{value}`" for value in schema["enum"])
    kind = schema.get("type")
    if kind == "array":
        return f"array of {spelled(schema.get('items', {}))}"
    if kind is None:
        return "unknown" if "x-unknown" in schema else "any"
    form = schema.get("format")
    return f"{kind} ({form})" if form else str(kind)


def _note(schema: Schema) -> str:
    if "const" in schema:
        return f"always `{schema['const']}`"
    if "x-default" in schema:
        return f"`{schema['x-default']}` by default"
    return str(schema.get("x-unknown", ""))
