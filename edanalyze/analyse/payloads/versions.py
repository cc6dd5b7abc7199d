"""Versions: whether a message tells in which version of which schema it is written."""

from __future__ import annotations

import enum
import re

from edanalyze.analyse.payloads.headers import plain
from edanalyze.analyse.payloads.records import Field, Payload, Shape, Type
from edanalyze.analyse.payloads.schematypes import FORM
from edanalyze.analyse.payloads.shapes import alternatives

VERSIONS = frozenset(
    {"v", "ver", "version", "eventversion", "schemaversion", "messageversion", "msgversion", "payloadversion"}
    | {"apiversion", "contractversion", "dataversion", "specversion", "modelversion", "formatversion"}
)
SCHEMAS = frozenset(
    {
        "schema",
        "schemaid",
        "schemauri",
        "schemaurl",
        "schemaref",
        "dataschema",
        "$schema",
        "schemaname",
        "schemaregistryid",
    }
    | {"schemafingerprint"}
)
TYPES = frozenset(
    {"type", "eventtype", "eventname", "messagetype", "msgtype", "messagename", "detailtype", "cetype", "event", "kind"}
    | {"command", "commandtype", "commandname", "eventkind", "eventclass", "typename"}
)
ENVELOPES = frozenset({"meta", "metadata", "header", "headers", "envelope", "context", "attributes", "event"})
_IN_NAME = re.compile(r"(^|[._\-/:])v\d+([._\-/:]|$)|(?<=[a-z])V\d+$|[._\-/:]\d+\.\d+$", re.I)
_CLASS = re.compile(r"V\d+(Event|Message|Command)?$|_v\d+$")


class Evidence(enum.Enum):
    """What a message tells."""

    VERSION = "a version or schema"
    TYPE = "the name of its type, in the payload"
    NONE = "neither"
    UNKNOWN = "cannot be told"


def evidence(payload: Payload) -> Evidence:
    """What a message tells of its version; UNKNOWN for what has no known structure."""
    if payload.registered or payload.effect.api.data.get("enveloped"):
        return Evidence.VERSION
    headers = payload.headers
    if _tells(headers.fields, VERSIONS | SCHEMAS | TYPES, "key"):
        return Evidence.VERSION
    topic = payload.topic.text if payload.topic is not None else ""
    if _IN_NAME.search(topic):
        return Evidence.VERSION
    shapes = list(alternatives(payload.type))
    if not shapes or payload.type.kind not in {"object", "union"}:
        return Evidence.UNKNOWN
    found = [_of_shape(shape) for shape in shapes]
    if Evidence.VERSION in found:
        return Evidence.VERSION
    if Evidence.UNKNOWN in found or headers.open:
        return Evidence.UNKNOWN
    return Evidence.TYPE if Evidence.TYPE in found else Evidence.NONE


def _of_shape(shape: Shape) -> Evidence:
    if _CLASS.search(shape.name) or _tells(shape.fields, VERSIONS | SCHEMAS):
        return Evidence.VERSION
    for each in shape.fields:
        inner = each.type.shape
        if inner is not None and plain(each.name) in ENVELOPES and _tells(inner.fields, VERSIONS | SCHEMAS):
            return Evidence.VERSION
        if plain(each.name) in TYPES and isinstance(each.constant, str) and _IN_NAME.search(each.constant):
            return Evidence.VERSION
        if plain(each.name) in ENVELOPES and each.type.kind in {"unknown", "any", "mapping"}:
            return Evidence.UNKNOWN
    if shape.open or not shape.fields or shape.form == FORM:  # a schema file has rules of its own for its changes
        return Evidence.UNKNOWN
    return Evidence.TYPE if any(_is_type(each) for each in shape.fields) else Evidence.NONE


def _tells(fields: tuple[Field, ...], names: frozenset[str], but: str = "") -> bool:
    return any(_last(each.name) in names and each.name != but and each.constant != "" for each in fields)


def _last(name: str) -> str:
    """A field's name without prefixes of headers: `x-event-version`, `ce_type`."""
    return plain(re.sub(r"^(x|ce)[-_]", "", name, flags=re.I)).removeprefix("x")


def _is_type(each: Field) -> bool:
    """Whether a field holds the name of an event type."""
    name = plain(each.name)
    if name not in TYPES:
        return False
    return name not in {"event", "kind", "command", "type"} or _is_name(each.type)


def _is_name(kind: Type) -> bool:
    return kind.kind in {"str", "enum", "unknown"}
