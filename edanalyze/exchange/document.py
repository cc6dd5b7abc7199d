"""Facts as JSON, written the same every time and read with suspicion: such files come from other repositories.

docs/schema/facts.schema.json describes the shape.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import msgspec

from edanalyze.exchange.payloadschema import schema_problem
from edanalyze.exchange.records import LISTS, VERSION, Facts, Sent
from edanalyze.exchange.union import union

LARGEST = 256 * 1024 * 1024
"""The largest facts file that is read, in bytes."""
LONGEST = 4096
"""The longest text in a facts file, in characters."""
MARK = b'{\n "version": '
_KINDS = {
    "services": {"python", "foreign", "image", "external"},
    "code": {"route", "handler", "job", "function"},
    "entries": {"route", "handler", "task", "job", "command", "rpc"},
    "publishes": {"publish", "outbox"},
    "sent": {"event", "command", "message"},
    "operations": {"lag", "dead letters", "replay", "compatibility"},
}
_CONFIDENCES = {"certain", "likely", "guess"}
_ABSOLUTE = re.compile(r"[/\\]|[A-Za-z]:[/\\]")
_CONTROL = re.compile(r"[\x00-\x1f\x7f]")


class FactsError(ValueError):
    """A file that is no facts file, or one that cannot be trusted. The message says why."""


def to_json(facts: Facts) -> bytes:
    """Write facts as JSON: UTF-8, one record a line, in one order, a newline at the end.

    The same facts always give the same bytes.
    """
    ordered = union([facts])
    encode = msgspec.json.Encoder().encode
    parts = [f'{{\n "version": {VERSION}'.encode()]
    for field in LISTS:
        records = b",\n  ".join(_line(encode, record) for record in getattr(ordered, field))
        parts.append(f',\n "{field}": ['.encode() + (b"\n  " + records + b"\n " if records else b"") + b"]")
    return b"".join(parts) + b"\n}\n"


def _line(encode: object, record: object) -> bytes:
    try:
        return msgspec.json.encode(record)
    except UnicodeEncodeError:  # lone surrogates stand for undecodable bytes in file names
        return msgspec.json.encode(_encodable(msgspec.to_builtins(record)))


def _encodable(value: object) -> object:
    if isinstance(value, str):
        return value.encode("utf-8", "backslashreplace").decode()
    if isinstance(value, dict):
        return {key: _encodable(part) for key, part in value.items()}
    if isinstance(value, (list, tuple)):
        return [_encodable(part) for part in value]
    return value


def read(path: Path) -> Facts:
    """Read a facts file. Raises `FactsError` when it cannot be read, and for whatever `from_json` refuses."""
    try:
        if path.stat().st_size > LARGEST:
            raise FactsError(f"larger than {LARGEST // (1024 * 1024)} MiB")
        return from_json(path.read_bytes())
    except OSError as error:
        raise FactsError(f"cannot be read: {error.strerror or error}") from error


def from_json(text: bytes | str) -> Facts:
    """Read facts back.

    Raises `FactsError` for text that is no facts document of version 1: syntax, missing or mistyped fields, kinds that
    do not exist, paths that lead out of the system they belong to, texts of absurd length. Fields that this version
    does not know are passed over.
    """
    try:
        version = msgspec.json.decode(text, type=_Version).version
        if version != VERSION:
            raise FactsError(f"version {version} of facts files is not known, only version {VERSION}")
        facts = msgspec.json.decode(text, type=Facts)
    except (msgspec.DecodeError, UnicodeError, RecursionError) as error:
        raise FactsError(f"no facts file: {error}") from error
    for problem in _problems(facts):
        raise FactsError(problem)
    return union([facts])


class _Version(msgspec.Struct):
    version: int


def _problems(facts: Facts) -> Iterator[str]:
    for field in LISTS:
        kinds = _KINDS.get(field)
        for number, record in enumerate(getattr(facts, field)):
            where = f"{field}[{number}]"
            if kinds is not None and record.kind not in kinds:
                yield f"{where} is of unknown kind {record.kind!r}"
            if getattr(record, "confidence", "certain") not in _CONFIDENCES:
                yield f"{where} is of unknown confidence {record.confidence!r}"
            if not record.system or _CONTROL.search(record.system) or _leads_out(record.system):
                yield f"{where} belongs to a system of the name {record.system!r}"
            path = getattr(record, "path", "")
            if path and (_leads_out(path) or _CONTROL.search(path)):
                yield f"{where} has the path {path[:80]!r}, which does not lie within its system"
            if getattr(record, "line", 0) < 0:
                yield f"{where} is at line {record.line}"
            if isinstance(record, Sent):
                problem = schema_problem(record.schema) or schema_problem(record.headers)
                if problem:
                    yield f"{where} has a schema that {problem}"
                record = msgspec.structs.replace(record, schema="", headers="")
            longest = max(map(len, _texts(record)), default=0)
            if longest > LONGEST:
                yield f"{where} has a text of {longest} characters"


def _leads_out(path: str) -> bool:
    return _ABSOLUTE.match(path) is not None or ".." in re.split(r"[/\\]", path)


def _texts(record: msgspec.Struct) -> Iterator[str]:
    for value in msgspec.structs.astuple(record):
        if isinstance(value, str):
            yield value
        elif isinstance(value, tuple):
            yield from _inner(value)


def _inner(values: tuple[object, ...]) -> Iterator[str]:
    for value in values:
        if isinstance(value, str):
            yield value
        elif isinstance(value, tuple):
            yield from _inner(value)
        elif isinstance(value, msgspec.Struct):
            yield from _texts(value)
