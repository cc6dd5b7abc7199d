"""JSON Schemas of what the records of a document make, as they stand in the documentation."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import msgspec

_LATER = "Later versions may add properties; readers pass over what they do not know."


def schema_of(
    document: type[msgspec.Struct], title: str, writes: str, stricter: Mapping[tuple[str, str], Mapping[str, object]]
) -> dict[str, Any]:
    """The schema of a document; descriptions are those of its records.

    `writes` says what writes it. `stricter` gives schemas of properties, by record and name, that say more than types.
    """
    (reference,), definitions = msgspec.json.schema_components([document], ref_template="#/$defs/{name}")
    for definition in definitions.values():
        definition["description"] = " ".join(str(definition["description"]).split())
    for (record, name), schema in stricter.items():
        definitions[record]["properties"][name] = schema
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": title,
        "description": f"{writes} {_LATER}",
        **reference,
        "$defs": dict(sorted(definitions.items())),
    }


def text_of(schema: dict[str, Any]) -> str:
    """A schema as text, ending with a line break."""
    return msgspec.json.format(msgspec.json.encode(schema), indent=2).decode() + "\n"
