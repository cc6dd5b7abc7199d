"""Schemas of payloads in facts files: JSON Schemas as JSON text, looked at closely before anything uses them."""

from __future__ import annotations

import json
from typing import Any

LARGEST = 100_000
"""The largest schema, in characters of its text."""
DEEPEST = 48
"""How deeply schemas may be nested in each other."""
TOO_LARGE = '{"x-unknown":"the schema is too large"}'
_TEXTS = ("type", "format", "title", "description", "x-unknown", "x-default")


def schema_text(schema: dict[str, Any]) -> str:
    """A schema as text, the same text for the same schema; one that is too large or too deep is not told."""
    try:
        text = json.dumps(schema, ensure_ascii=True, separators=(",", ":"))
    except (TypeError, ValueError, RecursionError):
        return TOO_LARGE
    return text if schema_problem(text) == "" else TOO_LARGE


def schema_problem(text: str) -> str:
    """What is wrong with the text of a schema; "" when it can be used."""
    if len(text) > LARGEST:
        return f"is {len(text)} characters long"
    try:
        data = json.loads(text)
    except (ValueError, RecursionError):
        return "is not valid JSON"
    return "" if _is_schema(data, 0) else "is no JSON Schema, or is nested too deeply"


def _is_schema(data: Any, depth: int) -> bool:
    if not isinstance(data, dict) or depth > DEEPEST:
        return False
    if not all(isinstance(data.get(name, ""), str) for name in _TEXTS):
        return False
    properties, options, more = (
        data.get("properties", {}),
        data.get("anyOf", [None]),
        data.get("additionalProperties", {}),
    )
    required, values = data.get("required", []), data.get("enum", [])
    if not isinstance(properties, dict) or not isinstance(options, list) or not options:
        return False
    if not isinstance(required, list) or not all(isinstance(each, str) for each in required):
        return False
    if not isinstance(values, list) or not all(map(_is_scalar, [*values, data.get("const")])):
        return False
    inner = [*properties.values(), *(options if "anyOf" in data else ())]
    inner += [data["items"]] if "items" in data else []
    inner += [more] if "additionalProperties" in data and not isinstance(more, bool) else []
    return all(_is_schema(each, depth + 1) for each in inner)


def _is_scalar(value: Any) -> bool:
    return value is None or isinstance(value, str | int | float | bool)
