"""The JSON of `edanalyze check --format json` and `json-lines`, described by docs/schema/check.schema.json."""

from __future__ import annotations

from collections.abc import Iterator
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
        "baseline": {"known": result.known, "stale": len(result.stale)},
    }
    return encode(document)


def lines(result: CheckResult) -> Iterator[str]:
    """Give one JSON object a line per diagnostic, each as in the `diagnostics` of `render`."""
    for diagnostic in sorted(result.diagnostics, key=lambda diagnostic: diagnostic.sort_key):
        yield compact(diagnostic)


def encode(document: object) -> str:
    """Encode records, lists and dicts as indented JSON; file names that are not valid text are escaped."""
    return msgspec.json.format(compact(document), indent=2)


def compact(document: object) -> str:
    """Encode as `encode` does, on one line."""
    try:
        return msgspec.json.encode(document).decode()
    except UnicodeEncodeError:
        return msgspec.json.encode(_encodable(msgspec.to_builtins(document))).decode()


def _encodable(value: Any) -> Any:
    if isinstance(value, str):
        return encodable(value)
    if isinstance(value, dict):
        return {_encodable(key): _encodable(item) for key, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [_encodable(item) for item in value]
    return value
