"""The JSON of `edanalyze check --format json`, described by docs/schema/check.schema.json."""

from __future__ import annotations

from typing import Any

import msgspec

from edanalyze.check.diagnostic import CheckResult
from edanalyze.report.escape import encodable

VERSION = 1


def render(result: CheckResult) -> str:
    """Render diagnostics and the files left out, both sorted by place; paths are relative to the project root."""
    document = {
        "version": VERSION,
        "diagnostics": sorted(result.diagnostics, key=lambda diagnostic: diagnostic.sort_key),
        "not_analysed": sorted(result.not_analysed, key=lambda file: (file.path, file.reason)),
    }
    return encode(document)


def encode(document: object) -> str:
    """Encode records, lists and dicts as indented JSON; file names that are not valid text are escaped."""
    try:
        encoded = msgspec.json.encode(document)
    except UnicodeEncodeError:
        encoded = msgspec.json.encode(_encodable(msgspec.to_builtins(document)))
    return msgspec.json.format(encoded, indent=2).decode()


def _encodable(value: Any) -> Any:
    if isinstance(value, str):
        return encodable(value)
    if isinstance(value, dict):
        return {_encodable(key): _encodable(item) for key, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [_encodable(item) for item in value]
    return value
