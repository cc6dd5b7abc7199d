"""The JSON Schema of `[tool.edanalyze]`, kept as docs/schema/config.schema.json: editors complete settings with it."""

from __future__ import annotations

import json
from collections.abc import Iterable
from typing import Any

import msgspec

from edanalyze.discover.settings import Config

_DIALECT = "https://json-schema.org/draft/2020-12/schema"


def schema(model_kinds: Iterable[str]) -> dict[str, Any]:
    """The schema of the section alone: the keys of `Config`, and an array of tables per kind of model."""
    found = msgspec.json.schema(Config)
    definitions: dict[str, Any] = found["$defs"]
    for definition in definitions.values():
        definition["additionalProperties"] = False
        definition.pop("description", None)
        definition.pop("title", None)
    properties = definitions["Config"]["properties"]
    del properties["models"]
    table = {"type": "array", "items": {"type": "object"}}
    for kind in model_kinds:
        properties.setdefault(kind, {**table, "description": f"Calls of kind `{kind}` (docs/models.md)."})
    title = "Settings of edanalyze, [tool.edanalyze] in pyproject.toml"
    return {"$schema": _DIALECT, "title": title, "$ref": "#/$defs/Config", "$defs": definitions}


def text(model_kinds: Iterable[str]) -> str:
    """The schema as the file that is kept."""
    return json.dumps(schema(model_kinds), indent=2) + "\n"
