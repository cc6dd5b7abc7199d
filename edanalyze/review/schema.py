"""The JSON Schema of a review, made from the records.

`python -m edanalyze.review.schema docs/schema/review.schema.json` writes it down.
"""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

import msgspec

from edanalyze.review.records import ANSWERS, VERSION, Review


def schema() -> dict[str, Any]:
    """The schema; descriptions are those of the records."""
    (reference,), definitions = msgspec.json.schema_components([Review], ref_template="#/$defs/{name}")
    for definition in definitions.values():
        definition["description"] = " ".join(str(definition["description"]).split())
    definitions["Review"]["properties"]["version"] = {"const": VERSION}
    for name in ("Item", "Criterion"):
        definitions[name]["properties"]["answer"] = {"enum": list(ANSWERS)}
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "edanalyze review",
        "description": "What `edanalyze review --format json` writes. Later versions may add properties; readers pass "
        "over what they do not know.",
        **reference,
        "$defs": dict(sorted(definitions.items())),
    }


def text() -> str:
    """The schema as it stands in the documentation."""
    return msgspec.json.format(msgspec.json.encode(schema()), indent=2).decode() + "\n"


if __name__ == "__main__":
    Path(sys.argv[1]).write_text(text(), encoding="utf-8")
