"""Compatibility of schemas: what changed between two versions of a message, and who breaks.

A change breaks *backward* compatibility when a consumer that knows the new schema cannot read a message of the old one,
and *forward* compatibility when a consumer that knows the old schema cannot read a message of the new one, as schema
registries have it; objects are taken to be open: a reader passes over fields that it does not know.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import msgspec

from edanalyze.catalog.records import Schema

MODES = ("backward", "forward", "full", "none")
NUMBER = "x-number"
"""The number by which Protocol Buffers know a field on the wire."""


class Change(msgspec.Struct, frozen=True):
    """One difference. `field` is its path ("" for the message as a whole), `breaks` names what it breaks.

    `removal`: something that every message had is there no more.
    """

    field: str
    what: str
    breaks: tuple[str, ...] = ()
    removal: bool = False

    def breaks_mode(self, mode: str) -> bool:
        """Whether it breaks what a mode promises."""
        return bool(self.breaks) if mode == "full" else mode in self.breaks


def changes(old: Schema, new: Schema, path: str = "") -> Iterator[Change]:
    """The differences between two schemas of a message; what is not known on either side is no difference."""
    if old == new or _is_unknown(old) or _is_unknown(new):
        return
    before, after = _options(old), _options(new)
    lost = [each for each in before if not any(_reads(other, each) for other in after)]
    gained = [each for each in after if not any(_reads(other, each) for other in before)]
    objects = [each for each in before if "properties" in each], [each for each in after if "properties" in each]
    both = all(len(each) == 1 for each in objects)
    if both:
        lost = [each for each in lost if "properties" not in each]
        gained = [each for each in gained if "properties" not in each]
    arrays = [each for each in before if each.get("type") == "array"], [e for e in after if e.get("type") == "array"]
    if arrays[0] and arrays[1]:
        lost = [each for each in lost if each.get("type") != "array"]
        gained = [each for each in gained if each.get("type") != "array"]
        yield from changes(arrays[0][0].get("items", {}), arrays[1][0].get("items", {}), f"{path}[]")
    breaks = (*(("backward",) if lost else ()), *(("forward",) if gained else ()))
    if breaks:
        yield Change(path, f"{_spelled(before)} became {_spelled(after)}", breaks)
    if both:
        yield from _fields(objects[0][0], objects[1][0], path)


def _fields(old: Schema, new: Schema, path: str) -> Iterator[Change]:
    """The differences between the fields of two objects."""
    before, after = old["properties"], new["properties"]
    had, has = set(old.get("required", ())), set(new.get("required", ()))
    for name in sorted({*before, *after}):
        at = f"{path}.{name}".lstrip(".")
        if name not in after:
            if "x-unknown" not in new:
                yield Change(at, "the field is gone", ("forward",) if name in had else (), name in had)
        elif name not in before:
            if "x-unknown" not in old:
                required = name in has
                yield Change(
                    at, f"a{' required' if required else 'n optional'} field is new", ("backward",) if required else ()
                )
        else:
            yield from changes(before[name], after[name], at)
            numbers = before[name].get(NUMBER), after[name].get(NUMBER)
            if None not in numbers and numbers[0] != numbers[1]:
                yield Change(at, f"its number {numbers[0]} became {numbers[1]}", ("backward", "forward"))
            if name in has and name not in had:
                yield Change(at, "the field became required", ("backward",))
            elif name in had and name not in has:
                yield Change(at, "the field became optional", ("forward",))


def _is_unknown(schema: Schema) -> bool:
    return "x-unknown" in schema and "properties" not in schema


def _options(schema: Schema) -> list[dict[str, Any]]:
    """The alternatives of a schema, an enumeration taken apart into its values."""
    found: list[dict[str, Any]] = []
    for each in schema.get("anyOf", [schema]):
        if "enum" in each:
            found += [{"const": value} for value in each["enum"]]
        else:
            found.append(each)
    return found


def _reads(reader: Schema, written: Schema) -> bool:
    """Whether whoever expects `reader` can read what is written as `written`."""
    if _is_unknown(reader) or _is_unknown(written) or not reader:
        return True
    if "const" in reader:
        return "const" in written and reader["const"] == written["const"]
    kind = _type(written)
    if reader.get("type") != kind and not (reader.get("type") == "number" and kind == "integer"):
        return False
    if "format" in reader:
        return bool(written.get("format") == reader["format"])
    if kind == "object" and ("properties" in reader) != ("properties" in written):
        return "properties" not in reader
    return True


def _type(schema: Schema) -> str | None:
    if "type" in schema or "const" not in schema:
        return schema.get("type")
    value = schema["const"]
    if isinstance(value, bool):
        return "boolean"
    return {str: "string", int: "integer", float: "number", type(None): "null"}.get(type(value))


def _spelled(options: list[dict[str, Any]]) -> str:
    words = [
        f"`{each['const']}`"
        if "const" in each
        else " ".join(filter(None, (each.get("type"), each.get("format")))) or "any"
        for each in options
    ]
    return " or ".join(dict.fromkeys(words))
