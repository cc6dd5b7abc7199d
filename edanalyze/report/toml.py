"""Writes values as TOML: what is printed can be copied into a configuration, whatever the names hold."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from typing import Any

_BARE = re.compile(r"[A-Za-z0-9_-]+")


def inline(value: Any) -> str:
    """Render a string, number, boolean, list or table (inline); None becomes an empty string."""
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, (int, float)):
        return str(value)
    if isinstance(value, Mapping):
        pairs = [f"{key(name)} = {inline(each)}" for name, each in value.items() if each is not None]
        return "{ " + ", ".join(pairs) + " }" if pairs else "{}"
    if isinstance(value, (list, tuple)):
        return "[" + ", ".join(map(inline, value)) + "]"
    return string("" if value is None else str(value))


def string(text: str) -> str:
    """Render a string in one line: quoted, with escapes for whatever would end it or steer a terminal."""
    quoted = json.dumps(text.encode("utf-8", "backslashreplace").decode(), ensure_ascii=False)
    return re.sub(r"[\x7f-\x9f\u2028\u2029\u202a-\u202e\u2066-\u2069]", _escape, quoted)


def key(name: str) -> str:
    """Render a key: bare where TOML lets it be."""
    return name if _BARE.fullmatch(name) else string(name)


def _escape(match: re.Match[str]) -> str:
    return f"\\u{ord(match[0]):04x}"
