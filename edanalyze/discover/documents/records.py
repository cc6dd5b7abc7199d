"""The records of documents: what each of them shows, and where."""

from __future__ import annotations

import msgspec


class Channel(msgspec.Struct, frozen=True):
    """A channel of an AsyncAPI document: its address, and further names (of its messages) that code may know it by."""

    name: str
    aliases: tuple[str, ...]
    line: int


class Event(msgspec.Struct, frozen=True):
    """An event of an EventBridge schema: who it says sends it, and its type ("" where it names none)."""

    source: str
    type: str
    line: int


class Operation(msgspec.Struct, frozen=True):
    """An operation of an OpenAPI document; `path` is as written, below `base`."""

    method: str
    base: str
    path: str
    line: int


class Arrow(msgspec.Struct, frozen=True):
    """An arrow of a diagram, between names as they are shown. `reply`: it goes back to who asked."""

    source: str
    target: str
    label: str
    line: int
    reply: bool = False


class Document(msgspec.Struct, frozen=True, kw_only=True):
    """A document.

    `kind` is asyncapi, openapi, eventbridge (schemas), pattern (of a rule), diagram or graph (that edanalyze wrote).

    `title` is what it calls itself, `hosts` are those of its servers and `protocols` what they speak. A graph shows all
    there is: `services` and `topics` are its names.
    """

    kind: str
    file: str
    title: str = ""
    hosts: tuple[str, ...] = ()
    protocols: tuple[str, ...] = ()
    channels: tuple[Channel, ...] = ()
    events: tuple[Event, ...] = ()
    operations: tuple[Operation, ...] = ()
    arrows: tuple[Arrow, ...] = ()
    services: tuple[str, ...] = ()
    topics: tuple[str, ...] = ()
