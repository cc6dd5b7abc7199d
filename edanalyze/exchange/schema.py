"""The JSON Schema of facts files, made from the records.

`python -m edanalyze.exchange.schema docs/schema/facts.schema.json` writes it down.
"""

from __future__ import annotations

import sys
from pathlib import Path

from edanalyze.exchange.records import VERSION, Facts
from edanalyze.recordschema import schema_of, text_of


def text() -> str:
    """The schema as it stands in the documentation."""
    stricter = {("Facts", "version"): {"const": VERSION}}
    return text_of(schema_of(Facts, "edanalyze facts", "What `edanalyze facts` writes.", stricter))


if __name__ == "__main__":
    Path(sys.argv[1]).write_text(text(), encoding="utf-8")
