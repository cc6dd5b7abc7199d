"""Schemas of messages in files: Protocol Buffers, Avro and JSON Schema, all read as plain JSON Schemas.

Such files come from anywhere. What is too large, too deep or malformed is refused with the reason; nothing in it is run
or fetched. `x-unknown` says why a part is not known, as in the catalogue.
"""

from __future__ import annotations

from edanalyze.discover.schemas.declared import DeclaredSchema, SchemaError
from edanalyze.discover.schemas.files import SchemaFiles

__all__ = ["DeclaredSchema", "SchemaError", "SchemaFiles"]
