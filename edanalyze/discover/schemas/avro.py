"""Avro schemas: records, unions, enums, arrays, maps, logical types and references by name.

A field is required when it has no default, since that is what decides whether a reader can do without it.
https://avro.apache.org/docs/1.12.0/specification/
"""

from __future__ import annotations

from typing import Any

from edanalyze.discover.schemas.declared import Budget, Schema, SchemaError, unknown

PRIMITIVES: dict[str, Schema] = {
    "null": {"type": "null"},
    "boolean": {"type": "boolean"},
    "int": {"type": "integer"},
    "long": {"type": "integer"},
    "float": {"type": "number"},
    "double": {"type": "number"},
    "bytes": {"type": "string", "format": "binary"},
    "string": {"type": "string"},
}
LOGICAL = {
    "timestamp-millis": "date-time",
    "timestamp-micros": "date-time",
    "timestamp-nanos": "date-time",
    "local-timestamp-millis": "date-time",
    "local-timestamp-micros": "date-time",
    "local-timestamp-nanos": "date-time",
    "date": "date",
    "time-millis": "time",
    "time-micros": "time",
    "decimal": "decimal",
    "uuid": "uuid",
    "duration": "duration",
}
_TYPES = frozenset({*PRIMITIVES, "record", "error", "enum", "array", "map", "fixed"})


def is_avro(data: Any) -> bool:
    """Whether decoded JSON looks like an Avro schema rather than a JSON Schema."""
    if isinstance(data, list):
        return any(is_avro(each) for each in data)
    if not isinstance(data, dict):
        return isinstance(data, str) and data in PRIMITIVES
    kind, items = data.get("type"), data.get("items")
    if kind == "array":
        return isinstance(items, str) and items in _TYPES
    return kind in ("record", "error", "enum", "map", "fixed")


def read_avro(data: Any) -> Schema:
    """The JSON Schema of a decoded Avro schema; the last of a list of types is the message. Raises SchemaError."""
    reader = _Reader()
    if isinstance(data, list) and data and all(isinstance(each, dict) and "name" in each for each in data):
        return [reader.read(each, "", 0) for each in data][-1]
    if not isinstance(data, dict | list | str):
        raise SchemaError("no Avro schema: neither an object, a list nor a name")
    return reader.read(data, "", 0)


class _Reader:
    """Reads one document; named types may be used before and after they are defined."""

    def __init__(self) -> None:
        self._named: dict[str, Schema] = {}
        self._open: set[str] = set()
        self._budget = Budget()

    def read(self, data: Any, namespace: str, depth: int) -> Schema:
        why = self._budget.spend(depth)
        if why:
            return unknown(why)
        match data:
            case str():
                return self._reference(data, namespace)
            case list():
                return self._union([self.read(each, namespace, depth + 1) for each in data])
            case {"type": str() as kind}:
                return self._complex(kind, data, namespace, depth)
            case {"type": inner}:
                return self.read(inner, namespace, depth + 1)
            case _:
                return unknown("it is no Avro type")

    @staticmethod
    def _union(options: list[Schema]) -> Schema:
        return options[0] if len(options) == 1 else {"anyOf": options}

    def _reference(self, name: str, namespace: str) -> Schema:
        if name in PRIMITIVES:
            return dict(PRIMITIVES[name])
        full = name if "." in name or not namespace else f"{namespace}.{name}"
        for each in (full, name):
            if each in self._open:
                return unknown(f"`{name}` holds itself")
            if each in self._named:
                return self._named[each]
        return unknown(f"the type `{name}` is defined elsewhere")

    def _complex(self, kind: str, data: dict[str, Any], namespace: str, depth: int) -> Schema:
        logical = LOGICAL.get(str(data.get("logicalType", "")))
        if kind in PRIMITIVES or kind == "fixed":
            found = (
                {"type": "string", "format": logical} if logical else dict(PRIMITIVES.get(kind, PRIMITIVES["bytes"]))
            )
            if kind == "fixed":
                self._named[self._full(data, namespace)] = found
            return found
        if kind == "array":
            return {"type": "array", "items": self.read(data.get("items"), namespace, depth + 1)}
        if kind == "map":
            return {"type": "object", "additionalProperties": self.read(data.get("values"), namespace, depth + 1)}
        if kind == "enum":
            symbols = data.get("symbols")
            made = (
                {"enum": [str(each) for each in symbols]} if isinstance(symbols, list) else unknown("it has no symbols")
            )
            self._named[self._full(data, namespace)] = made
            return made
        if kind in {"record", "error"}:
            return self._record(data, namespace, depth)
        return self._reference(kind, namespace)

    def _record(self, data: dict[str, Any], namespace: str, depth: int) -> Schema:
        full = self._full(data, namespace)
        inner = full.rpartition(".")[0]
        self._open.add(full)
        properties: dict[str, Schema] = {}
        required: list[str] = []
        fields = data.get("fields")
        for each in fields if isinstance(fields, list) else ():
            if not isinstance(each, dict) or not isinstance(each.get("name"), str):
                continue
            made = dict(self.read(each.get("type"), inner, depth + 1))
            if "default" not in each:
                required.append(each["name"])
            elif each["default"] is not None:
                made["default"] = each["default"]
            properties[each["name"]] = made
        self._open.discard(full)
        found: Schema = {"type": "object", "title": full.rpartition(".")[2], "properties": properties}
        if required:
            found["required"] = required
        if isinstance(data.get("doc"), str):
            found["description"] = data["doc"]
        self._named[full] = found
        return found

    @staticmethod
    def _full(data: dict[str, Any], namespace: str) -> str:
        name = str(data.get("name", ""))
        own = data.get("namespace")
        space = own if isinstance(own, str) else namespace
        return name if "." in name or not space else f"{space}.{name}"
