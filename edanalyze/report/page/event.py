"""The event catalogue as the HTML report shows it, as records."""

from __future__ import annotations

import msgspec


class Line(msgspec.Struct, frozen=True):
    """A line of source."""

    number: int
    text: str


class Field(msgspec.Struct, frozen=True):
    """A field of a payload or of headers: its path, type, whether every message has it, and what else is known."""

    name: str
    type: str
    required: bool
    note: str


class End(msgspec.Struct, frozen=True):
    """A producer or consumer: the code at its place (`sample`), what is `told` of it, and the findings there."""

    service: str
    function: str
    path: str
    line: int
    told: tuple[str, ...]
    sample: tuple[Line, ...]
    diagnostics: tuple[str, ...]


class Event(msgspec.Struct, frozen=True):
    """A message of the catalogue. `known` are pairs of what is known of it; `unknown` says why not all fields are."""

    id: str
    name: str
    kind: str
    channel: str
    description: str
    known: tuple[tuple[str, str], ...]
    fields: tuple[Field, ...]
    headers: tuple[Field, ...]
    unknown: str
    producers: tuple[End, ...]
    consumers: tuple[End, ...]
