"""JSON Schemas: local references, references to other files of the project, alternatives and combinations.

https://json-schema.org/draft/2020-12/json-schema-core
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any
from urllib.parse import unquote

from edanalyze.discover.schemas.declared import Budget, Schema, unknown

_KEPT = ("type", "format", "enum", "const", "default", "title", "description")
_SHAPES: dict[str, type | tuple[type, ...]] = {
    "type": (str, list),
    "format": str,
    "enum": list,
    "title": str,
    "description": str,
}
_MARKS = frozenset({"$schema", "properties", "$ref", "allOf", "anyOf", "oneOf", "$defs", "definitions", "enum"})
_SIMPLE = frozenset({"object", "array", "string", "integer", "number", "boolean", "null"})

Document = tuple[str, Any]
"""The path of a file ("" for a text in code) and what it holds."""


def is_json_schema(data: Any) -> bool:
    """Whether decoded JSON looks like a JSON Schema."""
    if not isinstance(data, dict):
        return False
    kind = data.get("type")
    return not _MARKS.isdisjoint(data) or (isinstance(kind, str) and kind in _SIMPLE)


def read_json_schema(
    data: Any, path: str = "", other: Callable[[str, str], Any] = lambda path, ref: None, whole: Any = None
) -> Schema:
    """A JSON Schema without references, reduced to what the catalogue knows.

    `other(path, reference)` gives what a file holds that the document at `path` refers to, and None when there is none.
    `whole` is the document that the schema is a part of.
    """
    return _Reader(other, path).read(data, (path, data if whole is None else whole), 0)


class _Reader:
    """Reads one schema."""

    def __init__(self, other: Callable[[str, str], Any], path: str) -> None:
        self._other = other
        self._budget = Budget()
        self._open = {(path, "")}

    def read(self, data: Any, document: Document, depth: int) -> Schema:
        why = self._budget.spend(depth)
        if why or not isinstance(data, dict):
            return unknown(why) if why else {} if data is True else unknown("nothing is allowed there")
        reference = data.get("$ref")
        if isinstance(reference, str):
            return {**self._referred(reference, document, depth), **self._plain(data)}
        found = self._plain(data)
        kinds = found.get("type")
        if isinstance(kinds, list):
            options = [
                self.read({**data, "type": each}, document, depth + 1) for each in kinds if isinstance(each, str)
            ]
            return {"anyOf": options}
        self._content(data, found, document, depth)
        for word in ("anyOf", "oneOf"):
            if isinstance(data.get(word), list) and data[word]:
                options = [self.read(each, document, depth + 1) for each in data[word]]
                if not ({"properties", "type"} & found.keys()):
                    found["anyOf"] = options
        for each in data["allOf"] if isinstance(data.get("allOf"), list) else ():
            self._merge(found, self.read(each, document, depth + 1))
        if data.get("nullable") is True and "anyOf" not in found:
            return {"anyOf": [found, {"type": "null"}]}
        return found

    @staticmethod
    def _plain(data: dict[str, Any]) -> Schema:
        """What stands beside the content, as far as it is of the shape that the standard gives it."""
        return {key: data[key] for key in _KEPT if key in data and isinstance(data[key], _SHAPES.get(key, object))}

    def _content(self, data: dict[str, Any], found: Schema, document: Document, depth: int) -> None:
        properties = data.get("properties")
        if isinstance(properties, dict):
            found["type"] = "object"
            found["properties"] = {str(key): self.read(each, document, depth + 1) for key, each in properties.items()}
            required = data.get("required")
            if isinstance(required, list):
                found["required"] = [each for each in required if isinstance(each, str) and each in properties]
        more = data.get("additionalProperties")
        if more is False:
            found["additionalProperties"] = False
        elif isinstance(more, dict) and not isinstance(properties, dict):
            found["additionalProperties"] = self.read(more, document, depth + 1)
        if "items" in data and found.get("type", "array") == "array":
            found["type"] = "array"
            found["items"] = self.read(data["items"], document, depth + 1)

    @staticmethod
    def _merge(found: Schema, part: Schema) -> None:
        """Let a schema also say what another one says."""
        for key, value in part.items():
            if key == "properties":
                found["type"] = "object"
                found["properties"] = {**value, **found.get("properties", {})}
            elif key == "required":
                found["required"] = list(dict.fromkeys([*found.get("required", ()), *value]))
            else:
                found.setdefault(key, value)

    def _referred(self, reference: str, document: Document, depth: int) -> Schema:
        path, data = document
        file, _, pointer = reference.partition("#")
        if file:
            other = self._other(path, file)
            if other is None:
                return unknown(f"`{reference}` is not in the project")
            path, data = other
        key = (path, pointer)
        if key in self._open:
            return unknown("it holds itself")
        target = data
        for part in filter(None, pointer.split("/")):
            name = unquote(part).replace("~1", "/").replace("~0", "~")
            target = target.get(name) if isinstance(target, dict) else None
        if not isinstance(target, dict):
            return unknown(f"`{reference}` leads nowhere")
        self._open.add(key)
        found = self.read(target, (path, data), depth + 1)
        self._open.discard(key)
        return found
